//! A configured reset-link in a folder of its own, and what stands around it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use keys::{Keyring, SecretKey};
use nix::unistd::{Uid, User};
use reset_link_tests::harness::binary::{Process, command, free_address};
use serde_json::Value;
use tempfile::TempDir;

/// `nils` has an address that Postfix does not know.
const CONTACTS: &str = "id,name,email,language\n\
    ada,Ada Lovelace,ada@example.org,en\n\
    emil,Emil Kästner,emil@example.org,de\n\
    nils,Nils Holgersson,nils.holgersson@example.org,en\n";

/// What `tests/with-services` tells about a server.
pub(crate) fn service(name: &str) -> String {
    let name = format!("TEST_SERVICES_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: run tests/with-services"))
}

/// How Postfix is spoken to, and what is wrong with that.
pub(crate) struct MailSettings {
    pub(crate) security: &'static str,
    pub(crate) password: Option<&'static str>,
    pub(crate) trusts_the_ca: bool,
}

pub(crate) const STARTTLS: MailSettings =
    MailSettings { security: "starttls", password: None, trusts_the_ca: true };

/// Key, contacts and config are there; nothing runs yet.
pub(crate) struct Place {
    folder: TempDir,
    listen: SocketAddr,
}

impl Place {
    /// With this Postfix as its mail server.
    pub(crate) fn with_mail(settings: &MailSettings) -> Self {
        Self::with_mail_and(settings, "")
    }

    /// With this Postfix as its mail server, and with these sections.
    pub(crate) fn with_mail_and(settings: &MailSettings, sections: &str) -> Self {
        let place = Self { folder: TempDir::new().unwrap(), listen: free_address() };
        let mail = place.mail_section(settings);
        place.configure(&format!("{sections}{mail}"));
        place.import(CONTACTS);
        place
    }

    /// The section of this Postfix, whose password is in a file from now on.
    fn mail_section(&self, settings: &MailSettings) -> String {
        let password = settings.password.map_or_else(|| service("MAIL_PASSWORD"), str::to_owned);
        self.keep_secret("mail-password", &password);
        let mut mail = format!(
            "[mail]\nhost = {:?}\nport = {}\nsecurity = {:?}\nusername = {:?}\npassword_file = \"mail-password\"\n",
            service("MAIL_HOST"),
            service(if settings.security == "tls" { "MAIL_PORT_TLS" } else { "MAIL_PORT_STARTTLS" }),
            settings.security,
            service("MAIL_USERNAME"),
        );
        if settings.trusts_the_ca {
            mail += &format!("ca_file = {:?}\n", service("MAIL_CA"));
        }
        mail
    }

    /// Without a mail server, and with these sections.
    pub(crate) fn with(sections: &str) -> Self {
        let place = Self { folder: TempDir::new().unwrap(), listen: free_address() };
        place.configure(sections);
        place.import(CONTACTS);
        place
    }

    /// Without a mail server, on the tables of an application, with these sections and secrets, each in a file of its own.
    pub(crate) fn on_tables(sections: &str, secrets: &[(&str, &str)]) -> Self {
        let place = Self::with_secrets(secrets);
        place.configure(sections);
        place
    }

    /// As [`on_tables`](Self::on_tables), with Postfix as its mail server.
    pub(crate) fn on_tables_with_mail(sections: &str, secrets: &[(&str, &str)]) -> Self {
        let place = Self::with_secrets(secrets);
        let mail = place.mail_section(&STARTTLS);
        place.configure(&format!("{sections}{mail}"));
        place
    }

    fn with_secrets(secrets: &[(&str, &str)]) -> Self {
        let place = Self { folder: TempDir::new().unwrap(), listen: free_address() };
        for (file, secret) in secrets {
            place.keep_secret(file, secret);
        }
        place
    }

