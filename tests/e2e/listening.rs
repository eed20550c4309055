//! The executable's two listeners under load, from outside.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use reset_link_tests::harness::binary::{Process, command, free_address};
use reset_link_tests::wait;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::process::login;

/// How long anything may take before a test gives up. Nothing waits this long when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

const HALF: &[u8] = b"POST /slack/command HTTP/1.1\r\nhost: x\r\n";

/// A config with a bot that Slack calls; nothing runs yet.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) listen: SocketAddr,
    pub(crate) bot_listen: SocketAddr,
}

impl Place {
    pub(crate) fn new(server: &str) -> Self {
        let place =
            Self { folder: TempDir::new().unwrap(), listen: free_address(), bot_listen: free_address() };
        let made = command(["init", "--dir", place.path().to_str().unwrap()], "");
        assert!(made.status.success(), "{made:?}");
        let (listen, bot_listen) = (place.listen, place.bot_listen);
        for (name, secret) in [("token", "xoxb-1-a"), ("secret", "0123456789abcdef0123456789abcdef")] {
            let file = place.path().join(name);
            fs::write(&file, secret).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        }
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\n\
             [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n{server}\n\
             [bot]\nlisten = \"{bot_listen}\"\n\
             [slack]\nbot_token_file = \"token\"\nsigning_secret_file = \"secret\"\nteam = \"T0123456789\"\nallow_users = [\"U0123456789\"]\n\
             [console]\nallow = [{:?}]\n",
            login()
        );
        fs::write(place.config(), config).unwrap();
        let csv = place.path().join("contacts.csv");
        fs::write(&csv, "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\n").unwrap();
        let (csv, config) = (csv.to_str().unwrap(), place.config());
        let imported = command(["contacts", "import", csv, "--config", config.to_str().unwrap()], "");
        assert!(imported.status.success(), "{imported:?}");
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("reset-link.toml")
    }
}

async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 1, from), 0).into()).unwrap();
    timeout(DEADLINE, socket.connect(to)).await.unwrap().unwrap()
}

/// The status of what is answered to a GET.
async fn get(from: u8, to: SocketAddr, path: &str) -> String {
    let mut stream = connect(from, to).await;
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(DEADLINE, stream.read_to_string(&mut answer)).await.expect("it answers").unwrap();
    answer.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_sent_requests_at_the_bots_listener_take_nothing_from_the_page_and_do_not_hold_up_the_end() {
    // As an operator has it: 1,024 for the process, which may ask for more; and more for this one.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 1024, hard).unwrap();
    let place = Place::new("trusted_proxies = [\"127.0.1.1\"]");
    let mut process = Process::configured(&place.config(), place.listen).await;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    process.logged("the bot listens").await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let columns: Vec<&str> = open_files.split_whitespace().collect();
    assert_eq!(columns[3], columns[4], "the soft limit is raised to the hard one: {open_files}");

    // A proxy, which is not counted as one peer, and an address that is.
    let mut half = Vec::new();
    for (number, from) in (0..1100).zip([1, 2].into_iter().cycle()) {
        let mut stream = connect(from, place.bot_listen).await;
        // One that has been closed already says so here or later.
        let _ = stream.write_all(HALF).await;
        half.push(stream);
        if number % 100 == 0 {
            assert_eq!(get(3, place.listen, "/healthz").await, "200", "with {number} half requests");
        }
    }
    assert_eq!(get(3, place.listen, "/healthz").await, "200");
    let of_both = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap().count();
    assert!(of_both < 600, "{of_both} open files");
    let told = Instant::now();
    assert!(process.terminate().await.success());
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
    drop(half);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_few_files_may_be_open_few_connections_are_taken_and_all_goes_on() {
    let place = Place::new("");
    let shell = format!(
        "ulimit -n 200; exec {} run --config {}",
        reset_link_tests::harness::binary::executable().display(),
        place.config().display()
    );
    let mut process = tokio::process::Command::new("sh")
        .args(["-c", &shell])
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    wait::until("listener", async || TcpStream::connect(place.bot_listen).await.is_ok()).await;
    let mut half = Vec::new();
    for from in [1, 2, 3, 4, 5].into_iter().cycle().take(300) {
        for to in [place.listen, place.bot_listen] {
            let mut stream = connect(from, to).await;
            let _ = stream.write_all(HALF).await;
            half.push(stream);
        }
    }
    assert_eq!(get(9, place.listen, "/healthz").await, "200");
    assert_eq!(get(9, place.bot_listen, "/slack/command").await, "405");
    // The page looks into the ledger and the directory.
    let config = place.config();
    let issued = command(["issue", "--json", "--contact", "ada", "--config", config.to_str().unwrap()], "");
    let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
    let (_, token) = issued["link"].as_str().unwrap().split_once("/r/").unwrap();
    assert_eq!(get(9, place.listen, &format!("/r/{token}")).await, "200");
    process.kill().await.unwrap();
}

#[tokio::test]
async fn a_public_network_of_trusted_proxies_is_warned_of_at_the_start_and_by_doctor() {
    let place = Place::new("trusted_proxies = [\"198.51.100.0/24\", \"127.0.0.1\"]");
    let mut process = Process::configured(&place.config(), place.listen).await;
    let logged = process.logged("holds a public network").await;
    assert!(logged.contains("WARN") && logged.contains("network=198.51.100.0/24"), "{logged}");
    assert!(process.terminate().await.success());
    let examined = command(["doctor", "--config", place.config().to_str().unwrap()], "");
    let said = String::from_utf8_lossy(&examined.stdout);
    let line = said.lines().find(|line| line.contains("198.51.100.0/24 is a public network")).unwrap();
    assert!(line.starts_with("warn ") && line.contains("server.trusted_proxies"), "{line}");
    assert!(!said.contains("127.0.0.1/32 is a public"), "{said}");
}
