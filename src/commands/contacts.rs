mod check;

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use config::Contacts;
use contacts::{
    ContactRecord, ImportError, ImportOptions, Imported, OpenError, PasswordCheck, Progress, SharedEmail,
    SqliteOperations, import_csv,
};
use indicatif::{ProgressBar, ProgressStyle};
use keys::ContactId;
use keys::text::spelled_out;
use reset_link::exit_error::ExitError;
use reset_link::machine;
use zeroize::Zeroizing;

use crate::cli::{ContactsCommand, SettingsArgs};
use crate::outcome::{NO, say};
use crate::{settings, try_out};

/// How many contacts are listed from one question to the directory.
const PAGE: u32 = 1000;

pub(super) async fn run(command: ContactsCommand) -> Result<ExitCode, ExitError> {
    match command {
        ContactsCommand::Import { file, ignore_extra_columns, settings } => {
            import(&file, ImportOptions { ignore_extra_columns }, &settings).await
        }
        ContactsCommand::Check { id, settings } => check::check(id.as_deref(), &settings).await,
        ContactsCommand::Views { settings } => views(&settings).await,
        ContactsCommand::Duplicates { settings } => duplicates(&settings).await,
        ContactsCommand::List { settings } => list(&settings).await,
        ContactsCommand::Show { id, settings } => show(&id, &settings).await,
        ContactsCommand::CheckPassword { id, settings } => check_password(&id, &settings).await,
    }
}

