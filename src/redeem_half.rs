//! The redeem half, put together from its settings: page, ledger, receipts.
//!
//! It checks links and cannot make any: it holds public keys, and nothing here can name a key that signs. (`tests/structure/arrows.rs`)

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use config::{RedeemServer, SelfServicePages};
use contacts::{Lockout, PasswordChecker, PasswordWriter};
use keys::chained_log::ChainedLog;
use keys::{BindingSecret, PublicKey, TrustedKeys};
use redeem_server::change::{ATTEMPTS_PER_CONTACT, ChangeParts, Changer};
use redeem_server::http::{App, Settings, UseCases, serve};
use redeem_server::ledger::{AttemptLimits, Ledger as _, Published, SledLedger, SledSettings};
use redeem_server::outbox::{ReceiptPump, ReceiptSink};
use redeem_server::password::Rules;
use redeem_server::redeem::{RedeemSettings, Redeemer};
use redeem_server::set_password::{Capacity, PasswordSetter};
use redeem_server::wishes::{WishPump, WishSink, Wishes};
use redeem_server::{Clock, Entropy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clockwork;
use crate::exit_error::ExitError;
use crate::ledger_holder::Commands;
use crate::tasks::Tasks;

/// Of the failed sign-ins that a directory lets pass, so many are left to the person themselves.
const LEFT_TO_OTHERS: u32 = 2;

/// How long a request waits for a hashing slot.
const SLOT_WAIT: Duration = Duration::from_secs(3);

/// What the redeem half needs beside its settings.
pub struct RedeemParts {
    /// Whose links are accepted; the first is the key that signs now.
    pub trusted: TrustedKeys,
    /// What bindings are made with; the bot half holds the same.
    pub binding_secret: BindingSecret,
    /// Where passwords are set.
    pub directory: Arc<dyn PasswordWriter>,
    /// What changes passwords without a link; `None`: there is no such page.
    pub change: Option<ChangeParts>,
    /// How much at once, and how long.
    pub capacity: Capacity,
    /// What time it is.
    pub clock: Clock,
    /// Random bytes.
    pub entropy: Entropy,
}

/// One hash for each core of this machine.
pub fn capacity_of_this_machine(config: &RedeemServer) -> Capacity {
    Capacity {
        hashing_slots: std::thread::available_parallelism().map_or(1, usize::from),
        slot_wait: SLOT_WAIT,
        // Read afresh and set, both within the lease, with time to spare for the ledger.
        directory_timeout: config.ledger.lease.unsigned_abs() / 3,
    }
}

/// How often somebody may try to change a password: fewer times than it takes the directory to lock them out, since a page on the internet must not be a way to
/// lock accounts.
///
/// # Errors
/// Where the directory locks too soon, or does not say when it does.
pub async fn attempt_limits(
    config: &RedeemServer,
    checker: &dyn PasswordChecker,
) -> Result<AttemptLimits, ExitError> {
    let SelfServicePages { changes_per_client_and_hour, lockout_after, .. } = config.self_service;
    let lockout = match lockout_after {
        Some(after) => Lockout::of(after),
        None => checker.lockout().await,
    };
    let per_contact = match lockout {
        Lockout::Never => ATTEMPTS_PER_CONTACT,
        Lockout::After(failures) if failures > LEFT_TO_OTHERS => {
            ATTEMPTS_PER_CONTACT.min(failures - LEFT_TO_OTHERS)
        }
        Lockout::After(failures) => {
            return Err(ExitError::misused(format!(
                "self_service.change is on, and the directory locks a contact out after {failures} failed sign-ins: a page on the internet would be a way to lock accounts; raise that to 3 or more, or set self_service.change = false"
            )));
        }
        Lockout::Unknown(why) => {
            return Err(ExitError::misused(format!(
                "self_service.change is on, and after how many failed sign-ins the directory locks a contact out is not known ({why}): a page on the internet must not be a way to lock accounts; say it with self_service.lockout_after (0: it locks nobody), or set self_service.change = false"
            )));
        }
    };
    Ok(AttemptLimits { per_contact, per_client: changes_per_client_and_hour })
}

/// The keys in these files (`k4.public`), whose links are accepted; the key that signs now comes first.
///
/// # Errors
/// Where one cannot be read or is no public key.
pub fn load_trusted_keys(files: &[PathBuf]) -> Result<TrustedKeys, ExitError> {
    let keys = files.iter().map(|file| PublicKey::load(file)).collect::<Result<Vec<_>, _>>();
    Ok(TrustedKeys::new(keys.map_err(ExitError::misused)?))
}

/// The keys in these files (`k4.public`) that have been retired: their links are accepted no more, their objections are.
///
/// # Errors
/// Where one cannot be read or is no public key.
pub fn load_retired_keys(files: &[PathBuf]) -> Result<Vec<PublicKey>, ExitError> {
    files.iter().map(|file| PublicKey::load(file)).collect::<Result<_, _>>().map_err(ExitError::misused)
}

/// Opens the ledger, or begins one, and publishes its epoch for whoever issues links.
///
/// # Errors
/// Where it cannot be opened or published; another process may hold it.
pub async fn open_ledger(
    config: &RedeemServer,
    secret: &BindingSecret,
    clock: Clock,
    entropy: Entropy,
) -> Result<Arc<SledLedger>, ExitError> {
    let settings = SledSettings {
        folder: config.ledger.dir.clone(),
        cache_bytes: config.ledger.cache_mb * 1024 * 1024,
        lease: config.ledger.lease,
    };
    let ledger = tokio::task::spawn_blocking(move || SledLedger::open(&settings, clock, &entropy)).await??;
    let before = Published::read(&config.ledger.dir).ok();
    let published = ledger.publish(secret)?;
    if before.is_some_and(|before| before.binding_secret != published.binding_secret) {
        tracing::warn!(
            file = %config.keys.binding_secret_file.display(),
            "the binding secret is another one than at the last start: links issued before now are refused as overtaken"
        );
    }
    Ok(Arc::new(ledger))
}

/// The redeem half, put together and not yet started.
pub struct RedeemHalf {
    /// Which links have been used.
    pub ledger: Arc<SledLedger>,
    /// The use case.
    pub redeemer: Redeemer,
    /// Changes passwords without a link; `None`: there is no such page.
    pub changer: Option<Changer>,
    /// Hands on receipts.
    pub receipts: ReceiptPump,
    /// What people asked for on the page for a forgotten password, on its way to the bot.
    pub wishes: WishPump,
    /// The page.
    pub app: App,
    hands_on_receipts: Arc<AtomicBool>,
}

impl RedeemHalf {
    /// Puts it together around an open ledger. `receipts`, `wishes`: where they go; `bot_is_well`: what `/healthz` says of the bot, where it is in the same process.
    ///
    /// # Errors
    /// Where the redeem half's own audit cannot be opened.
    pub fn new(
        config: &RedeemServer,
        parts: RedeemParts,
        ledger: Arc<SledLedger>,
        receipts: Arc<dyn ReceiptSink>,
        wishes: Arc<dyn WishSink>,
        bot_is_well: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Self, ExitError> {
        let RedeemParts { trusted, binding_secret, directory, change, capacity, clock, entropy } = parts;
        // What tells it from another reset-link.
        let instance = trusted.ids().next().and_then(|id| id.to_string().parse().ok());
        let passwords = Arc::new(PasswordSetter::new(Rules::from(&config.passwords), capacity, directory));
        let redeemer = Redeemer::new(
            RedeemSettings { public_url: config.server.public_url.as_str().to_owned(), binding_secret },
            trusted,
            Arc::clone(&ledger) as _,
            Arc::clone(&passwords),
            Arc::clone(&clock),
            Arc::clone(&entropy),
        );
        let changer = change.map(|change| {
            let ledger = Arc::clone(&ledger) as _;
            let waiting = redeemer.receipts_waiting();
            Changer::new(change, passwords, ledger, waiting, Arc::clone(&clock), Arc::clone(&entropy))
        });
        let audit = ChainedLog::open(&config.audit_file)?;
        let receipts = ReceiptPump::new(Arc::clone(&ledger) as _, audit, receipts);
        let queue = Arc::new(Wishes::new(Arc::clone(&clock)));
        let wishes = WishPump { wishes: Arc::clone(&queue), sink: wishes };
        let hands_on_receipts = Arc::new(AtomicBool::new(true));
        let health = {
            let (ledger, hands_on, can_write) =
                (Arc::clone(&ledger), Arc::clone(&hands_on_receipts), receipts.can_write());
            Arc::new(move || {
                ledger.is_sound() && hands_on.load(Ordering::Relaxed) && bot_is_well() && can_write()
            })
        };
        let app = App::new(
            &Settings { instance, ..Settings::from(config) },
            &ledger.done_page_key(),
            UseCases { redemption: Arc::new(redeemer.clone()), wishes: queue, changer: changer.clone() },
            clock,
            entropy,
            health,
        );
        Ok(Self { ledger, redeemer, changer, receipts, wishes, app, hands_on_receipts })
    }

    /// Serves the page, hands on receipts, and answers commands beside this process; what goes by the clock starts with [`RunningRedeemHalf::start_clockwork`].
    ///
    /// `connections`: how many the page takes at once.
    pub fn start(
        self,
        config: &RedeemServer,
        listener: TcpListener,
        connections: usize,
        tasks: &Tasks,
    ) -> RunningRedeemHalf {
        let Self { ledger: _, redeemer, changer, receipts, wishes, app, hands_on_receipts } = self;
        match Commands::listen(&config.ledger.dir) {
            Ok(commands) => {
                let answering = commands.answer(redeemer.clone(), tasks.stop().clone());
                tasks.spawn_infallible("commands beside this process", answering);
            }
            Err(error) => {
                tracing::warn!(%error, "`reset-link revoke` cannot reach this process: there is no socket beside the ledger");
            }
        }
        let (no_more_receipts, group) = (CancellationToken::new(), tasks.another_group());
        let (waiting, end) = (redeemer.receipts_waiting(), no_more_receipts.clone().cancelled_owned());
        group.spawn_infallible("receipts", async move {
            // Also where it panics.
            let _ended = Ended(hands_on_receipts);
            receipts.run(waiting, end).await;
        });
        let end = no_more_receipts.clone().cancelled_owned();
        group.spawn_infallible("wishes", wishes.run(end));
        let stop = tasks.stop().clone();
        tasks.spawn("page", async move { serve(listener, &app, connections, stop.cancelled()).await });
        RunningRedeemHalf { redeemer, changer, receipts: group, no_more_receipts }
    }
}

/// Notes that receipts are handed on no more.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The redeem half at work.
pub struct RunningRedeemHalf {
    redeemer: Redeemer,
    changer: Option<Changer>,
    receipts: Tasks,
    no_more_receipts: CancellationToken,
}

impl RunningRedeemHalf {
    /// Starts settling and pruning.
    pub fn start_clockwork(&self, tasks: &Tasks) {
        let work =
            clockwork::settle_and_prune(self.redeemer.clone(), self.changer.clone(), tasks.stop().clone());
        tasks.spawn_infallible("settling and pruning", work);
    }

    /// To be called once nothing takes requests any more: redemptions come to their end, and then their receipts are handed on.
    pub async fn end(self) {
        self.redeemer.drain().await;
        if let Some(changer) = &self.changer {
            changer.drain().await;
        }
        self.no_more_receipts.cancel();
        self.receipts.ended().await;
    }
}
