//! What a log asks of the disk, in which order, and how much it reads; and what it makes of its segments.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod durability;
mod recorder;
mod segments;
mod tail;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use reset_link_keys::chained_log::{BEGINNING, ChainedLog, LogError, hash};
use serde_json::{Value, json};

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// Appends an event of this time; what others have appended before.
fn append(log: &mut ChainedLog, event: &str, now: Timestamp) -> Result<Vec<String>, LogError> {
    let mut seen = Vec::new();
    let line = json!({ "at": now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(), "event": event });
    log.lock(&mut |line: &str| seen.push(event_of(line)))?.append(&line, now)?;
    Ok(seen)
}

fn event_of(line: &str) -> String {
    serde_json::from_str::<Value>(line).unwrap()["event"].as_str().unwrap().to_owned()
}

/// Writes a log with a line for each of these times, without a log's help.
fn write_lines(path: &Path, times: impl Iterator<Item = Timestamp>) {
    let (mut text, mut prev) = (String::new(), BEGINNING.to_owned());
    for (number, time) in times.enumerate() {
        let time = time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
        let line = format!("{{\"at\":\"{time}\",\"event\":\"{number}\",\"prev\":\"{prev}\"}}");
        prev = hash(line.as_bytes());
        text += &line;
        text.push('\n');
    }
    fs::write(path, text).unwrap();
}

/// The names of all files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| name(entry.unwrap().path())).collect();
    names.sort();
    names
}
