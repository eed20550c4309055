//! `[contacts]` with `kind = "sql"`: the database, with an account for each half.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::key::Key;
use crate::problem::Refusal;
use crate::readers::{self, Boolean, Duration, SecretFile, SecretValue, Text};
use crate::secret::{GivenSecret, Secret};
use crate::section::Section;
pub(crate) use crate::sections::contacts::database_url::Account;
use crate::sections::contacts::database_url::{self, DatabaseUrl};
use crate::sections::contacts::hash::{PEPPER, PEPPER_FILE};
use crate::sections::contacts::presets;
use crate::sections::contacts::sql::{SqlContacts, SqlMapping};
use crate::value::Value;

pub(super) const PRESET: Key<Text<&'static str>> =
    Key::text("preset", "The application whose tables they are.", presets::named);
pub(super) const URL: Key<SecretValue> =
    Key::secret("url", "The database, with the account that sets passwords.")
        .for_redeem_server()
        .or_else("the bot's own account is named by reader_url_file");
pub(super) const URL_FILE: Key<SecretFile> =
    Key::secret_file("url_file", "A file that holds the URL with the account that sets passwords.")
        .for_redeem_server()
        .or_else("the bot's own account is named by reader_url_file");
pub(super) const READER_URL: Key<SecretValue> =
    Key::secret("reader_url", "The database, with the bot's account, which changes nothing.")
        .for_bot()
        .or_else("the redeem server's own account is named by url_file");
pub(super) const READER_URL_FILE: Key<SecretFile> =
    Key::secret_file("reader_url_file", "A file that holds the URL with the bot's account.")
        .for_bot()
        .or_else("the redeem server's own account is named by url_file");
pub(super) const CA_FILE: Key<readers::Path> =
    Key::path("ca_file", "More certificate authorities to trust, for the database or the LDAP server.");
pub(super) const TIMEOUT: Key<Duration> = Key::duration(
    "timeout",
    "How long connecting, waiting for a connection, or one statement or request may take.",
    [SignedDuration::from_millis(1), SignedDuration::from_mins(1)],
    "5s",
);
pub(super) const VIEWS: Key<Boolean> = Key::boolean(
    "views",
    "Whether the views reset_link_bot and reset_link_redeem are used instead of the table.",
);

/// The keys that only tables need.
pub(crate) const KEYS: &[&str] = &[
    PRESET.info.name,
    URL.info.name,
    URL_FILE.info.name,
    READER_URL.info.name,
    READER_URL_FILE.info.name,
    CA_FILE.info.name,
    TIMEOUT.info.name,
    VIEWS.info.name,
];

/// What both halves need of tables, but for the mapping.
pub(crate) struct Tables {
    pub(crate) preset: Option<&'static str>,
    uses_views: bool,
    ca_file: Option<PathBuf>,
    timeout: SignedDuration,
}

impl Tables {
    /// `None` where a problem with the preset is on record: what a mapping lacks is not known then. `has_mapping`: whether something of it is given.
    pub(crate) fn read(section: &mut Section<'_>, has_mapping: bool) -> Option<Self> {
        let tables = Self {
            preset: section.get(&PRESET),
            ca_file: section.get(&CA_FILE),
            timeout: section.get(&TIMEOUT).unwrap_or(SignedDuration::from_secs(5)),
            uses_views: section.get(&VIEWS).unwrap_or(false),
        };
        if !has_mapping && !section.has(&PRESET) {
            let cure = "add preset = \"django\" or another one, or [contacts.mapping] with at least table, id, name, password and scheme";
            section.refuse(&PRESET, Refusal::new("is not set, and neither is a mapping of your own", cure));
        }
        (!section.is_refused(&PRESET)).then_some(tables)
    }

    /// With the account of one half.
    pub(crate) fn with(&self, url: GivenUrl, mapping: SqlMapping) -> SqlContacts {
        let Self { preset, uses_views, ca_file, timeout } = self;
        SqlContacts {
            url: url.url,
            url_key: url.key,
            ca_file: ca_file.clone(),
            timeout: *timeout,
            preset: preset.map(str::to_owned),
            uses_views: *uses_views,
            mapping,
        }
    }
}

