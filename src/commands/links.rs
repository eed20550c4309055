//! `reset-link status` and `reset-link revoke`: the commands about a contact's links, from a shell.

use std::process::ExitCode;
use std::sync::Arc;

use bot::audit::{Fate, IssuedLink};
use bot::command::Command;
use bot::words::Part;
use bot::{Admin, Platform, Refused, Reply};
use keys::LedgerEpoch;
use reset_link::bot_half::{self, BotParts};
use reset_link::exit_error::{ExitError, FAILED};
use reset_link::ledger_holder::LedgerHolder;
use reset_link::machine::now;
use reset_link::os_user;
use serde::Serialize;

use super::issue::{self, Reason};
use super::no_such_contact::say_no_such_contact;
use crate::cli::SettingsArgs;
use crate::outcome::{REFUSED, say, say_aside, say_json};
use crate::{exposure, logging, settings};

pub(super) async fn status(id: &str, json: bool, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    obey(Command::ResetStatus { contact: id.to_owned() }, "status", json, args).await
}

pub(super) async fn revoke(id: &str, json: bool, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    obey(Command::ResetRevoke { contact: id.to_owned() }, "revoke", json, args).await
}

async fn obey(command: Command, name: &str, json: bool, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let loaded = settings::load(args)?;
    let config = &loaded.config.bot;
    logging::start(&config.log.level);
    exposure::refuse(&loaded)?;
    let parts = BotParts::load(config, contacts::open::lookup(&config.contacts).await?)?;
    let (trusted, secret) = (parts.keyring.trusted().clone(), parts.binding_secret.clone());
    // It issues nothing, and goes on where a ledger is missing or another one: a link of this bot would name no ledger.
    let bot = bot_half::bot(config, parts, LedgerEpoch::from_random([0; 16]))?;
    bot.set_redeem_half(Arc::new(LedgerHolder::new(&loaded.config.redeem_server, trusted, secret)));
    let admin = Admin { platform: Platform::Shell, user: os_user::login() };
    let reply = bot.obey(&admin.clone().into(), &command).await;
    if json {
        say_json(&Answer::new(&reply))?;
    } else {
        say_reply(&reply, name, config);
    }
    if matches!(reply, Reply::Refused(Refused::NotAllowed)) {
        say_aside(how_to_allow(&admin.user));
    }
    bot.drain().await;
    Ok(match reply {
        Reply::Status(_) | Reply::Revoked { .. } => ExitCode::SUCCESS,
        Reply::Refused(_) => ExitCode::from(REFUSED),
        _ => ExitCode::from(FAILED),
    })
}

/// What an operator writes where, so that this login may.
pub(super) fn how_to_allow(login: &str) -> String {
    format!(
        "You are {login} here. To mend: put \"{login}\" into allow below [console] in the config file, or set console = \"{login}\" below an [[admins]]"
    )
}

fn say_reply(reply: &Reply, name: &str, config: &config::Bot) {
    let words = bot_half::words(config);
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
