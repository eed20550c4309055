//! `reset-link contacts check`: what an operator sees of the contacts as reset-link sees them.

use std::process::ExitCode;

use config::Contacts;
use contacts::{
    CheckedContact, CheckedLdapContact, CheckedPasswordTime, DirectoryError, EmailSharing, LdapCheck,
    SqlCheck,
};
use keys::text::spelled_out;
use keys::{ContactId, NormalisedEmail};
use reset_link::exit_error::ExitError;
use reset_link::machine;

use super::{contact_id, open_existing};
use crate::cli::SettingsArgs;
use crate::commands::doctor::{Sheet, directory};
use crate::outcome::{NO, say};
use crate::settings::{self, Loaded};

/// So many of those who share an e-mail are named.
const SHOWN: usize = 5;

pub(super) async fn check(id: Option<&str>, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let loaded = settings::load(args)?;
    let config = &loaded.config;
    match (&config.bot.contacts, &config.redeem_server.contacts) {
        (Contacts::Sql(reader), Contacts::Sql(writer)) => {
            let tables = SqlCheck::open(reader, writer, machine::entropy()).await;
            let ended = of_tables(&loaded, &tables, id).await;
            tables.close().await;
            ended
        }
        (Contacts::Ldap(reader), Contacts::Ldap(writer)) => {
            let directory = LdapCheck::open(reader, writer, machine::entropy()).await;
            let ended = of_ldap(&loaded, &directory, id).await;
            directory.close().await;
            ended
        }
        _ => embedded(&loaded, id, args).await,
    }
}

async fn of_tables(loaded: &Loaded, tables: &SqlCheck, id: Option<&str>) -> Result<ExitCode, ExitError> {
    let mut is_there = true;
    if let Some(id) = id {
        // Where the tables cannot be read, a finding says why.
        if let Ok(found) = tables.contacts(id).await {
            is_there = !found.is_empty();
            if !is_there {
                say(format_args!("Nobody has this id: {}", spelled_out(id)));
            }
            if found.len() > 1 {
                say("Several contacts have as good as this id, and none gets a link by it:");
            }
            for contact in &found {
                show(contact);
                say("");
            }
        }
    }
    let mut sheet = Sheet::default();
    let sql = directory::check_tables(&loaded.config, tables, &mut sheet).await;
    if !sql.is_empty() {
        say(
            "\nTo be run as the account to which the tables belong (what is granted on a whole server is its administrator's to take away):\n",
        );
        sql.iter().for_each(say);
    }
    let ended = sheet.end(None)?;
    Ok(if is_there { ended } else { ExitCode::from(NO) })
}

fn show(contact: &CheckedContact) {
    let CheckedContact { id, id_refused, name, masked_email, sharing, language, .. } = contact;
    let CheckedContact { is_active, stored_kind, written_kind, may_replace, .. } = contact;
    let id = match id_refused {
        Some(why) => format!("{id} ({why}: no link is issued)"),
        None => id.clone(),
    };
    let email = match (masked_email, sharing) {
        (None, _) => "none: links are handed over".to_owned(),
        (Some(masked), None) => format!("{masked}: links are handed over"),
        (Some(masked), Some(sharing)) => format!("{masked}, {}", shared(sharing)),
    };
    let password = match (stored_kind == written_kind, may_replace) {
        (true, _) => format!("{stored_kind}, and a new one is stored likewise"),
        (false, true) => format!("{stored_kind}; a new one is stored as {written_kind}"),
        (false, false) => format!("{stored_kind}, which is left alone: no new one is set"),
    };
    for (label, value) in [
        ("id", id.as_str()),
        ("name", name),
        ("e-mail", &email),
        ("language", language.as_deref().unwrap_or("none")),
        ("active", if *is_active { "yes" } else { "no: no link is issued" }),
        ("password", &password),
    ] {
        let value = spelled_out(value);
        say(format_args!("{:<10}{value}", format_args!("{label}:").to_string()));
    }
}

fn shared(sharing: &EmailSharing) -> String {
    match sharing {
        EmailSharing::With(others) if others.is_empty() => "which nobody else has".to_owned(),
        EmailSharing::With(others) => {
            let named: Vec<_> = others.iter().take(SHOWN).map(ContactId::as_str).collect();
            let more = if others.len() > SHOWN { ", …" } else { "" };
            let who = if others.len() == 1 {
                "1 other has".to_owned()
            } else {
                format!("{} others have", others.len())
            };
            format!("which {who}, so links are handed over: {}{more}", named.join(", "))
        }
        EmailSharing::Undecided(why) => {
            format!("and who else has it could not be decided, so links are handed over: {why}")
        }
    }
}

