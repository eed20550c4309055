//! A Dovecot that looks its users up in SQL.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use reset_link_tests::harness::binary::free_address;
use reset_link_tests::harness::databases::{DatabaseRole, TestDatabase};
use reset_link_tests::wait;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use url::Url;

use super::application::script;
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, OTHER, ResetLink};

/// With the columns that the page names.
const MAILBOXES: &str = "CREATE TABLE mailbox (username varchar(255) PRIMARY KEY, password varchar(255) NOT NULL, name varchar(255) NOT NULL, \
    recovery_email varchar(255), active boolean NOT NULL);";

struct Dovecot {
    address: SocketAddr,
    _server: Child,
    _folder: TempDir,
}

impl Dovecot {
    /// Logs in over IMAP.
    async fn on(database: &TestDatabase) -> Self {
        let folder = TempDir::new().unwrap();
        // Its processes give up root, and still have to find their files.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let address = free_address();
        let url = Url::parse(&database.url(DatabaseRole::Owner)).unwrap();
        let write = |name: &str, values: &[(&str, &str)]| {
            let text = fs::read_to_string(script(&format!("dovecot/{name}"))).unwrap();
            let text = values
                .iter()
                .fold(text, |text, (placeholder, value)| text.replace(&format!("@{placeholder}@"), value));
            assert!(!text.contains('@'), "{text}");
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            file
        };
        let host = url.host_str().unwrap();
        let (port, listens_at) = (url.port().unwrap().to_string(), address.port().to_string());
        let account = [
            ("HOST", host),
            ("PORT", &port),
            ("NAME", database.name()),
            ("USER", url.username()),
            ("PASSWORD", database.password()),
        ];
        write("sql.conf", &account);
        let folder_name = folder.path().to_str().unwrap();
        let config = write("dovecot.conf", &[("FOLDER", folder_name), ("PORT", &listens_at)]);
        let mut server = Command::new("dovecot");
        server.arg("-F").arg("-c").arg(config).stdout(Stdio::null()).kill_on_drop(true);
        let dovecot = Self { address, _server: server.spawn().unwrap(), _folder: folder };
        wait::until("Dovecot", async || TcpStream::connect(address).await.is_ok()).await;
        dovecot
    }

    async fn logs_in(&self, user: &str, password: &str) -> bool {
        let mut connection = BufReader::new(TcpStream::connect(self.address).await.unwrap());
        // RFC 4616, in the command itself (RFC 4959).
        let response = BASE64.encode(format!("\0{user}\0{password}"));
        connection.write_all(format!("a AUTHENTICATE PLAIN {response}\r\n").as_bytes()).await.unwrap();
        let answer = wait::in_time("the answer of Dovecot", async {
            loop {
                let mut line = String::new();
                assert_ne!(connection.read_line(&mut line).await.unwrap(), 0, "Dovecot hung up");
                if let Some(answer) = line.strip_prefix("a ") {
                    return answer.to_owned();
                }
            }
        });
        let answer = answer.await;
        let refuses = answer.starts_with("NO [AUTHENTICATIONFAILED]");
        assert!(refuses || answer.starts_with("OK "), "{answer}");
        !refuses
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Dovecot (tests/with-services)"]
async fn dovecot_takes_the_new_password_over_imap() {
    let database = TestDatabase::postgres().await;
    database.run(MAILBOXES).await;
    database
        .run(&format!(
            "INSERT INTO mailbox VALUES ('ada', '{{PLAIN}}{OLD}', 'Ada Lovelace', 'ada@elsewhere.example', true);"
        ))
        .await;
    let dovecot = Dovecot::on(&database).await;
    let page = Page::of("dovecot");
    let mut before = OLD;
    for (scheme, password) in [("dovecot-blf-crypt", NEW), ("dovecot-argon2id", OTHER)] {
        assert!(dovecot.logs_in("ada", before).await);
        let settings = page.settings(&[0]) + &format!("scheme = \"{scheme}\"\n");
        ResetLink::run(&database, Access::Table, &page, &settings, &[]).await.reset("ada", password).await;
        assert!(dovecot.logs_in("ada", password).await, "{scheme}");
        assert!(!dovecot.logs_in("ada", before).await, "{scheme}");
        before = password;
    }
}
