//! `[server]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use crate::problem::Refusal;
use crate::section::Section;
use crate::shown::shown;
use crate::web_address::PublicUrl;

pub(crate) const KEYS: &[&str] = &["public_url", "listen", "trusted_proxies"];

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
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let public_url = section.required("public_url", "https://reset.example.com", str::parse);
        let listen = section.parsed("listen", listen).unwrap_or((Ipv4Addr::LOCALHOST, 8080).into());
        let trusted_proxies = section.list("trusted_proxies", network).unwrap_or_default();
        Some(Self { public_url: public_url?, listen, trusted_proxies })
    }
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
    text.parse::<IpNet>()
        .map(|network| network.trunc())
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| {
            Refusal::new(
                format!("{} is not an address or a network", shown(text)),
                "use \"10.0.0.5\", \"10.0.0.0/8\" or \"fd00::/8\"",
            )
        })
}
