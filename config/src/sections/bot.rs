//! `[bot]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::problem::Refusal;
use crate::section::Section;
use crate::shown::shown;

pub(crate) const KEYS: &[&str] = &["listen"];

const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// `[bot]`: the bot's own listener, for chat platforms that call us.
#[derive(Debug, Clone)]
pub struct Bot {
    /// Default `127.0.0.1:8081`; nothing listens there unless such a platform is on.
    pub listen: SocketAddr,
}

impl Bot {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let listen = section.parsed("listen", |text| {
            text.trim().parse().map_err(|_| {
                Refusal::new(
                    format!("{} is not an address with a port", shown(text)),
                    "use numbers, like \"127.0.0.1:8081\"",
                )
            })
        });
        Self { listen: listen.unwrap_or(DEFAULT) }
    }
}
