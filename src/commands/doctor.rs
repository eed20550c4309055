//! `reset-link doctor`: looks at everything that an operator can get wrong, and changes nothing.
//!
//! Invariant: nothing here writes, opens the ledger, or takes a lock that `run` needs.

mod clock;
pub(super) mod directory;
mod files;
mod healthz;
mod listening;
mod mail;
mod settings;
mod web;
mod who;

use std::process::ExitCode;

use bot::chat::Outgoing;
use bot::chat::registry::PLATFORMS;
use bot::doctor::{Finding, Verdict};
use reset_link::exit_error::ExitError;
use reset_link::machine;
use serde::Serialize;

use crate::cli::SettingsArgs;
use crate::outcome::{NO, say, say_json};
use crate::settings::load_before_first_start;

pub(super) async fn doctor(json: bool, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let loaded = load_before_first_start(args)?;
    let config = &loaded.config;
    let mut sheet = Sheet { json, ..Sheet::default() };
    settings::check(&loaded, &mut sheet);
    files::check(&loaded, &mut sheet);
    directory::check(&loaded, &mut sheet).await;
    who::check(config, &mut sheet);
    mail::check(config, &mut sheet).await;
    let web_time = web::check(&loaded, &mut sheet).await;
    let (mut chat_time, mut invitation) = (None, None);
    let (clock, outgoing) = (machine::clock(), Outgoing::default());
    for platform in PLATFORMS {
        let examined = platform.examine(&config.bot, &clock, &outgoing).await?;
        let Some(diagnosis) = examined else { continue };
        diagnosis.findings.into_iter().for_each(|finding| sheet.put(finding));
        chat_time = chat_time.or(diagnosis.time.map(|time| (platform.name(), time)));
        invitation = invitation.or(diagnosis.invitation);
    }
    listening::check(config, &mut sheet).await?;
    sheet.put(clock::compare(chat_time, web_time));
    sheet.end(invitation)
}

/// What was found so far; each finding is shown at once, or all of them as JSON at the end.
#[derive(Default)]
pub(super) struct Sheet {
    json: bool,
    findings: Vec<Finding>,
}

impl Sheet {
    pub(super) fn put(&mut self, finding: Finding) {
        if !self.json {
            say(&finding);
        }
        self.findings.push(finding);
    }

    /// `invitation`: the link with which an administrator invites the bot to a server.
    pub(super) fn end(self, invitation: Option<String>) -> Result<ExitCode, ExitError> {
        let count = |verdict| self.findings.iter().filter(|finding| finding.verdict == verdict).count();
        let (failed, warned, not_checked) =
            (count(Verdict::Fail), count(Verdict::Warn), count(Verdict::NotChecked));
        if self.json {
            let findings: Vec<_> = self.findings.iter().map(Shown::from).collect();
            say_json(&Answer { failed, warned, not_checked, findings, invitation })?;
        } else {
            if let Some(invitation) = invitation {
                say(format_args!(
                    "\nThe link with which an administrator of a server invites the bot:\n{invitation}"
                ));
            }
            let warnings = if warned == 1 { "warning" } else { "warnings" };
            say(format_args!("\n{failed} failed, {warned} {warnings}, {not_checked} not checked"));
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(NO) })
    }
}

/// The JSON form; a script reads it.
#[derive(Serialize)]
struct Answer<'a> {
    failed: usize,
    warned: usize,
    not_checked: usize,
    findings: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    subject: &'a str,
    verdict: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<&'a str>,
}

impl<'a> From<&'a Finding> for Shown<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { subject, verdict, text, cure } = finding;
        let verdict = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
            Verdict::NotChecked => "not_checked",
        };
        Self { subject, verdict, text, cure: cure.as_deref() }
    }
}
