//! From arguments to settings, keys and stores.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use bot::mail::{Letterhead, SmtpSender};
use bot::policy::{Allowed, Policy};
use bot::reply::Words;
use bot::{Bot, BotSettings, Markup, People, Platform, Post};
use config::{Config, Environment, Overrides};
use contacts::SqliteContacts;
use jiff::Timestamp;
use keys::{Keyring, PublicKey, SecretKey};

use crate::cli::Place;
use crate::outcome::Ended;
use crate::people;

/// Where try-out mode keeps everything, and where it listens.
const TRY_OUT_DATA: &str = "data";
const TRY_OUT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// In try-out mode the public URL follows from where `run` listens: other commands read it here.
const TRY_OUT_LISTEN_FILE: &str = "try-out-listen";

/// Settings, and whether they are the try-out's.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) is_try_out: bool,
}

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the wiring: everything else takes the clock as a parameter"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// The operating system's randomness. Where it fails there is nothing safe to go on with.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the wiring: everything else takes randomness as a parameter"
)]
pub(crate) fn fill_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system must have randomness");
}

/// Settings for any command but `run` without a config file.
pub(crate) fn load(place: &Place) -> Result<Setup, Ended> {
    let data = try_out_data(place);
    if place.config.is_none() && !data.is_dir() {
        return Err(Ended::misused(format!(
            "{}: there is no such folder yet; `reset-link run` makes it (try-out mode), or name a config file with --config",
            data.display()
        )));
    }
    look(place)
}

/// The same for a command that needs nothing to be there yet.
pub(crate) fn look(place: &Place) -> Result<Setup, Ended> {
    match &place.config {
        Some(file) => configured(file, place.data.clone(), None),
        None => {
            let data = try_out_data(place);
            let listen = std::fs::read_to_string(data.join(TRY_OUT_LISTEN_FILE))
                .ok()
                .and_then(|text| text.trim().parse().ok());
            try_out(&data, listen.unwrap_or(TRY_OUT_LISTEN))
        }
    }
}

pub(crate) fn configured(
    file: &Path,
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
) -> Result<Setup, Ended> {
    let config =
        Config::load(file, &Environment::capture(), &Overrides { data, listen }).map_err(Ended::misused)?;
    Ok(Setup { config, is_try_out: false })
}

pub(crate) fn try_out_data(place: &Place) -> PathBuf {
    place.data.clone().unwrap_or_else(|| PathBuf::from(TRY_OUT_DATA))
}

pub(crate) fn try_out_listen(listen: Option<SocketAddr>) -> SocketAddr {
    listen.unwrap_or(TRY_OUT_LISTEN)
}

/// The try-out's settings, once it is known where it listens.
pub(crate) fn try_out(data: &Path, listen: SocketAddr) -> Result<Setup, Ended> {
    let mut config = Config::try_out(data, listen, &people::login()).map_err(Ended::misused)?;
    // The console talks to a person: what goes well is not their news.
    config.log.level = "warn".to_owned();
    config.organisation.mail_from = Some("Example Help Desk <help@example.com>".to_owned());
    Ok(Setup { config, is_try_out: true })
}

/// Remembers where the try-out listens, for other commands on the same data folder.
pub(crate) fn remember_listen(data: &Path, listen: SocketAddr) -> Result<(), Ended> {
    let file = data.join(TRY_OUT_LISTEN_FILE);
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| data.display().to_string())?;
    std::fs::write(&file, format!("{listen}\n")).with_context(|| format!("{}", file.display()))?;
    Ok(())
}

/// Makes a signing key, its public half beside it.
pub(crate) fn make_key(file: &Path) -> Result<PublicKey, Ended> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    fill_random(&mut *seed);
    let key = SecretKey::from_seed(&seed);
    key.create(file)?;
    let public = key.public_key();
    let public_file = file.with_extension("public");
    if !public_file.exists() {
        public.create(&public_file)?;
    }
    Ok(public)
}

pub(crate) fn keyring(config: &Config) -> Result<Keyring, Ended> {
    let file = &config.keys.signing_key_file;
    if !file.exists() {
        return Err(Ended::misused(format!(
            "{}: there is no signing key; `reset-link init` makes one (keys.signing_key_file names another place)",
            file.display()
        )));
    }
    let signing = SecretKey::load(file)?;
    let others = config
        .keys
        .trusted_key_files
        .iter()
        .map(|file| PublicKey::load(file))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Keyring::new(signing, others))
}

pub(crate) async fn contacts(config: &Config) -> Result<SqliteContacts, Ended> {
    Ok(SqliteContacts::open_existing(&config.contacts.sqlite_file).await?)
}

/// The chat half, with mail where it is configured; without chats and redeem half as yet.
pub(crate) fn bot(config: &Config, contacts: SqliteContacts) -> Result<Bot, Ended> {
    let settings = BotSettings {
        public_url: config.server.public_url.as_str().to_owned(),
        lifetime: config.links.lifetime,
        policy: Policy {
            allow: config.console.allow.clone(),
            people: People::from(&config.admins[..]),
            chats: chats(config),
            per_admin: config.limits.links_per_admin_and_hour,
            per_contact: config.limits.links_per_contact_and_quarter_hour,
            searches: config.limits.searches_per_admin_and_minute,
            hand_over: config.links.hand_over,
            hand_over_instead: config.links.hand_over_instead,
            for_protected: config.links.for_protected,
            protected: config.contacts.protected.clone(),
        },
        time_zone: config.organisation.time_zone.clone(),
        language: config.organisation.language.clone(),
    };
    let audit = bot::audit::Audit::open(&config.audit.file, now())?;
    let bot =
        Bot::new(settings, keyring(config)?, Arc::new(contacts), audit, Arc::new(now), Arc::new(fill_random));
    if let Some(mail) = &config.mail {
        if mail.is_cleartext() {
            tracing::warn!(server = %mail.host, "mail.allow_cleartext: links go to the mail server in clear text, and whoever can read that network can use them");
        }
        let sender = Arc::new(SmtpSender::new(mail).map_err(Ended::misused)?);
        let letterhead = Letterhead::new(&config.organisation).map_err(Ended::misused)?;
        bot.set_post(Some(Post { sender, letterhead }));
    }
    Ok(bot)
}

/// Who may on which chat platform.
fn chats(config: &Config) -> BTreeMap<Platform, Allowed> {
    let discord = config.discord.as_ref().map(|discord| (Platform::Discord, discord.into()));
    let slack = config.slack.as_ref().map(|slack| (Platform::Slack, slack.into()));
    let mattermost = config.mattermost.as_ref().map(|mattermost| (Platform::Mattermost, mattermost.into()));
    discord.into_iter().chain(slack).chain(mattermost).collect()
}

/// The words of admins on a terminal, in the organisation's language.
pub(crate) fn words(config: &Config) -> Words {
    Words {
        language: config.organisation.language.clone(),
        time_zone: config.organisation.time_zone.clone(),
        markup: Markup::Plain,
        people: People::from(&config.admins[..]),
    }
}
