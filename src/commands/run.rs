//! The all-in-one process.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use bot::Bot;
use bot::chat::console::OwnCommands;
use config::Contacts;
use contacts::{CheckFinding, CheckVerdict, ContactFinder, LdapCheck, PasswordChecker, SqlCheck};
use redeem_server::change::ChangeParts;
use reset_link::all_in_one::{AllInOne, Listeners, Parts};
use reset_link::bot_half::{ChatParts, ConsoleParts, NoOwnCommands, has_listener};
use reset_link::exit_error::ExitError;
use reset_link::redeem_half;
use reset_link::{machine, open_files, os_user};
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::welcome::{self, MailSwitch};
use crate::cli::RunArgs;
use crate::outcome::terminal_width;
use crate::settings::{self, Loaded};
use crate::source::Source;
use crate::{exposure, logging, try_out};

pub(super) async fn run(args: &RunArgs) -> Result<ExitCode, ExitError> {
    let source = Source::of(&args.settings)?;
    let (loaded, listener, occupied) = if source == Source::TryOut {
        on_trial(args).await?
    } else {
        let loaded = settings::load_from(source, &args.settings, args.listen)?;
        let listener = listen(loaded.config.redeem_server.server.listen).await?;
        (loaded, listener, None)
    };
    let config = &loaded.config;
    logging::start(&config.bot.log.level);
    let connections = open_files::raise();
    for network in config.redeem_server.server.public_proxies() {
        tracing::warn!(
            %network,
            "server.trusted_proxies holds a public network: whoever has an address in it can say to be any client"
        );
    }
    let stop = CancellationToken::new();
    Signals::listen()?.cancel(stop.clone());
    exposure::refuse(&loaded)?;
    let bot_listener = if has_listener(&config.bot) { Some(listen(config.bot.listen).await?) } else { None };
    if loaded.is_try_out() {
        welcome::prepare(&config.bot).await?;
    }
    let lookup = contacts::open::lookup(&config.bot.contacts).await?;
    let writer = contacts::open::password_writer(&config.redeem_server.contacts, machine::entropy()).await?;
    let mut parts = Parts::load(config, Arc::clone(&lookup), Arc::clone(&writer))?;
    let checker = checker(&config.redeem_server).await?;
    if let Some(checker) = &checker {
        parts.redeem.change = Some(ChangeParts {
            finder: ContactFinder::new(Arc::clone(&lookup)),
            limits: redeem_half::attempt_limits(&config.redeem_server, &**checker).await?,
            checker: Arc::clone(checker),
        });
    }
    let all_in_one = AllInOne::new(config, parts).await?;
    let data = &config.bot.data.dir;
    if loaded.is_try_out() {
        // Now that the ledger is ours: another process on this folder would still be listening elsewhere.
        try_out::remember(data, listener.local_addr()?)?;
        welcome::say_welcome(&config.bot, occupied).await?;
    } else if try_out::give_up(data) {
        let data = data.display();
        tracing::warn!(%data, "this folder began as a try-out's: its sample contacts are in the directory; the try-out will not open it any more");
    }
    let listeners = Listeners { page: listener, bot: bot_listener, connections };
    let chats = ChatParts::of_this_machine(console(&loaded, &all_in_one.bot.bot));
    let telling = tokio::spawn(tell_of_contacts(loaded.config.clone()));
    let ran = all_in_one.run(config, listeners, chats, stop).await;
    telling.abort();
    lookup.close().await;
    writer.close().await;
    if let Some(checker) = checker {
        checker.close().await;
    }
    tracing::info!("ended");
    ran.map(|()| ExitCode::SUCCESS)
}

/// What checks present passwords, where there is a page on which they are changed.
async fn checker(config: &config::RedeemServer) -> Result<Option<Arc<dyn PasswordChecker>>, ExitError> {
    if !config.self_service.has_change {
        return Ok(None);
    }
    Ok(Some(contacts::open::password_checker(&config.contacts, machine::entropy()).await?))
}

