//! What a command beside `reset-link run` has to do with the ledger: it reads for which ledger links are made, and it withdraws links. The process that holds
//! the ledger withdraws them, over a socket beside the ledger; where no process holds it, the command opens the ledger itself.
//!
//! One line each way: a signed revocation, and what came of it. Whoever can write to the ledger's folder can use the socket; the signature is checked all the
//! same.

use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bot::{NoAnswer, NotWithdrawn, RedeemHalf, Withdrawal};
use config::RedeemServer;
use keys::{BindingSecret, LedgerEpoch, SignedRevocation, TrustedKeys};
use redeem_server::ledger::{Ledger as _, PublishError, Published};
use redeem_server::redeem::Redeemer;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::exit_error::ExitError;
use crate::in_process::ToRedeemHalf;
use crate::{machine, redeem_half};

/// Longer than any revocation, and than any answer.
const MAX_LINE_BYTES: u64 = 4096;

/// How long either side waits for the other's line.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many commands are answered at once.
const AT_ONCE: usize = 8;

/// What came of a revocation, on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done,
    InProgress,
    AlreadyRedeemed,
    Failed(String),
}

/// For which ledger links are made, as it has published it; only where it holds the same binding secret.
///
/// # Errors
/// Where no ledger has begun, or it holds another secret: no link would work.
pub fn published_epoch(config: &config::Bot, secret: &BindingSecret) -> Result<LedgerEpoch, ExitError> {
    let published = Published::read(&config.ledger_dir).map_err(|error| match error {
        PublishError::NotBegun { .. } => ExitError::misused(format!(
            "{error}, so no link would work; start `reset-link run` once, or let `reset-link init` begin it (ledger.dir names another place)"
        )),
        error => error.into(),
    })?;
    if published.binding_secret != secret.fingerprint() {
        return Err(ExitError::misused(format!(
            "{}: not the binding secret that the redeem server started with, so no link would work; restart `reset-link run` (links that are out are refused \
             then), or put the former file back",
            config.keys.binding_secret_file.display()
        )));
    }
    Ok(published.ledger_epoch)
}

/// Where the holder of this ledger can be asked.
fn socket_of(ledger: &Path) -> PathBuf {
    let mut socket = ledger.as_os_str().to_owned();
    socket.push(".sock");
    socket.into()
}

/// The redeem half, as a command sees it.
pub struct LedgerHolder {
    config: RedeemServer,
    trusted: TrustedKeys,
    binding_secret: BindingSecret,
}

impl LedgerHolder {
    /// Whoever holds the ledger that the settings name. Keys and secret are for the case that nobody does.
    pub fn new(config: &RedeemServer, trusted: TrustedKeys, binding_secret: BindingSecret) -> Self {
        Self { config: config.clone(), trusted, binding_secret }
    }

    /// By the process that holds the ledger; `None`: there is none.
    async fn by_its_holder(&self, revocation: &SignedRevocation) -> Option<Result<Withdrawal, NotWithdrawn>> {
        let socket = socket_of(&self.config.ledger.dir);
        let stream = match UnixStream::connect(&socket).await {
            Ok(stream) => stream,
            // The last one: a path too long for a socket, and then no process listens there either.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput
                ) =>
            {
                return None;
            }
            Err(error) => return Some(Err(NotWithdrawn(format!("{}: {error}", socket.display())))),
        };
        let answer = match timeout(PATIENCE, ask(stream, revocation)).await {
            Ok(Ok(Answer::Done)) => Ok(Withdrawal::Done),
            Ok(Ok(Answer::InProgress)) => Ok(Withdrawal::InProgress),
            Ok(Ok(Answer::AlreadyRedeemed)) => Ok(Withdrawal::AlreadyRedeemed),
            Ok(Ok(Answer::Failed(why))) => Err(NotWithdrawn(why)),
            Ok(Err(error)) => Err(NotWithdrawn(format!("the running reset-link broke off: {error}"))),
            Err(_) => Err(NotWithdrawn(format!(
                "the running reset-link did not answer for {} seconds",
                PATIENCE.as_secs()
            ))),
        };
        Some(answer)
    }

    async fn by_ourselves(&self, revocation: &SignedRevocation) -> Result<Withdrawal, NotWithdrawn> {
        let failed = |error: &dyn std::fmt::Display| NotWithdrawn(format!("{error:#}"));
        let public_url = self.config.server.public_url.as_str();
        let revocation = revocation.verify(&self.trusted, public_url).map_err(|error| failed(&error))?;
        let (clock, entropy) = (machine::clock(), machine::entropy());
        let opened = redeem_half::open_ledger(&self.config, &self.binding_secret, clock, entropy).await;
        let ledger = opened.map_err(|error| failed(&error.error))?;
        match ledger.revoke(&revocation).await.map_err(|error| failed(&error))? {
            redeem_server::ledger::Withdrawal::Done => Ok(Withdrawal::Done),
            redeem_server::ledger::Withdrawal::InProgress => Ok(Withdrawal::InProgress),
            redeem_server::ledger::Withdrawal::AlreadyRedeemed => Ok(Withdrawal::AlreadyRedeemed),
        }
    }
}

