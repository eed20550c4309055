use std::os::unix::fs::PermissionsExt as _;

use bot::doctor::Finding;
use contacts::{ContactLookup as _, DirectoryError, Found, OpenError, SqliteContacts};
use keys::ContactId;
use nix::unistd::{AccessFlags, access};

use super::Sheet;
use crate::exposure::{self, CONTACTS as FILE};
use crate::people;
use crate::setup::Setup;

const PROTECTED: &str = "contacts.protected";

pub(super) async fn check(setup: &Setup, sheet: &mut Sheet) {
    let settings = &setup.config.contacts;
    let directory = match SqliteContacts::look_into(&settings.sqlite_file).await {
        Ok(directory) => directory,
        Err(error) => {
            sheet.put(not_opened(setup, &error));
            if !settings.protected.is_empty() {
                sheet.put(Finding::not_checked(PROTECTED, "the contact directory cannot be looked into"));
            }
            return;
        }
    };
    let opened = of_file(&directory).await;
    sheet.put(opened.unwrap_or_else(|error| unreachable(FILE, &error)));
    for id in &settings.protected {
        let finding = protected(&directory, id).await;
        sheet.put(finding.unwrap_or_else(|error| unreachable(PROTECTED, &error)));
    }
    directory.close().await;
}

fn not_opened(setup: &Setup, error: &OpenError) -> Finding {
    let file = &setup.config.contacts.sqlite_file;
    match error {
        OpenError::Missing(_) if setup.is_try_out() => Finding::ok(
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
        OpenError::File { .. } | OpenError::Database { .. } => Finding::fail(
            FILE,
            error.to_string(),
            format!(
                "let user {} read and write the file and its folder; where it is damaged, restore it from a backup",
                people::login()
            ),
        ),
    }
}

fn unreachable(subject: &'static str, error: &DirectoryError) -> Finding {
    let cure = "end the program that writes to it; where the file is damaged, restore it from a backup";
    Finding::fail(subject, error.to_string(), cure)
}

async fn of_file(directory: &SqliteContacts) -> Result<Finding, DirectoryError> {
    let (path, count) = (directory.path(), directory.count().await?);
    let shown = path.display();
    let mode = std::fs::metadata(path).map_or(0, |found| found.permissions().mode() & 0o7777);
    if let Some(finding) = exposure::file(FILE, path) {
        return Ok(finding);
    }
    Ok(if access(path, AccessFlags::W_OK).is_err() {
        let login = people::login();
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

/// An id protects only where it is written just as the directory writes it.
async fn protected(directory: &SqliteContacts, id: &str) -> Result<Finding, DirectoryError> {
    let cure = "write it just as `reset-link contacts list` shows it, or take it out";
    let Ok(exact) = ContactId::new(id) else {
        return Ok(Finding::fail(PROTECTED, format!("{id:?} cannot be a contact's id"), cure));
    };
    if directory.show(&exact).await?.is_some() {
        return Ok(Finding::ok(PROTECTED, format!("{id} is a contact")));
    }
    Ok(match directory.find(id).await? {
        // As the policy compares: without case.
        Found::One(contact) if contact.id.as_str().to_lowercase() == id.to_lowercase() => Finding::ok(
            PROTECTED,
            format!("{id} is a contact, whom the directory writes {}", contact.id.as_str()),
        ),
        Found::One(contact) => Finding::fail(
            PROTECTED,
            format!("{id:?} protects nobody: the directory has that contact as {:?}", contact.id.as_str()),
            format!("write it as {:?}", contact.id.as_str()),
        ),
        Found::Several(ids) => {
            let ids: Vec<&str> = ids.iter().map(ContactId::as_str).collect();
            Finding::fail(
                PROTECTED,
                format!(
                    "{id:?} protects nobody: several contacts are called much like it ({})",
                    ids.join(", ")
                ),
                cure,
            )
        }
        Found::Nobody => Finding::warn(PROTECTED, format!("no contact has the id {id:?}"), cure),
    })
}
