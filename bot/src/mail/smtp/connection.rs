//! Lines out, answers in: SMTP on any byte stream.
//!
//! Why this is not lettre's connection, whose commands we speak: lettre reads answers as UTF-8 only, so that a refusal in Latin-1 loses its code and
//! becomes a broken connection (behind DATA: an unknown outcome); it cannot tell the banner from the answer to EHLO; and what it has read
//! ahead survives STARTTLS, so that an answer planted in clear text would be taken for an encrypted one.

use std::fmt::Display;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use super::cause::cause_of;
use crate::mail::failure::Cause;
use crate::mail::sanitize::sanitize;

/// No genuine answer is longer; a server that goes on for ever must not fill the memory.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A byte stream in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A connection to a mail server.
pub(super) struct SmtpConnection {
    stream: Box<dyn Duplex>,
    unread: Vec<u8>,
}

/// A server's answer: three digits, and its lines as they came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SmtpAnswer {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl SmtpAnswer {
    /// All lines as one, an enhanced status code (RFC 2034) that each line repeats only once.
    pub(super) fn text(&self) -> String {
        let mut lines = self.lines.iter().map(String::as_str);
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').next().filter(|word| is_enhanced_status(word));
        let mut text = first.to_owned();
        for line in lines {
            text.push(' ');
            text.push_str(status.and_then(|status| line.strip_prefix(status)).unwrap_or(line).trim_start());
        }
        text
    }
}

fn is_enhanced_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

impl SmtpConnection {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// The bare stream, for the TLS handshake.
    ///
    /// # Errors
    /// Where more has been sent than the answer to STARTTLS: it came in clear text, and must not be read as if it had come encrypted (CVE-2011-0411).
    pub(super) fn into_stream(self) -> Result<Box<dyn Duplex>, Cause> {
        if self.unread.is_empty() { Ok(self.stream) } else { Err(Cause::TextBeforeTls) }
    }

    /// Sends a command line and waits for its answer.
    pub(super) async fn command(&mut self, command: impl Display) -> Result<SmtpAnswer, Cause> {
        let line = Zeroizing::new(command.to_string());
        let sent = self.send(line.as_bytes()).await;
        self.answer_even_if(sent).await
    }

    /// Sends a whole mail with its last dot and waits for the answer.
    pub(super) async fn message(&mut self, mail: &[u8]) -> Result<SmtpAnswer, Cause> {
        let sent = self.send(&stuffed(mail)).await;
        self.answer_even_if(sent).await
    }

    /// Says goodbye, without waiting for the server to say it too.
    pub(super) async fn leave(mut self) -> Result<(), Cause> {
        self.send(b"QUIT\r\n").await?;
        self.stream.shutdown().await.map_err(|error| cause_of(&error))
    }

    /// A server that closes the connection says why first: that answer tells more than the broken pipe.
    async fn answer_even_if(&mut self, sent: Result<(), Cause>) -> Result<SmtpAnswer, Cause> {
        match self.answer().await {
            Ok(answer) => Ok(answer),
            Err(cause) => Err(sent.err().unwrap_or(cause)),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        written.await.map_err(|error: io::Error| cause_of(&error))
    }

    /// Waits for an answer of one or more lines.
    pub(super) async fn answer(&mut self) -> Result<SmtpAnswer, Cause> {
        let mut lines = Vec::new();
        let mut length = 0;
        loop {
            let line = self.line().await?;
            length += line.len();
            if length > LONGEST_ANSWER {
                return Err(Cause::NotSmtp("it does not end".to_owned()));
            }
            let Some((code, last, text)) = parse(&line) else {
                return Err(Cause::NotSmtp(sanitize(&line)));
            };
            lines.push(text.to_owned());
            if last {
                return Ok(SmtpAnswer { code, lines });
            }
        }
    }

    /// One line without its end. Bytes that are not UTF-8 become U+FFFD: the code in front of them counts, whatever they are.
    async fn line(&mut self) -> Result<String, Cause> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
            if self.unread.len() > LONGEST_ANSWER {
                return Err(Cause::NotSmtp("it does not end".to_owned()));
            }
            let mut chunk = [0; 2048];
            let read = self.stream.read(&mut chunk).await.map_err(|error| cause_of(&error))?;
            if read == 0 {
                return Err(Cause::Closed);
            }
            self.unread.extend_from_slice(chunk.split_at(read).0);
        }
    }
}

