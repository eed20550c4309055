//! The operator's commands: what they say, and how they exit.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use contacts::{ContactEntry, SqliteOperations};
use keys::ContactId;
use keys::text::is_invisible;
use reset_link_tests::harness::binary::{Process, command as run};
use serde_json::Value;

use crate::process::{link_for, post};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A data folder that try-out mode has filled, and nobody uses any more.
async fn tried_out() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::try_out(folder.path()).await;
    process.send("/quit").await;
    assert!(process.ended().await.success());
    folder
}

fn data(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

#[tokio::test]
async fn issue_answers_in_json_with_its_exit_codes() {
    let folder = tried_out().await;
    let issue =
        |contact: &str| run(["issue", "--contact", contact, "--json", "--data", data(folder.path())], "");
    let handed_over = issue("CAROL");
    assert_eq!(handed_over.status.code(), Some(3));
    let answer: Value = serde_json::from_slice(&handed_over.stdout).unwrap();
    assert_eq!(answer["outcome"], "handed_over");
    assert_eq!(answer["contact"], "carol", "the id as the directory has it");
    assert_eq!(answer["reasons"][0]["reason"], "mail_server_not_configured");
    assert_eq!(answer["reasons"][1], serde_json::json!({ "reason": "email_shared", "detail": "chris" }));
    assert!(answer["link"].as_str().unwrap().contains("/r/v4.public."));
    assert!(
        answer["link_id"].as_str().unwrap().len() == 32 && answer["expires"].as_str().unwrap().ends_with('Z')
    );
    let refused = issue("nobody");
    assert_eq!(refused.status.code(), Some(4));
    let answer: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(
        (&answer["outcome"], &answer["reasons"][0]["reason"]),
        (&"refused".into(), &"no_such_contact".into())
    );
    assert_eq!(run(["issue", "--json"], "").status.code(), Some(2));
}

#[tokio::test]
async fn issue_and_the_console_share_one_limit() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::try_out(folder.path()).await;
    for _ in 0..6 {
        link_for(&mut process, "ada").await;
    }
    let issue = || run(["issue", "--contact", "ada", "--data", data(folder.path())], "");
    for _ in 0..4 {
        assert_eq!(issue().status.code(), Some(3));
    }
    let refused = issue();
    assert_eq!(refused.status.code(), Some(4));
    assert!(said(&refused).contains("10 links within 15 minutes"), "{}", said(&refused));
    let refused = process.ask("/reset-link contact:ada").await;
    assert!(refused.contains("10 links within 15 minutes"), "{refused}");
}

#[tokio::test]
async fn verify_tells_good_used_and_damaged_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::try_out(folder.path()).await;
    let link = link_for(&mut process, "ada").await;
    let verify = |link: &str| run(["verify", "--data", data(folder.path())], link);
    let good = verify(&link);
    assert!(
        good.status.success()
            && said(&good).contains("contact:  ada")
            && said(&good).contains("good:     yes"),
        "{}",
        said(&good)
    );
    assert!(!said(&good).contains("v4.public"));
    let token = link.split("/r/").nth(1).unwrap();
    assert!(verify(token).status.success());
    assert_eq!(post(&link, "quarrel-lantern-otter-plaza").await, 200);
    let used = verify(&link);
    assert_eq!(used.status.code(), Some(1));
    assert!(said(&used).contains("genuine:  yes") && said(&used).contains("good:     no"), "{}", said(&used));
    let damaged = verify(&link.replace("v4.public.e", "v4.public.f"));
    assert_eq!(damaged.status.code(), Some(1));
    assert!(said(&damaged).contains("genuine:  no"), "{}", said(&damaged));
    process.kill().await;
    let away = verify(&link);
    assert_eq!(away.status.code(), Some(5));
    assert!(said(&away).contains("does not answer") && !said(&away).contains("v4.public"), "{}", said(&away));
}

#[tokio::test]
async fn a_link_on_the_command_line_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::try_out(folder.path()).await;
    let link = link_for(&mut process, "ada").await;
    let refused = run(["verify", &link, "--data", data(folder.path())], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        said(&refused).contains("command line") && said(&refused).contains("verify -"),
        "{}",
        said(&refused)
    );
    assert!(!said(&refused).contains("v4.public"));
    for arguments in [&["verify"][..], &["verify", "-"]] {
        let place = ["--data", data(folder.path())];
        let verify = |input: &str| run(arguments.iter().chain(&place), input);
        assert!(verify(&format!("  {link}\r\n")).status.success(), "white space around it does no harm");
        let nothing = verify(" \n");
        assert_eq!(nothing.status.code(), Some(2));
        assert!(said(&nothing).contains("no link on standard input"), "{}", said(&nothing));
    }
}

