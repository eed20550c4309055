//! A configured reset-link from a shell: each outcome of `issue`, what `verify` tells apart, and a disk that is full.

mod links;
mod segments;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};

use config::MailSecurity;
use keys::chained_log::ChainedLog;
use reset_link_tests::fakes::smtp::{FakeSmtp, Script, Stage};
use reset_link_tests::harness::PASSWORD;
use reset_link_tests::harness::binary::{Process, command, executable, free_address};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{get, login, post};

/// One with an address of their own, one without, two who share one.
const CONTACTS: &str = "id,name,email,language\n\
    ada,Ada Lovelace,ada@example.org,en\n\
    bob,Bob Baker,,en\n\
    carol,Carol Miller,family@example.net,en\n\
    chris,Chris Miller,Family@Example.net,en\n";

/// Key, contacts and config are there; nothing runs yet.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) listen: SocketAddr,
}

impl Place {
    pub(crate) fn new(more: &str) -> Self {
        Self::allowing(&login(), more)
    }

    fn mailing(server: &FakeSmtp, more: &str) -> Self {
        let settings = server.settings();
        Self::new(&format!(
            "[mail]\nhost = {:?}\nport = {}\nsecurity = \"none\"\n{more}",
            settings.host, settings.port
        ))
    }

    fn allowing(name: &str, more: &str) -> Self {
        let place = Self { folder: TempDir::new().unwrap(), listen: free_address() };
        let made = command(["init", "--dir", place.folder.path().to_str().unwrap()], "");
        assert!(made.status.success(), "{made:?}");
        let listen = place.listen;
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\nmail_from = \"help@example.org\"\n\
             [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n[console]\nallow = [{name:?}]\n{more}\n"
        );
        fs::write(place.config(), config).unwrap();
        let csv = place.folder.path().join("contacts.csv");
        fs::write(&csv, CONTACTS).unwrap();
        let imported = place.ask(&["contacts", "import", csv.to_str().unwrap()]);
        assert!(imported.status.success(), "{imported:?}");
        place
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("reset-link.toml")
    }

    fn audit_file(&self) -> PathBuf {
        self.folder.path().join("data/audit.jsonl")
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        self.tell(arguments, "")
    }

    fn tell(&self, arguments: &[&str], input: &str) -> Output {
        command(arguments.iter().copied().chain(["--config", self.config().to_str().unwrap()]), input)
    }

    pub(crate) fn issue(&self, contact: &str) -> (Option<i32>, Value) {
        let output = self.ask(&["issue", "--json", "--contact", contact]);
        (
            output.status.code(),
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}")),
        )
    }

    pub(crate) fn link_for(&self, contact: &str) -> String {
        let (code, answer) = self.issue(contact);
        assert_eq!(code, Some(3), "{answer}");
        answer["link"].as_str().unwrap().to_owned()
    }

    pub(crate) fn verify(&self, link: &str) -> (Option<i32>, String) {
        let output = self.tell(&["verify", "-"], link);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }
}

