//! One WebSocket to the gateway: payloads in and out.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::Lost;

/// How long one address may take to answer.
const ONE_ADDRESS: Duration = Duration::from_secs(5);

/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// What the gateway says. Never shown as it stands: it may hold an interaction's token.
#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) op: u64,
    pub(super) s: Option<u64>,
    pub(super) t: Option<String>,
    #[serde(default)]
    pub(super) d: Value,
}

pub(super) struct Wire(WebSocketStream<Box<dyn Duplex>>);

impl Wire {
    /// Connects to an address like `wss://gateway.discord.gg`.
    pub(super) async fn open(url: &str, roots: &Arc<RootCertStore>) -> Result<Self, Lost> {
        let uri: Uri = url.parse().map_err(|_| Lost::Unreachable("its address makes no sense"))?;
        let host = uri.host().ok_or(Lost::Unreachable("its address names no host"))?;
        let is_encrypted = uri.scheme_str() == Some("wss");
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let socket = reach(host, port).await.ok_or(Lost::Unreachable("nobody answers at its address"))?;
        let socket: Box<dyn Duplex> =
            if is_encrypted { encrypt(socket, host, roots).await? } else { Box::new(socket) };
        let address = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
        let upgraded = tokio_tungstenite::client_async(address, socket).await;
        let (socket, _) = upgraded.map_err(|_| Lost::Unreachable("it takes no WebSocket"))?;
        Ok(Self(socket))
    }

    /// The next payload. Nothing is lost where this is dropped while it waits.
    pub(super) async fn hear(&mut self) -> Result<Payload, Lost> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(|_| Lost::Gibberish);
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(Lost::Closed(frame.map_or(1005, |frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Lost::BrokeOff),
            }
        }
    }

    pub(super) async fn say(&mut self, op: u64, data: &Value) -> Result<(), Lost> {
        let payload = json!({ "op": op, "d": data }).to_string();
        self.0.send(Message::text(payload)).await.map_err(|_| Lost::BrokeOff)
    }

    /// Says goodbye with this code.
    pub(super) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        // Where nobody is there any more, there is nobody to say goodbye to.
        let _ = timeout(GOODBYE, self.0.close(Some(frame))).await;
    }

    /// Waits for the other side's goodbye.
    pub(super) async fn closed(mut self) {
        let _ = timeout(GOODBYE, async { while let Some(Ok(_)) = self.0.next().await {} }).await;
    }
}

/// The first address that answers: one that swallows every packet must not hide the others.
async fn reach(host: &str, port: u16) -> Option<TcpStream> {
    for address in lookup_host((host, port)).await.ok()? {
        if let Ok(Ok(socket)) = timeout(ONE_ADDRESS, TcpStream::connect(address)).await {
            return Some(socket);
        }
    }
    None
}

async fn encrypt(socket: TcpStream, host: &str, roots: &Arc<RootCertStore>) -> Result<Box<dyn Duplex>, Lost> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(Arc::clone(roots))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| Lost::Unreachable("its address names no host"))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
    stream.map_or(Err(Lost::Unreachable("it does not prove that it is Discord (TLS)")), |stream| {
        Ok(Box::new(stream))
    })
}
