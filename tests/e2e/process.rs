//! The running executable: try-out, restarts, kills, endings.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reset_link_tests::fakes::kit::client;
use reset_link_tests::harness::binary::{Process, command, free_address, link_in};
use reset_link_tests::wait;
use sqlx::{Connection as _, Executor as _, SqliteConnection};

/// The shortest that a config may ask for.
const LEASE: Duration = Duration::from_secs(10);

const PASSWORD: &str = "quarrel-lantern-otter-plaza";

pub(crate) async fn link_for(process: &mut Process, contact: &str) -> String {
    let answer = process.ask(&format!("/reset-link contact:{contact}")).await;
    link_in(&answer).unwrap_or_else(|| panic!("no link: {answer}")).to_owned()
}

pub(crate) fn client() -> reqwest::Client {
    client::in_the_clear().build().unwrap()
}

pub(crate) async fn get(link: &str) -> StatusCode {
    client().get(link).send().await.unwrap().status()
}

pub(crate) async fn post(link: &str, password: &str) -> StatusCode {
    let form = [("username", "ada"), ("password", password), ("confirm", password)];
    client().post(link).form(&form).send().await.unwrap().status()
}

#[tokio::test]
async fn killed_between_claim_and_write_the_link_is_good_again_after_its_lease() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("reset-link.toml");
    let listen = free_address();
    let text = format!(
        "[organisation]\nname = \"Test\"\nsupport = \"Call us.\"\n[server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n\
         [ledger]\nlease = \"{}s\"\n[limits]\nrequests_per_link_and_minute = 1000000\n[console]\nenabled = true\nallow = [{:?}]\n",
        LEASE.as_secs(),
        login()
    );
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    make_keys_and_contacts(folder.path(), config);
    let mut process = Process::configured(config.as_ref(), listen).await;
    let link = link_for(&mut process, "ada").await;

    // Somebody else writes to the directory and takes their time: the redemption has its claim and waits for the write.
    let database = format!("sqlite://{}", folder.path().join("data/contacts.sqlite").display());
    let mut other = SqliteConnection::connect(&database).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let before_the_claim = Instant::now();
    let visitor = tokio::spawn({
        let link = link.clone();
        async move { client().post(&link).form(&[("password", PASSWORD), ("confirm", PASSWORD)]).send().await }
    });
    wait::until("claim", async || get(&link).await == 409).await;
    // A claim is seen before it is on the disk, and one that is not yet there dies with the process: no write has begun behind it. What is
    // noted after it and answered has it on the disk.
    let said = process.ask("/reset-revoke contact:bob").await;
    assert!(said.contains("Bob Baker"), "{said}");
    process.kill().await;
    assert!(visitor.await.unwrap().is_err());
    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();

    let process = Process::configured(config.as_ref(), listen).await;
    let status = get(&link).await;
    // On a slow machine the lease is over by now, and nothing can be said of it.
    if before_the_claim.elapsed() < LEASE {
        assert_eq!(status, 409, "the lease of the one who was killed still runs");
    }
    // Real time: the lease is the one thing here that another process's clock decides. Once a second, within the link's own limit.
    wait::until_with("end of the lease", Duration::from_secs(4), async || get(&link).await != 409).await;
    assert_eq!(post(&link, PASSWORD).await, 200);
    assert_eq!(get(&link).await, 410);
    drop(process);
    let checked = command(["contacts", "check-password", "ada", "--config", config], PASSWORD);
    assert!(checked.status.success());
}

fn make_keys_and_contacts(folder: &Path, config: &str) {
    assert!(command(["init", "--dir", folder.to_str().unwrap()], "").status.success());
    let csv = folder.join("contacts.csv");
    fs::write(&csv, "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\nbob,Bob Baker,,en\n")
        .unwrap();
    let imported = command(["contacts", "import", csv.to_str().unwrap(), "--config", config], "");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
}

pub(crate) fn login() -> String {
    let id = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_full_disk_lets_no_link_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Process::try_out(folder.path()).await;
    assert!(first.terminate().await.success());
    // As on a full disk: no file of the shell's children may grow beyond what the audit is now.
    let audit = folder.path().join("audit.jsonl");
    fs::write(&audit, "").unwrap();
    let shell = format!(
        "ulimit -f 0; exec {} issue --contact ada --try-out --data {}",
        reset_link_tests::harness::binary::executable().display(),
        folder.path().display()
    );
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", &shell]);
    let output = limited.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !said.contains("/r/v4.public"), "{said}");
    assert!(fs::read_to_string(&audit).unwrap().is_empty(), "nothing of the line stays");
    assert_eq!(
        command(["issue", "--contact", "ada", "--data", folder.path().to_str().unwrap()], "").status.code(),
        Some(3)
    );
}

#[tokio::test]
async fn an_audit_that_was_moved_lets_no_link_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::try_out(folder.path()).await;
    link_for(&mut process, "ada").await;
    fs::rename(folder.path().join("audit.jsonl"), folder.path().join("audit.old")).unwrap();
    let answer = process.ask("/reset-link contact:bob").await;
    assert!(answer.contains("The audit cannot be written") && !answer.contains("/r/"), "{answer}");
}
