//! Try-out mode as a newcomer meets it: the real executable, by the words that it prints.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use reset_link_tests::harness::binary::{Process, command, link_in};
use reset_link_tests::harness::{OTHER_PASSWORD, PASSWORD};
use serde_json::Value;
use tempfile::tempdir;

use crate::process::{get, link_for, post};

/// The events of one kind in the bot's audit.
fn events(data: &Path, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(data.join("audit.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == kind).collect()
}

/// How many redemptions the audit holds.
fn redemptions(data: &Path) -> usize {
    events(data, "receipt").iter().filter(|line| line["outcome"] == "redeemed").count()
}

#[tokio::test]
async fn a_newcomer_resets_a_password_by_the_words_on_the_screen() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    let welcome = process.stdout();
    for word in ["Ada Lovelace", "no e-mail", "n/a", "さくら", "/reset-link contact:ada", "/mail on", "/quit"]
    {
        assert!(welcome.contains(word), "{word}: {welcome}");
    }
    let answer = process.ask("/reset-link contact:ada").await;
    let link = link_in(&answer).unwrap();
    assert!(link.starts_with(process.url()), "the link begins with where it listens");
    assert!(answer.lines().any(|line| line.trim() == link), "whole, and alone on its line: {answer}");
    for _ in 0..10 {
        assert_eq!(get(link).await, 200);
    }
    assert_eq!(post(link, "short").await, 422);
    assert_eq!(post(link, PASSWORD).await, 200);
    process.heard("ada has used your link").await;
    assert_eq!(post(link, OTHER_PASSWORD).await, 410);
    assert_eq!(get(link).await, 410);
    let status = process.ask("/reset-status contact:ada").await;
    assert!(status.contains("the new password is set"), "{status}");

    let check = |password: &str| {
        let arguments = ["contacts", "check-password", "ada", "--data", data.path().to_str().unwrap()];
        command(arguments, password).status.code()
    };
    // `echo` puts a line break behind it.
    assert_eq!(check(PASSWORD), Some(0));
    assert_eq!(check(&format!("{PASSWORD}\n")), Some(0));
    assert_eq!(check(OTHER_PASSWORD), Some(1));
}

#[tokio::test]
async fn a_link_outlives_the_process_that_made_it() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    let link = link_for(&mut process, "ada").await;
    process.kill().await;
    let mut process = Process::try_out_at(data.path(), process.url()).await;
    assert_eq!(get(&link).await, 200);
    assert_eq!(post(&link, PASSWORD).await, 200);
    // The admin who issued it is told by the process that came after.
    process.heard("ada has used your link").await;
    assert_eq!(post(&link, PASSWORD).await, 410);
    assert_eq!(redemptions(data.path()), 1);
}

#[tokio::test]
async fn killed_right_behind_a_redemption_it_is_told_of_all_the_same() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    let link = link_for(&mut process, "ada").await;
    assert_eq!(post(&link, PASSWORD).await, 200);
    process.kill().await;
    let before = process.stdout();
    let mut process = Process::try_out_at(data.path(), process.url()).await;
    assert_eq!(get(&link).await, 410);
    // Whichever of the two came to tell it.
    if !before.contains("ada has used your link") {
        process.heard("ada has used your link").await;
    }
    // SIGTERM lets receipts through before the end.
    assert!(process.terminate().await.success());
    assert_eq!(redemptions(data.path()), 1);
    assert!(events(data.path(), "followed").iter().any(|line| line["told"] == true));
}

#[tokio::test]
async fn limits_count_over_a_kill() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    for _ in 0..10 {
        link_for(&mut process, "ada").await;
    }
    process.kill().await;
    let mut process = Process::try_out(data.path()).await;
    let answer = process.ask("/reset-link contact:ada").await;
    assert!(answer.contains("10 links within 15 minutes") && answer.contains("Again at"), "{answer}");
    assert_eq!(link_in(&answer), None);
    link_for(&mut process, "bob").await;
}