/// A URL, and the key that gave it.
pub(crate) struct GivenUrl {
    url: Secret,
    key: &'static str,
}

/// The application's secret, which the redeem server alone has. `section` is the mapping's.
pub(crate) fn read_pepper(section: &mut Section<'_>) -> Option<Secret> {
    section.secret(&PEPPER, &PEPPER_FILE)
}

/// The URL with the account of one half.
pub(crate) fn read_url(section: &mut Section<'_>, account: Account) -> Option<GivenUrl> {
    let (key, file_key, file, whose, names) = match account {
        Account::Reader => (
            &READER_URL,
            &READER_URL_FILE,
            "contacts-reader-url",
            "the bot's account",
            ["contacts.reader_url", "contacts.reader_url_file"],
        ),
        Account::Writer => (
            &URL,
            &URL_FILE,
            "contacts-writer-url",
            "the account that sets passwords",
            ["contacts.url", "contacts.url_file"],
        ),
    };
    let cure = section.how_to_give(file_key, file);
    let cure = format!("{cure}, and write the database's URL with {whose} into that file (chmod 600)");
    let secret = section.required_secret(key, file_key, cure)?;
    let is_in_place = section.has(key);
    let given = if is_in_place { key.info } else { file_key.info };
    let from_outside = section.entry(given).is_some_and(|entry| matches!(entry.value, Value::Untyped(_)));
    let folder = if from_outside { Path::new("") } else { section.folder };
    let judged = database_url::parse(secret.expose(), folder, account);
    let DatabaseUrl { url, passwords, .. } = section.judge(given, judged)?;
    let [name, file_name] = names;
    section.secrets.extend(passwords.iter().map(|password| GivenSecret::password_in_url(name, password)));
    Some(GivenUrl { url, key: if is_in_place { name } else { file_name } })
}

/// Puts on record that the two halves have different databases.
pub(crate) fn refuse_two_databases(
    section: &mut Section<'_>,
    bot: &SqlContacts,
    redeem_server: &SqlContacts,
) {
    // Paths in them are no longer relative.
    let parsed = |contacts: &SqlContacts| {
        database_url::parse(contacts.url.expose(), Path::new(""), Account::Reader).ok()
    };
    let (Some(reader), Some(writer)) = (parsed(bot), parsed(redeem_server)) else { return };
    let cause = if reader.kind != writer.kind {
        format!(
            "begins with {}, and {} with {}",
            reader.kind.scheme(),
            redeem_server.url_key,
            writer.kind.scheme()
        )
    } else if reader.database != writer.database {
        format!("names another database than {}", redeem_server.url_key)
    } else {
        return;
    };
    let key = if section.has(&READER_URL) { READER_URL.info } else { READER_URL_FILE.info };
    section.refuse(key, Refusal::new(cause, "name one database in both, with an account for each"));
}

/// So often `timeout` fits into a lease at least. A redeem server begins to write while a third of the lease is left. In SQL a write may take one and a half
/// times as long as one statement, so COMMIT is sent while the link is still its own. In LDAP the last modify is sent within one `timeout`, and its answer is
/// waited for as long again.
const TIMEOUTS_IN_A_LEASE: i32 = 6;

/// Puts on record that a password may be written after its link is good again.
pub(crate) fn refuse_timeout_beyond_lease(
    section: &mut Section<'_>,
    timeout: SignedDuration,
    lease: SignedDuration,
) {
    if timeout * TIMEOUTS_IN_A_LEASE <= lease {
        return;
    }
    let cause = format!(
        "is {timeout:#}, and ledger.lease {lease:#}: a password could be written after its link is good again"
    );
    let most = SignedDuration::from_millis_i128(lease.as_millis() / i128::from(TIMEOUTS_IN_A_LEASE));
    let cure = format!("set timeout to at most {most:#}, a sixth of the lease, or a longer lease");
    section.refuse(&TIMEOUT, Refusal::new(cause, cure));
}
