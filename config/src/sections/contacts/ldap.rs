//! `[contacts]` with `kind = "ldap"`: an LDAP directory, with an account for each half.

use std::path::PathBuf;

use jiff::SignedDuration;
use url::Url;

use crate::key::Key;
use crate::problem::Refusal;
use crate::readers::{Boolean, Choice, SecretFile, SecretValue, Text, one_line};
use crate::secret::Secret;
use crate::section::Section;
use crate::sections::contacts::active_directory::{self, ActiveDirectorySettings};
use crate::sections::contacts::database_url::Account;
use crate::sections::contacts::tables::{CA_FILE, TIMEOUT};
use crate::several_texts::Texts;
use crate::shown::shown;
use crate::value::Value;
use crate::web_address::is_loopback;

pub(super) const FLAVOUR: Key<Choice<LdapFlavour>> = Key::choice(
    "flavour",
    "Which LDAP server it is, since servers differ in how a password is set.",
    &[
        ("openldap", LdapFlavour::OpenLdap),
        ("389ds", LdapFlavour::Ds389),
        ("active-directory", LdapFlavour::ActiveDirectory),
        ("generic", LdapFlavour::Generic),
    ],
);
pub(super) const LDAP_URL: Key<Texts<LdapServer>> =
    Key::names("ldap_url", "The LDAP server, or several that are tried in this order.", server);
pub(super) const BASE: Key<Text<String>> =
    Key::text("base", "The entry below which the contacts are.", distinguished_name);
pub(super) const ID_ATTRIBUTE: Key<Text<String>> =
    Key::text("id_attribute", "The attribute that names a contact.", attribute);
pub(super) const NAME_ATTRIBUTE: Key<Text<String>> =
    Key::text("name_attribute", "The attribute that says what a contact is called.", attribute);
pub(super) const EMAIL_ATTRIBUTE: Key<Text<String>> =
    Key::text("email_attribute", "The attribute that holds a contact's e-mail.", attribute);
pub(super) const LANGUAGE_ATTRIBUTE: Key<Text<String>> =
    Key::text("language_attribute", "The attribute that holds a contact's language.", attribute);
pub(super) const FILTER: Key<Text<String>> =
    Key::text("filter", "Which of the entries are contacts.", filter);
pub(super) const ACTIVE_FILTER: Key<Text<String>> =
    Key::text("active_filter", "Which of the contacts may get links.", filter);
pub(super) const VERSION_FROM: Key<Choice<VersionFrom>> = Key::choice(
    "version_from",
    "What ends an older link to an entry of which the server does not keep when its password was set.",
    &[("password-time", VersionFrom::PasswordTime), ("modify-time", VersionFrom::ModifyTime)],
);
pub(super) const UNLOCK: Key<Boolean> =
    Key::boolean("unlock", "Whether a new password ends a lock after too many failed sign-ins.");
pub(super) const POLICY_DN: Key<Text<String>> =
    Key::text("policy_dn", "The entry of the password policy, to be told on the form.", distinguished_name);
pub(super) const PROBE_ID: Key<Text<String>> = Key::text(
    "probe_id",
    "The id of an entry that is nobody's, on which `reset-link contacts check` tries what the accounts may do.",
    one_line,
);
pub(super) const READER_DN: Key<Text<String>> =
    Key::text("reader_dn", "The bot's account, which changes nothing.", distinguished_name)
        .for_bot()
        .or_else("the redeem server's own account is named by writer_dn");
pub(super) const READER_PASSWORD: Key<SecretValue> =
    Key::secret("reader_password", "The password of the bot's account.").for_bot();
pub(super) const READER_PASSWORD_FILE: Key<SecretFile> =
    Key::secret_file("reader_password_file", "A file that holds the password of the bot's account.")
        .for_bot();
pub(super) const WRITER_DN: Key<Text<String>> =
    Key::text("writer_dn", "The account that sets passwords.", distinguished_name)
        .for_redeem_server()
        .or_else("the bot's own account is named by reader_dn");
pub(super) const WRITER_PASSWORD: Key<SecretValue> =
    Key::secret("writer_password", "The password of the account that sets passwords.").for_redeem_server();
