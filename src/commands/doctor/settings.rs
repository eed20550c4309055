use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bot::doctor::Finding;
use config::{Config, SlackHearing};

use super::Sheet;
use crate::cli::Place;
use crate::setup::Setup;

const CONFIG: &str = "config";

/// Settings that are wrong have ended the command before this.
pub(super) fn check(place: &Place, setup: &Setup, sheet: &mut Sheet) {
    let Some(file) = &place.config else {
        let data = setup.config.data.dir.display();
        sheet.put(Finding::ok(CONFIG, format!("there is none: try-out mode, everything in {data}")));
        return;
    };
    let config = &setup.config;
    let on: Vec<&str> = [
        ("mail", config.mail.is_some()),
        ("Discord", config.discord.is_some()),
        ("Slack", config.slack.is_some()),
        ("Mattermost", config.mattermost.is_some()),
        ("the console", config.console.enabled),
    ]
    .into_iter()
    .filter_map(|(name, is_on)| is_on.then_some(name))
    .collect();
    let on = if on.is_empty() { "neither mail nor a chat".to_owned() } else { on.join(", ") };
    sheet.put(match exposed_secret(file, config) {
        Some(key) => Finding::fail(
            CONFIG,
            format!("{} is open to everybody on this machine, and {key} stands in it", file.display()),
            format!("chmod o= {}, and change the secret if others may have read it", file.display()),
        ),
        None => Finding::ok(CONFIG, format!("{} is sound; on: {on}", file.display())),
    });
}

/// A secret that stands in a file that everybody can read. Files of their own are held to that when they are read.
fn exposed_secret(file: &Path, config: &Config) -> Option<&'static str> {
    let mode = fs::metadata(file).ok()?.permissions().mode();
    if mode & 0o006 == 0 {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let hearing = config.slack.as_ref().map(|slack| match &slack.hearing {
        SlackHearing::Requests(secret) => ("slack.signing_secret", secret),
        SlackHearing::Socket(token) => ("slack.app_token", token),
    });
    let mattermost = config.mattermost.as_ref();
    let secrets = [
        ("mail.password", config.mail.as_ref().and_then(|mail| mail.password.as_ref())),
        ("discord.token", config.discord.as_ref().map(|discord| &discord.token)),
        ("slack.bot_token", config.slack.as_ref().map(|slack| &slack.bot_token)),
        ("mattermost.bot_token", mattermost.map(|mattermost| &mattermost.bot_token)),
        ("mattermost.command_token", mattermost.and_then(|mattermost| mattermost.command_tokens.first())),
    ];
    secrets
        .into_iter()
        .chain(hearing.map(|(key, secret)| (key, Some(secret))))
        .find(|(_, secret)| secret.is_some_and(|secret| text.contains(secret.expose())))
        .map(|(key, _)| key)
}
