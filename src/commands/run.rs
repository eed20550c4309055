//! The all-in-one process.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bot::chat::console::{Console, Ended as ConsoleEnded, OwnCommands};
use bot::chat::discord::{Discord, DiscordSettings, Ended as DiscordEnded, Rest, RestSettings};
use bot::chat::mattermost::{Mattermost, MattermostSettings};
use bot::chat::slack::{Connecting, Ended as SlackEnded, Slack, SlackSettings};
use bot::{Bot, People, Platform};
use config::{AllInOne, Secret, SlackHearing};
use contacts::SqliteContacts;
use keys::chained_log::ChainedLog;
use net::Limits;
use redeem_server::http::{App, Settings, serve};
use redeem_server::ledger::{Ledger as _, SledLedger};
use redeem_server::password::Rules;
use redeem_server::receipts::ReceiptPump;
use redeem_server::redeem::{RedeemSettings, Redeemer};
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::welcome::{self, MailSwitch, NoOwnCommands};
use crate::cli::RunArgs;
use crate::glue::{ToBot, ToRedeemHalf};
use crate::ledger_holder::Commands;
use crate::open_files::{self, Connections};
use crate::outcome::{Ended, terminal_width};
use crate::setup::{self, Setup, fill_random, now};
use crate::source::Source;
use crate::{exposure, logging, people, try_out};

/// How long a request waits for a hashing slot.
const SLOT_WAIT: Duration = Duration::from_secs(3);
/// How often claims that nobody will finish are looked for, and marks that are past are dropped.
const SETTLE_EVERY: Duration = Duration::from_secs(10);
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How often the bot looks for what has fallen due: requests that lapse, messages whose link is over.
const KEEP_EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(args: &RunArgs) -> Result<ExitCode, Ended> {
    let source = Source::of(&args.place)?;
    let (setup, listener, taken) = if source == Source::TryOut {
        on_trial(args).await?
    } else {
        let setup = setup::with(source, &args.place, args.listen)?;
        let listener = listen(setup.config.redeem_server.server.listen).await?;
        (setup, listener, None)
    };
    logging::start(&setup.config.bot.log.level);
    let connections = open_files::raise();
    for network in setup.config.redeem_server.server.public_proxies() {
        tracing::warn!(
            %network,
            "server.trusted_proxies holds a public network: whoever has an address in it can say to be any client"
        );
    }
    let signals = Signals::listen()?;
    exposure::refuse(&setup)?;
    let house = House::build(&setup).await?;
    let data = &setup.config.bot.data.dir;
    if setup.is_try_out() {
        // Now that the ledger is ours: another process on this folder would still be listening elsewhere.
        try_out::remember(data, listener.local_addr()?)?;
        welcome::say_welcome(&setup.config, &house.contacts, taken).await?;
    } else if try_out::give_up(data) {
        let data = data.display();
        tracing::warn!(%data, "this folder began as a try-out's: its sample contacts are in the directory; the try-out will not open it any more");
    }
    house.live(&setup, listener, connections, signals).await?;
    Ok(ExitCode::SUCCESS)
}

/// The try-out's settings, where it listens, and where it would have listened had nobody else done so.
async fn on_trial(args: &RunArgs) -> Result<(Setup, TcpListener, Option<SocketAddr>), Ended> {
    let data = try_out::data(&args.place);
    // A folder that is not its own, and an address that is not loopback, are refused before anything listens.
    setup::with(Source::TryOut, &args.place, args.listen)?;
    let (listener, taken) = match args.listen {
        Some(asked) => (listen(asked).await?, None),
        None => try_out::listen(&try_out::places(try_out::listened(&data))).await?,
    };
    let listens = listener.local_addr()?;
    try_out::claim(&data, listens)?;
    Ok((setup::with(Source::TryOut, &args.place, Some(listens))?, listener, taken))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Ended> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.with_context(|| format!("{address}: cannot listen here (is another reset-link running? `--listen ADDR` takes another address)"))?)
}

