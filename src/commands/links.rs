//! `reset-link status` and `reset-link revoke`: the commands about a contact's links, from a shell.

use std::process::ExitCode;
use std::sync::Arc;

use bot::audit::{Fate, IssuedLink};
use bot::command::Command;
use bot::reply::{Part, Reply};
use bot::{Admin, Platform, Refused};
use config::AllInOne;
use serde::Serialize;

use super::issue::{self, Reason};
use super::near::say_no_such_contact;
use crate::cli::Place;
use crate::ledger_holder::LedgerHolder;
use crate::outcome::{Ended, FAILED, REFUSED, say, say_aside, say_json};
use crate::setup::{self, now};
use crate::{exposure, logging, people};

pub(super) async fn status(id: &str, json: bool, place: &Place) -> Result<ExitCode, Ended> {
    obey(Command::ResetStatus { contact: id.to_owned() }, "status", json, place).await
}

pub(super) async fn revoke(id: &str, json: bool, place: &Place) -> Result<ExitCode, Ended> {
    obey(Command::ResetRevoke { contact: id.to_owned() }, "revoke", json, place).await
}

async fn obey(command: Command, name: &str, json: bool, place: &Place) -> Result<ExitCode, Ended> {
    let setup = setup::load(place)?;
    let config = &setup.config;
    logging::start(&config.bot.log.level);
    exposure::refuse(&setup)?;
    let bot = setup::bot_that_issues_nothing(config, setup::contacts(config).await?)?;
    bot.set_redeem_half(Arc::new(LedgerHolder::new(config)?));
    let admin = Admin { platform: Platform::Shell, user: people::login() };
    let reply = bot.obey(&admin.clone().into(), &command).await;
    if json {
        say_json(&Answer::new(&reply))?;
    } else {
        say_reply(&reply, name, config);
    }
    if matches!(reply, Reply::Refused(Refused::NotAllowed)) {
        say_aside(people::how_to_allow(&admin.user));
    }
    bot.drain().await;
    Ok(match reply {
        Reply::Status(_) | Reply::Revoked { .. } => ExitCode::SUCCESS,
        Reply::Refused(_) => ExitCode::from(REFUSED),
        _ => ExitCode::from(FAILED),
    })
}

fn say_reply(reply: &Reply, name: &str, config: &AllInOne) {
    let words = setup::words(config);
    if let Reply::Refused(Refused::NoSuchContact { near }) = reply {
        return say_no_such_contact(&words, name, near);
    }
    for part in words.reply(reply, now()) {
        if let Part::Text(text) = part {
            say(text);
        }
    }
}

/// The JSON form; a script reads it.
#[derive(Serialize)]
struct Answer<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason<'a>>,
    /// Somebody was setting a password with one of the links at that moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_progress: Option<bool>,
    /// Oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Vec<Link<'a>>>,
    /// Where the audit that tells so is not what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_unsound: Option<String>,
}

#[derive(Serialize)]
struct Link<'a> {
    link_id: String,
    admin: &'a Admin,
    issued: String,
    expires: String,
    /// The masked address.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailed_to: Option<&'a str>,
    handed_over: bool,
    state: &'static str,
    /// Since when that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

impl<'a> Answer<'a> {
    fn new(reply: &'a Reply) -> Self {
        let none = Self {
            outcome: "failed",
            contact: None,
            reasons: Vec::new(),
            in_progress: None,
            links: None,
            audit_unsound: None,
        };
        match reply {
            Reply::Status(status) => Self {
                outcome: "status",
                contact: Some(status.contact.as_str()),
                links: Some(status.links.iter().map(|link| Link::new(link, status.now)).collect()),
                audit_unsound: status.unsound.as_ref().map(ToString::to_string),
                ..none
            },
            Reply::Revoked { contact, in_progress, .. } => Self {
                outcome: "revoked",
                contact: Some(contact.as_str()),
                in_progress: Some(*in_progress),
                ..none
            },
            Reply::Refused(refused) => Self { outcome: "refused", reasons: issue::refusal(refused), ..none },
            Reply::RevocationUnavailable => {
                Self { reasons: vec![Reason { reason: "redeem_server_unavailable", detail: None }], ..none }
            }
            _ => none,
        }
    }
}

impl<'a> Link<'a> {
    fn new(link: &'a IssuedLink, now: jiff::Timestamp) -> Self {
        let (state, since) = match link.fate(now) {
            Fate::Outstanding => ("outstanding", None),
            Fate::Expired => ("expired", Some(link.expires_at)),
            Fate::Redeemed(at) => ("redeemed", Some(at)),
            Fate::Unsettled(at) => ("unsettled", Some(at)),
            Fate::Withdrawn(at) => ("withdrawn", Some(at)),
            Fate::Overtaken(at) => ("overtaken", Some(at)),
            Fate::LedgerIsYounger(at) => ("ledger_is_younger", Some(at)),
        };
        Self {
            link_id: link.link_id.to_string(),
            admin: &link.admin,
            issued: keys::wire_time::format(link.issued_at),
            expires: keys::wire_time::format(link.expires_at),
            mailed_to: link.mailed_to.as_deref(),
            handed_over: link.is_handed_over,
            state,
            since: since.map(keys::wire_time::format),
        }
    }
}
