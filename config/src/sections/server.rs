//! `[server]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{List, Text};
use crate::section::Section;
use crate::shown::shown;
use crate::web_address::PublicUrl;

pub(crate) const TABLE: Table = Table::new("server", &[PUBLIC_URL.info, LISTEN.info, PROXIES.info])
    .called(&["http", "web", "listen", "redeem", "redeem-server"]);

const PUBLIC_URL: Key<Text<PublicUrl>> =
    Key::text("public_url", "What every link begins with, as the contact's browser reaches it.", str::parse);
const LISTEN: Key<Text<SocketAddr>> =
    Key::text("listen", "Where the redeem server accepts connections.", listen).for_redeem_server();
const PROXIES: Key<List<IpNet>> = Key::list(
    "trusted_proxies",
    "Your reverse proxies: only from these is X-Forwarded-For believed.",
    network,
)
.for_redeem_server();

/// `[server]`: the redeem server.
#[derive(Debug, Clone)]
pub struct Server {
    /// What every link begins with, as a contact's browser reaches it.
    pub public_url: PublicUrl,
    /// Where the redeem server accepts connections; default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Only from these addresses is `X-Forwarded-For` believed; default none.
    pub trusted_proxies: Vec<IpNet>,
}

impl Server {
    /// `public_url` has been read already: both halves need it.
    pub(crate) fn read(section: &mut Section<'_>, public_url: Option<PublicUrl>) -> Option<Self> {
        let listen = section.get(&LISTEN).unwrap_or((Ipv4Addr::LOCALHOST, 8080).into());
        let trusted_proxies = section.get(&PROXIES).unwrap_or_default();
        // Halves of everybody are everybody too.
        if IpNet::aggregate(&trusted_proxies).iter().any(is_everybody) && !section.is_refused(&PROXIES) {
            section.refuse(&PROXIES, everybody("the list"));
        }
        Some(Self { public_url: public_url?, listen, trusted_proxies })
    }

    /// Trusted proxies that are networks of public addresses: whoever has an address in one can say to be any client.
    pub fn public_proxies(&self) -> impl Iterator<Item = IpNet> {
        self.trusted_proxies.iter().copied().filter(is_public)
    }
}

/// What every link begins with.
pub(crate) fn public_url(section: &mut Section<'_>) -> Option<PublicUrl> {
    section.required(&PUBLIC_URL, "https://reset.example.com")
}

/// Networks of addresses that no router of the internet knows: RFC 1918, 6598, 3927, 4193, 4291, and loopback.
const PRIVATE: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

/// More than one address, and some of them public. One public address is a machine that the operator knows.
fn is_public(network: &IpNet) -> bool {
    let is_private = |private: &str| private.parse::<IpNet>().is_ok_and(|private| private.contains(network));
    network.prefix_len() < network.max_prefix_len() && !PRIVATE.into_iter().any(is_private)
}

fn is_everybody(network: &IpNet) -> bool {
    network.prefix_len() == 0
}

fn everybody(what: &str) -> Refusal {
    Refusal::new(
        format!("{what} is every address there is: anybody could say to be any client"),
        "name the addresses from which your reverse proxies connect, like \"127.0.0.1\" or \"10.0.0.0/8\"",
    )
}

fn listen(text: &str) -> Result<SocketAddr, Refusal> {
    text.trim().parse().map_err(|_| {
        Refusal::new(
            format!("{} is not an address and port", shown(text)),
            "use numbers like \"127.0.0.1:8080\", \"0.0.0.0:8080\" or \"[::]:8080\"",
        )
    })
}

/// A network in CIDR notation; a bare address is a single host.
fn network(text: &str) -> Result<IpNet, Refusal> {
    let text = text.trim();
    let network = text
        .parse::<IpNet>()
        .map(|network| canonical(network.trunc()))
        .or_else(|_| text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())))
        .map_err(|_| {
            Refusal::new(
                format!("{} is not an address or a network", shown(text)),
                "use \"10.0.0.5\", \"10.0.0.0/8\" or \"fd00::/8\"",
            )
        })?;
    if is_everybody(&network) { Err(everybody(&shown(text))) } else { Ok(network) }
}

/// IPv4 networks that are mapped into IPv6 (RFC 4291 §2.5.5.2) are IPv4 networks: clients are compared in that form.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else { return network };
    let address = mapped.network().to_ipv4_mapped();
    let length = mapped.prefix_len().checked_sub(96);
    address
        .zip(length)
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, IpNet::V4)
}
