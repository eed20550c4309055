//! One conversation by SMTP: RFC 5321, with STARTTLS (RFC 3207) and AUTH (RFC 4954).

use std::future::pending;
use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::MailSecurity;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::Received;
use super::script::{Act, Script, Stage};
use crate::fakes::kit::watched::Watched;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// What all conversations share.
pub(super) struct Server {
    pub(super) script: Script,
    pub(super) acceptor: TlsAcceptor,
    pub(super) received: Watched<Vec<Received>>,
}

/// One conversation.
struct Conversation {
    server: Arc<Server>,
    stream: BufReader<Box<dyn Duplex>>,
    mail: Received,
}

impl Server {
    pub(super) async fn converse(self: Arc<Self>, stream: TcpStream) {
        let stream = BufReader::new(Box::new(stream) as Box<dyn Duplex>);
        let mut conversation = Conversation { server: self, stream, mail: Received::default() };
        // A client that goes away, or a script that hangs up, ends the conversation: nothing to report.
        let _ = conversation.run().await;
    }
}

impl Conversation {
    async fn run(&mut self) -> io::Result<()> {
        if self.server.script.security == MailSecurity::Tls {
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
        let answer = match self.server.script.acts.get(&stage).cloned() {
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
        match self.server.script.acts.get(&Stage::Handshake).cloned() {
            Some(Act::Hang) => pending().await,
            Some(Act::Close) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Act::Say(bytes)) => self.say(&bytes).await?,
            None => {}
        }
        let nothing: Box<dyn Duplex> = Box::new(tokio::io::empty());
        let plain = std::mem::replace(&mut self.stream, BufReader::new(nothing)).into_inner();
        let encrypted = self.server.acceptor.accept(plain).await?;
        self.stream = BufReader::new(Box::new(encrypted));
        self.mail.encrypted = true;
        Ok(())
    }

    async fn ehlo(&mut self) -> io::Result<()> {
        let again = self.mail.encrypted && self.server.script.security == MailSecurity::StartTls;
        let offers = self.server.script.offers.iter().filter(|line| !(again && line.as_str() == "STARTTLS"));
        let mut lines = vec!["mail.example.org at your service".to_owned()];
        lines.extend(offers.cloned());
        let last = lines.pop().unwrap_or_default();
        let mut answer: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        answer.push_str(&format!("250 {last}"));
        self.act(if again { Stage::EhloAgain } else { Stage::Ehlo }, &answer).await?;
        Ok(())
    }

    async fn auth(&mut self, command: &str) -> io::Result<()> {
        let (name, password) = self.server.script.login.clone().unwrap_or_default();
        let right = match command.split(' ').collect::<Vec<_>>().as_slice() {
            [_, mechanism, ..]
                if self.server.script.unknown_mechanisms.iter().any(|known| known == mechanism) =>
            {
                return self.say(b"504 5.5.4 unrecognized authentication type\r\n").await;
            }
            [_, "PLAIN", response] => *response == STANDARD.encode(format!("\0{name}\0{password}")),
            [_, "LOGIN"] => {
                let [ask_name, ask_password] = self.server.script.questions.clone();
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
            self.server.received.with(|mails| mails.push(mail));
        }
        Ok(())
    }
}