#[tokio::test]
async fn the_public_key_alone_checks_a_link() {
    let (folder, elsewhere, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tried_out().await);
    let mut process = Process::try_out(folder.path()).await;
    let link = link_for(&mut process, "ada").await;
    let copy = |from: &Path, name: &str| {
        let to = elsewhere.path().join(name);
        fs::copy(from.join("keys/signing.k4.public"), &to).unwrap();
        to
    };
    let (ours, theirs) = (copy(folder.path(), "ours.k4.public"), copy(other.path(), "theirs.k4.public"));
    let verify = |keys: &[&Path], link: &str| {
        let keys = keys.iter().flat_map(|key| ["--public-key", key.to_str().unwrap()]);
        run(["verify"].into_iter().chain(keys), link)
    };
    let good = verify(&[&ours], &link);
    assert!(good.status.success() && said(&good).contains("good:     yes"), "{}", said(&good));
    assert!(verify(&[&theirs, &ours], &link).status.success());
    let foreign = verify(&[&theirs], &link);
    assert_eq!(foreign.status.code(), Some(1), "{}", said(&foreign));
    assert!(said(&foreign).contains("genuine:  no"), "{}", said(&foreign));
    // The public URL is signed too: the same token below another one is another link.
    let moved = link.replace("127.0.0.1", "localhost");
    assert!(said(&verify(&[&ours], &moved)).contains("genuine:  no"));
    let token = link.split("/r/").nth(1).unwrap();
    assert_eq!(verify(&[&ours], token).status.code(), Some(2), "a token alone does not say whose it is");
    // A config without the secret: the public half beside its place does.
    fs::rename(folder.path().join("keys/signing.k4.secret"), elsewhere.path().join("secret")).unwrap();
    let good = run(["verify", "--data", data(folder.path())], &link);
    assert!(good.status.success(), "{}", said(&good));
}

#[tokio::test]
async fn doctor_answers_in_json() {
    let folder = tried_out().await;
    let doctor = run(["doctor", "--json", "--data", data(folder.path())], "");
    let answer: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    let count = |verdict: &str| findings.iter().filter(|finding| finding["verdict"] == verdict).count();
    for (verdict, counted) in [("fail", "failed"), ("warn", "warned"), ("not_checked", "not_checked")] {
        assert_eq!(answer[counted], count(verdict), "{answer}");
    }
    let key = findings.iter().find(|finding| finding["subject"] == "keys.signing_key_file").unwrap();
    assert_eq!((&key["verdict"], &key["cure"]), (&"ok".into(), &Value::Null), "{key}");
    let mail = findings.iter().find(|finding| finding["subject"] == "mail").unwrap();
    assert!(mail["verdict"] == "warn" && mail["cure"].as_str().unwrap().contains("[mail]"), "{mail}");
    let plain = said(&run(["doctor", "--data", data(folder.path())], ""));
    assert_eq!(plain.lines().take_while(|line| !line.is_empty()).count(), findings.len(), "{plain}");
}

#[test]
fn issue_without_contact_says_its_form() {
    for (arguments, form) in [
        (&["issue", "ada"][..], "--contact ada"),
        (&["issue", "Ada Lovelace"], "--contact 'Ada Lovelace'"),
        (&["issue"], "--contact ID"),
    ] {
        let refused = run(arguments, "");
        assert_eq!(refused.status.code(), Some(2));
        assert!(said(&refused).contains(form), "{}", said(&refused));
    }
    let help = said(&run(["issue", "--help"], ""));
    assert!(help.contains("Examples:\n  reset-link issue --contact ada\n"), "{help}");
}

#[tokio::test]
async fn audit_verify_names_the_line_that_was_changed() {
    let folder = tried_out().await;
    for _ in 0..3 {
        run(["issue", "--contact", "ada", "--data", data(folder.path())], "");
    }
    let verify = || run(["audit", "verify", "--data", data(folder.path())], "");
    let untouched = verify();
    let is_consistent = said(&untouched).contains("the chain is consistent, 6 lines");
    assert!(untouched.status.success() && is_consistent, "{}", said(&untouched));
    let file = folder.path().join("audit.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"contact\":\"ada\"", "\"contact\":\"bob\"", 1)).unwrap();
    let broken = verify();
    assert_eq!(broken.status.code(), Some(1));
    assert!(said(&broken).contains("NOT CONSISTENT: line 2"), "{}", said(&broken));
}

