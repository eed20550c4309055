use std::fs::{self, File};
use std::io::Write as _;

use reset_link_keys::chained_log::{ChainedLog, LogError, verify_file};
use tempfile::TempDir;

use crate::recorder::Recorder;
use crate::{append, at, names};

const NOVEMBER: &str = "2026-11-30T23:00:00.000Z";
const DECEMBER: &str = "2026-12-01T00:00:00.000Z";

fn opened(recorder: &std::sync::Arc<Recorder>) -> (TempDir, ChainedLog) {
    let folder = TempDir::new().unwrap();
    let log = ChainedLog::open_on(recorder.clone(), &folder.path().join("audit.jsonl")).unwrap();
    (folder, log)
}

#[test]
fn the_name_of_a_new_log_is_on_disk_once_it_is_open() {
    let recorder = Recorder::new();
    let (folder, log) = opened(&recorder);
    assert_eq!(recorder.asked(), ["sync folder"]);
    drop(log);
    drop(ChainedLog::open_on(recorder.clone(), &folder.path().join("audit.jsonl")).unwrap());
    assert!(recorder.asked().is_empty(), "it is there");
}

#[test]
fn an_append_returns_once_its_line_is_on_disk() {
    let recorder = Recorder::new();
    let (_folder, mut log) = opened(&recorder);
    for event in ["a", "b"] {
        recorder.asked();
        append(&mut log, event, at(NOVEMBER)).unwrap();
        assert_eq!(recorder.asked(), ["append audit.jsonl", "sync audit.jsonl"]);
    }
}

#[test]
fn a_line_that_did_not_reach_the_disk_is_taken_away_again() {
    let recorder = Recorder::new();
    let (folder, mut log) = opened(&recorder);
    append(&mut log, "a", at(NOVEMBER)).unwrap();
    let file = folder.path().join("audit.jsonl");
    let before = fs::read(&file).unwrap();
    for fails in ["append", "sync"] {
        recorder.fails(Some(fails));
        assert!(matches!(append(&mut log, "b", at(NOVEMBER)), Err(LogError::File { .. })), "{fails}");
        assert_eq!(recorder.asked().last().unwrap(), &format!("cut off audit.jsonl at {}", before.len()));
        assert_eq!(fs::read(&file).unwrap(), before, "{fails}");
    }
    recorder.fails(None);
    append(&mut log, "b", at(NOVEMBER)).unwrap();
    assert_eq!(verify_file(&file, &mut |_: &str| ()).unwrap().lines, 2);
}

#[test]
fn trying_a_log_out_asks_for_as_much_as_an_append() {
    let recorder = Recorder::new();
    let (_folder, mut log) = opened(&recorder);
    recorder.asked();
    log.lock(&mut |_: &str| ()).unwrap().try_out().unwrap();
    assert_eq!(recorder.asked(), ["append audit.jsonl", "sync audit.jsonl", "cut off audit.jsonl at 0"]);
    recorder.fails(Some("sync"));
    assert!(log.lock(&mut |_: &str| ()).unwrap().try_out().is_err());
}

#[test]
fn a_line_that_was_cut_short_is_safe_elsewhere_before_it_is_cut_off() {
    let recorder = Recorder::new();
    let (folder, mut log) = opened(&recorder);
    append(&mut log, "a", at(NOVEMBER)).unwrap();
    let file = folder.path().join("audit.jsonl");
    let length = fs::metadata(&file).unwrap().len();
    File::options().append(true).open(&file).unwrap().write_all(b"{\"event\":\"torn").unwrap();
    recorder.asked();
    drop(log.lock(&mut |_: &str| ()).unwrap());
    let aside = format!("audit.jsonl.torn-at-{length}");
    assert_eq!(
        recorder.asked(),
        [
            format!("append {aside}"),
            format!("sync {aside}"),
            "sync folder".to_owned(),
            format!("cut off audit.jsonl at {length}"),
            "sync audit.jsonl".to_owned(),
        ]
    );
}

#[test]
fn a_segment_gets_its_name_once_its_first_line_is_on_disk() {
    let recorder = Recorder::new();
    let (_folder, mut log) = opened(&recorder);
    append(&mut log, "a", at(NOVEMBER)).unwrap();
    recorder.asked();
    append(&mut log, "b", at(DECEMBER)).unwrap();
    assert_eq!(
        recorder.asked(),
        [
            "append audit-2026-12.jsonl.new",
            "sync audit-2026-12.jsonl.new",
            "rename audit-2026-12.jsonl.new audit-2026-12.jsonl",
            "sync folder",
        ]
    );
}

#[test]
fn a_segment_that_cannot_be_begun_leaves_nothing_and_is_begun_by_the_next_append() {
    for fails in ["append", "sync audit", "rename", "sync folder"] {
        let recorder = Recorder::new();
        let (folder, mut log) = opened(&recorder);
        append(&mut log, "a", at(NOVEMBER)).unwrap();
        let before = fs::read(folder.path().join("audit.jsonl")).unwrap();
        recorder.fails(Some(fails));
        assert!(append(&mut log, "lost", at(DECEMBER)).is_err(), "{fails}");
        assert_eq!(names(folder.path()), ["audit.jsonl"], "{fails}");
        recorder.fails(None);
        // Another process, and this one.
        let mut other = ChainedLog::open(&folder.path().join("audit.jsonl")).unwrap();
        append(&mut other, "b", at(DECEMBER)).unwrap();
        assert_eq!(append(&mut log, "c", at(DECEMBER)).unwrap(), ["b"], "{fails}");
        assert_eq!(names(folder.path()), ["audit-2026-12.jsonl", "audit.jsonl"]);
        assert_eq!(fs::read(folder.path().join("audit.jsonl")).unwrap(), before);
        let found = verify_file(&folder.path().join("audit-2026-12.jsonl"), &mut |_: &str| ());
        assert_eq!(found.unwrap().lines, 2);
    }
}
