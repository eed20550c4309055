//! Audits of several months.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use jiff::Timestamp;
use keys::chained_log::{ChainedLog, Segment, segments};
use reset_link_tests::harness::PASSWORD;
use reset_link_tests::harness::binary::{Process, command};
use serde_json::json;

use super::Place;
use crate::process::post;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Appends a line of this time.
fn append(file: &Path, time: &str) {
    let line = json!({ "at": time, "event": "protects_nobody", "entry": time });
    let now: Timestamp = time.parse().unwrap();
    let mut log = ChainedLog::open(file).unwrap();
    log.lock(&mut |_: &str| ()).unwrap().append(&line, now).unwrap();
}

/// An audit of four months, two lines each.
fn four_months(folder: &Path) -> [PathBuf; 4] {
    let base = folder.join("audit.jsonl");
    for month in ["01", "02", "03", "04"] {
        for day in ["10", "20"] {
            append(&base, &format!("2026-{month}-{day}T12:00:00.000Z"));
        }
    }
    ["audit.jsonl", "audit-2026-02.jsonl", "audit-2026-03.jsonl", "audit-2026-04.jsonl"]
        .map(|name| folder.join(name))
}

fn verify(files: &[&PathBuf]) -> (Option<i32>, String) {
    let arguments = ["audit", "verify"].map(PathBuf::from);
    let output = command(arguments.iter().chain(files.iter().copied()), "");
    (output.status.code(), said(&output))
}

#[test]
fn any_run_of_segments_is_verified_and_one_that_is_missing_in_the_middle_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, third, fourth] = &four_months(folder.path());
    // As a shell names them: the first one last.
    let (code, text) = verify(&[second, third, fourth, first]);
    assert_eq!((code, text.lines().count()), (Some(0), 4), "{text}");
    assert!(text.lines().all(|line| line.contains("the chain is consistent, 2 lines")), "{text}");
    assert!(text.starts_with(&format!("{}:", first.display())), "{text}");

    let (code, text) = verify(&[third, fourth]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&format!("{}: it follows audit-2026-02.jsonl", third.display())), "{text}");

    let (code, text) = verify(&[first, second, fourth]);
    assert_eq!(code, Some(1), "{text}");
    let named = format!(
        "{}: NOT CONSISTENT: it follows audit-2026-03.jsonl, and that file is missing",
        fourth.display()
    );
    assert!(text.contains(&named), "{text}");

    // The last line of a segment that is over.
    let text = fs::read_to_string(second).unwrap();
    fs::write(second, format!("{}\n", text.lines().next().unwrap())).unwrap();
    let (code, text) = verify(&[first, second, third, fourth]);
    assert_eq!(code, Some(1), "{text}");
    let named = format!(
        "{}: NOT CONSISTENT: line 1: does not follow from the last line of audit-2026-02.jsonl",
        third.display()
    );
    assert!(text.contains(&named), "{text}");
}

#[test]
fn a_hash_that_was_noted_is_found_in_whichever_segment_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, third, fourth] = &four_months(folder.path());
    let last_hash =
        |file: &PathBuf| verify(&[file]).1.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let of_second = last_hash(second);
    let expect = |files: &[&PathBuf]| {
        let arguments = ["audit", "verify", "--expect", &of_second].map(PathBuf::from);
        let output = command(arguments.iter().chain(files.iter().copied()), "");
        (output.status.code(), said(&output))
    };
    let (code, text) = expect(&[first, second, third, fourth]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&format!("{of_second}: the last line of {}", second.display())), "{text}");
    let (code, text) = expect(&[third, fourth]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&format!("{of_second}: the last line before {}", third.display())), "{text}");
    assert_eq!(expect(&[fourth]).0, Some(1));
}

#[tokio::test]
async fn a_later_month_begins_a_segment_and_the_former_one_is_archived_while_the_process_runs() {
    let place = Place::new("");
    let base = place.audit_file();
    append(&base, "2026-01-10T12:00:00.000Z");
    let _process = Process::configured(&place.config(), place.listen).await;
    let before = fs::read_to_string(&base).unwrap();
    let link = place.link_for("ada");
    assert_eq!(fs::read_to_string(&base).unwrap(), before, "the first segment is as it was");
    let names: Vec<_> = segments(&base).unwrap().iter().map(Segment::name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let verified = place.ask(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    assert_eq!(said(&verified).matches("/audit").count(), 2, "{verified:?}");

    fs::rename(&base, place.folder.path().join("archived.jsonl")).unwrap();
    // The process writes down what became of the link, and another one issues the next.
    assert_eq!(post(&link, PASSWORD).await, 200);
    let is_told = (0..200).any(|_| said(&place.ask(&["status", "ada"])).contains("used"));
    assert!(is_told);
    place.link_for("bob");
    let verified = place.ask(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    assert!(said(&verified).contains("it follows audit.jsonl, which was not checked"), "{verified:?}");
    let doctor = said(&place.ask(&["doctor"]));
    assert!(
        doctor.contains(&format!("{} can be appended to, and its chain is consistent", names[1])),
        "{doctor}"
    );
}
