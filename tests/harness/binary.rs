//! The real executable as a process of its own: built once per test run, started, talked to, stopped or killed.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long anything may take before a test gives up. Nothing waits this long when all is well.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// What the console answers to a line that nobody understands: sent behind a command, it marks where that command's answer ends.
const FENCE_ANSWER: &str = "Nothing here understands that. /help says what there is.\n";

/// The cargo that runs the tests, at the root of the workspace.
///
/// What it tells a test about the test's own package is taken from the environment: build scripts look at some of it (ring's does), would find it changed,
/// and everything above them would be built anew, here and in the next run as well.
///
/// # Panics
/// Never: the tests are a folder of the workspace.
pub fn cargo() -> std::process::Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is a folder of the workspace");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.current_dir(root);
    for (name, _) in std::env::vars_os() {
        let is_of_the_package = |name: &str| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|begin| name.starts_with(begin))
        };
        if name.to_str().is_some_and(is_of_the_package) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The executable, built by the cargo that runs the tests, in its target folder.
///
/// # Panics
/// Where it does not build.
pub fn executable() -> &'static Path {
    static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
    EXECUTABLE.get_or_init(|| {
        // The whole workspace, so that dependencies have the features with which they are built already.
        let built = cargo()
            .args(["build", "--workspace", "--bin", "reset-link", "--message-format=json-render-diagnostics"])
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "reset-link does not build");
        String::from_utf8_lossy(&built.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
            .expect("cargo names the executable that it has built")
    })
}

/// An address on loopback where nobody listens. It is below the ports that the system gives to clients and to whoever asks for any, so that nobody
/// gets it by chance between now and when it is listened at.
///
/// # Panics
/// Where the machine has no free port.
pub fn free_address() -> SocketAddr {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // Processes that run at the same time begin far from each other.
    let begin = std::process::id().wrapping_mul(2_654_435_761) % COUNT;
    (0..COUNT)
        .map(|_| FIRST + (begin + ASKED.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).expect("below 32,000"))))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// Runs a command of the executable to its end, `input` on its standard input.
///
/// # Panics
/// Where it cannot be started or does not read its input.
pub fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &str) -> Output {
    let arguments: Vec<A> = arguments.into_iter().collect();
    let names = |option: &str| arguments.iter().any(|argument| argument.as_ref() == option);
    // What stands in /etc of this machine is nobody's business here.
    let is_try_out = names("--data") && !names("--config");
    let mut child = std::process::Command::new(executable())
        .args(&arguments)
        .args(is_try_out.then_some("--try-out"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("reset-link starts");
    let written = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("reset-link ends");
    // A command that reads no input may have ended before it was written.
    assert!(written.is_ok() || input.is_empty(), "reset-link did not read its input: {output:?}");
    output
}

/// The first link in a text, as it stands there between white space.
pub fn link_in(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.contains("/r/v4.public."))
}

/// A running `reset-link run`. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: watch::Receiver<String>,
    stderr: watch::Receiver<String>,
    url: String,
}

impl Process {
    /// The try-out on this data folder, on a free port of loopback; ready once its welcome is on the screen and its console answers.
    pub async fn try_out(data: &Path) -> Self {
        Self::try_out_on(data, "127.0.0.1:0", &[]).await
    }

    /// The same with these variables in its environment.
    pub async fn try_out_with(data: &Path, variables: &[(&str, &str)]) -> Self {
        Self::try_out_on(data, "127.0.0.1:0", variables).await
    }

    /// The try-out where it listened before: the public URL, and with it every link, stays what it was.
    pub async fn try_out_at(data: &Path, url: &str) -> Self {
        Self::try_out_on(data, url.strip_prefix("http://").expect("the try-out speaks http"), &[]).await
    }

    /// The try-out where it finds a place by itself.
    pub async fn try_out_anywhere(data: &Path) -> Self {
        Self::try_out_ready(&["run".as_ref(), "--try-out".as_ref(), "--data".as_ref(), data.as_ref()], &[])
            .await
    }

    async fn try_out_on(data: &Path, listen: &str, variables: &[(&str, &str)]) -> Self {
        let arguments: [&OsStr; 6] = [
            "run".as_ref(),
            "--try-out".as_ref(),
            "--data".as_ref(),
            data.as_ref(),
            "--listen".as_ref(),
            listen.as_ref(),
        ];
        Self::try_out_ready(&arguments, variables).await
    }

    async fn try_out_ready(arguments: &[&OsStr], variables: &[(&str, &str)]) -> Self {
        let mut process = Self::start(arguments.iter().copied(), variables);
        // The console answers once all that comes before it is done: the welcome is whole then.
        process.ask("").await;
        let welcome = process.stdout();
        let url =
            welcome.split_once("The redeem server: ").and_then(|(_, rest)| rest.split_whitespace().next());
        url.expect("the welcome names the page").clone_into(&mut process.url);
        process
    }

