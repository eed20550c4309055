use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use reset_link_keys::chained_log::{
    Break, ChainError, ChainedLog, Fault, Follows, LogError, Since, segments, verify_file,
};
use tempfile::TempDir;

use crate::{append, at, event_of, names};

const OCTOBER: &str = "2026-10-15T12:00:00.000Z";
const NOVEMBER: &str = "2026-11-15T12:00:00.000Z";
const DECEMBER: &str = "2026-12-15T12:00:00.000Z";

/// A log with these events, each of its own time.
fn written(events: &[(&str, &str)]) -> (TempDir, std::path::PathBuf, ChainedLog) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut log = ChainedLog::open(&path).unwrap();
    for (event, time) in events {
        append(&mut log, event, at(time)).unwrap();
    }
    (folder, path, log)
}

fn events(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(event_of).collect()
}

fn last_hash(path: &Path) -> String {
    verify_file(path, &mut |_: &str| ()).unwrap().last_hash
}

#[test]
fn the_first_line_of_a_later_month_begins_a_segment_that_names_the_one_before() {
    let (folder, path, mut log) = written(&[("a", OCTOBER), ("b", OCTOBER)]);
    let before = fs::read(&path).unwrap();
    append(&mut log, "c", at(DECEMBER)).unwrap();
    append(&mut log, "d", at(DECEMBER)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before, "the first segment is as it was");
    let second = folder.path().join("audit-2026-12.jsonl");
    let text = fs::read_to_string(&second).unwrap();
    let first_line = format!(
        "{{\"at\":\"2026-12-15T12:00:00.000Z\",\"event\":\"c\",\"prev\":\"{}\",\"follows\":\"audit.jsonl\"}}",
        last_hash(&path)
    );
    assert_eq!(text.lines().next().unwrap(), first_line);
    assert!(!text.lines().nth(1).unwrap().contains("follows"), "other lines look as ever");
    assert_eq!(fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
    let found = verify_file(&second, &mut |_: &str| ()).unwrap();
    let follows = Follows { name: "audit.jsonl".to_owned(), hash: last_hash(&path) };
    assert_eq!((found.lines, found.follows), (2, Some(follows)));
}

#[test]
fn a_month_has_one_segment_and_a_clock_that_goes_back_begins_none() {
    let (folder, _, mut log) =
        written(&[("a", OCTOBER), ("b", NOVEMBER), ("c", OCTOBER), ("d", NOVEMBER), ("e", DECEMBER)]);
    append(&mut log, "f", at(NOVEMBER)).unwrap();
    assert_eq!(names(folder.path()), ["audit-2026-11.jsonl", "audit-2026-12.jsonl", "audit.jsonl"]);
    assert_eq!(events(&folder.path().join("audit-2026-11.jsonl")), ["b", "c", "d"]);
    assert_eq!(events(&folder.path().join("audit-2026-12.jsonl")), ["e", "f"]);
}

#[test]
fn a_handle_on_the_former_segment_reads_that_to_its_end_and_goes_on_in_the_new_one() {
    let (folder, path, mut one) = written(&[("a", OCTOBER)]);
    let mut two = ChainedLog::open(&path).unwrap();
    append(&mut two, "b", at(OCTOBER)).unwrap();
    append(&mut two, "c", at(NOVEMBER)).unwrap();
    append(&mut two, "d", at(DECEMBER)).unwrap();
    assert_eq!(append(&mut one, "e", at(DECEMBER)).unwrap(), ["b", "c", "d"]);
    assert_eq!(one.broken(), None);
    assert_eq!(append(&mut two, "f", at(DECEMBER)).unwrap(), ["e"]);
    assert_eq!(events(&folder.path().join("audit-2026-12.jsonl")), ["d", "e", "f"]);
}

#[test]
fn a_segment_that_is_over_may_be_moved_away_while_the_log_is_in_use() {
    let (folder, path, mut log) = written(&[("a", OCTOBER), ("b", OCTOBER)]);
    let mut idle = ChainedLog::open(&path).unwrap();
    append(&mut idle, "c", at(OCTOBER)).unwrap();
    append(&mut log, "d", at(NOVEMBER)).unwrap();
    fs::rename(&path, folder.path().join("archived")).unwrap();
    append(&mut log, "e", at(NOVEMBER)).unwrap();
    // One that had it open all the while, and one that begins now.
    assert_eq!(append(&mut idle, "f", at(NOVEMBER)).unwrap(), ["d", "e"]);
    assert_eq!(idle.broken(), None);
    let mut new = ChainedLog::open(&path).unwrap();
    assert_eq!(append(&mut new, "g", at(NOVEMBER)).unwrap(), ["d", "e", "f"]);
    assert_eq!(new.broken(), None);
    assert_eq!(names(folder.path()), ["archived", "audit-2026-11.jsonl"]);
}

#[test]
fn the_newest_segment_may_not_be_moved_away_and_the_next_start_begins_it_again() {
    let (folder, path, mut log) = written(&[("a", OCTOBER), ("b", NOVEMBER)]);
    let second = folder.path().join("audit-2026-11.jsonl");
    fs::rename(&second, folder.path().join("aside")).unwrap();
    assert!(matches!(append(&mut log, "c", at(NOVEMBER)), Err(LogError::Moved { .. })));
    let mut new = ChainedLog::open(&path).unwrap();
    append(&mut new, "d", at(NOVEMBER)).unwrap();
    assert_eq!(events(&second), ["d"]);
    assert_eq!(events(&path), ["a"]);
    // The one that was moved away does not come back by that.
    assert!(matches!(append(&mut log, "e", at(NOVEMBER)), Err(LogError::Moved { .. })));
}

#[test]
fn what_a_crash_left_of_a_new_segment_is_written_anew() {
    let (folder, path, _) = written(&[("a", OCTOBER)]);
    fs::write(folder.path().join("audit-2026-11.jsonl.new"), "{\"event\":\"half").unwrap();
    let mut log = ChainedLog::open(&path).unwrap();
    append(&mut log, "b", at(NOVEMBER)).unwrap();
    assert_eq!(names(folder.path()), ["audit-2026-11.jsonl", "audit.jsonl"]);
    assert_eq!(events(&folder.path().join("audit-2026-11.jsonl")), ["b"]);
}

#[test]
fn a_line_cut_short_in_a_later_segment_is_moved_aside() {
    let (folder, path, log) = written(&[("a", OCTOBER), ("b", NOVEMBER)]);
    drop(log);
    let second = folder.path().join("audit-2026-11.jsonl");
    File::options().append(true).open(&second).unwrap().write_all(b"{\"event\":\"torn").unwrap();
    let mut log = ChainedLog::open(&path).unwrap();
    append(&mut log, "c", at(NOVEMBER)).unwrap();
    assert_eq!(events(&second), ["b", "c"]);
    assert!(names(folder.path()).iter().any(|name| name.starts_with("audit-2026-11.jsonl.torn-at-")));
}

#[test]
fn a_segment_that_was_emptied_takes_no_line_while_in_use_and_goes_on_from_the_one_before_later() {
    let (folder, path, mut log) = written(&[("a", OCTOBER), ("b", NOVEMBER)]);
    let second = folder.path().join("audit-2026-11.jsonl");
    fs::write(&second, "").unwrap();
    assert!(matches!(append(&mut log, "c", at(NOVEMBER)), Err(LogError::Changed { .. })));
    let mut new = ChainedLog::open(&path).unwrap();
    append(&mut new, "d", at(NOVEMBER)).unwrap();
    let follows = verify_file(&second, &mut |_: &str| ()).unwrap().follows.unwrap();
    assert_eq!((follows.name.as_str(), follows.hash), ("audit.jsonl", last_hash(&path)));
}

#[test]
fn a_segment_that_does_not_follow_from_the_one_before_is_known_by_its_name() {
    let (folder, path, mut log) = written(&[("a", OCTOBER), ("b", OCTOBER)]);
    let second = folder.path().join("audit-2026-11.jsonl");
    fs::write(&second, "{\"event\":\"forged\",\"prev\":\"x\",\"follows\":\"audit.jsonl\"}\n").unwrap();
    let broken = Break { line: 1, fault: Fault::DoesNotFollow };
    drop(log.lock(&mut |_: &str| ()).unwrap());
    assert_eq!(log.broken_in(), Some((&*second, &broken)));
    for since in [Since::Beginning, Since::Time(at(OCTOBER))] {
        let mut new = ChainedLog::open(&path).unwrap();
        new.rewind(since);
        drop(new.lock(&mut |_: &str| ()).unwrap());
        assert_eq!(new.broken_in(), Some((&*second, &broken)), "{since:?}");
    }
    // Without the name it would have to begin a log.
    fs::write(&second, "{\"event\":\"forged\",\"prev\":\"x\"}\n").unwrap();
    let found = verify_file(&second, &mut |_: &str| ());
    assert!(matches!(found, Err(ChainError::Broken(found)) if found == broken));
}

#[test]
fn lines_without_a_time_begin_no_segment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut log = ChainedLog::open(&path).unwrap();
    for time in [OCTOBER, NOVEMBER] {
        let line = serde_json::json!({ "event": "timeless" });
        log.lock(&mut |_: &str| ()).unwrap().append(&line, at(time)).unwrap();
    }
    assert_eq!(names(folder.path()), ["audit.jsonl"]);
}

#[test]
fn many_processes_that_append_around_the_turn_of_a_month_write_one_chain() {
    let (_folder, path, _) = written(&[("first", OCTOBER)]);
    std::thread::scope(|scope| {
        for process in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut log = ChainedLog::open(path).unwrap();
                for (number, time) in [OCTOBER, NOVEMBER, DECEMBER].into_iter().enumerate() {
                    append(&mut log, &format!("{process}.{number}"), at(time)).unwrap();
                }
                assert_eq!(log.broken(), None);
            });
        }
    });
    let mut lines = 0;
    let mut before = None;
    for segment in segments(&path).unwrap() {
        let found = verify_file(&segment.path, &mut |_: &str| ()).unwrap();
        assert_eq!(found.follows.map(|follows| (follows.name, follows.hash)), before);
        before = Some((segment.name(), found.last_hash));
        lines += found.lines;
    }
    assert_eq!(lines, 13);
}
