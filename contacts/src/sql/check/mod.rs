//! What an operator sees of another application's tables, and whether both accounts may do what they must and nothing more.
//!
//! Invariant: nothing here changes a row. What must fail is tried on nobody, and undone.

mod contents;
mod email_key;
mod index;
mod mysql;
mod person;
mod postgres;
mod rights;
mod trial;

use config::SqlContacts;
use keys::ContactId;

use super::contact_lookup::{SqlContactLookup, open};
use super::database::Database;
use super::dialect::Dialect;
use super::error::describe;
use super::expression::shown;
use super::grants::{Applied, grants};
use super::password_writer::SqlPasswordWriter;
use super::session::Access;
use super::statement::Statement;
use super::table::{ContactTable, Role};
use super::views::account;
use crate::{CheckFinding, CheckedContact, ContactLookup as _, DirectoryError, Entropy, OpenError};

const PASSWORD: &str = "contacts.mapping.password";
const ALSO: &str = "contacts.mapping.also_run";
const VIEWS: &str = "contacts.views";

/// Tables of another application, for whoever checks them.
pub struct SqlCheck {
    reader: Result<CheckedAccount, CheckFinding>,
    writer: Result<CheckedAccount, CheckFinding>,
}

/// An account whose role could be opened.
struct CheckedAccount {
    role: Role,
    settings: SqlContacts,
    database: Database,
    table: ContactTable,
    /// As a GRANT names it.
    name: String,
    /// The server's kind and version.
    server: String,
}

impl CheckedAccount {
    async fn new(role: Role, settings: &SqlContacts, database: Database, table: ContactTable) -> Self {
        let dialect = database.dialect();
        let name = account(settings, &database, dialect).await;
        let server = server(&database).await;
        Self { role, settings: settings.clone(), database, table, name, server }
    }

    /// Statements that grant it what it needs.
    fn grants(&self, applied: &Applied<'_>) -> Vec<String> {
        grants(self.table.dialect, &self.settings, self.role, &self.name, applied)
    }

    /// The account, for a sentence.
    fn called(&self) -> String {
        match self.table.dialect {
            Dialect::Sqlite => self.database.login(),
            _ => format!("account {} of {}", self.name, self.server),
        }
    }

    fn failed(&self, subject: &'static str, error: &sqlx::Error) -> CheckFinding {
        of_text(subject, &describe(error))
    }
}

impl SqlCheck {
    /// Opens the tables as both halves do.
    pub async fn open(reader: &SqlContacts, writer: &SqlContacts, entropy: Entropy) -> Self {
        let as_reader = match open(reader, Access::Read, Role::Reader).await {
            Ok((database, table)) => Ok(CheckedAccount::new(Role::Reader, reader, database, table).await),
            Err(error) => Err(not_opened(Role::Reader, reader, &error).await),
        };
        let as_writer = match SqlPasswordWriter::open(writer, entropy).await {
            Ok(opened) => {
                let SqlPasswordWriter { database, table, .. } = opened;
                Ok(CheckedAccount::new(Role::Writer, writer, database, table).await)
            }
            Err(error) => Err(not_opened(Role::Writer, writer, &error).await),
        };
        Self { reader: as_reader, writer: as_writer }
    }

    /// Everything but single contacts.
    pub async fn findings(&self) -> Vec<CheckFinding> {
        let mut findings = Vec::new();
        match &self.reader {
            Ok(reader) => {
                findings.push(CheckFinding::ok(
                    reader.settings.url_key,
                    format!("{} reads {}", reader.called(), reader.table.table),
                ));
                findings.extend(rights::check(reader, &Applied::all(&reader.settings.mapping)).await);
                findings.extend(contents::check(reader).await);
            }
            Err(finding) => findings.push(finding.clone()),
        }
        match &self.writer {
            Ok(writer) => findings.extend(of_writer(writer).await),
            Err(finding) => findings.push(finding.clone()),
        }
        if let Ok(reader) = &self.reader {
            // After the rights: what makes an index may grant a right to its column.
            findings.extend(index::check(reader, self.writer.as_ref().ok()).await);
            findings.extend(email_key::check(reader).await);
            findings.extend(of_views(reader));
        }
        findings
    }

    /// What is seen of one contact, active or not; several where ids are as good as the same, none where nobody has it.
    ///
    /// # Errors
    /// Where the tables cannot be read.
    pub async fn contacts(&self, typed: &str) -> Result<Vec<CheckedContact>, DirectoryError> {
        match &self.reader {
            Ok(reader) => person::called(reader, typed).await,
            Err(finding) => Err(DirectoryError::Unreachable(finding.text.clone())),
        }
    }

    /// Everybody whom a person calls so ([`crate::ContactLookup::called`]).
    ///
    /// # Errors
    /// Where the tables cannot be read.
    pub async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        match &self.reader {
            Ok(reader) => lookup(reader).called(typed).await,
            Err(finding) => Err(DirectoryError::Unreachable(finding.text.clone())),
        }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        for opened in [&self.reader, &self.writer].into_iter().flatten() {
            opened.database.close().await;
        }
    }
}

fn lookup(reader: &CheckedAccount) -> SqlContactLookup {
    SqlContactLookup {
        url_key: reader.settings.url_key,
        database: reader.database.clone(),
        searching: reader.database.clone(),
        table: reader.table.clone(),
    }
}

