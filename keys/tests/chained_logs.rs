//! The chain shows every tampering but a cut at its end.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reset_link_keys::chained_log::{ChainError, ChainedLog, LogError, verify};
use serde_json::json;

fn append(log: &mut ChainedLog, event: &str) -> Result<Vec<String>, LogError> {
    let mut seen = Vec::new();
    log.lock(&mut |line: &str| seen.push(line.to_owned()))?.append(&json!({ "event": event }))?;
    Ok(seen)
}

fn check(path: &Path) -> Result<u64, ChainError> {
    verify(fs::read(path).unwrap().as_slice()).map(|intact| intact.lines)
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
fn an_untouched_log_is_intact() {
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
    let aside: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|other| *other != path)
        .collect();
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
