//! From arguments to settings, keys and stores.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bot::mail::{MailBranding, SmtpSender};
use bot::policy::{Allowed, Policy};
use bot::reply::Words;
use bot::{Bot, BotSettings, MailRetry, Markup, People, Platform, Post};
use config::{AllInOne, Environment, Overrides};
use contacts::SqliteContacts;
use jiff::Timestamp;
use keys::{BindingSecret, KeyError, Keyring, LedgerEpoch, PublicKey, SecretKey, TrustedKeys};
use redeem_server::ledger::{PublishError, Published, SledLedger, SledSettings};

use crate::cli::Place;
use crate::outcome::{Ended, say_aside};
use crate::people;
use crate::source::Source;
use crate::try_out;

/// How long a mail that the server does not take yet waits to be tried again: servers that greylist want a minute or some (RFC 6647 §4.1).
const RETRY_MAIL_EVERY: Duration = Duration::from_secs(30);

/// Settings, and where they come from.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) config: AllInOne,
    pub(crate) source: Source,
}

impl Setup {
    pub(crate) fn is_try_out(&self) -> bool {
        self.source == Source::TryOut
    }
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

/// Settings for any command but `run`.
pub(crate) fn load(place: &Place) -> Result<Setup, Ended> {
    let source = Source::of(place)?;
    let data = try_out::data(place);
    if source == Source::TryOut && !data.is_dir() {
        return Err(Ended::misused(format!(
            "{}: there is no such folder yet; `reset-link run` makes it (try-out mode), or name a config file with --config",
            data.display()
        )));
    }
    with(source, place, None)
}

/// The same for a command that needs nothing to be there yet.
pub(crate) fn look(place: &Place) -> Result<Setup, Ended> {
    with(Source::of(place)?, place, None)
}

/// Settings from a source, the command line over them.
pub(crate) fn with(source: Source, place: &Place, listen: Option<SocketAddr>) -> Result<Setup, Ended> {
    let overrides = Overrides { data: place.data.clone(), listen };
    let environment = Environment::capture();
    let config = match &source {
        Source::File(file) => config::load(file, &environment, &overrides).map_err(Ended::misused)?,
        Source::Environment => config::from_environment(&environment, &overrides).map_err(|errors| {
            Ended::misused(format!(
                "{errors}\nThere is no config file. RESET_LINK_ variables alone do when all that is required is set; `reset-link init` writes a file, \
                 --config names one; with no such variable set, `reset-link` is for trying out"
            ))
        })?,
        Source::TryOut => {
            let data = try_out::data(place);
            try_out::check(&data)?;
            try_out::config(&data, listen.or_else(|| try_out::listened(&data)).unwrap_or(try_out::LISTEN))?
        }
    };
    Ok(Setup { config, source })
}

/// Makes a signing key, its public half beside it. The public half is made last: a process that was stopped in between is made up for by
/// [`public_half`].
pub(crate) fn make_key(file: &Path) -> Result<PublicKey, Ended> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    fill_random(&mut *seed);
    let key = SecretKey::from_seed(&seed);
    key.create(file)?;
    public_half(file, &key)
}

/// The public half of the key in this file; it is put beside it where it is missing. One of a former key makes way and is kept under its id: its links may
/// be trusted yet.
pub(crate) fn public_half(file: &Path, key: &SecretKey) -> Result<PublicKey, Ended> {
    let public = key.public_key();
    let public_file = file.with_extension("public");
    if public_file.exists() {
        let former = PublicKey::load(&public_file)?;
        if former == public {
            return Ok(public);
        }
        let aside = public_file.with_file_name(format!("{}.public", former.id()));
        std::fs::rename(&public_file, &aside).with_context(|| aside.display().to_string())?;
        say_aside(format_args!(
            "Moved: {} (the former key's public half) to {}",
            public_file.display(),
            aside.display()
        ));
    }
    public.create(&public_file)?;
    Ok(public)
}

/// The secret half, with what to do about a file that holds none.
pub(crate) fn signing_key(file: &Path) -> Result<SecretKey, Ended> {
    SecretKey::load(file, &people::keeper()).map_err(|error| {
        told(error, "move it away and let `reset-link init` make a new one (links that are out die then)")
    })
}