pub(super) const WRITER_PASSWORD_FILE: Key<SecretFile> = Key::secret_file(
    "writer_password_file",
    "A file that holds the password of the account that sets passwords.",
)
.for_redeem_server();

/// The keys that only an LDAP directory needs.
pub(crate) const KEYS: &[&str] = &[
    FLAVOUR.info.name,
    LDAP_URL.info.name,
    BASE.info.name,
    ID_ATTRIBUTE.info.name,
    NAME_ATTRIBUTE.info.name,
    EMAIL_ATTRIBUTE.info.name,
    LANGUAGE_ATTRIBUTE.info.name,
    FILTER.info.name,
    ACTIVE_FILTER.info.name,
    VERSION_FROM.info.name,
    UNLOCK.info.name,
    POLICY_DN.info.name,
    PROBE_ID.info.name,
    READER_DN.info.name,
    READER_PASSWORD.info.name,
    READER_PASSWORD_FILE.info.name,
    WRITER_DN.info.name,
    WRITER_PASSWORD.info.name,
    WRITER_PASSWORD_FILE.info.name,
    active_directory::CONDITIONAL.info.name,
    active_directory::ENFORCE_HISTORY.info.name,
    active_directory::OLD_PASSWORD_ALLOWED.info.name,
];

/// The keys that it shares with tables.
pub(crate) const SHARED_KEYS: &[&str] = &[CA_FILE.info.name, TIMEOUT.info.name];

/// An LDAP directory of the organisation.
#[derive(Debug, Clone)]
pub struct LdapContacts {
    /// Which server it is.
    pub flavour: LdapFlavour,
    /// At least one; they are tried in this order.
    pub servers: Vec<LdapServer>,
    /// PEM; trusted beside the system's roots.
    pub ca_file: Option<PathBuf>,
    /// The distinguished name below which the contacts are.
    pub base: String,
    /// What names a contact; default `uid`, in Active Directory `sAMAccountName`.
    pub id_attribute: String,
    /// What a contact is called; default `cn`, in Active Directory `displayName`.
    pub name_attribute: String,
    /// Default `mail`.
    pub email_attribute: String,
    /// BCP 47; default `preferredLanguage`.
    pub language_attribute: String,
    /// Which entries are contacts; default `(objectClass=person)`, in Active Directory `(&(objectCategory=person)(objectClass=user))`.
    pub filter: String,
    /// Which of the contacts may get links; default all whom the server itself lets sign in.
    pub active_filter: Option<String>,
    /// What ends an older link where the server does not keep when a password was set; default the time of a password alone.
    pub version_from: VersionFrom,
    /// Whether a new password ends a lock after too many failed sign-ins, on servers that would leave it; default yes with 389 Directory Server and Active Directory.
    pub unlock: bool,
    /// The entry of the policy of whoever has none of their own, where it is to be told on the form.
    pub policy_dn: Option<String>,
    /// The id of an entry that is nobody's: what the accounts may do is tried on it, and it gets no link.
    pub probe_id: Option<String>,
    /// The account of this role.
    pub bind_dn: String,
    /// Its password.
    pub password: Secret,
    /// The key that named the account, for messages: `contacts.reader_dn`, say.
    pub account_key: &'static str,
    /// How long connecting or one request may take; default 5 s.
    pub timeout: SignedDuration,
    /// How a password is set in Active Directory; nothing elsewhere.
    pub active_directory: ActiveDirectorySettings,
}

/// One server of an LDAP directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapServer {
    /// `ldap://` or `ldaps://`, a host, perhaps a port; no account.
    pub url: String,
    /// How the connection is protected.
    pub security: LdapSecurity,
}

/// Which LDAP server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapFlavour {
    /// OpenLDAP with its password policy overlay.
    OpenLdap,
    /// 389 Directory Server, on which Red Hat Directory Server and FreeIPA run.
    Ds389,
    /// Active Directory: of Windows, or of Samba.
    ActiveDirectory,
    /// Any other, by what LDAP itself has for passwords.
    Generic,
}

/// What ends an older link to an entry of an LDAP directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionFrom {
    /// That a password is set: without the time at which it was, there is no link.
    PasswordTime,
    /// Where the server does not keep that time, any change of the entry.
    ModifyTime,
}