pub(crate) fn reasons(answer: &Value) -> Vec<&str> {
    let reasons = answer["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["reason"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn issue_mails_to_who_has_an_address_of_their_own_and_exits_with_0() {
    let server = Script::new(MailSecurity::None).start().await.unwrap();
    let place = Place::mailing(&server, "");
    let (code, answer) = place.issue("ada");
    assert_eq!((code, &answer["outcome"]), (Some(0), &json!("mailed")));
    assert_eq!((&answer["link"], reasons(&answer)), (&Value::Null, vec![]));
    assert_eq!((&answer["mailed_to"], &answer["contact"]), (&json!("a…@example.org"), &json!("ada")));
    assert_eq!(server.wait_for(1).await.len(), 1);
    for (contact, why) in [("bob", "no_primary_email"), ("carol", "email_shared")] {
        let (code, answer) = place.issue(contact);
        assert_eq!((code, reasons(&answer)), (Some(3), vec![why]), "{answer}");
    }
    assert_eq!(server.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn issue_hands_the_link_over_where_the_mail_server_says_no() {
    let script = Script::new(MailSecurity::None).says(Stage::Rcpt, "550 5.1.1 no such user here");
    let server = script.start().await.unwrap();
    let place = Place::mailing(&server, "");
    let _process = Process::configured(&place.config(), place.listen).await;
    let (code, answer) = place.issue("ada");
    assert_eq!((code, reasons(&answer)), (Some(3), vec!["mail_failed"]));
    assert!(answer["reasons"][0]["detail"].as_str().unwrap().contains("no such user here"), "{answer}");
    assert_eq!(post(answer["link"].as_str().unwrap(), PASSWORD).await, 200);
}

#[test]
fn issue_says_why_there_is_no_link_and_exits_with_4() {
    let place = Place::new("[limits]\nlinks_per_contact_and_quarter_hour = 2\nlinks_per_admin_and_hour = 3");
    let refused = |contact: &str, why: &str| {
        let (code, answer) = place.issue(contact);
        assert_eq!((code, &answer["outcome"]), (Some(4), &json!("refused")));
        assert_eq!((reasons(&answer), &answer["link"]), (vec![why], &Value::Null));
        answer["reasons"][0]["detail"].as_str().unwrap_or_default().to_owned()
    };
    refused("nobody", "no_such_contact");
    place.link_for("ada");
    place.link_for("ada");
    assert!(refused("ada", "limit_per_contact").contains("again at "));
    place.link_for("bob");
    assert!(refused("bob", "limit_per_admin").contains("again at "));

    let place = Place::allowing("somebody-else", "");
    let (code, answer) = place.issue("ada");
    assert_eq!((code, reasons(&answer)), (Some(4), vec!["not_allowed"]));
    let aside = String::from_utf8(place.ask(&["issue", "--contact", "ada"]).stderr).unwrap();
    let login = login();
    assert!(
        aside.contains(&format!("You are {login} here"))
            && aside.contains(&format!("\"{login}\" into allow below [console]")),
        "{aside}"
    );

    let place = Place::new("[links]\nhand_over = \"refuse\"");
    let (code, answer) = place.issue("bob");
    let all = vec!["hand_over_off", "mail_server_not_configured", "no_primary_email"];
    assert_eq!((code, reasons(&answer)), (Some(4), all));
}

#[tokio::test]
async fn verify_tells_expired_and_foreign_links_from_good_ones() {
    let place = Place::new("[links]\nlifetime = \"1ms\"");
    let (code, said) = place.verify(&place.link_for("ada"));
    assert_eq!(code, Some(1));
    assert!(said.contains("genuine:  yes") && said.contains("good:     no, expired"), "{said}");

    // Another organisation's, and genuine there: another key, another public URL.
    let (here, there) = (Place::new(""), Place::new(""));
    let link = there.link_for("ada");
    let (code, said) = here.verify(&link);
    assert_eq!(code, Some(1));
    assert!(said.contains("genuine:  no") && !said.contains("ada"), "{said}");
    let process = Process::configured(&here.config(), here.listen).await;
    let path = link.split_once("/r/").unwrap().1;
    assert_eq!(get(&format!("{}/r/{path}", process.url())).await, 400);
}

#[test]
fn where_the_disk_is_full_no_link_leaves_and_the_audit_stays_whole() {
    const BLOCK: u64 = 512;
    const LIMIT: u64 = 4096 * BLOCK;
    let place = Place::new("");
    place.link_for("bob");
    // As on a full disk: no file may grow beyond a size that the audit has nearly reached. The others are far from it.
    let mut log = ChainedLog::open(&place.audit_file()).unwrap();
    let size = || fs::metadata(place.audit_file()).unwrap().len();
    while size() + 200 < LIMIT {
        let length = (LIMIT - size() - 150).min(60_000);
        log.lock(&mut |_: &str| ())
            .unwrap()
            .append(
                &json!({ "filler": "x".repeat(usize::try_from(length - 80).unwrap_or(1)) }),
                jiff::Timestamp::UNIX_EPOCH,
            )
            .unwrap();
    }
    let before = fs::read(place.audit_file()).unwrap();
    let script = format!("ulimit -f {}; exec \"$0\" \"$@\"", LIMIT / BLOCK);
    let limited = Command::new("sh")
        .args(["-c", &script])
        .arg(executable())
        .args(["issue", "--json", "--contact", "ada", "--config"])
        .arg(place.config())
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&limited.stdout).unwrap_or_else(|_| panic!("{limited:?}"));
    assert_eq!((limited.status.code(), reasons(&answer)), (Some(4), vec!["audit_unavailable"]));
    assert_eq!(fs::read(place.audit_file()).unwrap(), before, "nothing of the line stays");
    assert_eq!(place.ask(&["audit", "verify"]).status.code(), Some(0));
    // The same without the limit.
    place.link_for("ada");
}
