//! `[mail]`.

use std::fmt;
use std::path::PathBuf;

use jiff::SignedDuration;
use url::Host;

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{Boolean, Choice, Duration, Number, Path, SecretFile, SecretValue, Text, one_line};
use crate::secret::Secret;
use crate::section::Section;
use crate::shown::shown;
use crate::web_address::is_loopback;

pub(crate) const TABLE: Table = Table::new(
    "mail",
    &[
        HOST.info,
        PORT.info,
        SECURITY.info,
        ALLOW_CLEARTEXT.info,
        USERNAME.info,
        PASSWORD.info,
        PASSWORD_FILE.info,
        CA_FILE.info,
        TIMEOUT.info,
        RETRY.info,
    ],
)
.called(&["smtp", "email", "e-mail", "mailer", "mailserver"]);

const HOST: Key<Text<MailHost>> = Key::text("host", "The mail server.", host).for_bot();
const PORT: Key<Number> = Key::number(
    "port",
    "The port of the mail server.",
    // `From` is not const.
    1..=u16::MAX as u32,
    "(the port of the mail server)",
)
.for_bot();
const SECURITY: Key<Choice<MailSecurity>> = Key::choice(
    "security",
    "How the connection is protected.",
    &[("none", MailSecurity::None), ("starttls", MailSecurity::StartTls), ("tls", MailSecurity::Tls)],
)
.for_bot();
const ALLOW_CLEARTEXT: Key<Boolean> = Key::boolean(
    "allow_cleartext",
    "Without protection, lets links go in clear text to a server on another machine.",
)
.for_bot();
const USERNAME: Key<Text<String>> =
    Key::text("username", "The login, if the mail server wants one.", one_line).for_bot();
const PASSWORD: Key<SecretValue> = Key::secret("password", "Its password.").for_bot();
const PASSWORD_FILE: Key<SecretFile> =
    Key::secret_file("password_file", "A file that holds its password.").for_bot();
const CA_FILE: Key<Path> = Key::path("ca_file", "More certificate authorities to trust.").for_bot();
const TIMEOUT: Key<Duration> =
    Key::duration("timeout", "How long each step of the conversation may take.", UP_TO_FIVE_MINUTES, "10s")
        .for_bot();
const RETRY: Key<Duration> = Key::duration(
    "retry",
    "For how long a mail is tried again that the server does not take yet.",
    UP_TO_FIVE_MINUTES,
    "5m",
)
.for_bot();

const UP_TO_FIVE_MINUTES: [SignedDuration; 2] =
    [SignedDuration::from_millis(1), SignedDuration::from_mins(5)];

/// `[mail]`: the mail server that accepts our mail (SMTP submission, RFC 6409). `Debug` shows no e-mail address in full,
/// which a user name often is.
#[derive(Clone)]
pub struct Mail {
    /// A name or an address, without scheme, port or brackets.
    pub host: String,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    pub port: u16,
    /// Default [`MailSecurity::StartTls`].
    pub security: MailSecurity,
    /// Links may go in clear text to a server that is not on this machine; default `false`.
    pub allow_cleartext: bool,
    /// With a password, or neither.
    pub username: Option<String>,
    /// With a user name, or neither.
    pub password: Option<Secret>,
    /// PEM; trusted beside the system's roots.
    pub ca_file: Option<PathBuf>,
    /// For each step of the conversation; default 10 s.
    pub timeout: SignedDuration,
    /// For how long a mail that the server does not take for the moment (4xx before the mail itself) is tried again; at most
    /// 5 min; absent: not at all.
    pub retry: Option<SignedDuration>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// Not at all: for a mail server on this machine, or with `allow_cleartext` one on this network, without a login.
    None,
    /// Plain at first, then STARTTLS, which is insisted on (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

impl MailSecurity {
    fn usual_port(self) -> u16 {
        match self {
            MailSecurity::None => 25,
            MailSecurity::StartTls => 587,
            MailSecurity::Tls => 465,
        }
    }
}

impl Mail {
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let host = section.required(&HOST, "mail.example.com");
        let security = section.get(&SECURITY).unwrap_or(MailSecurity::StartTls);
        let port =
            section.get(&PORT).and_then(|port| u16::try_from(port).ok()).unwrap_or(security.usual_port());
        let username = section.get(&USERNAME);
        let password = section.secret(&PASSWORD, &PASSWORD_FILE);
        let ca_file = section.get(&CA_FILE);
        let timeout = section.get(&TIMEOUT).unwrap_or(SignedDuration::from_secs(10));
        let retry = section.get(&RETRY);
        let allow_cleartext = section.get(&ALLOW_CLEARTEXT).unwrap_or(false);
        let host = host.as_ref();
        refuse_half_a_login(section);
        if let Some(host) = host.filter(|_| security == MailSecurity::None) {
            refuse_a_login_in_the_clear(section, host);
            if !allow_cleartext {
                refuse_links_in_the_clear(section, host);
            }
        }
        if allow_cleartext && security != MailSecurity::None && !section.is_refused(&SECURITY) {
            section.refuse(
                &ALLOW_CLEARTEXT,
                Refusal::new(
                    "is set, and security is not \"none\": the connection is encrypted",
                    "remove allow_cleartext",
                ),
            );
        }
        let host = host?.to_string();
        Some(Self { host, port, security, allow_cleartext, username, password, ca_file, timeout, retry })
    }

