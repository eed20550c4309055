//! Whether the page is reached, here and at its public address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bot::doctor::{Finding, ServerTime};
use reqwest::Url;
use reset_link::key_files;

use super::Sheet;
use super::healthz::{Answer, PATIENCE, Visitor, told};
use crate::settings::Loaded;

const LISTEN: &str = "server.listen";
const PUBLIC: &str = "server.public_url";
const PROXIES: &str = "server.trusted_proxies";

const BEFORE_THE_START: &str = "start `reset-link run` and the reverse proxy, then run doctor again";

/// Gives back what time it was at the public URL, where that is another address than this machine's own.
pub(super) async fn check(loaded: &Loaded, sheet: &mut Sheet) -> Option<ServerTime> {
    // One with the same key and older settings is ours all the same.
    let instance =
        key_files::keyring(&loaded.config.bot.keys).ok().map(|keyring| keyring.signing_key_id().to_string());
    let visitor = match Visitor::new(instance) {
        Ok(visitor) => visitor,
        Err(error) => {
            let cure = "install the system's certificate authorities (ca-certificates)";
            sheet.put(Finding::fail(PUBLIC, told(&error), cure));
            return None;
        }
    };
    let server = &loaded.config.redeem_server.server;
    let (here, _) = visitor.ask(&format!("http://{}", reachable(server.listen)), true).await;
    let is_running = matches!(here, Answer::Ours { .. });
    sheet.put(of_listen(loaded, &here));

    let public_url = server.public_url.as_str();
    let is_loopback = !server.public_url.is_https() || is_on_loopback(public_url);
    if !is_loopback && server.trusted_proxies.is_empty() && server.listen.ip().is_loopback() {
        sheet.put(Finding::warn(
            PROXIES,
            "it names no reverse proxy, so that all visitors are one to the limits and the audit",
            "set it to the address from which your reverse proxy connects, like [\"127.0.0.1\"]",
        ));
    }
    for network in server.public_proxies() {
        sheet.put(Finding::warn(
            PROXIES,
            format!("{network} is a public network: whoever has an address in it can say to be any client"),
            "name the addresses from which your reverse proxies connect, and let a firewall keep everybody else from server.listen",
        ));
    }
    let (there, time) = match resolve(public_url).await {
        Ok(()) => visitor.ask(public_url, is_loopback).await,
        Err(finding) => {
            sheet.put(finding);
            return None;
        }
    };
    sheet.put(of_public_url(loaded, &there, is_running));
    time.filter(|_| !is_loopback)
}

fn of_listen(loaded: &Loaded, answer: &Answer) -> Finding {
    let listen = loaded.config.redeem_server.server.listen;
    let taken = |who: String| match loaded.is_try_out() {
        true => Finding::ok(
            LISTEN,
            format!("{who} answers at {listen}; `reset-link run` takes the next free port"),
        ),
        false => {
            let cure = "stop that, or set server.listen to another address";
            Finding::fail(LISTEN, format!("{who} answers at {listen}"), cure)
        }
    };
    match answer {
        Answer::Ours { is_ready: true } => {
            Finding::ok(LISTEN, format!("reset-link runs, and answers at {listen}"))
        }
        Answer::Ours { is_ready: false } => not_ready(LISTEN),
        Answer::Another(who) => taken(format!("another reset-link, not this config's ({who}),")),
        Answer::Nobody(_) => {
            Finding::warn(LISTEN, format!("nothing listens at {listen} yet"), "start `reset-link run`")
        }
        Answer::NobodyBehind(status) => taken(format!("something else ({status})")),
        Answer::Other(said) => taken(format!("something else ({said})")),
    }
}

fn of_public_url(loaded: &Loaded, answer: &Answer, is_running: bool) -> Finding {
    let server = &loaded.config.redeem_server.server;
    let (url, listen) = (server.public_url.as_str(), server.listen);
    let elsewhere = |text: String| {
        let cure = format!(
            "let the reverse proxy pass all of {url}/ on to http://{listen}, or correct server.public_url"
        );
        Finding::fail(PUBLIC, text, cure)
    };
    match answer {
        Answer::Ours { is_ready: false } => not_ready(PUBLIC),
        Answer::Nobody(why) if is_running => Finding::fail(
            PUBLIC,
            format!("{url} does not answer this machine, though reset-link runs: {why}"),
            "look at the reverse proxy, its certificate and the firewall; where only others reach that address (NAT), name this machine's own in /etc/hosts",
        ),
        Answer::Ours { is_ready: true } | Answer::Nobody(_)
            if !loaded.is_try_out() && is_on_loopback(url) =>
        {
            Finding::warn(
                PUBLIC,
                format!("{url} is reached from this machine alone: no contact can open a link"),
                "put a reverse proxy that speaks https in front, and set it to the address of that",
            )
        }
        Answer::Ours { is_ready: true } => Finding::ok(PUBLIC, format!("{url} leads to reset-link")),
        Answer::Nobody(why) => Finding::warn(
            PUBLIC,
            format!("{url} does not lead here yet: {why}"),
            if loaded.is_try_out() { "start `reset-link run`" } else { BEFORE_THE_START },
        ),
        Answer::NobodyBehind(_) if !is_running => Finding::warn(
            PUBLIC,
            format!("{url} does not lead here yet: the reverse proxy finds nobody behind it"),
            BEFORE_THE_START,
        ),
        Answer::NobodyBehind(status) => Finding::fail(
            PUBLIC,
            format!("the reverse proxy at {url} answers {status}, though reset-link runs"),
            format!("let it pass requests on to http://{listen}"),
        ),
        Answer::Another(who) => {
            elsewhere(format!("another reset-link, not this config's ({who}), answers at {url}"))
        }
        Answer::Other(said) => elsewhere(format!("something else answers at {url} ({said})")),
    }
}

fn not_ready(subject: &'static str) -> Finding {
    let cure = "look into its log for what failed (ledger, disk), and restart it";
    Finding::fail(subject, "reset-link answers that it cannot do its work", cure)
}

/// The address at which this machine reaches what listens there.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn host_and_port(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    Some((host.to_owned(), url.port_or_known_default()?))
}

fn is_on_loopback(url: &str) -> bool {
    host_and_port(url).is_some_and(|(host, _)| {
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

async fn resolve(url: &str) -> Result<(), Finding> {
    let Some((host, port)) = host_and_port(url) else { return Ok(()) };
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await;
    if found.is_ok_and(|found| found.is_ok_and(|mut addresses| addresses.next().is_some())) {
        return Ok(());
    }
    let cure = "correct a typing error in server.public_url, or make an entry for that name in DNS";
    Err(Finding::fail(PUBLIC, format!("{url}: this machine finds no address for {host}"), cure))
}
