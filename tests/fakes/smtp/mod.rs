//! A mail server on a loopback socket, with a script: what it says, where it hangs, where it hangs up.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{Mail, MailSecurity, Secret};
use jiff::SignedDuration;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Where in the conversation something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Instead of the banner.
    Greeting,
    /// Instead of the first answer to EHLO.
    Ehlo,
    /// Instead of the answer to STARTTLS.
    StartTls,
    /// Instead of the TLS handshake.
    Handshake,
    /// Instead of the answer to the EHLO after STARTTLS.
    EhloAgain,
    /// Instead of the answer to AUTH.
    Auth,
    /// Instead of the answer to MAIL FROM.
    Mail,
    /// Instead of the answer to RCPT TO.
    Rcpt,
    /// Instead of the answer to DATA.
    Data,
    /// Instead of the answer behind the last dot.
    Body,
}

/// What happens there.
#[derive(Debug, Clone)]
pub enum Act {
    /// These bytes are sent as they are.
    Say(Vec<u8>),
    /// Nothing, for ever.
    Hang,
    /// The connection is closed.
    Close,
}

/// Who signed the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Nobody else: a server's certificate that signed itself.
    ByItself,
    /// An authority of the organisation's own; its certificate is the CA file.
    ByAuthority,
    /// It is the authority's own certificate, as `openssl req -x509` makes it.
    AsAuthority,
    /// By itself, in X.509 version 1, as `openssl x509 -req` makes it without an -extfile.
    InVersion1,
}

/// What the server will do.
#[derive(Debug, Clone)]
pub struct Script {
    security: MailSecurity,
    signed: Signed,
    names: Vec<String>,
    login: Option<(String, String)>,
    offers: Vec<String>,
    /// What AUTH LOGIN asks, as it stands behind `334 `.
    questions: [String; 2],
    /// Mechanisms that are offered and answered with 504.
    unknown_mechanisms: Vec<String>,
    acts: HashMap<Stage, Act>,
    /// Acts that happen only so many times, over all connections.
    passing: HashMap<Stage, (u32, Act)>,
}

impl Script {
    /// A friendly server that takes every mail.
    pub fn new(security: MailSecurity) -> Self {
        let mut offers = vec!["8BITMIME".to_owned(), "SIZE 10240000".to_owned()];
        if security == MailSecurity::StartTls {
            offers.push("STARTTLS".to_owned());
        }
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        Self {
            security,
            signed: Signed::ByAuthority,
            names,
            login: None,
            offers,
            questions: ["Username:", "Password:"].map(|question| STANDARD.encode(question)),
            unknown_mechanisms: Vec::new(),
            acts: HashMap::new(),
            passing: HashMap::new(),
        }
    }

    /// Something happens at a stage.
    #[must_use]
    pub fn at(mut self, stage: Stage, act: Act) -> Self {
        self.acts.insert(stage, act);
        self
    }

    /// At a stage the server says this line.
    #[must_use]
    pub fn says(self, stage: Stage, line: impl AsRef<[u8]>) -> Self {
        self.at(stage, Act::Say([line.as_ref(), b"\r\n"].concat()))
    }

    /// At a stage the server says this line, the first so many times; then it does as always. Greylisting works so (RFC 6647 §2).
    #[must_use]
    pub fn says_at_first(mut self, times: u32, stage: Stage, line: impl AsRef<[u8]>) -> Self {
        let act = Act::Say([line.as_ref(), b"\r\n"].concat());
        self.passing.insert(stage, (times, act));
        self
    }

    /// What AUTH LOGIN asks, as it stands behind `334 `: draft-murchison-sasl-login-00 §2 leaves the words to the server.
    #[must_use]
    pub fn asking(mut self, questions: [&str; 2]) -> Self {
        self.questions = questions.map(ToOwned::to_owned);
        self
    }

    /// A mechanism that is offered and not carried out (504, RFC 4954 §4).
    #[must_use]
    pub fn not_knowing(mut self, mechanism: &str) -> Self {
        self.unknown_mechanisms.push(mechanism.to_owned());
        self
    }

    /// Only this login is right.
    #[must_use]
    pub fn login(mut self, name: &str, password: &str) -> Self {
        self.login = Some((name.to_owned(), password.to_owned()));
        self.offering("AUTH PLAIN LOGIN")
    }

    /// One more line in the answer to EHLO.
    #[must_use]
    pub fn offering(mut self, line: &str) -> Self {
        self.offers.push(line.to_owned());
        self
    }

