use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bot::audit::{Check, Flaw};
use keys::chained_log::{
    Break, ChainError, Consistent, LinePlace, OnLine, SegmentJoint, SegmentRun, first_segment_of, segments,
    verify_file,
};
use reset_link::exit_error::ExitError;
use serde::Deserialize;

use crate::cli::SettingsArgs;
use crate::outcome::{NO, say};
use crate::settings;

/// Checks the files that are named, which needs neither a config file nor a key; otherwise both audits that the settings name, each with all of its segments.
pub(super) fn verify(
    files: &[PathBuf],
    expected: &[String],
    args: &SettingsArgs,
) -> Result<ExitCode, ExitError> {
    let mut expected = expected.iter().map(|hash| Expected::new(hash)).collect::<Result<Vec<_>, _>>()?;
    let mut logs = in_order(files);
    if files.is_empty() {
        let config = settings::load(args)?.config;
        logs.push(
            segments_of(&config.bot.audit_file)?.unwrap_or_else(|| vec![config.bot.audit_file.clone()]),
        );
        // The redeem half's own audit begins with the first receipt: until then there is no file.
        logs.extend(segments_of(&config.redeem_server.audit_file)?);
    }
    let mut is_consistent = true;
    for segments in logs {
        let (mut check, mut run) = (Check::default(), SegmentRun::default());
        for file in segments {
            check.begin_segment();
            is_consistent &= check_file(&file, &mut check, &mut run, &mut expected)?;
        }
    }
    for expected in &expected {
        is_consistent &= expected.say();
    }
    Ok(if is_consistent { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// The files of one log, where there are any.
fn segments_of(file: &Path) -> Result<Option<Vec<PathBuf>>, ExitError> {
    let found =
        segments(file).map_err(|error| anyhow::Error::new(error).context(file.display().to_string()))?;
    let paths: Vec<_> = found.into_iter().map(|segment| segment.path).collect();
    Ok((!paths.is_empty()).then_some(paths))
}

/// By log, and in each the segments as they were written: a shell's `audit*.jsonl` names the first segment last.
fn in_order(files: &[PathBuf]) -> Vec<Vec<PathBuf>> {
    let part_of = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let (first, ordinal) = first_segment_of(&name);
        (file.with_file_name(first), ordinal)
    };
    let mut logs: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let (log, _) = part_of(file);
        match logs.iter_mut().find(|(known, _)| *known == log) {
            Some((_, segments)) => segments.push(file.clone()),
            None => logs.push((log, vec![file.clone()])),
        }
    }
    for (_, segments) in &mut logs {
        segments.sort_by_key(|file| part_of(file).1);
    }
    logs.into_iter().map(|(_, segments)| segments).collect()
}

fn check_file(
    file: &Path,
    check: &mut Check,
    run: &mut SegmentRun,
    expected: &mut [Expected],
) -> Result<bool, ExitError> {
    let shown = file.display();
    let found = verify_file(file, &mut Lines { check, file, expected });
    let disagreement = check.found();
    let broken = match found {
        Ok(consistent) => {
            expected.iter_mut().for_each(|expected| expected.compare_last(file, &consistent));
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let joint = run.join(&name, &consistent);
            let Consistent { lines, last_hash, .. } = consistent;
            match (joint, disagreement) {
                (SegmentJoint::Missing(missing), _) => {
                    format!("it follows {missing}, and that file is missing before it")
                }
                (SegmentJoint::DoesNotFollow(before), _) => format!(
                    "line 1: does not follow from the last line of {before}: one of the two was changed, or lines were removed or added between them"
                ),
                (
                    joint @ (SegmentJoint::Begins | SegmentJoint::Follows | SegmentJoint::RunBegins(_)),
                    None,
                ) => {
                    let unit = if lines == 1 { "line" } else { "lines" };
                    say(format_args!(
                        "{shown}: the chain is consistent, {lines} {unit}, last hash {last_hash}"
                    ));
                    if let SegmentJoint::RunBegins(before) = joint {
                        say(format_args!("{shown}: it follows {before}, which was not checked"));
                    }
                    return Ok(true);
                }
                (_, Some((line, disagreement))) => format!("line {line}: {}", Flaw::Disagrees(disagreement)),
            }
        }
        Err(ChainError::Read(error)) => {
            return Err(anyhow::Error::new(error).context(shown.to_string()).into());
        }
        // What stands further up comes first.
        Err(error) => {
            run.begin_again();
            match (disagreement, &error) {
                (Some((line, disagreement)), ChainError::Broken(Break { line: broken, .. }))
                    if line < *broken =>
                {
                    format!("line {line}: {}", Flaw::Disagrees(disagreement))
                }
                _ => error.to_string(),
            }
        }
    };
    say(format_args!("{shown}: NOT CONSISTENT: {broken}"));
    Ok(false)
}

/// What is done with each line on the way.
struct Lines<'a> {
    check: &'a mut Check,
    file: &'a Path,
    expected: &'a mut [Expected],
}

impl OnLine for Lines<'_> {
    fn line(&mut self, place: &LinePlace<'_>, line: &str) {
        self.check.line(place, line);
        for expected in &mut *self.expected {
            expected.compare_prev(self.file, place.number(), line);
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
        // What the first line of a segment names stands in the one before, which may not be here.
        let is_elsewhere = number == 1 && self.found.is_some();
        if line.contains(&self.hash) && !is_elsewhere && is_named() {
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
            Some((file, 0)) => {
                say(format_args!("{hash}: the last line before {}", file.display()));
            }
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
