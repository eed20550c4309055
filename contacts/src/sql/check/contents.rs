//! What a sample of the table holds: which hashes, whose e-mails are of what kind, which ids cannot be one.

use std::collections::BTreeMap;

use config::{HashScheme, SqlContacts};
use keys::text::spelled_out;
use keys::{ContactId, NormalisedEmail};

use super::{CheckedAccount, VIEWS};
use crate::CheckFinding;
use crate::hash::{PasswordHasher, kinds};
use crate::sql::statement::Statement;
use crate::sql::table::ContactTable;

const TABLE: &str = "contacts.mapping.table";
const ID: &str = "contacts.mapping.id";
const EMAIL: &str = "contacts.mapping.email";
const SCHEME: &str = "contacts.mapping.scheme";

/// So many rows are looked at.
const SAMPLE: usize = 10_000;
/// So many ids are named.
const SHOWN: usize = 5;

#[derive(Default)]
struct Sample {
    rows: usize,
    inactive: usize,
    without_email: usize,
    no_address: usize,
    beyond_ascii: usize,
    kinds: BTreeMap<String, usize>,
    /// Ids that cannot be one, each with why.
    refused_ids: usize,
    some_refused: Vec<String>,
}

/// Looks at it.
pub(super) async fn check(reader: &CheckedAccount) -> Vec<CheckFinding> {
    let ContactTable { dialect, table, id_text, email, active, kind, .. } = &reader.table;
    let text = format!("SELECT {id_text}, {email}, {active}, {kind} FROM {table} LIMIT {SAMPLE}");
    let mut sample = Sample::default();
    let read = reader.database.for_each_row(&Statement::new(*dialect, text), |row| sample.add(row)).await;
    if let Err(error) = read {
        return vec![reader.failed(TABLE, &error)];
    }
    if sample.rows == 0 {
        return vec![CheckFinding::warn(
            TABLE,
            format!("{table} is empty: nobody can be found"),
            "check `table` in the mapping and the database in the URL; or wait for the first contact",
        )];
    }
    let mut findings = vec![sample.of_table(table)];
    findings.push(sample.of_ids());
    findings.push(sample.of_emails(reader.settings.mapping.email.is_some()));
    findings.push(sample.of_hashes(&reader.settings, &reader.table.hasher));
    findings.extend(sample.of_versions(&reader.settings));
    findings
}

impl Sample {
    fn add(&mut self, row: Vec<Option<String>>) {
        let Ok([id, email, active, kind]) = <[Option<String>; 4]>::try_from(row) else { return };
        self.rows += 1;
        self.inactive += usize::from(active.as_deref() != Some("yes"));
        match email.as_deref().map(str::trim).filter(|email| !email.is_empty()) {
            None => self.without_email += 1,
            Some(email) => {
                self.no_address += usize::from(NormalisedEmail::new(email).is_none());
                self.beyond_ascii += usize::from(!email.is_ascii());
            }
        }
        *self.kinds.entry(kind.unwrap_or_default()).or_default() += 1;
        let id = id.unwrap_or_default();
        if let Err(error) = ContactId::new(id.as_str()) {
            self.refused_ids += 1;
            if self.some_refused.len() < SHOWN {
                let shown: String = spelled_out(&id).chars().take(80).collect();
                self.some_refused.push(format!("\"{shown}\" ({error})"));
            }
        }
    }

    fn of_table(&self, table: &str) -> CheckFinding {
        let rows = self.rows;
        let looked_at = match rows {
            1 => format!("{table} has 1 row"),
            SAMPLE => format!("of {table} the first {rows} rows were looked at"),
            _ => format!("{table} has {rows} rows"),
        };
        let text = match self.inactive {
            0 => format!("{looked_at}; all are active"),
            inactive => format!("{looked_at}; {inactive} inactive"),
        };
        if self.inactive == rows {
            let cure = "check `active` in the mapping";
            return CheckFinding::warn(TABLE, format!("{text}: nobody gets a link"), cure);
        }
        CheckFinding::ok(TABLE, text)
    }

    fn of_ids(&self) -> CheckFinding {
        if self.refused_ids == 0 {
            return CheckFinding::ok(ID, "every id fits into a link");
        }
        let more = if self.refused_ids > self.some_refused.len() { ", …" } else { "" };
        CheckFinding::warn(
            ID,
            format!(
                "{} of {} ids cannot stand in a link: {}{more}",
                self.refused_ids,
                self.rows,
                self.some_refused.join(", ")
            ),
            "map `id` to another column that is unique and short (a number, a user name), as in id = \"id\" below [contacts.mapping]; or give these contacts other ids",
        )
    }

