pub(in crate::commands) mod ldap;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bot::doctor::{Finding, Verdict};
use config::{AllInOne, Contacts};
use contacts::{
    CheckFinding, CheckVerdict, ContactLookup as _, DirectoryError, LdapCheck, OpenError, SqlCheck,
    SqliteContactLookup, sqlite_file,
};
use keys::ContactId;
use keys::text::{folded, spelled_out};
use nix::unistd::{AccessFlags, access};
use reset_link::{machine, os_user};

use super::Sheet;
use crate::exposure::{self, CONTACTS as FILE};
use crate::settings::Loaded;

const PROTECTED: &str = "contacts.protected";
const IDS: &str = "contacts.ids";

/// So many ids are named in one finding.
const IDS_SHOWN: usize = 5;

pub(in crate::commands) async fn check(loaded: &Loaded, sheet: &mut Sheet) {
    let config = &loaded.config;
    match (&config.bot.contacts, &config.redeem_server.contacts) {
        (Contacts::Embedded(embedded), _) => check_file(loaded, &embedded.sqlite_file, sheet).await,
        (Contacts::Sql(reader), Contacts::Sql(writer)) => {
            let tables = SqlCheck::open(reader, writer, machine::entropy()).await;
            check_tables(config, &tables, sheet).await;
            tables.close().await;
        }
        (Contacts::Ldap(reader), Contacts::Ldap(writer)) => {
            let directory = LdapCheck::open(reader, writer, machine::entropy()).await;
            ldap::check(config, &directory, sheet).await;
            directory.close().await;
        }
        // The config has refused this already: both halves read one kind.
        (Contacts::Sql(_) | Contacts::Ldap(_), _) => {}
    }
}

/// Tables of another application, and the ids that the config protects. Gives the statements that mend what is to be mended.
pub(in crate::commands) async fn check_tables(
    config: &AllInOne,
    tables: &SqlCheck,
    sheet: &mut Sheet,
) -> Vec<String> {
    let mut sql = Vec::new();
    if let Contacts::Sql(writer) = &config.redeem_server.contacts
        && let Some(file) = sqlite_file(writer)
    {
        sheet.put(of_application_file(writer.url_key, &file));
    }
    for finding in tables.findings().await {
        sql.extend(
            finding.sql.iter().filter(|statement| !sql.contains(*statement)).cloned().collect::<Vec<_>>(),
        );
        sheet.put(shown(finding));
    }
    for id in &config.bot.protected.ids {
        let cure = "write it as the table has it (`reset-link contacts check ID` shows it), or take it out";
        let called = tables.called(id).await;
        sheet.put(match called {
            Ok(called) => protected(id, &called, cure),
            Err(_) => Finding::not_checked(PROTECTED, "the contacts cannot be read"),
        });
    }
    sql
}

fn shown(finding: CheckFinding) -> Finding {
    let CheckFinding { subject, verdict, text, cure, .. } = finding;
    let verdict = match verdict {
        CheckVerdict::Ok => Verdict::Ok,
        CheckVerdict::Warn => Verdict::Warn,
        CheckVerdict::Fail => Verdict::Fail,
        CheckVerdict::NotChecked => Verdict::NotChecked,
    };
    Finding { subject, verdict, text, cure }
}

/// SQLite has no accounts: the file's mode decides.
fn of_application_file(subject: &'static str, file: &Path) -> Finding {
    let shown = file.display();
    let mode = std::fs::metadata(file).map_or(0, |found| found.permissions().mode() & 0o7777);
    if let Some(finding) = exposure::file(subject, file) {
        return finding;
    }
    if access(file, AccessFlags::W_OK).is_err() {
        let login = os_user::login();
        return Finding::fail(
            subject,
            format!("user {login} may not write to {shown}: no password can be set"),
            format!("give {login} a group that may write to it and to its folder"),
        );
    }
    if mode & 0o007 != 0 {
        return Finding::warn(
            subject,
            format!(
                "{shown} and its password hashes are open to everybody on this machine (mode {mode:04o})"
            ),
            format!("chmod o= {shown}, where the application does without"),
        );
    }
    Finding::ok(subject, format!("{shown} (mode {mode:04o})"))
}

async fn check_file(loaded: &Loaded, file: &Path, sheet: &mut Sheet) {
    let bot = &loaded.config.bot;
    let directory = match contacts::open::inspection(&bot.contacts).await {
        Ok(directory) => directory,
        Err(error) => {
            sheet.put(not_opened(loaded, file, &error));
            if !bot.protected.ids.is_empty() {
                sheet.put(Finding::not_checked(PROTECTED, "the contact directory cannot be looked into"));
            }
            return;
        }
    };
    let opened = of_file(&directory).await;
    sheet.put(opened.unwrap_or_else(|error| unreachable(FILE, &error)));
    match ids_that_hide(&directory).await {
        Ok(finding) => finding.into_iter().for_each(|finding| sheet.put(finding)),
        Err(error) => sheet.put(unreachable(IDS, &error)),
    }
    for id in &bot.protected.ids {
        let cure = "write it as `reset-link contacts list` shows it, or take it out";
        sheet.put(match directory.called(id).await {
            Ok(called) => protected(id, &called, cure),
            Err(error) => unreachable(PROTECTED, &error),
        });
    }
    directory.close().await;
}