#[tokio::test]
async fn keys_show_gives_the_public_half_alone() {
    let folder = tried_out().await;
    let shown = said(&run(["keys", "show", "--data", data(folder.path())], ""));
    assert!(
        shown.contains("k4.public.") && shown.contains("k4.pid.") && !shown.contains("k4.secret"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_secret_key_that_others_can_read_stops_everything() {
    let folder = tried_out().await;
    let key = folder.path().join("keys/signing.k4.secret");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = run(["run", "--listen", "127.0.0.1:0", "--data", data(folder.path())], "");
    assert!(!refused.status.success() && said(&refused).contains("chmod 600"), "{}", said(&refused));
}

#[tokio::test]
async fn contacts_are_imported_all_or_none() {
    let folder = tried_out().await;
    let csv = folder.path().join("new.csv");
    let import = || run(["contacts", "import", csv.to_str().unwrap(), "--data", data(folder.path())], "");
    fs::write(&csv, "id,name,email,language\nzoe,Zoe,zoe@example.org,en\n,Nobody,,\n").unwrap();
    let refused = import();
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("line 3"), "{}", said(&refused));
    let show = || run(["contacts", "show", "zoe", "--data", data(folder.path())], "");
    assert_eq!(show().status.code(), Some(1));
    fs::write(&csv, "id,name,email,language\nzoe,Zoe,zoe@example.org,en\n").unwrap();
    let imported = import();
    assert!(imported.status.success() && said(&imported).contains("1 added"), "{}", said(&imported));
    assert!(show().status.success());
    let listed = said(&run(["contacts", "list", "--data", data(folder.path())], ""));
    assert_eq!(listed.lines().count(), 8, "{listed}");
    let wrong = run(["contacts", "check-password", "zoe", "--data", data(folder.path())], "whatever");
    assert_eq!(wrong.status.code(), Some(1));
}

#[tokio::test]
async fn names_that_another_program_wrote_do_nothing_to_the_terminal() {
    let folder = tried_out().await;
    let directory = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
    let name = "Eve\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\r\n\tAda\u{202e}";
    let eve = ContactEntry::new(ContactId::new("e\u{200b}ve").unwrap(), name).with_email("\u{1b}[1m");
    directory.put(&[eve]).await.unwrap();
    directory.close().await;
    let csv = folder.path().join("new.csv");
    fs::write(&csv, "id,name,email,language,\u{1b}[31mred\n").unwrap();
    for (command, spelled) in [
        (
            &["contacts", "list"][..],
            r"e\u200bve	Eve\u001b]0;title\u0007\u001b[2J\u009b31m\u000d\u000a\u0009Ada\u202e	\u001b[1m	-",
        ),
        (&["contacts", "show", "e\u{200b}ve"], r"Eve\u001b]0;title"),
        (&["contacts", "import", csv.to_str().unwrap()], r"`\u001b[31mred` is not known"),
        (&["contacts", "show", "nobody\u{1b}[2J"], r"\u{1b}[2J"),
        (&["issue", "--contact", "eve"], "Eve"),
        (&["issue", "--contact", "eve", "--json"], r#""contact":"e\u200bve""#),
    ] {
        let arguments: Vec<&str> = command.iter().copied().chain(["--data", data(folder.path())]).collect();
        let answer = said(&run(arguments, ""));
        let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        assert!(!answer.chars().any(|c| acts(c) || is_invisible(c)), "{command:?}: {answer:?}");
        assert!(answer.contains(spelled), "{command:?}: {answer}");
    }
    let listed = said(&run(["contacts", "list", "--data", data(folder.path())], ""));
    assert_eq!(listed.lines().count(), 8, "{listed}");
}

#[test]
fn init_writes_once_and_says_the_next_steps() {
    let folder = tempfile::tempdir().unwrap();
    let init = || run(["init", "--dir", data(folder.path())], "");
    let first = init();
    assert!(first.status.success() && said(&first).contains("Next:"), "{}", said(&first));
    assert!(said(&first).contains("reset-link doctor"), "{}", said(&first));
    let key = folder.path().join("data/keys/signing.k4.secret");
    let before = (fs::read(&key).unwrap(), fs::read(folder.path().join("reset-link.toml")).unwrap());
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(init().status.success());
    assert_eq!(before, (fs::read(&key).unwrap(), fs::read(folder.path().join("reset-link.toml")).unwrap()));
    let config = folder.path().join("reset-link.toml");
    let run_without_contacts =
        run(["run", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()], "");
    assert!(said(&run_without_contacts).contains("contacts import"), "{}", said(&run_without_contacts));
}

#[test]
fn each_help_text_is_worth_reading() {
    for command in [vec!["doctor"], vec!["issue"], vec!["verify"], vec!["audit", "verify"]] {
        let mut args = command.clone();
        args.push("--help");
        let help = said(&run(args, ""));
        assert!(help.contains("Exit codes"), "{command:?}: {help}");
    }
}