/// How a connection to an LDAP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapSecurity {
    /// TLS from the first byte.
    Tls,
    /// StartTLS, or no connection.
    StartTls,
    /// None: the server is on this machine.
    ClearText,
}

/// An account of an LDAP directory.
#[derive(Debug, Clone)]
pub struct LdapAccountSettings {
    /// Its distinguished name.
    pub dn: String,
    /// Its password.
    pub password: Secret,
    /// The key that named it, for messages: `contacts.reader_dn`, say.
    pub key: &'static str,
}

impl LdapContacts {
    /// A directory with every other setting as it is where nothing is said.
    ///
    /// # Panics
    /// Where this is no address of an LDAP server.
    pub fn new(flavour: LdapFlavour, url: &str, base: &str, account: LdapAccountSettings) -> Self {
        let server = server(url).expect("an address of an LDAP server");
        Directory::with_defaults(flavour, vec![server], base.to_owned()).with(account)
    }
}

/// What both halves need of an LDAP directory.
pub(crate) struct Directory {
    flavour: LdapFlavour,
    servers: Vec<LdapServer>,
    ca_file: Option<PathBuf>,
    base: String,
    id_attribute: String,
    name_attribute: String,
    email_attribute: String,
    language_attribute: String,
    filter: String,
    active_filter: Option<String>,
    version_from: VersionFrom,
    unlock: bool,
    policy_dn: Option<String>,
    probe_id: Option<String>,
    timeout: SignedDuration,
    active_directory: ActiveDirectorySettings,
}

impl Directory {
    /// `None` where something is missing or refused: that is on record then.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let flavour = section.required(&FLAVOUR, "openldap");
        let servers = read_servers(section);
        let base = section.required(&BASE, "ou=people,dc=example,dc=org");
        let ca_file = section.get(&CA_FILE);
        let timeout = section.get(&TIMEOUT);
        let version_from = section.get(&VERSION_FROM);
        let unlock = section.get(&UNLOCK);
        let probe_id = section.get(&PROBE_ID);
        let [id, name, email, language, filter] =
            [&ID_ATTRIBUTE, &NAME_ATTRIBUTE, &EMAIL_ATTRIBUTE, &LANGUAGE_ATTRIBUTE, &FILTER]
                .map(|key| section.get(key));
        let active_filter = section.get(&ACTIVE_FILTER);
        let active_directory = ActiveDirectorySettings::read(section);
        if let Some(flavour) = flavour {
            refuse_what_does_nothing(section, flavour);
        }
        let policy_dn = section.get(&POLICY_DN);
        let defaults = Self::with_defaults(flavour?, servers?, base?);
        Some(Self {
            ca_file,
            id_attribute: id.unwrap_or(defaults.id_attribute),
            name_attribute: name.unwrap_or(defaults.name_attribute),
            email_attribute: email.unwrap_or(defaults.email_attribute),
            language_attribute: language.unwrap_or(defaults.language_attribute),
            filter: filter.unwrap_or(defaults.filter),
            active_filter,
            version_from: version_from.unwrap_or(defaults.version_from),
            unlock: unlock.unwrap_or(defaults.unlock),
            policy_dn,
            probe_id,
            timeout: timeout.unwrap_or(defaults.timeout),
            active_directory,
            ..defaults
        })
    }

    fn with_defaults(flavour: LdapFlavour, servers: Vec<LdapServer>, base: String) -> Self {
        let [id, name, filter] = match flavour {
            LdapFlavour::OpenLdap | LdapFlavour::Ds389 | LdapFlavour::Generic => {
                ["uid", "cn", "(objectClass=person)"]
            }
            LdapFlavour::ActiveDirectory => {
                ["sAMAccountName", "displayName", "(&(objectCategory=person)(objectClass=user))"]
            }
        };
        Self {
            flavour,
            servers,
            ca_file: None,
            base,
            id_attribute: id.to_owned(),
            name_attribute: name.to_owned(),
            email_attribute: "mail".to_owned(),
            language_attribute: "preferredLanguage".to_owned(),
            filter: filter.to_owned(),
            active_filter: None,
            version_from: VersionFrom::PasswordTime,
            unlock: matches!(flavour, LdapFlavour::Ds389 | LdapFlavour::ActiveDirectory),
            policy_dn: None,
            probe_id: None,
            timeout: SignedDuration::from_secs(5),
            active_directory: ActiveDirectorySettings::default(),
        }
    }

    /// With the account of one half.
    pub(crate) fn with(&self, account: LdapAccountSettings) -> LdapContacts {
        let mut servers = self.servers.clone();
        for server in &mut servers {
            // Whoever names an authority wants it asked.
            if server.security == LdapSecurity::ClearText && self.ca_file.is_some() {
                server.security = LdapSecurity::StartTls;
            }
        }
        LdapContacts {
            flavour: self.flavour,
            servers,
            ca_file: self.ca_file.clone(),
            base: self.base.clone(),
            id_attribute: self.id_attribute.clone(),
            name_attribute: self.name_attribute.clone(),
            email_attribute: self.email_attribute.clone(),
            language_attribute: self.language_attribute.clone(),
            filter: self.filter.clone(),
            active_filter: self.active_filter.clone(),
            version_from: self.version_from,
            unlock: self.unlock,
            policy_dn: self.policy_dn.clone(),
            probe_id: self.probe_id.clone(),
            bind_dn: account.dn,
            password: account.password,
            account_key: account.key,
            timeout: self.timeout,
            active_directory: self.active_directory,
        }
    }
}