    /// A second redeem server for the same links: another process with a copy of keys and settings and a ledger of its own, at another address.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self { folder: TempDir::new().unwrap(), listen: free_address() };
        let all = self.folder.path().join(".");
        let copied = std::process::Command::new("cp").arg("-a").arg(all).arg(twin.folder.path()).status();
        assert!(copied.unwrap().success());
        let config = fs::read_to_string(twin.file("reset-link.toml")).unwrap();
        let (here, there) =
            (format!("\nlisten = \"{}\"", self.listen), format!("\nlisten = \"{}\"", twin.listen));
        assert!(config.contains(&here));
        fs::write(twin.file("reset-link.toml"), config.replace(&here, &there)).unwrap();
        twin
    }

    /// A link as its page is reached at this place, whatever address is public.
    pub(crate) fn link_here(&self, link: &str) -> String {
        let (_, path) = link.split_once("/r/").unwrap();
        format!("http://{}/r/{path}", self.listen)
    }

    fn keep_secret(&self, file: &str, secret: &str) {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.file(file));
        file.unwrap().write_all(secret.as_bytes()).unwrap();
    }

    fn configure(&self, sections: &str) {
        let made = command(["init".as_ref(), "--dir".as_ref(), self.folder.path().as_os_str()], "");
        assert!(made.status.success(), "{made:?}");
        let listen = self.listen;
        let login = User::from_uid(Uid::current()).unwrap().unwrap().name;
        let config = format!(
            "[organisation]\nname = \"Example University\"\nsupport = \"Call the help desk: +44 20 7946 0000.\"\n\
             sign_in_url = \"https://www.example.org/sign-in\"\nmail_from = \"Help Desk <help@example.org>\"\n\
             time_zone = \"Europe/London\"\n\
             [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n\
             [console]\nenabled = true\nallow = [{login:?}]\n\
             [log]\nlevel = \"trace\"\n{sections}"
        );
        fs::write(self.file("reset-link.toml"), config).unwrap();
    }

    /// More contacts, as CSV.
    pub(crate) fn import(&self, csv: &str) {
        fs::write(self.file("contacts.csv"), csv).unwrap();
        let imported = self.run(&["contacts", "import", self.file("contacts.csv").to_str().unwrap()], "");
        assert!(imported.status.success(), "{imported:?}");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command on this place, `input` on its standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let config = self.file("reset-link.toml");
        command(arguments.iter().copied().chain(["--config", config.to_str().unwrap()]), input)
    }

    /// The running process.
    pub(crate) async fn start(&self) -> Process {
        Process::configured(&self.file("reset-link.toml"), self.listen).await
    }

    /// A process that is not waited for: it may be one that refuses to start.
    pub(crate) fn starting(&self) -> Process {
        Process::starting(&self.file("reset-link.toml"))
    }

    /// The key that signs links here.
    pub(crate) fn keyring(&self) -> Keyring {
        let key = fs::read_to_string(self.file("data/keys/signing.k4.secret")).unwrap();
        Keyring::new(SecretKey::from_paserk(key.trim()).unwrap(), [])
    }

    /// The bot's audit.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.file("data/audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Somebody who asks for pages, without a browser.
#[derive(Clone)]
pub(crate) struct Visitor(reqwest::Client);

impl Visitor {
    pub(crate) fn new() -> Self {
        Self(reqwest::Client::builder().no_proxy().build().unwrap())
    }

    pub(crate) async fn get(&self, link: &str) -> u16 {
        self.0.get(link).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn redeem(&self, link: &str, password: &str) -> u16 {
        let form = [("password", password), ("confirm", password)];
        self.0.post(link).form(&form).send().await.unwrap().status().as_u16()
    }

    /// The status of the page that answers to a password, and its text.
    pub(crate) async fn redeemed(&self, link: &str, password: &str) -> (u16, String) {
        let form = [("password", password), ("confirm", password)];
        let answer = self.0.post(link).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// JSON to a server of the tests, and its answer.
    pub(crate) async fn ask(&self, url: &str, question: &Value) -> Value {
        self.0.post(url).json(question).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn read(&self, url: &str) -> Value {
        self.0.get(url).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn delete(&self, url: &str) {
        self.0.delete(url).send().await.unwrap();
    }
}
