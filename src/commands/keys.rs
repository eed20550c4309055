use std::process::ExitCode;

use reset_link::exit_error::ExitError;
use reset_link::key_files;

use crate::cli::SettingsArgs;
use crate::outcome::say;
use crate::settings;

pub(super) fn show(args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let keyring = key_files::keyring(&settings::load(args)?.config.bot.keys)?;
    say(format_args!("public key: {}", keyring.public_key().to_paserk()));
    say(format_args!("key id:     {}", keyring.signing_key_id()));
    for id in keyring.trusted().ids().filter(|id| *id != keyring.signing_key_id()) {
        say(format_args!("also trusted: {id}"));
    }
    Ok(ExitCode::SUCCESS)
}