/// An LDAP directory keeps its hashes to itself; it says when a password was last set.
async fn of_ldap(loaded: &Loaded, directory: &LdapCheck, id: Option<&str>) -> Result<ExitCode, ExitError> {
    let mut is_there = true;
    if let Some(id) = id {
        match directory.contacts(id).await {
            Ok(found) => {
                is_there = !found.is_empty();
                if !is_there {
                    say(format_args!("Nobody has this id: {}\n", spelled_out(id)));
                }
                if found.len() > 1 {
                    say("Several contacts have as good as this id, and none gets a link by it:");
                }
                for contact in &found {
                    show_of_ldap(contact);
                    say("");
                }
            }
            // Where the directory cannot be read, a finding says why.
            Err(DirectoryError::Unreachable(_)) => {}
            Err(error) => {
                say(format_args!("{}\n", spelled_out(&error.to_string())));
                is_there = false;
            }
        }
    }
    let mut sheet = Sheet::default();
    directory::ldap::check(&loaded.config, directory, &mut sheet).await;
    let ended = sheet.end(None)?;
    Ok(if is_there { ended } else { ExitCode::from(NO) })
}

fn show_of_ldap(contact: &CheckedLdapContact) {
    let CheckedLdapContact { dn, id, id_refused, name, masked_emails, sharing, language, .. } = contact;
    let id = match id_refused {
        Some(why) => format!("{id} ({why}: no link is issued)"),
        None => id.clone(),
    };
    let email = match (masked_emails.as_slice(), sharing) {
        ([], _) => "none: links are handed over".to_owned(),
        ([masked], None) => format!("{masked}: links are handed over"),
        ([masked], Some(sharing)) => format!("{masked}, {}", shared(sharing)),
        (several, _) => {
            format!("{}: of several none is the primary one, so links are handed over", several.join(", "))
        }
    };
    let active = match contact.why_inactive {
        None => "yes".to_owned(),
        Some(why) => format!("no, {why}: no link is issued"),
    };
    let password = match &contact.password {
        CheckedPasswordTime::At(time) => format!("last set at {time}"),
        CheckedPasswordTime::NoneYet if contact.why_inactive.is_none() => {
            "none was set yet; a link sets the first".to_owned()
        }
        CheckedPasswordTime::NoneYet => "none was set yet".to_owned(),
        CheckedPasswordTime::NotKept { cure } => {
            format!("the directory does not say when it was set, so no link is issued ({cure})")
        }
    };
    let write = if contact.is_conditional {
        "only where no other password was set since the link was issued"
    } else {
        "unconditional: the server knows no condition"
    };
    for (label, value) in [
        ("id", id.as_str()),
        ("entry", dn),
        ("name", name.as_deref().unwrap_or("none: the id is shown in its place")),
        ("e-mail", &email),
        ("language", language.as_deref().unwrap_or("none")),
        ("active", &active),
        ("password", &password),
        ("write", write),
    ] {
        let value = spelled_out(value);
        say(format_args!("{:<10}{value}", format_args!("{label}:").to_string()));
    }
}

/// A directory of ours has one account, one form of hashes, and indexes of its own.
async fn embedded(loaded: &Loaded, id: Option<&str>, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let mut is_there = true;
    if let Some(id) = id {
        let directory = open_existing(args).await?;
        let record = directory.show(&contact_id(id)?).await?;
        directory.close().await;
        is_there = record.is_some();
        match record {
            None => say(format_args!("Nobody has exactly this id: {}", spelled_out(id))),
            Some(record) => {
                let email = record.entry.expose_email();
                let sharing = match email.and_then(NormalisedEmail::new) {
                    Some(email) => {
                        let lookup = contacts::open::lookup(&loaded.config.bot.contacts).await?;
                        let sharing = lookup.others_with_email(&email, &record.entry.id).await;
                        lookup.close().await;
                        Some(sharing?)
                    }
                    None => None,
                };
                show(&CheckedContact {
                    id: record.entry.id.as_str().to_owned(),
                    id_refused: None,
                    name: record.entry.name.clone(),
                    masked_email: record.entry.masked_email(),
                    sharing,
                    language: record.entry.language.clone(),
                    is_active: record.entry.active,
                    stored_kind: if record.has_password { "argon2id" } else { "none" }.to_owned(),
                    written_kind: "argon2id",
                    may_replace: true,
                });
                say("");
            }
        }
    }
    let mut sheet = Sheet::default();
    directory::check(loaded, &mut sheet).await;
    let ended = sheet.end(None)?;
    Ok(if is_there { ended } else { ExitCode::from(NO) })
}