/// Tells behind the start what `contacts check` says of another program's directory, where something is to be mended: rights beyond what is needed, a
/// scheme that does not fit, ids that no link can carry. In an LDAP directory only what reading shows: a start changes no password, not even that of the
/// entry for trying.
async fn tell_of_contacts(config: config::AllInOne) {
    let findings = match (&config.bot.contacts, &config.redeem_server.contacts) {
        (Contacts::Sql(reader), Contacts::Sql(writer)) => {
            let tables = SqlCheck::open(reader, writer, machine::entropy()).await;
            let findings = tables.findings().await;
            tables.close().await;
            findings
        }
        (Contacts::Ldap(reader), Contacts::Ldap(writer)) => {
            let directory = LdapCheck::open(reader, writer, machine::entropy()).await;
            let mut findings = directory.findings_of_reading().await;
            let min_length = config.redeem_server.passwords.min_length;
            findings.extend(directory.of_policy(min_length, machine::now()).await);
            directory.close().await;
            findings
        }
        _ => return,
    };
    for CheckFinding { subject, verdict, text, cure, .. } in findings {
        let cure = cure.unwrap_or_default();
        match verdict {
            CheckVerdict::Ok | CheckVerdict::NotChecked => {}
            CheckVerdict::Warn => {
                tracing::warn!(subject, text, cure, "contacts check finds something to mend")
            }
            CheckVerdict::Fail => {
                tracing::error!(subject, text, cure, "contacts check finds something to mend")
            }
        }
    }
}

/// The try-out's settings, where it listens, and where it would have listened had nobody else done so.
async fn on_trial(args: &RunArgs) -> Result<(Loaded, TcpListener, Option<SocketAddr>), ExitError> {
    let data = try_out::data(&args.settings);
    // A folder that is not its own, and an address that is not loopback, are refused before anything listens.
    settings::load_from(Source::TryOut, &args.settings, args.listen)?;
    let (listener, occupied) = match args.listen {
        Some(asked) => (listen(asked).await?, None),
        None => try_out::listen(&try_out::addresses(try_out::listened(&data))).await?,
    };
    let listens = listener.local_addr()?;
    try_out::claim(&data, listens)?;
    Ok((settings::load_from(Source::TryOut, &args.settings, Some(listens))?, listener, occupied))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ExitError> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.with_context(|| format!("{address}: cannot listen here (is another reset-link running? `--listen ADDR` takes another address)"))?)
}

/// The console on standard input, where the settings want one.
fn console(loaded: &Loaded, bot: &Bot) -> Option<ConsoleParts> {
    let config = &loaded.config.bot;
    let (input, output) = (std::io::stdin().is_terminal(), std::io::stdout().is_terminal());
    config.console.enabled.then(|| {
        let own: Box<dyn OwnCommands> = if loaded.is_try_out() {
            Box::new(MailSwitch::new(bot.clone(), config.clone()))
        } else {
            Box::new(NoOwnCommands)
        };
        ConsoleParts {
            login: os_user::login(),
            input: Box::new(BufReader::new(tokio::io::stdin())),
            output: Box::new(tokio::io::stdout()),
            terminal: (input && output).then_some(terminal_width),
            ends_with_input: input,
            own,
        }
    })
}

/// The signals that ask the process to stop; from when this is made on, none of them ends it on the spot.
struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, ExitError> {
        let listen = || {
            Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
        };
        listen().map_err(|error: std::io::Error| {
            ExitError::from(anyhow::Error::new(error).context("signals cannot be waited for"))
        })
    }

    /// Cancels this token at the first signal.
    fn cancel(mut self, stop: CancellationToken) {
        tokio::spawn(async move {
            tokio::select! {
                _ = self.term.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            tracing::info!("asked to stop: what is under way comes to its end");
            stop.cancel();
            // The handlers stay: another signal does not cut the end short.
        });
    }
}
