//! `reset-link doctor`: what it says of each thing that can be wrong, and that it changes nothing.

mod discord;
mod files;
mod help_desk;
mod mattermost;
mod outside;
mod slack;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use reset_link_tests::fakes::smtp::FakeSmtp;
use reset_link_tests::harness::binary::{Process, command, free_address};
use tempfile::TempDir;

use crate::process::login;

const MAIL_PASSWORD: &str = "correct-horse-battery";
const BOT_TOKEN: &str = "the.token-of.a-bot";

const CONTACTS: &str = "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\nceo,The Boss,,en\n";

/// Key, contacts and config are there, each as it should be; nothing runs yet.
struct Place {
    folder: TempDir,
    listen: SocketAddr,
}

impl Place {
    fn new(more: &str) -> Self {
        let place = Self { folder: TempDir::new().unwrap(), listen: free_address() };
        let made = command(["init", "--dir", place.folder.path().to_str().unwrap()], "");
        assert!(made.status.success(), "{made:?}");
        place.configure(&format!("http://{}", place.listen), more);
        let csv = place.file("contacts.csv");
        fs::write(&csv, CONTACTS).unwrap();
        let imported = place.ask(&["contacts", "import", csv.to_str().unwrap()]);
        assert_eq!(imported.0, Some(0), "{}", imported.1);
        place
    }

    fn configure(&self, public_url: &str, more: &str) {
        let (listen, login) = (self.listen, login());
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\nmail_from = \"help@example.org\"\n\
             [server]\npublic_url = \"{public_url}\"\nlisten = \"{listen}\"\n[console]\nallow = [{login:?}]\n{more}\n"
        );
        fs::write(self.config(), config).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.file("reset-link.toml")
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn ask(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output =
            command(arguments.iter().copied().chain(["--config", self.config().to_str().unwrap()]), "");
        let said = String::from_utf8(output.stdout).unwrap() + std::str::from_utf8(&output.stderr).unwrap();
        (output.status.code(), said)
    }

    /// Runs it where nothing else runs: every file stays as it was.
    fn doctor(&self) -> Checkup {
        let before = state(self.folder.path());
        let checkup = self.doctor_beside();
        assert_eq!(state(self.folder.path()), before, "it changes nothing");
        checkup
    }

    /// Runs it beside a process that writes as it likes.
    fn doctor_beside(&self) -> Checkup {
        let (code, said) = self.ask(&["doctor"]);
        for secret in [MAIL_PASSWORD, BOT_TOKEN, "k4.secret."] {
            assert!(!said.contains(secret), "{said}");
        }
        Checkup::new(code, said)
    }
}

/// What the command said.
struct Checkup {
    said: String,
}

impl Checkup {
    fn new(code: Option<i32>, said: String) -> Self {
        let checkup = Self { said };
        let failed = checkup.lines().filter(|(verdict, _, _)| *verdict == "FAIL").count();
        assert_eq!(code, Some(i32::from(failed > 0)), "{}", checkup.said);
        for (verdict, subject, text) in checkup.lines() {
            let has_cure = text.contains(". To mend: ");
            assert_eq!(has_cure, matches!(verdict, "warn" | "FAIL"), "{subject}: {text}");
        }
        checkup
    }

    /// Verdict, subject, text; the first paragraph is all findings.
    fn lines(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.said.lines().take_while(|line| !line.is_empty()).map(|line| {
            let (verdict, rest) = line.split_once(' ').unwrap();
            let (subject, text) = rest.trim_start().split_once(' ').unwrap();
            (verdict, subject, text.trim_start())
        })
    }

    /// Makes sure that there is a line of this verdict about this subject, with this text in it.
    #[track_caller]
    fn says(&self, verdict: &str, subject: &str, text: &str) {
        let found = self.lines().any(|line| line.0 == verdict && line.1 == subject && line.2.contains(text));
        assert!(found, "no line {verdict} {subject} with {text:?} in:\n{}", self.said);
    }

    /// All subjects with this verdict, in order.
    fn with(&self, verdict: &str) -> Vec<&str> {
        self.lines().filter(|line| line.0 == verdict).map(|line| line.1).collect()
    }
}

/// Each file with its mode, when it was changed, and what is in it.
fn state(folder: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let found = fs::metadata(&path).unwrap();
            let content = if found.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else if found.is_file() {
                fs::read(&path).unwrap()
            } else {
                // The running process's socket.
                Vec::new()
            };
            all.insert(path, (found.mode(), found.mtime(), found.mtime_nsec(), content));
        }
    }
    all
}

/// `[mail]` for this server, with its login.
fn mail_section(server: &FakeSmtp, security: &str) -> String {
    let settings = server.settings();
    format!(
        "[mail]\nhost = {:?}\nport = {}\nsecurity = \"{security}\"\nca_file = {:?}\nusername = \"bot\"\npassword = \"{MAIL_PASSWORD}\"\n",
        settings.host,
        settings.port,
        settings.ca_file.unwrap(),
    )
}

#[test]
fn before_the_first_start_it_says_what_is_still_to_do() {
    let place = Place { folder: TempDir::new().unwrap(), listen: free_address() };
    place.configure(&format!("http://{}", place.listen), "");
    let checkup = place.doctor();
    checkup.says("ok", "data.dir", "is not there yet");
    checkup.says("FAIL", "keys.signing_key_file", "`reset-link init");
    checkup.says("FAIL", "contacts.sqlite_file", "`reset-link contacts import FILE.csv`");
    checkup.says("ok", "ledger.dir", "first start");
    checkup.says("warn", "mail", "every link is handed over");
    checkup.says("warn", "server.listen", "start `reset-link run`");
    checkup.says("warn", "server.public_url", "this machine alone");
    checkup.says("--", "clock", "nobody was there to compare it with");
    assert!(checkup.said.ends_with("2 failed, 3 warnings, 1 not checked\n"), "{}", checkup.said);

    let checkup = Place::new("").doctor();
    assert_eq!(checkup.with("FAIL"), Vec::<&str>::new());
    checkup.says("ok", "contacts.sqlite_file", "(2 contacts)");
    checkup.says("ok", "keys.signing_key_file", "k4.pid.");
    checkup.says("ok", "admins", "1 login name");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_try_out_is_checked_before_its_first_start_and_while_it_runs() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let arguments = ["doctor", "--data", data.to_str().unwrap()];
    let doctor = || {
        let output = command(arguments, "");
        Checkup::new(output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let checkup = doctor();
    checkup.says("ok", "config", "try-out mode");
    checkup.says("ok", "keys.signing_key_file", "`reset-link run` makes it");
    checkup.says("ok", "contacts.sqlite_file", "sample contacts");
    assert!(!data.exists());

    let process = Process::try_out(&data).await;
    let checkup = doctor();
    checkup.says("ok", "server.public_url", &format!("{} leads to reset-link", process.url()));
    assert_eq!(checkup.with("warn"), ["mail"]);
}

#[test]
fn wrong_settings_end_it_with_2() {
    let place = Place::new("");
    place.configure("http://127.0.0.1:8080", "[links]\nlifetime = \"2 days\"");
    let (code, said) = place.ask(&["doctor"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("links.lifetime"), "{said}");
    assert_eq!(command(["doctor", "--config", "/nowhere/reset-link.toml"], "").status.code(), Some(2));
}
