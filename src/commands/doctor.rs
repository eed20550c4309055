//! `reset-link doctor`: looks at everything that an operator can get wrong, and changes nothing.
//!
//! Invariant: nothing here writes, opens the ledger, or takes a lock that `run` needs.

mod clock;
mod directory;
mod files;
mod healthz;
mod listening;
mod mail;
mod mattermost;
mod settings;
mod slack;
mod web;
mod who;

use std::process::ExitCode;
use std::sync::Arc;

use bot::Clock;
use bot::chat::discord;
use bot::doctor::{Finding, Verdict};

use crate::cli::Place;
use crate::outcome::{Ended, NO, say};
use crate::setup::{self, now};

pub(super) async fn doctor(place: &Place) -> Result<ExitCode, Ended> {
    let setup = setup::look(place)?;
    let config = &setup.config;
    let mut sheet = Sheet::default();
    settings::check(place, &setup, &mut sheet);
    files::check(&setup, &mut sheet);
    directory::check(&setup, &mut sheet).await;
    who::check(config, &mut sheet);
    mail::check(config, &mut sheet).await;
    let web_time = web::check(&setup, &mut sheet).await;
    let mut discord_time = None;
    let mut invitation = None;
    if let Some(settings) = &config.discord {
        let clock: Clock = Arc::new(now);
        let diagnosis = discord::examine(settings, &config.admins, &clock).await?;
        diagnosis.findings.into_iter().for_each(|finding| sheet.put(finding));
        discord_time = diagnosis.time;
        invitation = Some(diagnosis.invitation);
    }
    let slack_time = slack::check(config, &mut sheet).await?;
    mattermost::check(config, &mut sheet).await?;
    listening::check(config, &mut sheet).await?;
    sheet.put(clock::compare(discord_time, slack_time, web_time));
    if let Some(invitation) = invitation {
        say(format_args!(
            "\nThe link with which an administrator of a server invites the bot:\n{invitation}"
        ));
    }
    Ok(sheet.end())
}

/// What was found so far; each finding is shown at once.
#[derive(Default)]
struct Sheet {
    warned: usize,
    failed: usize,
    not_checked: usize,
}

impl Sheet {
    fn put(&mut self, finding: Finding) {
        match finding.verdict {
            Verdict::Ok => {}
            Verdict::Warn => self.warned += 1,
            Verdict::Fail => self.failed += 1,
            Verdict::NotChecked => self.not_checked += 1,
        }
        say(finding);
    }

    fn end(&self) -> ExitCode {
        let Self { warned, failed, not_checked } = self;
        let warnings = if *warned == 1 { "warning" } else { "warnings" };
        say(format_args!("\n{failed} failed, {warned} {warnings}, {not_checked} not checked"));
        if *failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(NO) }
    }
}
