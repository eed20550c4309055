//! The bot half, put together from its settings: commands, mail, chats.

mod chats;

use std::sync::Arc;
use std::time::Duration;

use bot::chat::registry;
use bot::doctor::Finding;
use bot::mail::{MailBranding, SmtpSender};
use bot::policy::Policy;
use bot::words::{Markup, Words};
use bot::{Bot, BotSettings, Clock, Entropy, MailRetry, Mailer, Platform, RedeemHalf};
use config::Forgot;
use contacts::ContactLookup;
use keys::{BindingSecret, Keyring, LedgerEpoch};
use net::Limits;
use texts::Language;
use tokio::net::TcpListener;

pub use self::chats::{ChatParts, ConsoleParts, NoOwnCommands, has_listener};
use crate::exit_error::ExitError;
use crate::tasks::Tasks;
use crate::{clockwork, key_files, machine};

/// The setting by which contacts say on a page that they forgot their password.
pub const FORGOT: &str = "self_service.forgot";

/// How long a mail that the server does not take yet waits to be tried again: servers that greylist want a minute or some (RFC 6647 §4.1).
const RETRY_MAIL_EVERY: Duration = Duration::from_secs(30);

/// What the bot half needs beside its settings.
pub struct BotParts {
    /// The key that signs links.
    pub keyring: Keyring,
    /// What bindings are made with; the redeem half holds the same.
    pub binding_secret: BindingSecret,
    /// Who the contacts are.
    pub directory: Arc<dyn ContactLookup>,
    /// Takes mails; `None`: no mail server is configured.
    pub mailer: Option<Mailer>,
    /// What time it is.
    pub clock: Clock,
    /// Random bytes.
    pub entropy: Entropy,
}

impl BotParts {
    /// Keys and mail server that the settings name, and the machine's clock and randomness.
    ///
    /// # Errors
    /// Where a key cannot be used, or mail cannot be set up.
    pub fn load(config: &config::Bot, directory: Arc<dyn ContactLookup>) -> Result<Self, ExitError> {
        // Before a secret is made: another user's installation is refused by its key, and nothing of ours is left in it.
        let keyring = key_files::keyring(&config.keys)?;
        Ok(Self {
            keyring,
            binding_secret: key_files::binding_secret(&config.keys.binding_secret_file)?,
            directory,
            mailer: mailer(config)?,
            clock: machine::clock(),
            entropy: machine::entropy(),
        })
    }
}

/// The mail server that the settings name.
fn mailer(config: &config::Bot) -> Result<Option<Mailer>, ExitError> {
    let Some(mail) = &config.mail else { return Ok(None) };
    if mail.is_cleartext() {
        tracing::warn!(server = %mail.host, "mail.allow_cleartext: links go to the mail server in clear text, and whoever can read that network can use them");
    }
    let sender = Arc::new(SmtpSender::new(mail).map_err(ExitError::misused)?);
    let branding = MailBranding::new(&config.organisation).map_err(ExitError::misused)?;
    let retry = mail.retry.map(|within| MailRetry { within, every: RETRY_MAIL_EVERY });
    Ok(Some(Mailer { sender, branding, retry }))
}

/// The bot, without chats and redeem half as yet. Its links are for the ledger of this epoch.
///
/// # Errors
/// Where the audit cannot be opened.
pub fn bot(config: &config::Bot, parts: BotParts, ledger_epoch: LedgerEpoch) -> Result<Bot, ExitError> {
    let BotParts { keyring, binding_secret, directory, mailer, clock, entropy } = parts;
    let settings = BotSettings {
        public_url: config.public_url.as_str().to_owned(),
        binding_secret,
        ledger_epoch,
        lifetime: config.links.lifetime,
        policy: Policy {
            allow: config.console.allow.clone(),
            people: registry::people(&config.admins),
            chats: registry::allowed(config),
            per_admin: config.limits.links_per_admin_and_hour,
            per_contact: config.limits.links_per_contact_and_quarter_hour,
            searches: config.limits.searches_per_admin_and_minute,
            forgot: config.forgot,
            hand_over: config.links.hand_over,
            hand_over_instead: config.links.hand_over_instead,
            for_protected: config.links.for_protected,
            protected: config.protected.ids.clone(),
        },
        time_zone: config.organisation.time_zone.clone(),
        language: config.organisation.language.clone(),
    };
    let audit = bot::audit::Audit::open(&config.audit_file, clock())?;
    let bot = Bot::new(settings, keyring, directory, audit, clock, entropy);
    bot.set_mailer(mailer);
    Ok(bot)
}

