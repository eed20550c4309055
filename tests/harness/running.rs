use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bot::chat::Outgoing;
use contacts::{SqliteContactLookup, SqlitePasswordWriter};
use reset_link::all_in_one::{AllInOne, Listeners};
use reset_link::bot_half::{ChatParts, ConsoleParts, NoOwnCommands};
use reset_link::exit_error::ExitError;
use reset_link::open_files::Connections;
use tokio::io::{AsyncBufRead, AsyncReadExt as _, BufReader, DuplexStream, duplex, empty};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Harness;
use super::process::parts;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than a console says in any test.
const CONSOLE_BYTES: usize = 64 * 1024;

/// A process that runs as `reset-link run` does, on a runtime of its own: it listens, has a console for alice, and does by itself what goes by the clock.
pub struct Running {
    runtime: Option<Runtime>,
    ran: JoinHandle<Result<(), ExitError>>,
    stop: CancellationToken,
    output: DuplexStream,
    /// Where the page listens.
    pub page: SocketAddr,
}

/// What a process is started with.
pub struct Start {
    /// Told to stop from the beginning.
    pub is_told_to_stop: bool,
    /// What is typed at the console.
    pub input: Box<dyn AsyncBufRead + Send + Unpin>,
    /// The audit is moved away once it has been opened, before chats start.
    pub loses_audit: bool,
}

impl Default for Start {
    fn default() -> Self {
        Self { is_told_to_stop: false, input: Box::new(BufReader::new(empty())), loses_audit: false }
    }
}

impl Harness {
    /// Runs the next process in the folders of one that was killed.
    ///
    /// # Panics
    /// Where one runs.
    pub async fn run(&self, start: Start) -> Running {
        assert!(self.process.is_none(), "one process at a time holds the ledger");
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let config = self.plan.config(self.folder.path());
        let file = config.bot.contacts.sqlite_file().expect("plans use the embedded directory").to_owned();
        let opening = async move {
            let lookup = SqliteContactLookup::open(&file).await.unwrap();
            (lookup, SqlitePasswordWriter::open(&file).await.unwrap())
        };
        let (lookup, writer) = runtime.spawn(opening).await.unwrap();
        let parts = parts(self, &config, &lookup, &writer);
        let (output, console_output) = duplex(CONSOLE_BYTES);
        let console = ConsoleParts {
            login: "alice".to_owned(),
            input: start.input,
            output: Box::new(console_output),
            terminal: None,
            ends_with_input: false,
            own: Box::new(NoOwnCommands),
        };
        let chats =
            ChatParts { console: Some(console), outgoing: Outgoing::default(), clock: self.clock.as_fn() };
        let stop = CancellationToken::new();
        if start.is_told_to_stop {
            stop.cancel();
        }
        let bound = runtime.spawn(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap().unwrap();
        let page = bound.local_addr().unwrap();
        let connections = Connections { page: 100, bot: 100 };
        let listeners = Listeners { page: bound, bot: None, connections };
        let stopped = stop.clone();
        let ran = runtime.spawn(async move {
            let all_in_one = AllInOne::new(&config, parts).await?;
            if start.loses_audit {
                let audit = &config.bot.audit_file;
                fs::rename(audit, audit.with_extension("moved")).unwrap();
            }
            all_in_one.run(&config, listeners, chats, stopped).await
        });
        Running { runtime: Some(runtime), ran, stop, output, page }
    }
}

impl Running {
    /// Tells it to stop, as SIGTERM does.
    pub fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ran.is_finished()
    }

    /// Waits until its console has said this.
    ///
    /// # Panics
    /// Where it does not.
    pub async fn says(&mut self, text: &str) {
        let (mut said, mut bytes) = (String::new(), [0; 1024]);
        let output = &mut self.output;
        let says = async {
            while !said.contains(text) {
                let count = output.read(&mut bytes).await.unwrap();
                assert!(count > 0, "the console has ended; it said: {said}");
                said.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        assert!(timeout(PATIENCE, says).await.is_ok(), "the console does not say {text:?}");
    }

    /// Waits for its end; the ledger is free then.
    ///
    /// # Errors
    /// Why it has ended.
    ///
    /// # Panics
    /// Where it does not end.
    pub async fn ended(mut self) -> Result<(), String> {
        let ran = timeout(PATIENCE, &mut self.ran).await.expect("it ends").unwrap();
        ran.map_err(|error| format!("{:#}", error.error))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            // What blocks a thread may take as long as it likes: the test is over.
            runtime.shutdown_background();
        }
    }
}
