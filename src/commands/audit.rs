use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bot::audit::{Check, Flaw};
use keys::chained_log::{Break, ChainError, Consistent, OnLine, verify_file};
use reset_link::exit_error::ExitError;
use serde::Deserialize;

use crate::cli::SettingsArgs;
use crate::outcome::{NO, say};
use crate::settings;

/// Checks the files that are named, which needs neither a config file nor a key; otherwise both audits that the settings name.
pub(super) fn verify(
    files: &[PathBuf],
    expected: &[String],
    args: &SettingsArgs,
) -> Result<ExitCode, ExitError> {
    let mut expected = expected.iter().map(|hash| Expected::new(hash)).collect::<Result<Vec<_>, _>>()?;
    let mut is_consistent = true;
    if files.is_empty() {
        let config = settings::load(args)?.config;
        is_consistent &= check(&config.bot.audit_file, &mut expected)?;
        // The redeem half's own audit begins with the first receipt: until then there is no file.
        if config.redeem_server.audit_file.exists() {
            is_consistent &= check(&config.redeem_server.audit_file, &mut expected)?;
        }
    }
    for file in files {
        is_consistent &= check(file, &mut expected)?;
    }
    for expected in &expected {
        is_consistent &= expected.say();
    }
    Ok(if is_consistent { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

fn check(file: &Path, expected: &mut [Expected]) -> Result<bool, ExitError> {
    let shown = file.display();
    let mut lines = Lines { check: Check::default(), file, expected };
    let found = verify_file(file, &mut lines);
    let disagreement = lines.check.found();
    let broken = match found {
        Ok(consistent) => {
            expected.iter_mut().for_each(|expected| expected.compare_last(file, &consistent));
            let Consistent { lines, last_hash } = consistent;
            match disagreement {
                None => {
                    let unit = if lines == 1 { "line" } else { "lines" };
                    say(format_args!(
                        "{shown}: the chain is consistent, {lines} {unit}, last hash {last_hash}"
                    ));
                    return Ok(true);
                }
                Some((line, disagreement)) => format!("line {line}: {}", Flaw::Disagrees(disagreement)),
            }
        }
        Err(ChainError::Read(error)) => {
            return Err(anyhow::Error::new(error).context(shown.to_string()).into());
        }
        // What stands further up comes first.
        Err(error) => match (disagreement, &error) {
            (Some((line, disagreement)), ChainError::Broken(Break { line: broken, .. }))
                if line < *broken =>
            {
                format!("line {line}: {}", Flaw::Disagrees(disagreement))
            }
            _ => error.to_string(),
        },
    };
    say(format_args!("{shown}: NOT CONSISTENT: {broken}"));
    Ok(false)
}

/// What is done with each line on the way.
struct Lines<'a> {
    check: Check,
    file: &'a Path,
    expected: &'a mut [Expected],
}

impl OnLine for Lines<'_> {
    fn line(&mut self, number: u64, line: &str) {
        self.check.line(number, line);
        for expected in &mut *self.expected {
            expected.compare_prev(self.file, number, line);
        }
    }
}

/// A hash that was noted elsewhere, and where it was found.
struct Expected {
    hash: String,
    found: Option<(PathBuf, u64)>,
    lines: u64,
}

/// The length of a hash in base64url.
const HASH_CHARS: usize = 43;

impl Expected {
    fn new(hash: &str) -> Result<Self, ExitError> {
        let is_hash = hash.len() == HASH_CHARS
            && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if is_hash {
            Ok(Self { hash: hash.to_owned(), found: None, lines: 0 })
        } else {
            Err(ExitError::misused(format!(
                "--expect: this is not a hash; `audit verify` shows one behind \"last hash\": {HASH_CHARS} letters, digits, - and _"
            )))
        }
    }

    /// The line that names it as `prev` stands behind the line that it is the hash of.
    fn compare_prev(&mut self, file: &Path, number: u64, line: &str) {
        #[derive(Deserialize)]
        struct Link {
            prev: String,
        }
        let is_named = || serde_json::from_str::<Link>(line).is_ok_and(|link| link.prev == self.hash);
        if line.contains(&self.hash) && is_named() {
            self.found = Some((file.to_owned(), number - 1));
        }
    }

    fn compare_last(&mut self, file: &Path, consistent: &Consistent) {
        if consistent.last_hash == self.hash {
            self.found = Some((file.to_owned(), consistent.lines));
        }
        if self.found.as_ref().is_some_and(|(found, _)| found == file) {
            self.lines = consistent.lines;
        }
    }

    fn say(&self) -> bool {
        let hash = &self.hash;
        match &self.found {
            Some((file, line)) if *line >= self.lines => {
                say(format_args!("{hash}: the last line of {}", file.display()));
            }
            Some((file, line)) => {
                say(format_args!("{hash}: line {line} of {}, which has grown since", file.display()));
            }
            None => {
                say(format_args!(
                    "{hash}: NOT FOUND: lines were cut off, or the file was computed anew, since this hash was noted"
                ));
            }
        }
        self.found.is_some()
    }
}