async fn server(database: &Database) -> String {
    let dialect = database.dialect();
    let question = match dialect {
        Dialect::Postgres => "SELECT 'PostgreSQL ' || current_setting('server_version')",
        Dialect::MySql => "SELECT CONVERT(VERSION() USING utf8mb4)",
        Dialect::Sqlite => "SELECT 'SQLite ' || sqlite_version()",
    };
    let told = database.rows(&Statement::new(dialect, question)).await;
    let told = told.ok().and_then(|rows| rows.into_iter().flatten().next().flatten());
    told.unwrap_or_else(|| dialect.to_string())
}

/// A text of ours with its cure behind it, taken apart.
fn of_text(subject: &'static str, text: &str) -> CheckFinding {
    let text = text.strip_prefix(subject).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(text);
    let (cause, cure) = text
        .split_once(". To mend: ")
        .unwrap_or((text, "see docs/directories/sql.md, and the log of the database"));
    CheckFinding::fail(subject, cause, cure)
}

/// Where rights are what is missing, the GRANTs are said.
async fn not_opened(role: Role, settings: &SqlContacts, error: &OpenError) -> CheckFinding {
    let text = error.to_string();
    let finding = of_text(settings.url_key, &text);
    let wants_rights = ["GRANT", "denied", "may not know of it", "may know of"];
    if !wants_rights.iter().any(|word| text.contains(word)) {
        return finding;
    }
    let Ok(database) = Database::new(settings, Access::Read) else { return finding };
    let dialect = database.dialect();
    let name = account(settings, &database, dialect).await;
    database.close().await;
    if dialect == Dialect::Sqlite || settings.uses_views {
        return finding;
    }
    finding.with_sql(grants(dialect, settings, role, &name, &Applied::all(&settings.mapping)))
}

async fn of_writer(writer: &CheckedAccount) -> Vec<CheckFinding> {
    let key = writer.settings.url_key;
    let dialect = writer.table.dialect;
    let applied = Applied::of(&writer.database, &writer.settings.mapping, &writer.table.columns).await;
    let applied = match applied {
        Ok(applied) => applied,
        Err(error) => return vec![writer.failed(key, &error)],
    };
    let condition = match dialect {
        Dialect::Sqlite => "in a transaction that has found the stored hash unchanged",
        _ => "only where the stored hash is still the one of before",
    };
    let mut findings = vec![CheckFinding::ok(
        key,
        format!("{} sets passwords in {}, {condition}", writer.called(), writer.table.table),
    )];
    findings.extend(rights::check(writer, &applied).await);
    findings.push(CheckFinding::ok(
        PASSWORD,
        match (dialect, writer.settings.uses_views) {
            (Dialect::Sqlite, _) => {
                "the version of a password is SHA-256 of the stored hash, computed by reset-link: SQLite has no such function"
            }
            (_, true) => "the version of a password is SHA-256 of the stored hash, computed by the view",
            (_, false) => "the version of a password is SHA-256 of the stored hash, computed by the database",
        },
    ));
    findings.push(sessions(writer, &applied));
    findings
}

/// What else happens with a new password: sessions end, say.
fn sessions(writer: &CheckedAccount, applied: &Applied<'_>) -> CheckFinding {
    let sets: Vec<_> = applied.also_set.iter().map(|set| format!("sets {}", set.column)).collect();
    let ContactTable { dialect, names, .. } = &writer.table;
    let runs = applied.also_run.iter().map(|run| format!("runs {}", shown(&run.statement, *dialect, names)));
    let all: Vec<_> = sets.into_iter().chain(runs).collect();
    let text = if all.is_empty() {
        "a new password changes nothing else; see the page of the preset for how sessions end".to_owned()
    } else {
        format!("a new password also {}", all.join("; "))
    };
    if applied.left_out.is_empty() {
        return CheckFinding::ok(ALSO, text);
    }
    let left_out = applied.left_out.join(", ");
    if *dialect != Dialect::MySql {
        return CheckFinding::ok(ALSO, format!("{text} ({left_out} left out, not there)"));
    }
    // The database says the same of what is not there and of what the account has no rights on.
    let sql = writer
        .grants(&Applied::all(&writer.settings.mapping))
        .into_iter()
        .filter(|grant| {
            applied
                .left_out_tables()
                .any(|table| grant.contains(&format!(" ON {} TO ", dialect.quoted_table(table))))
        })
        .map(|grant| format!("{grant} -- if there is one"))
        .collect();
    CheckFinding::warn(
        ALSO,
        format!("{text} ({left_out} left out: not there, or the account has no rights on it)"),
        "grant what is there (with views, run what `reset-link contacts views` prints once more); what is not there, take away by an empty text for its name as the preset writes it, in `also_set_if_present` or `also_run_if`",
    )
    .with_sql(sql)
}

/// Without views both accounts can read every hash.
fn of_views(reader: &CheckedAccount) -> Option<CheckFinding> {
    match (reader.table.dialect, reader.settings.uses_views) {
        (Dialect::Sqlite, _) => None,
        (_, true) => Some(CheckFinding::ok(VIEWS, "both accounts use views, and neither can read a hash")),
        (_, false) => Some(CheckFinding::warn(
            VIEWS,
            "views are off: both accounts can read every stored hash",
            "run what `reset-link contacts views` prints, and set views = true below [contacts]",
        )),
    }
}