/// Puts on record what is set and would change nothing with this server.
fn refuse_what_does_nothing(section: &mut Section<'_>, flavour: LdapFlavour) {
    let keeps_the_time = match flavour {
        LdapFlavour::OpenLdap => Some("is not for OpenLDAP, which keeps when each password was set"),
        LdapFlavour::ActiveDirectory => {
            Some("is not for Active Directory, which keeps when each password was set")
        }
        LdapFlavour::Ds389 | LdapFlavour::Generic => None,
    };
    if let Some(cause) = keeps_the_time
        && section.has(&VERSION_FROM)
    {
        let cure = "remove it; an entry without that time gets one as soon as a password is set";
        section.refuse(&VERSION_FROM, Refusal::new(cause, cure));
    }
    if flavour != LdapFlavour::ActiveDirectory {
        active_directory::refuse_elsewhere(section);
    }
    if section.has(&UNLOCK) && matches!(flavour, LdapFlavour::OpenLdap | LdapFlavour::Generic) {
        let cause = "is for servers that keep a lock when a password is set, and says nothing to this one";
        section.refuse(&UNLOCK, Refusal::new(cause, "remove it"));
    }
    if section.has(&POLICY_DN) && matches!(flavour, LdapFlavour::Ds389 | LdapFlavour::Generic) {
        let cause = "is for OpenLDAP and Active Directory: of this server no policy is read beforehand";
        section.refuse(&POLICY_DN, Refusal::new(cause, "remove it"));
    }
}

/// The account of one half.
pub(crate) fn read_account(section: &mut Section<'_>, account: Account) -> Option<LdapAccountSettings> {
    let (dn_key, key, file_key, file, example, name) = match account {
        Account::Reader => (
            &READER_DN,
            &READER_PASSWORD,
            &READER_PASSWORD_FILE,
            "ldap-reader-password",
            "cn=bot,ou=services,dc=example,dc=org",
            "contacts.reader_dn",
        ),
        Account::Writer => (
            &WRITER_DN,
            &WRITER_PASSWORD,
            &WRITER_PASSWORD_FILE,
            "ldap-writer-password",
            "cn=redeem,ou=services,dc=example,dc=org",
            "contacts.writer_dn",
        ),
    };
    let dn = section.required(dn_key, example);
    let cure = section.how_to_give(file_key, file);
    let cure = format!("{cure}, and write that account's password into that file (chmod 600)");
    let password = section.required_secret(key, file_key, cure);
    Some(LdapAccountSettings { dn: dn?, password: password?, key: name })
}

