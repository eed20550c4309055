//! What a test wants the server to do.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::MailSecurity;

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
    pub(super) security: MailSecurity,
    pub(super) signed: Signed,
    pub(super) names: Vec<String>,
    pub(super) login: Option<(String, String)>,
    pub(super) offers: Vec<String>,
    /// What AUTH LOGIN asks, as it stands behind `334 `.
    pub(super) questions: [String; 2],
    /// Mechanisms that are offered and answered with 504.
    pub(super) unknown_mechanisms: Vec<String>,
    pub(super) acts: HashMap<Stage, Act>,
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
}