async fn import(file: &Path, options: ImportOptions, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let loaded = settings::load(args)?;
    if !loaded.is_try_out() {
        // Real contacts are not for the try-out's open console.
        try_out::give_up(&loaded.config.bot.data.dir);
    }
    let config = loaded.config;
    let reader = File::open(file).with_context(|| file.display().to_string())?;
    let directory = contacts::open::operations_or_create(&config.bot.contacts).await.map_err(not_opened)?;
    let bar = if std::io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{spinner} {human_pos} contacts {msg}, {elapsed}")?);
    let result = import_csv(reader, &directory, options, |progress| match progress {
        Progress::Read(rows) => {
            bar.set_message("read");
            bar.set_position(rows);
        }
        Progress::Written(rows) => {
            bar.set_message("written");
            bar.set_position(rows);
        }
        Progress::Indexed(rows) => {
            bar.set_message("indexed");
            bar.set_position(rows);
        }
    })
    .await;
    bar.finish_and_clear();
    directory.close().await;
    let imported = match result {
        Ok(imported) => imported,
        Err(ImportError::Directory(error)) => return Err(error.into()),
        Err(error) => return Err(ExitError::misused(format!("{}: {error}", file.display()))),
    };
    let Imported { added, updated, unchanged, without_email, unusable_email, shared_email, ignored_columns } =
        imported;
    if !ignored_columns.is_empty() {
        say(format_args!("Columns skipped: {}", ignored_columns.join(", ")));
    }
    say(format_args!("Imported: {added} added, {updated} updated, {unchanged} unchanged."));
    for (count, what) in [
        (without_email, "without an e-mail"),
        (unusable_email, "whose e-mail cannot be an address"),
        (shared_email, "whose e-mail another contact has as well"),
    ] {
        if count > 0 {
            say(format_args!("{count} {what}: their links will be handed over to the admin."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The directory that the settings name, which must be there.
async fn open_existing(args: &SettingsArgs) -> Result<SqliteOperations, ExitError> {
    contacts::open::operations(&settings::load(args)?.config.bot.contacts).await.map_err(not_opened)
}

fn not_opened(error: OpenError) -> ExitError {
    match error {
        OpenError::NotEmbedded => ExitError::misused(error),
        error => error.into(),
    }
}

async fn views(args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let config = settings::load(args)?.config;
    let (Contacts::Sql(reader), Contacts::Sql(writer)) =
        (&config.bot.contacts, &config.redeem_server.contacts)
    else {
        return Err(ExitError::misused(
            "the contacts are not in SQL tables of another application (`[contacts] kind = \"sql\"`), which alone need views",
        ));
    };
    say(contacts::views_sql(reader, writer).await.map_err(ExitError::misused)?);
    Ok(ExitCode::SUCCESS)
}

async fn duplicates(args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let config = settings::load(args)?.config;
    let count = contacts::duplicates::list(&config.bot.contacts, |found| match found {
        SharedEmail::Email(masked) => say(spelled_out(&masked)),
        SharedEmail::Contact { id, is_active } => {
            let inactive = if is_active { "" } else { "\tinactive" };
            let id = if id.is_empty() { "(without an id)".into() } else { spelled_out(&id) };
            say(format_args!("\t{id}{inactive}"));
        }
    })
    .await?;
    match count {
        0 => say("No two contacts have the same e-mail."),
        1 => say("1 e-mail is shared. Links for those who have it are handed over."),
        _ => say(format_args!("{count} e-mails are shared. Links for those who have them are handed over.")),
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let directory = open_existing(args).await?;
    let mut last: Option<ContactId> = None;
    loop {
        let records = directory.list(last.as_ref(), PAGE).await?;
        for record in &records {
            say(line(record));
        }
        match records.last() {
            Some(record) if records.len() as u64 == u64::from(PAGE) => last = Some(record.entry.id.clone()),
            _ => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Tab-separated: id, name, e-mail, language, password set or not, active or not. Whatever another program wrote into the directory, this is one line.
fn line(record: &ContactRecord) -> String {
    let entry = &record.entry;
    let fields = [
        entry.id.as_str(),
        &entry.name,
        entry.expose_email().unwrap_or("-"),
        entry.language.as_deref().unwrap_or("-"),
        if record.has_password { "password set" } else { "no password" },
        if entry.active { "active" } else { "inactive" },
    ];
    fields.map(spelled_out).join("\t")
}

async fn show(id: &str, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let directory = open_existing(args).await?;
    let Some(record) = directory.show(&contact_id(id)?).await? else {
        say(format_args!("No contact has exactly this id: {id}"));
        return Ok(ExitCode::from(NO));
    };
    let entry = &record.entry;
    for (label, value) in [
        ("id", entry.id.as_str()),
        ("name", &entry.name),
        ("e-mail", entry.expose_email().unwrap_or("none")),
        ("language", entry.language.as_deref().unwrap_or("none")),
        ("password", if record.has_password { "set" } else { "not set yet" }),
        ("active", if entry.active { "yes" } else { "no" }),
    ] {
        let value = spelled_out(value);
        say(format_args!("{:<10}{value}", format_args!("{label}:").to_string()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn check_password(id: &str, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let id = contact_id(id)?;
    let settings = settings::load(args)?.config.redeem_server.contacts;
    let directory = contacts::open::password_checker(&settings, machine::entropy()).await?;
    let mut password = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut password).context("the password is read from standard input")?;
    // `echo` and most editors put one line break behind it.
    let password = Zeroizing::new(
        password
            .strip_suffix('\n')
            .map_or(password.as_str(), |text| text.strip_suffix('\r').unwrap_or(text))
            .to_owned(),
    );
    let checked = directory.check(&id, password).await;
    directory.close().await;
    let checked = checked?;
    say(match &checked {
        PasswordCheck::Matches { .. } => "matches",
        PasswordCheck::MustChange { .. } => "matches, and must be changed before it signs anybody in",
        PasswordCheck::Expired { .. } => "matches, and has expired: it signs nobody in",
        PasswordCheck::PresentOrFormer => {
            "not known yet: it is the present password or the one of before, which Active Directory takes for an hour after another was set"
        }
        PasswordCheck::Differs => "does not match",
        PasswordCheck::NoPassword => "no password has been set yet",
        PasswordCheck::Locked => {
            "not checked: the account is locked after too many failed sign-ins; a reset, or waiting, ends that"
        }
        PasswordCheck::Disabled => "not checked: the contact is inactive",
        PasswordCheck::NoSuchContact => "no contact has exactly this id",
        PasswordCheck::UnknownHash => {
            "not checked: the stored hash is of a kind that only the application can check"
        }
    });
    Ok(if checked.version().is_some() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

fn contact_id(id: &str) -> Result<ContactId, ExitError> {
    ContactId::new(id).map_err(|error| ExitError::misused(format!("{id:?}: {error}")))
}