#[tokio::test]
async fn mail_can_be_turned_on_and_off() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    process.ask("/mail on").await;
    let answer = process.ask("/reset-link contact:ada").await;
    assert!(answer.contains("E-mailed to Ada Lovelace (ada) at a…@example.org"), "{answer}");
    assert_eq!(fs::read_dir(data.path().join("outbox")).unwrap().count(), 1);
    assert_eq!(post(link_in(&answer).unwrap(), PASSWORD).await, 200);
    process.heard("ada has used your link").await;
    process.ask("/mail off").await;
    let answer = process.ask("/reset-link contact:ada").await;
    assert!(answer.contains("no mail server is configured"), "{answer}");
}

#[tokio::test]
async fn the_end_of_input_does_not_end_the_server() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out_with(data.path(), &[("RUST_LOG", "info")]).await;
    let link = link_for(&mut process, "ada").await;
    process.close_input();
    process.logged("the server goes on").await;
    assert_eq!(post(&link, PASSWORD).await, 200);
    process.heard("ada has used your link").await;
    assert!(process.terminate().await.success());
}

#[tokio::test]
async fn quit_ends_it_well() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    process.send("/quit").await;
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn asked_to_stop_it_hands_on_what_it_knows_and_ends_well() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    let link = link_for(&mut process, "ada").await;
    assert_eq!(post(&link, PASSWORD).await, 200);
    assert_eq!(process.terminate().await.code(), Some(0));
    assert_eq!(redemptions(data.path()), 1);
    assert_eq!(events(data.path(), "followed")[0]["told"], true);
    let verified = command(["audit", "verify", "--data", data.path().to_str().unwrap()], "");
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn a_second_one_on_the_same_folder_is_refused_and_disturbs_nothing() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    let link = link_for(&mut process, "bob").await;
    let folder = data.path().to_str().unwrap();
    let second = command(["run", "--listen", "127.0.0.1:0", "--data", folder], "");
    assert_eq!(second.status.code(), Some(5));
    let error = String::from_utf8(second.stderr).unwrap();
    let ledger = data.path().join("ledger");
    assert!(
        error.contains(ledger.to_str().unwrap()) && error.contains("another `reset-link run`"),
        "{error}"
    );
    // Other commands still find the first one.
    let issued =
        String::from_utf8(command(["issue", "--contact", "bob", "--data", folder], "").stdout).unwrap();
    assert!(link_in(&issued).unwrap().starts_with(process.url()), "{issued}");
    assert_eq!(get(link_in(&issued).unwrap()).await, 200);
    assert_eq!(command(["verify", "--data", folder], &link).status.code(), Some(0));
}

#[tokio::test]
async fn where_its_port_is_taken_it_listens_elsewhere_and_says_so() {
    let data = tempdir().unwrap();
    let mut process = Process::try_out(data.path()).await;
    let before = process.url().to_owned();
    process.send("/quit").await;
    assert!(process.ended().await.success());
    let address = before.strip_prefix("http://").unwrap();
    let somebody_else = TcpListener::bind(address).unwrap();
    let mut process = Process::try_out_anywhere(data.path()).await;
    assert_ne!(process.url(), before);
    let welcome = process.stdout();
    assert!(welcome.contains(&format!("({address} is taken by another program)")), "{welcome}");
    let link = link_for(&mut process, "ada").await;
    assert!(link.starts_with(process.url()));
    assert_eq!(get(&link).await, 200);
    drop(somebody_else);
}

#[test]
fn a_try_out_is_for_this_machine_alone() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("never-made");
    let refused = command(["run", "--listen", "0.0.0.0:0", "--data", data.to_str().unwrap()], "");
    assert_eq!(refused.status.code(), Some(2));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("this machine only"), "{error}");
    assert!(!data.exists());
}

#[test]
fn a_config_file_that_is_missing_is_an_error_and_never_a_try_out() {
    let folder = tempdir().unwrap();
    let (config, data) = (folder.path().join("missing.toml"), folder.path().join("data"));
    let place = ["--config", config.to_str().unwrap(), "--data", data.to_str().unwrap()];
    for asked in [
        &[][..],
        &["run"],
        &["issue", "--contact", "ada"],
        &["keys", "show"],
        &["audit", "verify"],
        &["contacts", "list"],
    ] {
        let refused = command(asked.iter().copied().chain(place), "");
        assert_eq!(refused.status.code(), Some(2), "{asked:?}");
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains("missing.toml") && error.contains("reset-link init"), "{error}");
        assert!(!data.exists(), "{asked:?}");
    }
}