fn not_opened(loaded: &Loaded, file: &Path, error: &OpenError) -> Finding {
    match error {
        OpenError::Missing(_) if loaded.is_try_out() => Finding::ok(
            FILE,
            format!("{} is not there yet; `reset-link run` makes sample contacts", file.display()),
        ),
        OpenError::Missing(_) => Finding::fail(
            FILE,
            format!("{}: there is no contact directory", file.display()),
            "`reset-link contacts import FILE.csv` creates it; or correct contacts.sqlite_file",
        ),
        OpenError::Foreign(_) => Finding::fail(
            FILE,
            format!("{} is a database of another program", file.display()),
            "set contacts.sqlite_file to another file",
        ),
        OpenError::Newer { found, known, .. } => Finding::fail(
            FILE,
            format!(
                "{} has schema version {found}; this reset-link knows versions up to {known}",
                file.display()
            ),
            "use the newer reset-link that wrote it",
        ),
        OpenError::File { .. }
        | OpenError::Database { .. }
        | OpenError::Sql(_)
        | OpenError::Ldap(_)
        | OpenError::NotEmbedded => Finding::fail(
            FILE,
            error.to_string(),
            format!(
                "let user {} read and write the file and its folder; where it is damaged, restore it from a backup",
                os_user::login()
            ),
        ),
    }
}

fn unreachable(subject: &'static str, error: &DirectoryError) -> Finding {
    let cure = "end the program that writes to it; where the file is damaged, restore it from a backup";
    Finding::fail(subject, error.to_string(), cure)
}

async fn of_file(directory: &SqliteContactLookup) -> Result<Finding, DirectoryError> {
    let (path, count) = (directory.path(), directory.count().await?);
    let shown = path.display();
    let mode = std::fs::metadata(path).map_or(0, |found| found.permissions().mode() & 0o7777);
    if let Some(finding) = exposure::file(FILE, path) {
        return Ok(finding);
    }
    Ok(if access(path, AccessFlags::W_OK).is_err() {
        let login = os_user::login();
        Finding::fail(
            FILE,
            format!("user {login} may not write to {shown}: no password can be set"),
            format!("`chown {login} {shown}*`, or run as the user to whom it belongs"),
        )
    } else if mode & 0o007 != 0 {
        Finding::warn(
            FILE,
            format!(
                "{shown} and its password hashes are open to everybody on this machine (mode {mode:04o})"
            ),
            format!("chmod o= {shown}*"),
        )
    } else if count == 0 {
        Finding::warn(FILE, format!("{shown} holds no contact"), "`reset-link contacts import FILE.csv`")
    } else {
        let contacts = if count == 1 { "contact" } else { "contacts" };
        Finding::ok(FILE, format!("{shown} ({count} {contacts})"))
    })
}

/// An id protects whoever the directory takes for it, active or not.
fn protected(id: &str, called: &[ContactId], cure: &str) -> Finding {
    let shown = spelled_out(id);
    match called {
        [] if ContactId::new(id).is_err() || folded(id).is_empty() => {
            Finding::fail(PROTECTED, format!("\"{shown}\" cannot be a contact's id"), cure)
        }
        [] => Finding::fail(
            PROTECTED,
            format!(
                "\"{shown}\" protects nobody: no contact has this id (should one come to have it, it is protected)"
            ),
            cure,
        ),
        [one] if one.as_str() == id => Finding::ok(PROTECTED, format!("{shown} is a contact")),
        [one] => {
            let one = spelled_out(one.as_str());
            Finding::ok(PROTECTED, format!("{shown} is a contact, whom the directory writes {one}"))
        }
        several => {
            let several: Vec<_> = several.iter().map(|id| spelled_out(id.as_str())).collect();
            let text = format!(
                "{shown} protects {} contacts that are called so: {}",
                several.len(),
                several.join(", ")
            );
            Finding::ok(PROTECTED, text)
        }
    }
}

/// Ids that hold what nobody sees go on working, and are worth knowing of: a person cannot tell them from others.
async fn ids_that_hide(directory: &SqliteContactLookup) -> Result<Option<Finding>, DirectoryError> {
    let (count, first) = directory.ids_that_hide(IDS_SHOWN).await?;
    let shown: Vec<_> = first.iter().map(|id| spelled_out(id)).collect();
    let more = if count > first.len() as u64 { ", …" } else { "" };
    let ids = if count == 1 { "id holds" } else { "ids hold" };
    Ok((count > 0).then(|| {
        Finding::warn(
            IDS,
            format!("{count} {ids} characters that nobody sees, spelled out here: {}{more}", shown.join(", ")),
            "they are found with and without these characters; give such a contact another id where nothing else refers to this one",
        )
    }))
}