    /// No line in the answer to EHLO begins like this.
    #[must_use]
    pub fn without(mut self, beginning: &str) -> Self {
        self.offers.retain(|line| !line.starts_with(beginning));
        self
    }

    /// The certificate is made out to these names.
    #[must_use]
    pub fn made_out_to(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Who signed the certificate.
    #[must_use]
    pub fn signed(mut self, signed: Signed) -> Self {
        self.signed = signed;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// Where no socket or certificate can be had.
    pub async fn start(self) -> io::Result<FakeSmtp> {
        let certificate = Certificate::new(self.signed, &self.names).map_err(io::Error::other)?;
        let folder = TempDir::new()?;
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, &certificate.ca_pem)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (received, mails) = watch::channel(Vec::new());
        let (security, login) = (self.security, self.login.clone());
        let passing = Mutex::new(self.passing.clone());
        let host = Arc::new(Host { script: self, acceptor: certificate.acceptor, received, passing });
        let accepting = tokio::spawn(async move {
            // Dropped with this task, and with it every conversation that still hangs.
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(host.clone().converse(stream));
            }
        });
        Ok(FakeSmtp { address, security, login, ca_file, mails, accepting, _folder: folder })
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
    security: MailSecurity,
    login: Option<(String, String)>,
    ca_file: PathBuf,
    mails: watch::Receiver<Vec<Received>>,
    accepting: JoinHandle<()>,
    _folder: TempDir,
}

impl FakeSmtp {
    /// Settings with which this server takes mail: right port, login, CA file.
    pub fn settings(&self) -> Mail {
        Mail {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            security: self.security,
            username: self.login.as_ref().map(|(name, _)| name.clone()),
            password: self.login.as_ref().map(|(_, password)| Secret::new(password.clone())),
            ca_file: Some(self.ca_file.clone()),
            allow_cleartext: false,
            timeout: SignedDuration::from_secs(30),
            retry: None,
        }
    }

    /// All mails that it has taken so far.
    pub fn received(&self) -> Vec<Received> {
        self.mails.borrow().clone()
    }

    /// Waits until it has taken this many mails; answers with all of them.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut mails = self.mails.clone();
        match mails.wait_for(|mails| mails.len() >= count).await {
            Ok(mails) => mails.clone(),
            Err(_) => self.received(),
        }
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The server's certificate, and what a client must trust to accept it.
struct Certificate {
    acceptor: TlsAcceptor,
    ca_pem: String,
}

impl Certificate {
    fn new(signed: Signed, names: &[String]) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        let (certificate, ca_pem) = match signed {
            Signed::InVersion1 => return Self::of_version_1(),
            Signed::ByAuthority => {
                let mut authority = CertificateParams::new(Vec::new())?;
                authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
                (params.signed_by(&key, &issuer)?, issuer.pem())
            }
            Signed::ByItself => {
                let certificate = params.self_signed(&key)?;
                let pem = certificate.pem();
                (certificate, pem)
            }
            Signed::AsAuthority => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                let certificate = params.self_signed(&key)?;
                let pem = certificate.pem();
                (certificate, pem)
            }
        };
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
    }

    /// rustls would not show such a certificate if it were asked first.
    fn of_version_1() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let pem = include_bytes!("certificates/v1.pem");
        let chain = vec![CertificateDer::from_pem_slice(pem)?];
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/v1.key"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let shown = CertifiedKey::new(chain, provider.key_provider.load_private_key(key)?);
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        let authority =
            CertifiedIssuer::self_signed(CertificateParams::new(Vec::new())?, KeyPair::generate()?)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: authority.pem() })
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// What all conversations share.
struct Host {
    script: Script,
    acceptor: TlsAcceptor,
    received: watch::Sender<Vec<Received>>,
    passing: Mutex<HashMap<Stage, (u32, Act)>>,
}

/// One conversation.
struct Line {
    host: Arc<Host>,
    stream: BufReader<Box<dyn Duplex>>,
    mail: Received,
}

impl Host {
    /// What the script has for a stage this time.
    fn act(&self, stage: Stage) -> Option<Act> {
        let mut passing = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        match passing.get_mut(&stage) {
            Some((left, act)) if *left > 0 => {
                *left -= 1;
                Some(act.clone())
            }
            _ => self.script.acts.get(&stage).cloned(),
        }
    }

    async fn converse(self: Arc<Self>, stream: TcpStream) {
        let mut line =
            Line { host: self, stream: BufReader::new(Box::new(stream)), mail: Received::default() };
        // A client that goes away, or a script that hangs up, ends the conversation: nothing to report.
        let _ = line.run().await;
    }
}

