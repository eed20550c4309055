//! One file per command.

mod audit;
mod contacts;
mod doctor;
mod init;
mod issue;
mod keys;
mod links;
mod mail;
mod near;
mod run;
mod verify;
mod welcome;

use std::process::ExitCode;

use crate::cli::{AuditCommand, Cli, Command, KeysCommand, MailCommand};
use crate::outcome::{Ended, say_error};

pub(crate) async fn run(cli: Cli) -> ExitCode {
    let result = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run::run(&args).await,
        Command::Init { dir } => init::init(&dir).await,
        Command::Doctor { json, place } => doctor::doctor(json, &place).await,
        Command::Issue { contact, bare, json, place } => issue::issue(contact, bare, json, &place).await,
        Command::Verify { link, public_key, place } => {
            verify::verify(link.as_deref(), &public_key, &place).await
        }
        Command::Keys(KeysCommand::Show { place }) => keys::show(&place),
        Command::Status { id, json, place } => links::status(&id, json, &place).await,
        Command::Revoke { id, json, place } => links::revoke(&id, json, &place).await,
        Command::Audit(AuditCommand::Verify { files, expect, place }) => {
            audit::verify(&files, &expect, &place)
        }
        Command::Contacts(command) => contacts::run(command).await,
        Command::Mail(MailCommand::Test { address, place }) => mail::test(&address, &place).await,
    };
    match result {
        Ok(code) => code,
        Err(Ended { code, error }) => say_error(&error, code),
    }
}
