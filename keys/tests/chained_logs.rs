//! The chain shows every tampering but a cut at its end.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use reset_link_keys::chained_log::{
    Break, ChainError, ChainedLog, Fault, LogError, Since, verify, verify_file,
};
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-24T09:00:00.000Z".parse().unwrap()
}

fn append(log: &mut ChainedLog, event: &str) -> Result<Vec<String>, LogError> {
    let mut seen = Vec::new();
    log.lock(&mut |line: &str| seen.push(line.to_owned()))?.append(&json!({ "event": event }), now())?;
    Ok(seen)
}

fn check(path: &Path) -> Result<u64, ChainError> {
    verify(fs::read(path).unwrap().as_slice(), &mut |_: &str| ()).map(|found| found.lines)
}

fn write_behind(path: &Path, bytes: &[u8]) {
    File::options().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// What stands in the same folder beside the log, by name.
fn beside(path: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let mut others: Vec<_> = all.filter(|other| other != path).collect();
    others.sort();
    others
}

fn written(events: &[&str]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log/audit.jsonl");
    let mut log = ChainedLog::open(&path).unwrap();
    for event in events {
        append(&mut log, event).unwrap();
    }
    (folder, path)
}

#[test]
fn an_untouched_log_is_consistent() {
    let (_folder, path) = written(&["a", "b", "c"]);
    assert_eq!(check(&path).unwrap(), 3);
}

#[test]
fn two_handles_continue_one_chain_and_see_each_others_lines() {
    let (_folder, path) = written(&["a"]);
    let (mut one, mut two) = (ChainedLog::open(&path).unwrap(), ChainedLog::open(&path).unwrap());
    assert_eq!(append(&mut one, "b").unwrap().len(), 1);
    assert_eq!(append(&mut two, "c").unwrap().len(), 2);
    let seen = append(&mut one, "d").unwrap();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].contains("\"c\""));
    assert_eq!(check(&path).unwrap(), 4);
}

