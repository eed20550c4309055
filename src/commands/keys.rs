use std::process::ExitCode;

use crate::cli::Place;
use crate::outcome::{Ended, say};
use crate::setup;

pub(super) fn show(place: &Place) -> Result<ExitCode, Ended> {
    let keyring = setup::keyring(&setup::load(place)?.config)?;
    say(format_args!("public key: {}", keyring.public_key().to_paserk()));
    say(format_args!("key id:     {}", keyring.signing_key_id()));
    for id in keyring.trusted().ids().filter(|id| *id != keyring.signing_key_id()) {
        say(format_args!("also trusted: {id}"));
    }
    Ok(ExitCode::SUCCESS)
}