/// The words of admins on a terminal, in the organisation's language.
pub fn words(config: &config::Bot) -> Words {
    Words {
        language: Language::choose(None, None, &config.organisation.language),
        time_zone: config.organisation.time_zone.clone(),
        markup: Markup::Plain,
        people: registry::people(&config.admins),
    }
}

/// The bot half, put together and not yet started. A clone shares everything.
#[derive(Clone)]
pub struct BotHalf {
    /// The use cases.
    pub bot: Bot,
}

impl BotHalf {
    /// Puts it together, beside a redeem half that may be anywhere.
    ///
    /// # Errors
    /// Where the audit cannot be opened, the redeem half does not answer, or an entry of `contacts.protected` names nobody and the operator wants that to be
    /// refused.
    pub async fn new(
        config: &config::Bot,
        bot: Bot,
        redeem_half: Arc<dyn RedeemHalf>,
    ) -> Result<Self, ExitError> {
        bot.set_redeem_half(redeem_half);
        // What differs is in the log, and no link is issued then; everything else goes on.
        bot.compare_binding_secrets().await?;
        check_protection(config, &bot).await?;
        if let Some(Finding { subject, text, cure, .. }) = missing_help_desk(config) {
            tracing::warn!(subject, cure = cure.unwrap_or_default(), "{text}");
        }
        Ok(Self { bot })
    }

    /// Starts all configured chats, and listens for those that call. Until then nobody is told anything; what goes by the clock starts with
    /// [`BotHalf::start_clockwork`].
    ///
    /// `listener`: where chat platforms call, where [`has_listener`] says that one does.
    ///
    /// # Errors
    /// Where a chat cannot be put together, or the audit cannot be read.
    pub async fn start(
        &self,
        config: &config::Bot,
        listener: Option<(TcpListener, Limits)>,
        chats: ChatParts,
        tasks: &Tasks,
    ) -> Result<(), ExitError> {
        chats::start(config, &self.bot, listener, chats, tasks).await
    }

    /// Starts what goes by the clock: what falls due from now on is told to people, and the chats must be there.
    pub fn start_clockwork(&self, tasks: &Tasks) {
        let work = clockwork::housekeeping(self.bot.clone(), tasks.stop().clone());
        tasks.spawn_infallible("housekeeping", work);
    }

    /// To be called once nothing takes commands or receipts any more: notices and messages come to their end.
    pub async fn end(&self) {
        self.bot.wait_no_longer();
        self.bot.drain().await;
        // A bot and its chats hold each other, and the bot the redeem half: what they hold open is free from now on.
        let platforms = registry::PLATFORMS.iter().map(|platform| platform.platform());
        platforms.chain([Platform::Console]).for_each(|platform| self.bot.remove_chat(platform));
    }
}

/// What is to be told where a contact who forgot their password and cannot be mailed has nobody to be asked about.
pub fn missing_help_desk(config: &config::Bot) -> Option<Finding> {
    let is_missing = config.forgot != Forgot::Off && help_desks(config).is_empty();
    is_missing.then(|| {
        Finding::warn(
            FORGOT,
            "no chat has a place where the help desk is asked: nobody hears of a contact who forgot their password and cannot be mailed",
            "set requests_channel of a chat ([discord], [slack] or [mattermost]) to a channel's id, or self_service.forgot to \"off\"",
        )
    })
}

/// Where the help desk is asked about contacts who forgot their password: what each place calls itself.
pub fn help_desks(config: &config::Bot) -> Vec<&'static str> {
    let chats = registry::PLATFORMS
        .into_iter()
        .filter(|platform| platform.help_desk_channel(config).is_some())
        .map(|platform| platform.name());
    chats.chain(config.console.enabled.then_some("the console")).collect()
}

/// An entry that protects nobody is told; where the operator wants it so, it refuses the start.
async fn check_protection(config: &config::Bot, bot: &Bot) -> Result<(), ExitError> {
    let unmet = bot.report_unmet_protection().await?;
    if unmet.is_empty() || !config.protected.is_strict {
        return Ok(());
    }
    Err(ExitError::misused(format!(
        "contacts.protected: no contact has the id {}; correct it as `reset-link contacts list` shows it, take it out, or set contacts.protected_strict = false",
        unmet.join(", ")
    )))
}