/// Puts on record that the two halves share an account.
pub(crate) fn refuse_one_account(
    section: &mut Section<'_>,
    bot: &LdapContacts,
    redeem_server: &LdapContacts,
) {
    if bot.bind_dn.eq_ignore_ascii_case(&redeem_server.bind_dn) {
        let cure = "name an account that may read and set no password: the bot must not be able to";
        section.refuse(&READER_DN, Refusal::new("is the account of writer_dn as well", cure));
    }
}

/// `None` where there is none, or one is refused: that is on record then.
fn read_servers(section: &mut Section<'_>) -> Option<Vec<LdapServer>> {
    let servers = section.required(&LDAP_URL, "ldaps://ldap.example.org")?;
    let is_empty = match section.entry(LDAP_URL.info).map(|entry| &entry.value) {
        Some(Value::List(items)) => items.is_empty(),
        Some(Value::Untyped(text)) => text.to_string_lossy().split(',').all(|item| item.trim().is_empty()),
        _ => false,
    };
    if is_empty {
        let cure = "name at least one, like [\"ldaps://ldap1.example.org\", \"ldaps://ldap2.example.org\"]";
        section.refuse(&LDAP_URL, Refusal::new("names no server", cure));
    }
    let twice = servers
        .iter()
        .enumerate()
        .find(|(at, server)| servers.iter().take(*at).any(|before| before.url == server.url));
    if let Some((_, LdapServer { url, .. })) = twice {
        let cure = "name each server once, in the order in which they are to be tried";
        section.refuse(&LDAP_URL, Refusal::new(format!("names {} twice", shown(url)), cure));
        return None;
    }
    (!servers.is_empty()).then_some(servers)
}

fn server(text: &str) -> Result<LdapServer, Refusal> {
    let cure = "write it like ldaps://ldap.example.org, or ldap://ldap.example.org for StartTLS";
    let url =
        Url::parse(text).map_err(|_| Refusal::new(format!("{} is no URL", without_account(text)), cure))?;
    if !url.username().is_empty() || url.password().is_some() {
        let cure =
            "take it out, and name the accounts by reader_dn and writer_dn, with a file for each password";
        let host = shown(url.host_str().unwrap_or_default());
        return Err(Refusal::new(format!("holds an account beside the host {host}"), cure));
    }
    let shown = shown(text);
    if !matches!(url.scheme(), "ldap" | "ldaps") {
        return Err(Refusal::new(format!("{shown} is no URL of an LDAP server"), cure));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Refusal::new(format!("{shown} names no host"), cure));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(Refusal::new(
            format!("{shown} says more than where the server is"),
            "end it behind the host or the port: base and filter have keys of their own",
        ));
    }
    // The host of a URL whose scheme is not the web's is not read as an address.
    let host = url.host_str().unwrap_or_default();
    let security = match url.scheme() {
        "ldaps" => LdapSecurity::Tls,
        _ if is_loopback(url::Host::parse(host).ok()) => LdapSecurity::ClearText,
        _ => LdapSecurity::StartTls,
    };
    Ok(LdapServer { url: text.trim().to_owned(), security })
}

/// What is no URL may hold a password all the same.
fn without_account(text: &str) -> String {
    if text.contains('@') { "it".to_owned() } else { shown(text) }
}

fn distinguished_name(text: &str) -> Result<String, Refusal> {
    let name = one_line(text)?;
    if !name.contains('=') {
        return Err(Refusal::new(
            format!("{} is no distinguished name", shown(&name)),
            "write it like ou=people,dc=example,dc=org",
        ));
    }
    Ok(name)
}

fn attribute(text: &str) -> Result<String, Refusal> {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(Refusal::new(
            format!("{} is not the name of an attribute", shown(text)),
            "write its name as the directory's schema does, like uid",
        ))
    }
}

fn filter(text: &str) -> Result<String, Refusal> {
    let filter = one_line(text)?;
    // The library that sends it is the one that reads it here.
    if filter.starts_with('(') && ldap3::parse_filter(&filter).is_ok() {
        Ok(filter)
    } else {
        Err(Refusal::new(
            format!("{} is not a filter", shown(&filter)),
            "write it in parentheses, each of which is closed, like (objectClass=person) or (&(objectClass=person)(!(ou=former)))",
        ))
    }
}