    fn of_emails(&self, is_mapped: bool) -> CheckFinding {
        if !is_mapped {
            return CheckFinding::ok(EMAIL, "none is mapped: every link is handed over");
        }
        let counts = [
            (self.without_email, "without one"),
            (self.no_address, "with what is no address"),
            (self.beyond_ascii, "with letters beyond ASCII"),
        ];
        let counts: Vec<_> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if self.without_email + self.no_address == self.rows {
            return CheckFinding::warn(
                EMAIL,
                "nobody has an e-mail: every link is handed over",
                "check `email` in the mapping",
            );
        }
        CheckFinding::ok(
            EMAIL,
            if counts.is_empty() { "everybody has an e-mail".to_owned() } else { counts.join(", ") },
        )
    }

    /// A version is the SHA-256 of what is stored: it keeps nobody from trying passwords who can make the same text of one.
    fn of_versions(&self, settings: &SqlContacts) -> Option<CheckFinding> {
        if !settings.uses_views {
            return None;
        }
        // Whatever is written has a salt, perhaps in a column of its own.
        let written = written_kind(settings.mapping.hash.scheme);
        let without: Vec<_> = self
            .kinds
            .iter()
            .filter(|(kind, _)| kind.as_str() != written && WITHOUT_SALT.contains(&kind.as_str()))
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        (!without.is_empty()).then(|| {
            CheckFinding::warn(
                VIEWS,
                format!(
                    "stored without a salt, as it seems: {}. The column `version` of the views tells such a password to whoever tries out enough of them",
                    without.join(", ")
                ),
                "have the application store salted hashes; until then take the views for what shows hashes",
            )
        })
    }

    fn of_hashes(&self, settings: &SqlContacts, hasher: &PasswordHasher) -> CheckFinding {
        let written = written_kind(settings.mapping.hash.scheme);
        let scheme = settings.mapping.hash.scheme.name();
        let stored: Vec<_> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let text = format!("stored: {}; written: {scheme}", stored.join(", "));
        let has_password = |kind: &&String| !is_no_password(kind);
        let with_password: Vec<&String> = self.kinds.keys().filter(has_password).collect();
        let left_alone: Vec<&str> = with_password
            .iter()
            .filter(|kind| !hasher.may_replace(Some(kind)))
            .map(|kind| kind.as_str())
            .collect();
        let cure = format!(
            "set `scheme` below [contacts.mapping] to what the application stores; where it takes {scheme} as well, set scheme = \"{scheme}\" there, which says that whatever is stored may be replaced"
        );
        if !left_alone.is_empty() {
            let what = format!(
                "{text}. What is of kind {} is left alone, and gets no new password",
                left_alone.join(", ")
            );
            return if left_alone.len() == with_password.len() {
                CheckFinding::fail(SCHEME, what, cure)
            } else {
                CheckFinding::warn(SCHEME, what, cure)
            };
        }
        if !with_password.is_empty() && !with_password.iter().any(|kind| kind.as_str() == written) {
            let cure = if settings.mapping.hash.is_said_out_loud {
                format!(
                    "check that the application takes {scheme} beside what is stored: where it does not, nobody can sign in after a reset"
                )
            } else {
                cure
            };
            return CheckFinding::warn(SCHEME, format!("{text}, of which nobody has one"), cure);
        }
        CheckFinding::ok(SCHEME, text)
    }
}

/// Of these the stored text is, or may be, the same wherever the password is: no salt is in it.
const WITHOUT_SALT: &[&str] = &[
    "plain-text",
    "unknown",
    "mysql-native",
    "sha512",
    "ssha256",
    "ssha",
    "dovecot-old",
    "64-characters",
    "40-characters",
    "32-characters",
];

pub(super) fn is_no_password(name: &str) -> bool {
    kinds().iter().any(|kind| kind.name == name && kind.is_no_password())
}

/// The kind that is told of what a scheme writes.
pub(super) fn written_kind(scheme: HashScheme) -> &'static str {
    match scheme {
        HashScheme::WordPressBcrypt => "bcrypt-2y",
        HashScheme::Discourse => "64-characters",
        HashScheme::Gitea => "100-characters",
        told => told.name(),
    }
}