/// Both halves, put together and not yet living.
struct House {
    contacts: SqliteContacts,
    bot: Bot,
    ledger: Arc<SledLedger>,
    redeemer: Redeemer,
    pump: ReceiptPump,
    /// What tells it from another reset-link.
    instance: String,
}

impl House {
    async fn build(setup: &Setup) -> Result<Self, Ended> {
        let config = &setup.config;
        let contacts = if setup.is_try_out() {
            welcome::prepare(config).await?
        } else {
            setup::contacts(config).await?
        };
        let keyring = setup::keyring(config)?;
        let instance = keyring.signing_key_id().to_string();
        let trusted = keyring.trusted().clone();
        let binding_secret = setup::binding_secret(config)?;
        let ledger = Arc::new(setup::ledger(config, &binding_secret).await?);
        let redeemer = Redeemer::new(
            RedeemSettings {
                public_url: config.bot.public_url.as_str().to_owned(),
                binding_secret,
                rules: Rules::from(&config.redeem_server.passwords),
                hashing_slots: std::thread::available_parallelism().map_or(1, usize::from),
                slot_wait: SLOT_WAIT,
                // Read afresh and set, both within the lease, with time to spare for the ledger.
                directory_timeout: config.redeem_server.ledger.lease.unsigned_abs() / 3,
            },
            trusted,
            Arc::clone(&ledger) as _,
            Arc::new(contacts.clone()),
            Arc::new(now),
            Arc::new(fill_random),
        );
        let bot = setup::bot(config, contacts.clone())?;
        bot.set_redeem_half(Arc::new(ToRedeemHalf(redeemer.clone())));
        // What differs is in the log, and no link is issued then; everything else goes on.
        bot.compare_binding_secrets().await?;
        check_protection(config, &bot).await?;
        let audit = ChainedLog::open(&config.redeem_server.audit_file)?;
        let pump = ReceiptPump::new(Arc::clone(&ledger) as _, audit, Arc::new(ToBot(bot.clone())));
        Ok(Self { contacts, bot, ledger, redeemer, pump, instance })
    }

