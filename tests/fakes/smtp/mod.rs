//! A mail server on a loopback socket, with a script: what it says, where it hangs, where it hangs up.

mod certificate;
mod conversation;
mod script;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use config::{Mail, Secret};
use jiff::SignedDuration;
use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};

pub use script::{Act, Script, Signed, Stage};

use conversation::Server;

use crate::fakes::kit::listener::{address, on_loopback};
use crate::fakes::kit::watched::Watched;
use crate::wait::DEADLINE;

impl Script {
    /// Starts the server.
    ///
    /// # Errors
    /// Where the certificate's authority cannot be written to a file.
    ///
    /// # Panics
    /// Where loopback has no free port.
    pub async fn start(self) -> io::Result<FakeSmtp> {
        let (acceptor, authority) = certificate::acceptor(self.signed, &self.names);
        let folder = TempDir::new()?;
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, authority)?;
        let listener = on_loopback().await;
        let address = address(&listener);
        let server = Arc::new(Server { script: self, acceptor, received: Watched::new(Vec::new()) });
        let serving = Arc::clone(&server);
        let accepting = tokio::spawn(async move {
            // Dropped with this task, and with it every conversation that still hangs.
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(Arc::clone(&serving).converse(stream));
            }
        });
        Ok(FakeSmtp { address, ca_file, server, accepting, _folder: folder })
    }
}

/// A mail as the server got it.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// The MAIL FROM line.
    pub from: String,
    /// The RCPT TO line.
    pub to: String,
    /// Who had logged in.
    pub login: Option<String>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// The mail, without the dots of the transport.
    pub raw: Vec<u8>,
}

/// A running server; it stops when this is dropped.
pub struct FakeSmtp {
    address: SocketAddr,
    ca_file: PathBuf,
    server: Arc<Server>,
    accepting: JoinHandle<()>,
    _folder: TempDir,
}

impl FakeSmtp {
    /// Settings with which this server takes mail: right port, login, CA file.
    pub fn settings(&self) -> Mail {
        let Script { security, login, .. } = &self.server.script;
        Mail {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            security: *security,
            username: login.as_ref().map(|(name, _)| name.clone()),
            password: login.as_ref().map(|(_, password)| Secret::new(password.clone())),
            ca_file: Some(self.ca_file.clone()),
            allow_cleartext: false,
            timeout: SignedDuration::from_secs(30),
            retry: None,
        }
    }

    /// All mails that it has taken so far.
    pub fn received(&self) -> Vec<Received> {
        self.server.received.peek(|mails| mails.clone())
    }

    /// Waits until it has taken this many mails; answers with all of them.
    ///
    /// # Panics
    /// Where it has not after a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let are_enough = |mails: &mut Vec<Received>| (mails.len() >= count).then(|| mails.clone());
        let mails = self.server.received.until("mail", DEADLINE, are_enough).await;
        mails.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
