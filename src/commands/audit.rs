use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use keys::chained_log::verify as verify_chain;

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
    let reader = BufReader::new(File::open(file).with_context(|| file.display().to_string())?);
    Ok(match verify_chain(reader) {
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
        Err(error) => {
            say(format_args!("{}: NOT INTACT: {error}", file.display()));
            false
        }
    })
}