/// A secret's file that is damaged is told with its cure; other errors tell theirs themselves.
fn told(error: KeyError, cure: &str) -> Ended {
    let is_damaged = matches!(error, KeyError::Content { .. });
    let error = anyhow::Error::new(error);
    Ended::from(match is_damaged {
        true => anyhow::anyhow!("{error}; put it back from a backup, or {cure}"),
        false => error,
    })
}

pub(crate) fn keyring(config: &AllInOne) -> Result<Keyring, Ended> {
    let file = &config.bot.keys.signing_key_file;
    if !file.exists() {
        return Err(Ended::misused(format!(
            "{}: there is no signing key; `reset-link init` makes one (keys.signing_key_file names another place)",
            file.display()
        )));
    }
    let signing = signing_key(file)?;
    let others = config
        .bot
        .keys
        .trusted_key_files
        .iter()
        .map(|file| PublicKey::load(file))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Keyring::new(signing, others))
}

/// The public halves alone: of the secret where it is, otherwise from the file beside it, on a machine that checks links and does not make them.
pub(crate) fn trusted(config: &AllInOne) -> Result<TrustedKeys, Ended> {
    let public_file = config.bot.keys.signing_key_file.with_extension("public");
    if config.bot.keys.signing_key_file.exists() || !public_file.exists() {
        return Ok(keyring(config)?.trusted().clone());
    }
    public_keys([&public_file].into_iter().chain(&config.bot.keys.trusted_key_files))
}

/// These public keys.
pub(crate) fn public_keys<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<TrustedKeys, Ended> {
    let keys = files.into_iter().map(|file| PublicKey::load(file)).collect::<Result<Vec<_>, _>>();
    Ok(TrustedKeys::new(keys.map_err(Ended::misused)?))
}