    /// Whether links cross a network in clear text, where anybody on the way can read and use them.
    pub fn is_cleartext(&self) -> bool {
        let host = host(&self.host).ok().map(|host| host.0);
        self.security == MailSecurity::None && !is_loopback(host)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, security, allow_cleartext, username, password, ca_file, timeout, retry } =
            self;
        f.debug_struct("Mail")
            .field("host", host)
            .field("port", port)
            .field("security", security)
            .field("allow_cleartext", allow_cleartext)
            .field("username", &username.as_deref().map(shown))
            .field("password", password)
            .field("ca_file", ca_file)
            .field("timeout", timeout)
            .field("retry", retry)
            .finish()
    }
}

fn refuse_half_a_login(section: &mut Section<'_>) {
    let password = [PASSWORD.info, PASSWORD_FILE.info].into_iter().find(|key| section.has(*key));
    match (section.has(&USERNAME), password) {
        (true, None) => section.refuse(
            &USERNAME,
            Refusal::new("is set, but there is no password", "add password_file = \"…\", or remove username"),
        ),
        (false, Some(key)) => section.refuse(
            key,
            Refusal::new(
                "is set, but there is no user name",
                format!("add username = \"…\", or remove {}", key.name),
            ),
        ),
        (true, Some(_)) | (false, None) => {}
    }
}

fn refuse_a_login_in_the_clear(section: &mut Section<'_>, host: &MailHost) {
    let login = [USERNAME.info, PASSWORD.info, PASSWORD_FILE.info].into_iter().any(|key| section.has(key));
    if login && !is_loopback(Some(host.0.clone())) {
        section.refuse(
            &SECURITY,
            Refusal::new(
                format!("\"none\" would send the login to {host} unencrypted"),
                "use \"starttls\" or \"tls\", or remove the login (\"none\" with a login is for loopback only)",
            ),
        );
    }
}

fn refuse_links_in_the_clear(section: &mut Section<'_>, host: &MailHost) {
    if !is_loopback(Some(host.0.clone())) && !section.is_refused(&SECURITY) {
        section.refuse(
            &SECURITY,
            Refusal::new(
                format!("\"none\" would send links to {host} in clear text, and whoever reads one can use it"),
                "use \"starttls\" or \"tls\"; only for a network that is yours alone, set allow_cleartext = true",
            ),
        );
    }
}

/// A host as it is connected to: an IPv6 address without brackets.
struct MailHost(Host<String>);

impl fmt::Display for MailHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Host::Domain(name) => f.write_str(name),
            Host::Ipv4(address) => address.fmt(f),
            Host::Ipv6(address) => address.fmt(f),
        }
    }
}

fn host(text: &str) -> Result<MailHost, Refusal> {
    let name = text.trim();
    let host = match name.parse() {
        Ok(address) => Ok(Host::Ipv6(address)),
        Err(_) => Host::parse(name),
    };
    host.map(MailHost).map_err(|_| {
        Refusal::new(
            format!("{} is not the name or address of a host", shown(text)),
            "use the name alone, like \"mail.example.com\"; the port has a key of its own",
        )
    })
}
