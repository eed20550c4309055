//! `status`, `revoke` and `audit verify` from a shell, and an audit that is not what was written.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Output;

use reset_link_tests::harness::binary::{Process, command};
use reset_link_tests::wait;
use serde_json::{Value, json};

use super::{Place, reasons};
use crate::process::get;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn answer(output: &Output) -> (Option<i32>, Value) {
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code(), answer)
}

#[tokio::test]
async fn a_contacts_links_are_withdrawn_from_a_shell_beside_a_running_process_and_without_one() {
    let place = Place::new("");
    let socket = place.folder.path().join("data/ledger.sock");
    let mut process = Process::configured(&place.config(), place.listen).await;
    let first = place.link_for("ada");
    let revoked = place.ask(&["revoke", "ada"]);
    assert_eq!(revoked.status.code(), Some(0), "{revoked:?}");
    assert!(said(&revoked).contains("All links of Ada Lovelace (ada) that were still good are withdrawn."));
    assert_eq!(get(&first).await, 410);

    let second = place.link_for("ada");
    assert!(process.terminate().await.success());
    assert!(!socket.exists(), "the socket goes with the process");
    let (code, revoked) = answer(&place.ask(&["revoke", "ada", "--json"]));
    assert_eq!(
        (code, &revoked),
        (Some(0), &json!({"outcome": "revoked", "contact": "ada", "in_progress": false}))
    );

    let mut process = Process::configured(&place.config(), place.listen).await;
    assert_eq!(get(&second).await, 410);
    process.kill().await;
    assert!(socket.exists(), "a socket that a killed process left behind");
    let third = place.link_for("ada");
    assert_eq!(place.ask(&["revoke", "ada"]).status.code(), Some(0));
    let _process = Process::configured(&place.config(), place.listen).await;
    assert_eq!(get(&third).await, 410);

    let (code, status) = answer(&place.ask(&["status", "ada", "--json"]));
    assert_eq!((code, &status["outcome"], &status["contact"]), (Some(0), &json!("status"), &json!("ada")));
    let states: Vec<_> = status["links"].as_array().unwrap().iter().map(|link| &link["state"]).collect();
    assert_eq!(states, ["withdrawn"; 3]);
    assert_eq!(status["links"][0]["admin"]["platform"], "shell");
    // Issued within a minute, and told apart all the same.
    let told = place.ask(&["status", "ada"]);
    for link in status["links"].as_array().unwrap() {
        let short: String = link["link_id"].as_str().unwrap().chars().take(8).collect();
        assert_eq!(said(&told).matches(&format!("link {short}, by ")).count(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn where_the_ledgers_holder_cannot_be_asked_nothing_is_withdrawn_and_the_answer_says_so() {
    let place = Place::new("");
    let _process = Process::configured(&place.config(), place.listen).await;
    let link = place.link_for("ada");
    fs::remove_file(place.folder.path().join("data/ledger.sock")).unwrap();
    let failed = place.ask(&["revoke", "ada"]);
    assert_eq!(failed.status.code(), Some(5), "{failed:?}");
    assert!(said(&failed).contains("the links may still be good"), "{failed:?}");
    assert!(String::from_utf8_lossy(&failed.stderr).contains("in use by another process"), "{failed:?}");
    let (code, failed) = answer(&place.ask(&["revoke", "ada", "--json"]));
    assert_eq!((code, reasons(&failed)), (Some(5), vec!["redeem_server_unavailable"]));
    assert_eq!(get(&link).await, 200);
}

#[test]
fn a_mistyped_id_is_answered_with_commands_that_can_be_copied() {
    let place = Place::new("");
    for (command, near) in [
        (["status", "adaa"].as_slice(), "reset-link status ada    Ada Lovelace"),
        (&["revoke", "adaa"], "reset-link revoke ada    Ada Lovelace"),
        (&["issue", "--contact", "adaa"], "reset-link issue --contact ada    Ada Lovelace"),
    ] {
        let refused = place.ask(command);
        assert_eq!(refused.status.code(), Some(4), "{refused:?}");
        assert!(said(&refused).contains(near), "{refused:?}");
        assert!(!said(&refused).contains("/reset-"), "a shell has no such command: {refused:?}");
    }
    let (code, refused) = answer(&place.ask(&["status", "adaa", "--json"]));
    assert_eq!((code, reasons(&refused)), (Some(4), vec!["no_such_contact"]));
}

#[test]
fn who_may_not_issue_may_neither_ask_nor_withdraw_from_a_shell() {
    let place = Place::allowing("somebody-else", "");
    for command in ["status", "revoke"] {
        let (code, refused) = answer(&place.ask(&[command, "ada", "--json"]));
        assert_eq!((code, reasons(&refused)), (Some(4), vec!["not_allowed"]));
    }
    let audit = fs::read_to_string(place.audit_file()).unwrap();
    assert_eq!(audit.matches("\"event\":\"denied\"").count(), 2, "{audit}");
    assert!(!audit.contains("revoking"));
}

#[test]
fn a_copy_of_an_audit_is_verified_without_config_key_or_data() {
    let place = Place::new("");
    place.link_for("ada");
    place.link_for("bob");
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.jsonl");
    fs::copy(place.audit_file(), &copy).unwrap();
    let copied = copy.to_str().unwrap();
    let text = fs::read_to_string(&copy).unwrap();
    let prev = |line: usize| -> String {
        let line: Value = serde_json::from_str(text.lines().nth(line).unwrap()).unwrap();
        line["prev"].as_str().unwrap().to_owned()
    };

    let verified = command(["audit", "verify", copied], "");
    assert!(verified.status.success(), "{verified:?}");
    let expected = format!("{copied}: the chain is consistent, 4 lines, last hash ");
    assert!(said(&verified).starts_with(&expected), "{verified:?}");
    let last = said(&verified).strip_prefix(&expected).unwrap().trim().to_owned();

    let verified = command(["audit", "verify", copied, "--expect", &last, "--expect", &prev(2)], "");
    assert!(verified.status.success(), "{verified:?}");
    assert!(said(&verified).contains(&format!("{last}: the last line of {copied}")), "{verified:?}");
    assert!(
        said(&verified).contains(&format!("{}: line 2 of {copied}, which has grown since", prev(2))),
        "{verified:?}"
    );

    // The newest line is cut off: the chain is consistent, and the noted hash is gone.
    fs::write(&copy, format!("{}\n", text.lines().take(3).collect::<Vec<_>>().join("\n"))).unwrap();
    let cut = command(["audit", "verify", copied, "--expect", &last], "");
    assert_eq!(cut.status.code(), Some(1));
    assert!(said(&cut).contains("consistent, 3 lines") && said(&cut).contains("NOT FOUND"), "{cut:?}");

    fs::write(&copy, text.replacen("\"ada\"", "\"eve\"", 1)).unwrap();
    let changed = command(["audit", "verify", copied], "");
    assert_eq!(changed.status.code(), Some(1));
    assert!(said(&changed).contains("NOT CONSISTENT: line 2"), "{changed:?}");

    let misused = command(["audit", "verify", copied, "--expect", "xyz"], "");
    assert_eq!(misused.status.code(), Some(2), "{misused:?}");
    let missing = command(["audit", "verify", "no-such-file"], "");
    assert_eq!(missing.status.code(), Some(5), "{missing:?}");
}

#[tokio::test]
async fn an_audit_that_is_not_as_it_was_written_stops_issuing_and_not_withdrawing() {
    let place = Place::new("");
    let mut process = Process::configured(&place.config(), place.listen).await;
    let link = place.link_for("ada");
    // Waited for: the next one listens at the same address.
    process.kill().await;
    let forged = "{\"at\":\"2026-11-24T09:00:00.000Z\",\"event\":\"approval_requested\",\"request\":\"AAAAAAAAAAAAAAAAAAAAAQ\"}";
    writeln!(File::options().append(true).open(place.audit_file()).unwrap(), "{forged}").unwrap();

    let mut process = Process::configured(&place.config(), place.listen).await;
    let log = process.logged("the audit is not as it was written").await;
    assert!(log.contains("line=3"), "{log}");
    let (code, refused) = place.issue("ada");
    assert_eq!((code, reasons(&refused)), (Some(4), vec!["audit_unsound"]));
    assert!(refused["reasons"][0]["detail"].as_str().unwrap().contains("audit.jsonl: line 3: "), "{refused}");
    let said_so = said(&place.ask(&["issue", "--contact", "ada"]));
    assert!(said_so.contains("line 3 of ") && said_so.contains("To mend"), "{said_so}");
    let doctor = said(&place.ask(&["doctor"]));
    assert!(doctor.contains("audit.jsonl is not as it was written: line 3"), "{doctor}");
    assert_eq!(place.ask(&["revoke", "ada"]).status.code(), Some(0));
    assert_eq!(get(&link).await, 410);
}

#[tokio::test]
async fn health_says_so_while_an_audit_cannot_be_written() {
    let place = Place::new("");
    let process = Process::configured(&place.config(), place.listen).await;
    let healthz = format!("{}/healthz", process.url());
    let aside = place.audit_file().with_extension("aside");
    assert_eq!(get(&healthz).await, 200);
    fs::rename(place.audit_file(), &aside).unwrap();
    // The process looks every few seconds by itself.
    wait::until("503", async || get(&healthz).await == 503).await;
    fs::rename(&aside, place.audit_file()).unwrap();
    wait::until("200", async || get(&healthz).await == 200).await;
}