#[test]
fn a_line_cut_short_by_a_crash_is_moved_aside_and_the_chain_goes_on() {
    let (_folder, path) = written(&["a", "b"]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    assert!(matches!(check(&path), Err(ChainError::Torn { line: 2 })));
    append(&mut ChainedLog::open(&path).unwrap(), "c").unwrap();
    assert_eq!(check(&path).unwrap(), 2);
    let aside = beside(&path);
    assert_eq!(aside.len(), 1);
    assert!(fs::read_to_string(&aside[0]).unwrap().contains("\"b\""));
}

#[test]
fn a_log_that_was_moved_or_deleted_takes_no_line() {
    let (_folder, path) = written(&["a"]);
    let mut log = ChainedLog::open(&path).unwrap();
    append(&mut log, "b").unwrap();
    fs::rename(&path, path.with_extension("old")).unwrap();
    assert!(matches!(append(&mut log, "c"), Err(LogError::Moved { .. })));
    fs::write(&path, "").unwrap();
    assert!(matches!(append(&mut log, "c"), Err(LogError::Moved { .. })));
}

#[test]
fn two_lines_cut_short_at_one_place_are_both_kept() {
    let (_folder, path) = written(&["a"]);
    for torn in ["{\"event\":\"first", "{\"event\":\"second"] {
        write_behind(&path, torn.as_bytes());
        drop(ChainedLog::open(&path).unwrap().lock(&mut |_: &str| ()).unwrap());
    }
    let kept: Vec<_> = beside(&path).iter().map(|aside| fs::read_to_string(aside).unwrap()).collect();
    assert_eq!(kept, ["{\"event\":\"first", "{\"event\":\"second"]);
    assert_eq!(check(&path).unwrap(), 1);
}

#[test]
fn a_tail_of_zeros_longer_than_any_line_is_moved_aside_whole() {
    let (_folder, path) = written(&["a"]);
    write_behind(&path, &vec![0; 200_000]);
    append(&mut ChainedLog::open(&path).unwrap(), "b").unwrap();
    assert_eq!(fs::metadata(&beside(&path)[0]).unwrap().len(), 200_000);
    assert_eq!(check(&path).unwrap(), 2);
}

#[test]
fn a_log_that_was_emptied_takes_no_line_though_it_has_grown_past_its_old_size() {
    let (_folder, path) = written(&["a", "b"]);
    let mut log = ChainedLog::open(&path).unwrap();
    append(&mut log, "c").unwrap();
    let before = fs::read(&path).unwrap();
    // What logrotate's `copytruncate` does, and another process that goes on.
    fs::write(&path, "").unwrap();
    assert!(matches!(append(&mut log, "d"), Err(LogError::Changed { .. })));
    let mut other = ChainedLog::open(&path).unwrap();
    for event in ["v", "w", "x", "y", "z"] {
        append(&mut other, event).unwrap();
    }
    assert!(fs::metadata(&path).unwrap().len() > before.len() as u64);
    assert!(matches!(append(&mut log, "d"), Err(LogError::Changed { .. })));
    assert_eq!(check(&path).unwrap(), 5, "nothing was appended");
}

#[test]
fn a_last_line_that_was_changed_while_the_log_is_in_use_is_noticed() {
    let (_folder, path) = written(&["a"]);
    let mut log = ChainedLog::open(&path).unwrap();
    append(&mut log, "b").unwrap();
    let changed = fs::read_to_string(&path).unwrap().replace("\"b\"", "\"B\"");
    fs::write(&path, changed).unwrap();
    assert!(matches!(append(&mut log, "c"), Err(LogError::Changed { .. })));
}

#[test]
fn a_line_that_does_not_follow_is_known_by_its_number_and_the_log_goes_on() {
    let (_folder, path) = written(&["a", "b"]);
    let mut log = ChainedLog::open(&path).unwrap();
    append(&mut log, "c").unwrap();
    assert_eq!(log.broken(), None);
    write_behind(&path, b"{\"event\":\"forged\",\"prev\":\"beginning\"}\n");
    let seen = append(&mut log, "d").unwrap();
    assert!(seen[0].contains("forged"), "what it says is handed out all the same");
    let broken = Break { line: 4, fault: Fault::DoesNotFollow };
    assert_eq!(log.broken(), Some(&broken));
    append(&mut log, "e").unwrap();
    let mut again = ChainedLog::open(&path).unwrap();
    append(&mut again, "f").unwrap();
    assert_eq!(again.broken(), Some(&broken), "after a restart too, and the first place alone");
    again.rewind(Since::Beginning);
    assert_eq!(again.broken(), None);
}

#[test]
fn what_is_no_line_of_ours_is_known_by_its_number() {
    for (not_a_line, length) in [(b"x".to_vec(), 1), (b"{}".to_vec(), 2), (vec![b' '; 100_000], 100_000)] {
        let (_folder, path) = written(&["a"]);
        write_behind(&path, &not_a_line);
        write_behind(&path, b"\n");
        let mut log = ChainedLog::open(&path).unwrap();
        append(&mut log, "b").unwrap();
        assert_eq!(log.broken(), Some(&Break { line: 2, fault: Fault::NotALine }), "{length}");
        assert!(matches!(check(&path), Err(ChainError::Broken(Break { line: 2, fault: Fault::NotALine }))));
    }
}

#[test]
fn a_lock_that_somebody_keeps_is_waited_for_no_longer_than_told() {
    let (_folder, path) = written(&["a"]);
    let holder = File::open(&path).unwrap();
    holder.lock().unwrap();
    let mut log = ChainedLog::open(&path).unwrap();
    log.set_patience(Duration::from_millis(20));
    let error = append(&mut log, "b").unwrap_err();
    assert!(matches!(&error, LogError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("another process has held the file's lock"), "{error}");
    holder.unlock().unwrap();
    append(&mut log, "b").unwrap();
    assert_eq!(check(&path).unwrap(), 2);
}

#[test]
fn a_whole_file_is_checked_and_each_line_handed_out_while_others_may_write() {
    let (_folder, path) = written(&["a", "b"]);
    let mut lines = 0;
    let found = verify_file(&path, &mut |_: &str| {
        lines += 1;
        append(&mut ChainedLog::open(&path).unwrap(), "c").unwrap();
    });
    assert_eq!((found.unwrap().lines, lines), (2, 2));
}

#[test]
fn trying_a_log_out_leaves_nothing_behind() {
    let (_folder, path) = written(&["a"]);
    let before = fs::read(&path).unwrap();
    let mut log = ChainedLog::open(&path).unwrap();
    log.lock(&mut |_: &str| ()).unwrap().try_out().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    append(&mut log, "b").unwrap();
    assert_eq!(check(&path).unwrap(), 2);
}

#[test]
fn a_device_is_no_log() {
    assert!(matches!(ChainedLog::open(Path::new("/dev/full")), Err(LogError::File { .. })));
}

proptest! {
    #[test]
    fn any_changed_removed_or_swapped_line_shows(at in 0usize..9, how in 0u8..3, byte in 0usize..200) {
        let (_folder, path) = written(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        match how {
            0 => { lines.remove(at); }
            1 => lines.swap(at, at + 1),
            _ => {
                let mut bytes = lines[at].clone().into_bytes();
                let byte = byte % bytes.len();
                bytes[byte] = if bytes[byte] == b'x' { b'y' } else { b'x' };
                lines[at] = String::from_utf8(bytes).unwrap();
            }
        }
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        prop_assert!(check(&path).is_err());
    }
}