/// `250-text` (more follows), `250 text` or `250` (the last line).
fn parse(line: &str) -> Option<(u16, bool, &str)> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    if !(200..600).contains(&code) {
        return None;
    }
    match rest.chars().next() {
        None => Some((code, true, "")),
        Some(' ') => Some((code, true, rest.trim_start_matches(' '))),
        Some('-') => Some((code, false, rest.strip_prefix('-').unwrap_or(rest))),
        Some(_) => None,
    }
}

/// A mail as it goes over the wire (RFC 5321 §4.5.2): every line that begins with a dot gets another, and a lone dot ends it.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SmtpAnswer, SmtpConnection, parse, stuffed};
    use crate::mail::failure::Cause;

    async fn read(bytes: &[u8]) -> Result<SmtpAnswer, Cause> {
        let (ours, mut theirs) = tokio::io::duplex(256);
        let bytes = bytes.to_vec();
        tokio::spawn(async move {
            tokio::io::AsyncWriteExt::write_all(&mut theirs, &bytes).await.ok();
        });
        SmtpConnection::new(Box::new(ours)).answer().await
    }

    #[tokio::test]
    async fn an_answer_of_several_lines_is_one_text() {
        let answer = read(b"550-5.1.1 There is no such\r\n550-5.1.1 mailbox here.\r\n550 5.1.1 Sorry\r\n")
            .await
            .unwrap();
        assert_eq!(answer.code, 550);
        assert_eq!(answer.text(), "5.1.1 There is no such mailbox here. Sorry");
    }

    #[tokio::test]
    async fn the_code_counts_though_the_words_are_not_utf8() {
        let answer = read(b"550 nicht zul\xe4ssig\r\n").await.unwrap();
        assert_eq!((answer.code, answer.text().as_str()), (550, "nicht zul\u{fffd}ssig"));
    }

    #[tokio::test]
    async fn what_is_not_smtp_is_named_and_masked() {
        let Err(Cause::NotSmtp(words)) = read(b"HTTP/1.1 400 ada@example.org\r\n").await else {
            panic!("this is no answer");
        };
        assert_eq!(words, "HTTP/1.1 400 a… at example.org");
        assert_eq!(read(b"250-half").await, Err(Cause::Closed));
    }

    #[tokio::test]
    async fn an_answer_without_end_is_given_up() {
        assert_eq!(read(&b"x".repeat(100_000)).await, Err(Cause::NotSmtp("it does not end".to_owned())));
        assert_eq!(
            read(&b"250-more\r\n".repeat(10_000)).await,
            Err(Cause::NotSmtp("it does not end".to_owned()))
        );
    }

    #[tokio::test]
    async fn clear_text_behind_the_answer_to_starttls_is_refused() {
        let (ours, mut theirs) = tokio::io::duplex(256);
        tokio::io::AsyncWriteExt::write_all(&mut theirs, b"220 go\r\n250 planted\r\n").await.unwrap();
        let mut connection = SmtpConnection::new(Box::new(ours));
        assert_eq!(connection.answer().await.unwrap().code, 220);
        assert_eq!(connection.into_stream().err(), Some(Cause::TextBeforeTls));
    }

    #[test]
    fn a_dot_at_the_beginning_of_a_line_does_not_end_the_mail() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\nc"), b"a\r\n..\r\n...b\r\nc\r\n.\r\n");
    }

    proptest! {
        #[test]
        fn any_line_is_parsed_or_refused(line in ".*") {
            if let Some((code, _, _)) = parse(&line) {
                prop_assert!((200..600).contains(&code));
            }
        }
    }
}
