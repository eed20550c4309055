//! `[bot]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::Text;
use crate::section::Section;
use crate::shown::shown;

pub(crate) const TABLE: Table = Table::new("bot", &[LISTEN.info]);

const LISTEN: Key<Text<SocketAddr>> =
    Key::text("listen", "Where the bot listens for chat platforms that call it.", address).for_bot();

const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// Where the bot listens for chat platforms that call it; default `127.0.0.1:8081`.
pub(crate) fn listen(section: &mut Section<'_>) -> SocketAddr {
    section.get(&LISTEN).unwrap_or(DEFAULT)
}

fn address(text: &str) -> Result<SocketAddr, Refusal> {
    text.trim().parse().map_err(|_| {
        Refusal::new(
            format!("{} is not an address with a port", shown(text)),
            "use numbers, like \"127.0.0.1:8081\"",
        )
    })
}