impl Line {
    async fn run(&mut self) -> io::Result<()> {
        if self.host.script.security == MailSecurity::Tls {
            self.encrypt().await?;
        }
        self.act(Stage::Greeting, "220 mail.example.org ESMTP").await?;
        while let Some(command) = self.read().await? {
            let verb = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.ehlo().await?,
                "HELO" => self.say(b"250 mail.example.org\r\n").await?,
                "STARTTLS" => {
                    if self.act(Stage::StartTls, "220 go ahead").await? {
                        self.encrypt().await?;
                    }
                }
                "AUTH" => self.auth(&command).await?,
                "MAIL" => {
                    self.mail.from = command;
                    self.act(Stage::Mail, "250 2.1.0 sender ok").await?;
                }
                "RCPT" => {
                    self.mail.to = command;
                    self.act(Stage::Rcpt, "250 2.1.5 recipient ok").await?;
                }
                "DATA" => {
                    if self.act(Stage::Data, "354 end with a dot").await? {
                        self.body().await?;
                    }
                }
                "QUIT" => {
                    self.say(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => self.say(b"500 what?\r\n").await?,
            }
        }
        Ok(())
    }

    /// Does what the script says, else answers with the usual line; tells whether the answer was a yes.
    async fn act(&mut self, stage: Stage, usual: &str) -> io::Result<bool> {
        let answer = match self.host.act(stage) {
            Some(Act::Hang) => pending().await,
            Some(Act::Close) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Act::Say(bytes)) => bytes,
            None => format!("{usual}\r\n").into_bytes(),
        };
        self.say(&answer).await?;
        Ok(matches!(answer.first(), Some(b'2' | b'3')))
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn read(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    async fn encrypt(&mut self) -> io::Result<()> {
        match self.host.act(Stage::Handshake) {
            Some(Act::Hang) => pending().await,
            Some(Act::Close) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Act::Say(bytes)) => self.say(&bytes).await?,
            None => {}
        }
        let nothing: Box<dyn Duplex> = Box::new(tokio::io::empty());
        let plain = std::mem::replace(&mut self.stream, BufReader::new(nothing)).into_inner();
        let encrypted = self.host.acceptor.accept(plain).await?;
        self.stream = BufReader::new(Box::new(encrypted));
        self.mail.encrypted = true;
        Ok(())
    }

    async fn ehlo(&mut self) -> io::Result<()> {
        let again = self.mail.encrypted && self.host.script.security == MailSecurity::StartTls;
        let offers = self.host.script.offers.iter().filter(|line| !(again && line.as_str() == "STARTTLS"));
        let mut lines = vec!["mail.example.org at your service".to_owned()];
        lines.extend(offers.cloned());
        let last = lines.pop().unwrap_or_default();
        let mut answer: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        answer.push_str(&format!("250 {last}"));
        self.act(if again { Stage::EhloAgain } else { Stage::Ehlo }, &answer).await?;
        Ok(())
    }

    async fn auth(&mut self, command: &str) -> io::Result<()> {
        let (name, password) = self.host.script.login.clone().unwrap_or_default();
        let right = match command.split(' ').collect::<Vec<_>>().as_slice() {
            [_, mechanism, ..]
                if self.host.script.unknown_mechanisms.iter().any(|known| known == mechanism) =>
            {
                return self.say(b"504 5.5.4 unrecognized authentication type\r\n").await;
            }
            [_, "PLAIN", response] => *response == STANDARD.encode(format!("\0{name}\0{password}")),
            [_, "LOGIN"] => {
                let [ask_name, ask_password] = self.host.script.questions.clone();
                self.say(format!("334 {ask_name}\r\n").as_bytes()).await?;
                let given_name = self.read().await?.unwrap_or_default();
                self.say(format!("334 {ask_password}\r\n").as_bytes()).await?;
                let given_password = self.read().await?.unwrap_or_default();
                given_name == STANDARD.encode(&name) && given_password == STANDARD.encode(&password)
            }
            _ => false,
        };
        let usual = if right { "235 2.7.0 welcome" } else { "535 5.7.8 wrong name or password" };
        if self.act(Stage::Auth, usual).await? {
            self.mail.login = Some(name);
        }
        Ok(())
    }

    async fn body(&mut self) -> io::Result<()> {
        let mut raw = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                break;
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        if self.act(Stage::Body, "250 2.0.0 queued as 4bXk2").await? {
            let mail = Received { raw, ..self.mail.clone() };
            self.host.received.send_modify(|mails| mails.push(mail));
        }
        Ok(())
    }
}