    /// Lives until it is told to stop; then what is under way comes to its end: requests, redemptions, receipts, notices, in this order.
    async fn live(
        self,
        setup: &Setup,
        listener: TcpListener,
        connections: Connections,
        signals: Signals,
    ) -> Result<(), Ended> {
        let config = &setup.config;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(keep_house(self.redeemer.clone(), stop.clone()));
        match Commands::listen(config) {
            Ok(commands) => {
                tasks.spawn(commands.answer(self.redeemer.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "`reset-link revoke` cannot reach this process: there is no socket beside the ledger");
            }
        }

        let console = console(config, &self.bot);
        if let Some(console) = &console {
            self.bot.add_chat(Platform::Console, Arc::new(console.clone()));
        }
        let discord = discord(config, &self.bot)?;
        if let Some(discord) = &discord {
            self.bot.add_chat(Platform::Discord, Arc::new(discord.clone()));
        }
        let slack = slack(config, &self.bot)?;
        if let Some((chat, _)) = &slack {
            self.bot.add_chat(Platform::Slack, Arc::new(chat.clone()));
        }
        let mattermost = mattermost(config, &self.bot)?;
        if let Some(chat) = &mattermost {
            self.bot.add_chat(Platform::Mattermost, Arc::new(chat.clone()));
        }
        self.bot.catch_up().await?;
        let (mut routes, mut on_slack_socket) = (None, None);
        if let Some((chat, hearing)) = slack {
            match hearing {
                SlackHearing::Requests(signing_secret) => routes = Some(chat.routes(signing_secret)),
                SlackHearing::Socket(app_token) => {
                    let heard = on_slack(chat.clone(), app_token, stop.clone());
                    on_slack_socket = Some(tasks.spawn(heard));
                }
            }
            let stop = stop.clone();
            tasks.spawn(async move { chat.feed(stop).await });
        }
        if let Some(chat) = mattermost {
            routes = Some(routes.unwrap_or_default().merge(chat.routes()));
            let stop = stop.clone();
            tasks.spawn(async move { chat.feed(stop).await });
        }
        if let Some(routes) = routes {
            let limits = Limits {
                trusted_proxies: config.redeem_server.server.trusted_proxies.clone(),
                ..Limits::of_few_callers(connections.bot)
            };
            let listener = listen(config.bot.listen).await?;
            if let Ok(address) = listener.local_addr() {
                tracing::info!(%address, "the bot listens");
            }
            tasks.spawn(net::serve(listener, routes, limits, stop.clone().cancelled_owned()));
        }
        let discord = discord.map(|discord| tasks.spawn(on_discord(discord, stop.clone())));
        if let Some(console) = console {
            let own: Box<dyn OwnCommands> = if setup.is_try_out() {
                Box::new(MailSwitch::new(self.bot.clone(), config.clone()))
            } else {
                Box::new(NoOwnCommands)
            };
            tasks.spawn(converse(console, own, stop.clone()));
        }
        // Last, once the chats are there and read along: what falls due is told to people.
        tasks.spawn(keep_chats(self.bot.clone(), stop.clone()));
        tokio::spawn(signals.stop(stop.clone()));

        let receipts_end = CancellationToken::new();
        let can_write_redeem_audit = self.pump.can_write();
        let pump = tokio::spawn(
            self.pump.run(self.redeemer.receipts_waiting(), receipts_end.clone().cancelled_owned()),
        );
        let (ledger, bot) = (Arc::clone(&self.ledger), self.bot.clone());
        let pump_lives = pump.abort_handle();
        let health = Arc::new(move || {
            ledger.is_sound() && !pump_lives.is_finished() && bot.can_use_audit() && can_write_redeem_audit()
        });
        let app = App::new(
            &Settings { instance: self.instance.parse().ok(), ..Settings::from(&config.redeem_server) },
            &self.ledger.done_page_key(),
            Arc::new(self.redeemer.clone()),
            Arc::new(now),
            Arc::new(fill_random),
            health,
        );
        serve(listener, &app, connections.page, stop.cancelled()).await?;

        tasks.close();
        tasks.wait().await;
        self.redeemer.drain().await;
        receipts_end.cancel();
        if let Err(error) = pump.await {
            tracing::error!(%error, "receipts were not handed on any more; they are at the next start");
        }
        self.bot.wait_no_longer();
        self.bot.drain().await;
        self.contacts.close().await;
        tracing::info!("ended");
        if let Some(discord) = discord {
            discord.await??;
        }
        if let Some(slack) = on_slack_socket {
            slack.await??;
        }
        Ok(())
    }
}

/// An entry that protects nobody is told; where the operator wants it so, it refuses the start.
async fn check_protection(config: &AllInOne, bot: &Bot) -> Result<(), Ended> {
    let unmet = bot.tell_unmet_protection().await?;
    if unmet.is_empty() || !config.bot.protected.is_strict {
        return Ok(());
    }
    Err(Ended::misused(format!(
        "contacts.protected: no contact has the id {}; correct it as `reset-link contacts list` shows it, take it out, or set contacts.protected_strict = false",
        unmet.join(", ")
    )))
}

fn discord(config: &AllInOne, bot: &Bot) -> Result<Option<Discord>, Ended> {
    let Some(discord) = &config.bot.discord else { return Ok(None) };
    let rest_settings = RestSettings { token: discord.token.clone(), api_proxy: discord.api_proxy.clone() };
    let settings =
        DiscordSettings::new(discord, &config.bot.organisation, People::from(&config.bot.admins[..]));
    Ok(Some(Discord::new(bot.clone(), Rest::new(&rest_settings)?, settings, Arc::new(now))))
}

/// Where Discord lets the bot in no more, everything stops, orderly: half a bot would look like a whole one.
async fn on_discord(discord: Discord, stop: CancellationToken) -> Result<(), DiscordEnded> {
    let ended = discord.run(stop.cancelled()).await;
    if let Err(error) = &ended {
        tracing::error!(%error, "everything stops: what is under way comes to its end");
        stop.cancel();
    }
    ended
}

fn slack(config: &AllInOne, bot: &Bot) -> Result<Option<(Slack, SlackHearing)>, Ended> {
    let Some(slack) = &config.bot.slack else { return Ok(None) };
    let settings = SlackSettings::new(slack, &config.bot.organisation, People::from(&config.bot.admins[..]));
    // An answer that is sent elsewhere by a redirection would take its link there.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let chat = Slack::new(bot.clone(), client, settings, Arc::new(now));
    Ok(Some((chat, slack.hearing.clone())))
}

/// Where Slack does not take the app-level token, everything stops, orderly, as with Discord.
async fn on_slack(slack: Slack, app_token: Secret, stop: CancellationToken) -> Result<(), SlackEnded> {
    let ended = slack.run_socket(app_token, Connecting::default(), stop.cancelled()).await;
    if let Err(error) = &ended {
        tracing::error!(%error, "everything stops: what is under way comes to its end");
        stop.cancel();
    }
    ended
}

fn mattermost(config: &AllInOne, bot: &Bot) -> Result<Option<Mattermost>, Ended> {
    let Some(mattermost) = &config.bot.mattermost else { return Ok(None) };
    let people = People::from(&config.bot.admins[..]);
    let settings = MattermostSettings::new(mattermost, &config.bot.organisation, people);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    Ok(Some(Mattermost::new(bot.clone(), client, settings, Arc::new(now))))
}

fn console(config: &AllInOne, bot: &Bot) -> Option<Console> {
    config.bot.console.enabled.then(|| {
        Console::new(
            bot.clone(),
            &people::login(),
            setup::words(config),
            Arc::new(now),
            Box::new(tokio::io::stdout()),
            is_on_a_terminal().then_some(terminal_width),
        )
    })
}

fn is_on_a_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

async fn converse(console: Console, own: Box<dyn OwnCommands>, stop: CancellationToken) {
    match console.run(BufReader::new(tokio::io::stdin()), own.as_ref(), stop.cancelled()).await {
        Ok(ConsoleEnded::Quit) => stop.cancel(),
        // Ctrl-D at a terminal is a person who has finished; a pipe that has run dry is not.
        Ok(ConsoleEnded::EndOfInput) if std::io::stdin().is_terminal() => stop.cancel(),
        Ok(ConsoleEnded::Stopped) => {}
        Ok(ConsoleEnded::EndOfInput) => tracing::info!("the console's input has ended; the server goes on"),
        Err(error) => tracing::warn!(%error, "the console has ended"),
    }
}

/// The signals that ask the process to stop; from when this is made on, none of them ends it on the spot.
struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Ended> {
        let listen = || {
            Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
        };
        listen().map_err(|error: std::io::Error| {
            Ended::from(anyhow::Error::new(error).context("signals cannot be waited for"))
        })
    }

    async fn stop(mut self, stop: CancellationToken) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tracing::info!("asked to stop: what is under way comes to its end");
        stop.cancel();
    }
}

/// Settles claims that nobody will finish, and forgets what is past.
async fn keep_house(redeemer: Redeemer, stop: CancellationToken) {
    let (mut settle, mut prune) = (interval(SETTLE_EVERY), interval(PRUNE_EVERY));
    for interval in [&mut settle, &mut prune] {
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    loop {
        let done = tokio::select! {
            _ = settle.tick() => redeemer.settle_all().await.map(|_| ()),
            _ = prune.tick() => redeemer.prune().await.map(|_| ()),
            () = stop.cancelled() => return,
        };
        if let Err(error) = done {
            tracing::error!(%error, "the ledger could not be looked after");
        }
    }
}

/// Does what has fallen due in the bot. A platform that does not answer holds up nothing but this.
async fn keep_chats(bot: Bot, stop: CancellationToken) {
    let mut keep = interval(KEEP_EVERY);
    keep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let keep = async {
        loop {
            keep.tick().await;
            bot.keep().await;
        }
    };
    stop.run_until_cancelled(keep).await.unwrap_or(())
}