#[async_trait]
impl RedeemHalf for LedgerHolder {
    async fn revoke(&self, revocation: &SignedRevocation) -> Result<Withdrawal, NotWithdrawn> {
        match self.by_its_holder(revocation).await {
            Some(answer) => answer,
            None => self.by_ourselves(revocation).await,
        }
    }

    /// A command compares no secrets: `issue` reads what the ledger has published.
    async fn answer(&self, _challenge: &[u8; 32]) -> Result<[u8; 32], NoAnswer> {
        Err(NoAnswer("a command withdraws links, and nothing else".to_owned()))
    }
}

async fn ask(mut stream: UnixStream, revocation: &SignedRevocation) -> io::Result<Answer> {
    stream.write_all(format!("{}\n", revocation.as_str()).as_bytes()).await?;
    let answer = read_line(&mut stream).await?;
    serde_json::from_str(&answer).map_err(io::Error::other)
}

async fn read_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE_BYTES)).read_line(&mut line).await?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::Error::new(ErrorKind::UnexpectedEof, "the line ended too early, or is too long")),
    }
}

/// Where commands reach the process that holds the ledger; the socket goes with it.
pub(crate) struct Commands {
    listener: UnixListener,
    socket: PathBuf,
}

impl Commands {
    /// To be called by whoever holds the ledger: a socket that stands there is a former holder's.
    ///
    /// # Errors
    /// Where no socket can be made there: commands cannot withdraw links then.
    pub(crate) fn listen(ledger: &Path) -> io::Result<Self> {
        let socket = socket_of(ledger);
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&socket)?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, socket })
    }

    /// Answers until told to stop.
    pub(crate) async fn answer(self, redeemer: Redeemer, stop: CancellationToken) {
        let redeem_half = Arc::new(ToRedeemHalf(redeemer));
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            match (accepted, Arc::clone(&places).try_acquire_owned()) {
                (Ok((stream, _)), Ok(place)) => {
                    let redeem_half = Arc::clone(&redeem_half);
                    tokio::spawn(async move {
                        let _place = place;
                        // Whoever asked and went away hears nothing; what was withdrawn is withdrawn.
                        let _ = timeout(PATIENCE, answer_one(stream, redeem_half.as_ref())).await;
                    });
                }
                (Ok(_), Err(_)) => {
                    tracing::warn!("more commands at once than are answered: one was turned away")
                }
                (Err(error), _) => {
                    tracing::warn!(%error, "a command could not be heard");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

async fn answer_one(mut stream: UnixStream, redeem_half: &impl RedeemHalf) -> io::Result<()> {
    let revocation = SignedRevocation::from_wire(read_line(&mut stream).await?);
    let answer = match redeem_half.revoke(&revocation).await {
        Ok(Withdrawal::Done) => Answer::Done,
        Ok(Withdrawal::InProgress) => Answer::InProgress,
        Ok(Withdrawal::AlreadyRedeemed) => Answer::AlreadyRedeemed,
        Err(NotWithdrawn(why)) => Answer::Failed(why),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    stream.write_all(&line).await
}
