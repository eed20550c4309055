//! One WebSocket to the gateway: payloads in and out.

use std::sync::Arc;

use rustls::RootCertStore;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Lost;
use crate::chat::wire::{self, Heard, Proxies};

/// What the gateway says. Never shown as it stands: it may hold an interaction's token.
#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) op: u64,
    pub(super) s: Option<u64>,
    pub(super) t: Option<String>,
    #[serde(default)]
    pub(super) d: Value,
}

pub(super) struct Wire(wire::Wire);

impl Wire {
    /// Connects to an address like `wss://gateway.discord.gg`.
    pub(super) async fn open(url: &str, roots: &Arc<RootCertStore>, proxies: &Proxies) -> Result<Self, Lost> {
        let address = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
        Ok(Self(wire::Wire::open(&address, roots, proxies, None).await?))
    }

    /// The next payload. Nothing is lost where this is dropped while it waits.
    pub(super) async fn hear(&mut self) -> Result<Payload, Lost> {
        loop {
            if let Heard::Text(text) = self.0.hear().await? {
                return serde_json::from_str(&text).map_err(|_| Lost::Gibberish);
            }
        }
    }

    pub(super) async fn say(&mut self, op: u64, data: &Value) -> Result<(), Lost> {
        Ok(self.0.say(json!({ "op": op, "d": data }).to_string()).await?)
    }

    /// Says goodbye with this code.
    pub(super) async fn close(&mut self, code: u16) {
        self.0.close(code).await;
    }

    /// Waits for the other side's goodbye.
    pub(super) async fn closed(self) {
        self.0.closed().await;
    }
}
