use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use reset_link_keys::chained_log::{Break, ChainedLog, Fault, Since};
use tempfile::TempDir;

use crate::recorder::Recorder;
use crate::{append, at, event_of, write_lines};

const NOW: &str = "2026-11-24T12:00:00.000Z";

fn ago(minutes: i64) -> Timestamp {
    at(NOW) - SignedDuration::from_mins(minutes)
}

/// The events that a handle hands out which begins there, and where the chain is broken.
fn read(path: &Path, since: Since) -> (Vec<String>, Option<Break>) {
    let mut log = ChainedLog::open(path).unwrap();
    log.rewind(since);
    let mut seen = Vec::new();
    drop(log.lock(&mut |line: &str| seen.push(event_of(line))).unwrap());
    (seen, log.broken().cloned())
}

/// A log with a line for each minute, the last one now; the event is the number of the line.
fn minutes(lines: i64) -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    write_lines(&path, (0..lines).rev().map(ago));
    (folder, path)
}

#[test]
fn what_is_older_than_asked_for_is_not_handed_out() {
    let (_folder, path) = minutes(20);
    assert_eq!(read(&path, Since::Time(ago(2))), (vec!["17".into(), "18".into(), "19".into()], None));
    let age = SignedDuration::from_mins(1);
    assert_eq!(read(&path, Since::BeforeNewest(age)), (vec!["18".into(), "19".into()], None));
    assert_eq!(read(&path, Since::Time(ago(-1))), (vec![], None));
    assert_eq!(read(&path, Since::Beginning).0.len(), 20);
    assert_eq!(read(&path, Since::Time(ago(100))).0.len(), 20);
}

#[test]
fn as_much_is_read_of_a_long_log_as_of_a_short_one() {
    let read = [2_000, 20_000].map(|lines| {
        let (_folder, path) = minutes(lines);
        let recorder = Recorder::new();
        let mut log = ChainedLog::open_on(recorder.clone(), &path).unwrap();
        log.rewind(Since::Time(ago(120)));
        append(&mut log, "new", at(NOW)).unwrap();
        append(&mut log, "new", at(NOW)).unwrap();
        (recorder.bytes_read(), fs::metadata(&path).unwrap().len())
    });
    let [(of_short, _), (of_long, length)] = read;
    assert!(of_long.abs_diff(of_short) <= 64 * 1024, "{read:?}");
    assert!(of_long < length / 4, "{read:?}");
}

#[test]
fn a_line_that_does_not_follow_is_known_by_its_number_within_what_is_read() {
    let (_folder, path) = minutes(2_000);
    let text = fs::read_to_string(&path).unwrap();
    // In what is read, at its very beginning, and before it.
    for (changed, found) in [(1_990, Some(1_991)), (1_979, Some(1_980)), (1_900, None)] {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[changed - 1] = lines[changed - 1].replace("\"event\"", "\"Event\"");
        fs::write(&path, lines.join("\n").replace("\"Event\"", "\"event\":\"x\",\"Event\"") + "\n").unwrap();
        let broken = read(&path, Since::Time(ago(20))).1;
        let expected = found.map(|line| Break { line, fault: Fault::DoesNotFollow });
        assert_eq!(broken, expected, "line {changed} was changed");
    }
}

#[test]
fn a_clock_that_was_wrong_for_a_while_hides_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let wrong = at("1970-01-01T00:00:00.000Z");
    let times = [ago(300), ago(60), ago(59)].into_iter().chain([wrong; 500]).chain([ago(1)]);
    write_lines(&path, times);
    let seen = read(&path, Since::Time(ago(120))).0;
    assert_eq!((seen.len(), seen[0].as_str()), (503, "1"));
}

#[test]
fn the_newest_part_of_a_log_may_begin_in_a_former_segment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let mut log = ChainedLog::open(&path).unwrap();
    for (event, time) in [
        ("a", "2026-10-31T20:00:00.000Z"),
        ("b", "2026-10-31T23:00:00.000Z"),
        ("c", "2026-11-01T00:10:00.000Z"),
    ] {
        append(&mut log, event, at(time)).unwrap();
    }
    let since = Since::Time(at("2026-10-31T22:30:00.000Z"));
    assert_eq!(read(&path, since), (vec!["b".into(), "c".into()], None));
    let since = Since::Time(at("2026-11-01T00:00:00.000Z"));
    assert_eq!(read(&path, since), (vec!["c".into()], None));
    // Nothing of it is new enough: what follows is checked against the last line all the same.
    let mut later = ChainedLog::open(&path).unwrap();
    later.rewind(Since::Time(at("2026-11-02T00:00:00.000Z")));
    append(&mut later, "d", at("2026-11-02T00:00:00.000Z")).unwrap();
    assert_eq!(read(&path, Since::Beginning), (["a", "b", "c", "d"].map(str::to_owned).to_vec(), None));
}

#[test]
fn what_is_far_too_long_for_a_line_does_not_end_the_search() {
    let (_folder, path) = minutes(3);
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(&vec![b' '; 500_000]).unwrap();
    file.write_all(b"\n").unwrap();
    let (seen, broken) = read(&path, Since::Time(ago(1)));
    assert_eq!(seen, ["1", "2"]);
    assert_eq!(broken, Some(Break { line: 4, fault: Fault::NotALine }));
}
