use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::sanitize;

/// The steps of handing a mail to a server, in the order in which they come (with implicit TLS, [`Step::Tls`] stands before [`Step::Greeting`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The server's name becomes addresses.
    Resolve,
    /// A TCP connection to one of them.
    Connect,
    /// The server's banner, and the answer to `EHLO`.
    Greeting,
    /// `STARTTLS` or implicit TLS: the handshake and the certificate.
    Tls,
    /// `AUTH`.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The mail itself, and the answer behind its last dot.
    Message,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 9] = [
        Self::Resolve,
        Self::Connect,
        Self::Greeting,
        Self::Tls,
        Self::Login,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Message,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Tls => "TLS",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Message => "message",
        })
    }
}

/// What the server would have to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// `STARTTLS`. Going on without it would let anybody on the way read the link, so we do not.
    StartTls,
    /// A login with name and password (`PLAIN` or `LOGIN`).
    Login,
    /// Addresses with characters beyond ASCII before the `@` (RFC 6531).
    SmtpUtf8,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartTls => "STARTTLS",
            Self::Login => "a login with name and password (AUTH PLAIN or LOGIN)",
            Self::SmtpUtf8 => "addresses with letters beyond ASCII (SMTPUTF8)",
        })
    }
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateFault {
    /// Nobody whom we trust has signed it.
    #[error("it is not signed by an authority that this machine trusts")]
    UnknownIssuer,
    /// It belongs to another name than the configured one.
    #[error("it is made out to another name")]
    WrongName,
    /// Its time is over, or this machine's clock is ahead.
    #[error("it has expired")]
    Expired,
    /// Its time has not come, or this machine's clock is behind.
    #[error("it is not valid yet")]
    NotYetValid,
    /// The certificate of an authority stands in for that of a server.
    #[error("it is an authority's own certificate, not a server's")]
    AuthorityAsServer,
    /// X.509 version 1 knows no names and no purposes that could be checked.
    #[error("it is of X.509 version 1, which says too little to be checked")]
    OldVersion,
    /// Its authority has withdrawn it.
    #[error("its authority has revoked it")]
    Revoked,
    /// It is not one for servers.
    #[error("it is made for another purpose than a server's")]
    OtherPurpose,
    /// Anything else: a broken encoding, a signature or an extension that cannot be checked.
    #[error("its form, its signature or one of its extensions cannot be checked")]
    Unreadable,
}

/// Why a step could not be done, where the server did not say no.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Cause {
    /// The time limit of this step is over.
    #[error("no answer within {}", seconds(.0))]
    TimedOut(Duration),
    /// The server, or something on the way, closed the connection.
    #[error("the connection was closed")]
    Closed,
    /// Nothing listens at this port.
    #[error("the connection was refused")]
    ConnectionRefused,
    /// The name has no address.
    #[error("the name was not found: {0}")]
    NameNotFound(String),
    /// The operating system's reason.
    #[error("{0}")]
    Network(String),
    /// The server's certificate cannot be trusted.
    #[error("the certificate cannot be trusted: {0}")]
    Certificate(#[from] CertificateFault),
    /// The server's newest TLS is older than 1.2 (deprecated by RFC 8996).
    #[error("the server speaks no TLS newer than 1.1, which protects nothing any more")]
    OldTls,
    /// The handshake failed for another reason.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The server lacks what the settings ask for.
    #[error("the server does not offer {0}")]
    NotOffered(Feature),
    /// What came is not SMTP, or not the answer to what was asked.
    #[error("not an answer that SMTP knows: {0}")]
    NotSmtp(String),
    /// Something was sent in clear text that would have been taken for encrypted.
    #[error(
        "more was sent in clear text after the answer to STARTTLS: somebody may be tampering with the connection"
    )]
    TextBeforeTls,
    /// The contact's address cannot be put into a mail.
    #[error("the address cannot be used in a mail")]
    Address,
    /// The mail could not be written to the outbox.
    #[error("the outbox cannot be written: {0}")]
    Outbox(String),
}

fn seconds(limit: &Duration) -> String {
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

/// Why a mail was not accepted. Its text is for the admin: sanitized, at most 300 characters, without a full e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFailure {
    /// The server said no (4xx or 5xx).
    Refused {
        /// Where in the session.
        step: Step,
        /// The SMTP reply code.
        code: u16,
        /// The server's own words, sanitized.
        answer: String,
    },
    /// The session did not get as far as an answer; the server has not taken the mail.
    Unreachable {
        /// Where in the session.
        step: Step,
        /// Why.
        cause: Cause,
    },
    /// The mail was sent, but no answer came: the server may have taken it or not.
    OutcomeUnknown {
        /// Why no answer came.
        cause: Cause,
    },
}

impl MailFailure {
    /// Where in the session it happened.
    pub fn step(&self) -> Step {
        match self {
            Self::Refused { step, .. } | Self::Unreachable { step, .. } => *step,
            Self::OutcomeUnknown { .. } => Step::Message,
        }
    }

    /// Whether the server refused for the moment alone (4xx, RFC 5321 §4.2.1), before it was sent the mail itself: trying again may help, and mails nothing twice.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Refused { step, code: 400..500, .. } if *step != Step::Message)
    }

    /// Whether the server may have taken the mail all the same.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
    }
}

impl fmt::Display for MailFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Refused { step, code, answer } => format!("{step}: {code} {answer}"),
            Self::Unreachable { step, cause } => format!("{step}: {cause}"),
            Self::OutcomeUnknown { cause } => {
                format!("{cause}, after the mail was sent: it may have been accepted")
            }
        };
        f.write_str(&sanitize::shorten(text.trim_end(), sanitize::LONGEST))
    }
}

impl std::error::Error for MailFailure {}

/// A mail that the server has taken. It is not delivered yet: only the server knows what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Which server took it.
    pub by: String,
    /// The server's own words, sanitized; often its queue number.
    pub answer: String,
    /// The file that holds the mail, where it went to an outbox folder.
    pub file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Cause, MailFailure, Step};

    #[test]
    fn a_failure_says_where_and_why() {
        let refused = MailFailure::Refused {
            step: Step::Recipient,
            code: 550,
            answer: "5.1.1 no such user".to_owned(),
        };
        assert_eq!(refused.to_string(), "recipient: 550 5.1.1 no such user");
        let cause = Cause::TimedOut(Duration::from_secs(10));
        assert_eq!(
            MailFailure::Unreachable { step: Step::Connect, cause: cause.clone() }.to_string(),
            "connect: no answer within 10 s"
        );
        assert_eq!(
            MailFailure::OutcomeUnknown { cause }.to_string(),
            "no answer within 10 s, after the mail was sent: it may have been accepted"
        );
    }

    #[test]
    fn the_whole_text_has_at_most_300_characters() {
        let refused = MailFailure::Refused { step: Step::Recipient, code: 550, answer: "x ".repeat(150) };
        assert_eq!(refused.to_string().chars().count(), 300);
    }
}