/// The secret of both halves, made where there is none yet: by `init`, by the first start of this version, or by whichever command needs it first.
pub(crate) fn binding_secret(config: &AllInOne) -> Result<BindingSecret, Ended> {
    let file = &config.bot.keys.binding_secret_file;
    match BindingSecret::load(file, &people::keeper()) {
        Err(KeyError::File { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {}
        loaded => {
            return loaded.map_err(|error| {
                told(
                    error,
                    "move it away: a new one is made then (links that are out are refused as overtaken)",
                )
            });
        }
    }
    let mut random = zeroize::Zeroizing::new([0; 32]);
    fill_random(&mut *random);
    match BindingSecret::from_random(&random).create(file) {
        // Another process was faster: its secret is the one.
        Ok(()) | Err(KeyError::Exists { .. }) => Ok(BindingSecret::load(file, &people::keeper())?),
        Err(error) => Err(Ended::from(anyhow::Error::new(error).context(
            "the binding secret cannot be made (keys.binding_secret_file names another place for it)",
        ))),
    }
}

/// Opens the ledger, or begins one, and publishes its epoch for whoever issues links.
pub(crate) async fn ledger(config: &AllInOne, secret: &BindingSecret) -> Result<SledLedger, Ended> {
    let settings = SledSettings {
        folder: config.redeem_server.ledger.dir.clone(),
        cache_bytes: config.redeem_server.ledger.cache_mb * 1024 * 1024,
        lease: config.redeem_server.ledger.lease,
    };
    let open = move || {
        let entropy: redeem_server::Entropy = Arc::new(fill_random);
        SledLedger::open(&settings, Arc::new(now), &entropy)
    };
    let ledger = tokio::task::spawn_blocking(open).await??;
    let before = Published::read(&config.redeem_server.ledger.dir).ok();
    let published = ledger.publish(secret)?;
    if before.is_some_and(|before| before.binding_secret != published.binding_secret) {
        tracing::warn!(
            file = %config.bot.keys.binding_secret_file.display(),
            "the binding secret is another one than at the last start: links issued before now are refused as overtaken"
        );
    }
    Ok(ledger)
}

/// For which ledger links are made, as it has published it; only where it holds the same binding secret.
fn ledger_epoch(config: &AllInOne, secret: &BindingSecret) -> Result<LedgerEpoch, Ended> {
    let published = Published::read(&config.redeem_server.ledger.dir).map_err(|error| match error {
        PublishError::NotBegun { .. } => Ended::misused(format!(
            "{error}, so no link would work; start `reset-link run` once, or let `reset-link init` begin it (ledger.dir names another place)"
        )),
        error => error.into(),
    })?;
    if published.binding_secret != secret.fingerprint() {
        return Err(Ended::misused(format!(
            "{}: not the binding secret that the redeem server started with, so no link would work; restart `reset-link run` (links that are out are refused \
             then), or put the former file back",
            config.bot.keys.binding_secret_file.display()
        )));
    }
    Ok(published.ledger_epoch)
}

pub(crate) async fn contacts(config: &AllInOne) -> Result<SqliteContacts, Ended> {
    Ok(SqliteContacts::open_existing(&config.bot.contacts.sqlite_file).await?)
}

/// The chat half, with mail where it is configured; without chats and redeem half as yet.
pub(crate) fn bot(config: &AllInOne, contacts: SqliteContacts) -> Result<Bot, Ended> {
    // Before a secret is made: another user's installation is refused by its key, and nothing of ours is left in it.
    let keyring = keyring(config)?;
    let secret = binding_secret(config)?;
    let epoch = ledger_epoch(config, &secret)?;
    put_together(config, contacts, keyring, secret, epoch)
}

/// The same for commands that issue nothing, and go on where a ledger is missing or another one: a link of this bot would name no ledger.
pub(crate) fn bot_that_issues_nothing(config: &AllInOne, contacts: SqliteContacts) -> Result<Bot, Ended> {
    let keyring = keyring(config)?;
    put_together(config, contacts, keyring, binding_secret(config)?, LedgerEpoch::from_random([0; 16]))
}

fn put_together(
    config: &AllInOne,
    contacts: SqliteContacts,
    keyring: Keyring,
    binding_secret: BindingSecret,
    ledger_epoch: LedgerEpoch,
) -> Result<Bot, Ended> {
    let settings = BotSettings {
        public_url: config.bot.public_url.as_str().to_owned(),
        binding_secret,
        ledger_epoch,
        lifetime: config.bot.links.lifetime,
        policy: Policy {
            allow: config.bot.console.allow.clone(),
            people: People::from(&config.bot.admins[..]),
            chats: chats(config),
            per_admin: config.bot.limits.links_per_admin_and_hour,
            per_contact: config.bot.limits.links_per_contact_and_quarter_hour,
            searches: config.bot.limits.searches_per_admin_and_minute,
            hand_over: config.bot.links.hand_over,
            hand_over_instead: config.bot.links.hand_over_instead,
            for_protected: config.bot.links.for_protected,
            protected: config.bot.protected.ids.clone(),
        },
        time_zone: config.bot.organisation.time_zone.clone(),
        language: config.bot.organisation.language.clone(),
    };
    let audit = bot::audit::Audit::open(&config.bot.audit_file, now())?;
    let bot = Bot::new(settings, keyring, Arc::new(contacts), audit, Arc::new(now), Arc::new(fill_random));
    if let Some(mail) = &config.bot.mail {
        if mail.is_cleartext() {
            tracing::warn!(server = %mail.host, "mail.allow_cleartext: links go to the mail server in clear text, and whoever can read that network can use them");
        }
        let sender = Arc::new(SmtpSender::new(mail).map_err(Ended::misused)?);
        let letterhead = MailBranding::new(&config.bot.organisation).map_err(Ended::misused)?;
        let retry = mail.retry.map(|within| MailRetry { within, every: RETRY_MAIL_EVERY });
        bot.set_post(Some(Post { sender, letterhead, retry }));
    }
    Ok(bot)
}

/// Who may on which chat platform.
fn chats(config: &AllInOne) -> BTreeMap<Platform, Allowed> {
    let discord = config.bot.discord.as_ref().map(|discord| (Platform::Discord, discord.into()));
    let slack = config.bot.slack.as_ref().map(|slack| (Platform::Slack, slack.into()));
    let mattermost =
        config.bot.mattermost.as_ref().map(|mattermost| (Platform::Mattermost, mattermost.into()));
    discord.into_iter().chain(slack).chain(mattermost).collect()
}

/// The words of admins on a terminal, in the organisation's language.
pub(crate) fn words(config: &AllInOne) -> Words {
    Words {
        language: config.bot.organisation.language.clone(),
        time_zone: config.bot.organisation.time_zone.clone(),
        markup: Markup::Plain,
        people: People::from(&config.bot.admins[..]),
    }
}