    /// With this config file, whose `server.listen` must be `listen`; ready once its log says that it listens. The log's level must let `info` through.
    pub async fn configured(config: &Path, listen: SocketAddr) -> Self {
        Self::configured_with(config, listen, &[]).await
    }

    /// The same with these variables in its environment.
    pub async fn configured_with(config: &Path, listen: SocketAddr, variables: &[(&str, &str)]) -> Self {
        let mut process = Self::start([OsStr::new("run"), "--config".as_ref(), config.as_ref()], variables);
        process.url = format!("http://{listen}");
        process.logged("the redeem server listens").await;
        process
    }

    fn start<'a>(arguments: impl IntoIterator<Item = &'a OsStr>, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(executable())
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("reset-link starts");
        let stdout = collect(child.stdout.take().expect("it is piped"));
        let stderr = collect(child.stderr.take().expect("it is piped"));
        Self { stdin: child.stdin.take(), child, stdout, stderr, url: String::new() }
    }

    /// Where the redeem server is, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    ///
    /// # Panics
    /// Where it has ended.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it still runs")
    }

    /// All that it has written to standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.borrow().clone()
    }

    /// All that it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.borrow().clone()
    }

    /// Types a line at its console.
    ///
    /// # Panics
    /// Where the console no longer reads, or its input was closed.
    pub async fn send(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("the console's input is open");
        stdin.write_all(format!("{line}\n").as_bytes()).await.expect("the console reads");
    }

    /// Types a line and gives back all that was written from then until its answer was complete.
    pub async fn ask(&mut self, line: &str) -> String {
        let before = self.stdout.borrow().len();
        self.send(&format!("{line}\n?")).await;
        let written = wait_for(&mut self.stdout, &self.stderr, before, FENCE_ANSWER).await;
        written.replacen(FENCE_ANSWER, "", 1).trim().to_owned()
    }

    /// Waits until this text stands on standard output, and gives back all of it.
    pub async fn heard(&mut self, text: &str) -> String {
        wait_for(&mut self.stdout, &self.stderr, 0, text).await
    }

    /// Waits until this text stands in the log (standard error), and gives back all of it.
    pub async fn logged(&mut self, text: &str) -> String {
        let all = self.stderr.clone();
        wait_for(&mut self.stderr, &all, 0, text).await
    }

    /// Closes the console's input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Starts it with this config file, and waits for nothing.
    pub fn starting(config: &Path) -> Self {
        Self::start([OsStr::new("run"), "--config".as_ref(), config.as_ref()], &[])
    }

    /// SIGTERM, without a wait for its end.
    ///
    /// # Panics
    /// Where it has ended.
    pub fn tell_to_stop(&self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).expect("it still runs");
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("a process of ours takes signals from us");
    }

    /// SIGTERM, and the wait for its end.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.tell_to_stop();
        self.ended().await
    }

    /// SIGKILL, and the wait for its end.
    ///
    /// # Panics
    /// Where it has ended already.
    pub async fn kill(&mut self) {
        self.child.start_kill().expect("it still runs");
        self.ended().await;
    }

    /// Waits for its end; all that it has written is there then.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = timeout(DEADLINE, async {
            let status = self.child.wait().await.expect("it is our child");
            while self.stdout.changed().await.is_ok() {}
            while self.stderr.changed().await.is_ok() {}
            status
        });
        ended.await.unwrap_or_else(|_| panic!("it does not end; its log:\n{}", *self.stderr.borrow()))
    }
}

/// Reads a stream to its end in the background.
fn collect(mut stream: impl AsyncRead + Send + Unpin + 'static) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut bytes = Vec::new();
        // No more than whole characters are passed on, so that positions stay what they are.
        while matches!(stream.read_buf(&mut bytes).await, Ok(count) if count > 0) {
            let whole = match std::str::from_utf8(&bytes) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            let rest = bytes.split_off(whole);
            let text = String::from_utf8(std::mem::replace(&mut bytes, rest)).expect("it was just looked at");
            sender.send_modify(|all| all.push_str(&text));
        }
    });
    receiver
}

/// Waits until `text` stands behind `from`, and gives back all that stands there.
async fn wait_for(
    stream: &mut watch::Receiver<String>,
    log: &watch::Receiver<String>,
    from: usize,
    text: &str,
) -> String {
    let behind = |all: &String| all.get(from..).unwrap_or_default().to_owned();
    let found = timeout(DEADLINE, stream.wait_for(|all| behind(all).contains(text))).await;
    let found = found.map(|found| found.map(|all| behind(&all)).ok());
    match found {
        Ok(Some(all)) => all,
        Ok(None) => panic!(
            "it ended without {text:?}; it said:\n{}\nits log:\n{}",
            behind(&stream.borrow()),
            *log.borrow()
        ),
        Err(_) => {
            panic!("no {text:?} in time; it said:\n{}\nits log:\n{}", behind(&stream.borrow()), *log.borrow())
        }
    }
}
