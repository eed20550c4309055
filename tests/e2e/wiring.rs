//! How a process starts and ends: what comes before what, and that nothing is cut off or goes unnoticed.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use config::HandOver;
use jiff::SignedDuration;
use reqwest::redirect::Policy;
use reset_link_tests::harness::binary::{Process, command};
use reset_link_tests::harness::{Fault, Harness, PASSWORD, PUBLIC_URL, Plan, Running, Start, link_in};
use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::listening::Place;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process has asked a second person for alice, has ended, and the request has lapsed since.
async fn with_a_lapse() -> Harness {
    let mut harness = Harness::planned(Plan { hand_over: HandOver::Approve, ..Plan::default() }).await;
    harness.chat.has_desk();
    let said = harness.types("/reset-link contact:ada").await;
    assert!(said.text.contains("A second person must agree first"), "{}", said.text);
    harness.kill().await;
    harness.clock.move_by(SignedDuration::from_mins(16));
    harness
}

#[tokio::test]
async fn what_lapsed_while_the_process_was_down_is_told_by_the_chats_of_the_next_one() {
    let harness = with_a_lapse().await;
    let mut running = harness.run(Start::default()).await;
    running.says("Nobody answered your request for a link for ada in time.").await;
    running.tell_to_stop();
    running.ended().await.unwrap();
    assert_eq!(harness.events("told").len(), 1, "it is told once");
}

#[tokio::test]
async fn where_the_chats_do_not_come_up_what_was_started_ends_in_order_and_the_cause_is_told() {
    let mut harness = Harness::start().await;
    harness.link_for("ada").await;
    harness.kill().await;
    let running = harness.run(Start { loses_audit: true, ..Start::default() }).await;
    let page = running.page;
    let why = running.ended().await.unwrap_err();
    assert!(why.contains("audit.jsonl"), "{why}");
    assert!(TcpStream::connect(page).await.is_err(), "nobody listens any more");
    let audit = harness.audit_file();
    fs::rename(audit.with_extension("moved"), audit).unwrap();
    // The ledger is free again.
    harness.begin().await;
}

#[tokio::test]
async fn told_to_stop_before_it_is_up_it_ends_in_order_and_nothing_has_fallen_due() {
    let mut harness = with_a_lapse().await;
    let running = harness.run(Start { is_told_to_stop: true, ..Start::default() }).await;
    running.ended().await.unwrap();
    assert!(harness.events("approval_closed").is_empty());
    harness.begin().await;
}

/// Until nobody listens at the page any more.
async fn page_is_shut(running: &Running) {
    let is_shut = async {
        while TcpStream::connect(running.page).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, is_shut).await.expect("the listener is gone");
}

#[tokio::test]
async fn requests_redemptions_receipts_and_notices_end_in_this_order() {
    let mut harness = Harness::planned(Plan { mail: true, ..Plan::default() }).await;
    harness.issue("ada").await;
    let link = link_in(&harness.mailer.mails()[0]).unwrap();
    harness.kill().await;
    let running = harness.run(Start::default()).await;

    harness.directory.next(Fault::Waits);
    let url = link.replacen(PUBLIC_URL, &format!("http://{}", running.page), 1);
    let form = [("password", PASSWORD), ("confirm", PASSWORD)];
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let visitor = tokio::spawn(async move { client.post(url).form(&form).send().await.unwrap().status() });
    harness.directory.reached().await;
    harness.mailer.keeps_waiting(true);
    running.tell_to_stop();
    page_is_shut(&running).await;
    assert!(!running.has_ended() && harness.events("receipt").is_empty(), "the redemption is waited for");

    harness.directory.let_go();
    harness.event("receipt").await;
    assert!(!running.has_ended() && harness.events("followed").is_empty(), "the notice is waited for");
    assert_eq!(visitor.await.unwrap(), 303, "the request in flight is answered");

    harness.mailer.keeps_waiting(false);
    running.ended().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
    assert_eq!(harness.events("followed")[0]["notice"], "mailed");
    harness.begin().await;
    assert!(harness.signs_in("ada", PASSWORD).await);
}

/// Input that nobody can read without a panic.
struct Panicking;

impl AsyncRead for Panicking {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        panic!("as a bug does");
    }
}

impl AsyncBufRead for Panicking {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        panic!("as a bug does");
    }

    fn consume(self: Pin<&mut Self>, _: usize) {}
}

#[tokio::test]
async fn a_task_that_panics_ends_the_process_in_order_and_is_named() {
    let mut harness = Harness::start().await;
    harness.kill().await;
    let running = harness.run(Start { input: Box::new(Panicking), ..Start::default() }).await;
    let why = running.ended().await.unwrap_err();
    assert!(why.contains("\"console\" has panicked"), "{why}");
    // In order: the ledger is free.
    harness.begin().await;
}

/// The files of the bot's audit.
fn audits(place: &Place) -> Vec<PathBuf> {
    let files = fs::read_dir(place.path().join("data")).unwrap().map(|entry| entry.unwrap().path());
    let is_audit = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("audit") && name.ends_with(".jsonl")
    };
    files.filter(is_audit).collect()
}

#[tokio::test]
async fn a_listener_that_cannot_be_had_is_named_before_anything_is_opened() {
    let place = Place::new("");
    let _somebody_else = std::net::TcpListener::bind(place.bot_listen).unwrap();
    let ran = command(["run", "--config", place.config().to_str().unwrap()], "");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(5), "{said}");
    assert!(said.contains(&format!("{}: cannot listen here", place.bot_listen)), "{said}");
    assert!(audits(&place).is_empty());
}

#[tokio::test]
async fn a_signal_while_it_starts_or_ends_cuts_nothing_short() {
    let place = Place::new("");
    let config = place.config();
    let issue = || {
        let issued =
            command(["issue", "--json", "--contact", "ada", "--config", config.to_str().unwrap()], "");
        let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
        issued["link"].as_str().unwrap().to_owned()
    };
    issue();
    let hold = || {
        let files = audits(&place).into_iter().map(|file| {
            let file = File::options().read(true).append(true).open(file).unwrap();
            file.lock().unwrap();
            file
        });
        let held: Vec<File> = files.collect();
        assert!(!held.is_empty());
        held
    };

    // While it starts: it waits for its audit.
    let held = hold();
    let mut process = Process::starting(&config);
    let listens = async {
        while TcpStream::connect(place.bot_listen).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, listens).await.expect("its listeners are bound first");
    process.tell_to_stop();
    process.logged("asked to stop").await;
    assert!(!process.stderr().contains("the redeem server listens"), "{}", process.stderr());
    drop(held);
    assert!(process.ended().await.success(), "{}", process.stderr());
    assert!(process.stderr().contains("ended"), "{}", process.stderr());

    // While it ends: a receipt waits for the bot's audit.
    let mut process = Process::configured(&config, place.listen).await;
    let link = issue();
    let held = hold();
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let form = [("password", PASSWORD), ("confirm", PASSWORD)];
    assert_eq!(client.post(link).form(&form).send().await.unwrap().status(), 303);
    process.tell_to_stop();
    process.logged("asked to stop").await;
    process.tell_to_stop();
    drop(held);
    assert!(process.ended().await.success(), "{}", process.stderr());
    let written: String = audits(&place).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(written.contains("\"outcome\":\"redeemed\""), "{written}");
}
