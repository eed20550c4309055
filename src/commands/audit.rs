use std::path::Path;
use std::process::ExitCode;

use keys::chained_log::{ChainError, verify_file};

use crate::cli::Place;
use crate::outcome::{Ended, NO, say};
use crate::setup;

pub(super) fn verify(place: &Place) -> Result<ExitCode, Ended> {
    let config = setup::load(place)?.config;
    let is_intact = check(&config.audit.file, true)? & check(&config.audit.redeem_file, false)?;
    Ok(if is_intact { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// The redeem half's own audit begins with the first receipt: until then there is no file.
fn check(file: &Path, must_exist: bool) -> Result<bool, Ended> {
    if !must_exist && !file.exists() {
        return Ok(true);
    }
    Ok(match verify_file(file) {
        Ok(intact) => {
            let lines = if intact.lines == 1 { "line" } else { "lines" };
            say(format_args!(
                "{}: intact, {} {lines}, last hash {}",
                file.display(),
                intact.lines,
                intact.last_hash
            ));
            true
        }
        Err(ChainError::Read(error)) => {
            return Err(anyhow::Error::new(error).context(file.display().to_string()).into());
        }
        Err(error) => {
            say(format_args!("{}: NOT INTACT: {error}", file.display()));
            false
        }
    })
}
