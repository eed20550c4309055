//! One file per command.

mod audit;
mod contacts;
mod doctor;
mod init;
mod issue;
mod keys;
mod links;
mod mail;
mod no_such_contact;
mod run;
mod verify;
mod welcome;

use std::process::ExitCode;

use reset_link::exit_error::ExitError;

use crate::cli::{AuditCommand, Cli, Command, KeysCommand, MailCommand};
use crate::outcome::say_error;

pub(crate) async fn run(cli: Cli) -> ExitCode {
    let result = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run::run(&args).await,
        Command::Init { dir } => init::init(&dir).await,
        Command::Doctor { json, settings } => doctor::doctor(json, &settings).await,
        Command::Issue { contact, bare, json, settings } => {
            issue::issue(contact, bare, json, &settings).await
        }
        Command::Verify { link, public_key, settings } => {
            verify::verify(link.as_deref(), &public_key, &settings).await
        }
        Command::Keys(KeysCommand::Show { settings }) => keys::show(&settings),
        Command::Status { id, json, settings } => links::status(&id, json, &settings).await,
        Command::Revoke { id, json, settings } => links::revoke(&id, json, &settings).await,
        Command::Audit(AuditCommand::Verify { files, expect, settings }) => {
            audit::verify(&files, &expect, &settings)
        }
        Command::Contacts(command) => contacts::run(command).await,
        Command::Mail(MailCommand::Test { address, settings }) => mail::test(&address, &settings).await,
    };
    match result {
        Ok(code) => code,
        Err(ExitError { code, error }) => say_error(&error, code),
    }
}
