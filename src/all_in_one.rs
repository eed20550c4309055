//! Both halves in one process.

use std::sync::Arc;

use contacts::{ContactLookup, PasswordWriter};
use keys::{Keyring, TrustedKeys};
use net::Limits;
use redeem_server::ledger::Ledger as _;
use redeem_server::outbox::ReceiptSink;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bot_half::{self, BotHalf, BotParts, ChatParts};
use crate::exit_error::ExitError;
use crate::in_process::{ToBot, ToRedeemHalf};
use crate::open_files::Connections;
use crate::redeem_half::{self, RedeemHalf, RedeemParts};
use crate::tasks::Tasks;

/// What both halves need beside their settings.
pub struct Parts {
    /// The bot half's.
    pub bot: BotParts,
    /// The redeem half's.
    pub redeem: RedeemParts,
    /// What stands on the way of receipts from the redeem half to the bot.
    pub receipts: Box<dyn FnOnce(ToBot) -> Arc<dyn ReceiptSink> + Send>,
}

impl Parts {
    /// Keys, secrets and mail server that the settings name, each read once, and the machine's clock and randomness.
    ///
    /// # Errors
    /// Where a key cannot be used, or mail cannot be set up.
    pub fn load(
        config: &config::AllInOne,
        lookup: Arc<dyn ContactLookup>,
        writer: Arc<dyn PasswordWriter>,
    ) -> Result<Self, ExitError> {
        let bot = BotParts::load(&config.bot, lookup)?;
        let retired = redeem_half::load_retired_keys(&config.redeem_server.keys.retired_key_files)?;
        let redeem = RedeemParts {
            trusted: public_keys(&config.redeem_server, &bot.keyring).with_retired(retired),
            binding_secret: bot.binding_secret.clone(),
            directory: writer,
            change: None,
            capacity: redeem_half::capacity_of_this_machine(&config.redeem_server),
            clock: Arc::clone(&bot.clock),
            entropy: Arc::clone(&bot.entropy),
        };
        Ok(Self { bot, redeem, receipts: Box::new(|to_bot| Arc::new(to_bot)) })
    }
}

/// The public keys, from their files alone, as a redeem server elsewhere has them. Where the file beside the signing key is missing, as with a credential
/// that systemd laid out, or is a former key's, the bot half hands its public keys over: neither more nor fewer links are accepted than it makes.
fn public_keys(config: &config::RedeemServer, keyring: &Keyring) -> TrustedKeys {
    match redeem_half::load_trusted_keys(&config.keys.public_key_files) {
        Ok(trusted) if trusted.ids().eq(keyring.trusted().ids()) => trusted,
        Ok(_) | Err(_) => keyring.trusted().clone(),
    }
}

/// Where the process listens, and how many connections it takes at once.
pub struct Listeners {
    /// The page's.
    pub page: TcpListener,
    /// The bot's, for chat platforms that call it.
    pub bot: Option<TcpListener>,
    /// How many connections each takes.
    pub connections: Connections,
}

/// Both halves, put together and not yet started.
pub struct AllInOne {
    /// The bot half.
    pub bot: BotHalf,
    /// The redeem half.
    pub redeem: RedeemHalf,
}

impl AllInOne {
    /// Opens the ledger and the audits, and brings the halves together.
    ///
    /// # Errors
    /// Where a store cannot be opened, or the settings are refused.
    pub async fn new(config: &config::AllInOne, parts: Parts) -> Result<Self, ExitError> {
        let Parts { bot, redeem, receipts } = parts;
        let (clock, entropy) = (Arc::clone(&redeem.clock), Arc::clone(&redeem.entropy));
        let settings = &config.redeem_server;
        let ledger = redeem_half::open_ledger(settings, &redeem.binding_secret, clock, entropy).await?;
        let bot = bot_half::bot(&config.bot, bot, ledger.ledger_epoch())?;
        let (to_bot, asked) = (ToBot(bot.clone()), bot.clone());
        let (receipts, wishes) = (receipts(to_bot.clone()), Arc::new(to_bot));
        let redeem =
            RedeemHalf::new(settings, redeem, ledger, receipts, wishes, move || asked.can_use_audit())?;
        let redeemer = redeem.redeemer.clone();
        let bot = BotHalf::new(&config.bot, bot, Arc::new(ToRedeemHalf(redeemer))).await?;
        Ok(Self { bot, redeem })
    }

    /// Lives until `stop` is cancelled or a task fails; then what is under way comes to its end: requests, redemptions, receipts, notices, in this order.
    ///
    /// The clockwork starts last, once listeners and chats are there: what falls due is told to people.
    ///
    /// # Errors
    /// Why it could not start, or which failure has ended it; it has ended orderly all the same.
    pub async fn run(
        self,
        config: &config::AllInOne,
        listeners: Listeners,
        chats: ChatParts,
        stop: CancellationToken,
    ) -> Result<(), ExitError> {
        let Self { bot, redeem } = self;
        let Listeners { page, bot: calls, connections } = listeners;
        let tasks = Tasks::new(stop);
        let limits = Limits {
            trusted_proxies: config.redeem_server.server.trusted_proxies.clone(),
            ..Limits::of_few_callers(connections.bot)
        };
        let calls = calls.map(|listener| (listener, limits));
        let started = bot.start(&config.bot, calls, chats, &tasks).await;
        if started.is_err() {
            // What has been started before the failure ends as at any other time.
            tasks.stop().cancel();
        }
        let redeem = redeem.start(&config.redeem_server, page, connections.page, &tasks);
        if !tasks.stop().is_cancelled() {
            redeem.start_clockwork(&tasks);
            bot.start_clockwork(&tasks);
        }
        tasks.ended().await;
        redeem.end().await;
        bot.end().await;
        started?;
        tasks.take_cause().map_or(Ok(()), |cause| Err(cause.into()))
    }
}
