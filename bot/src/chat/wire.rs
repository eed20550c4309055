//! A WebSocket to a chat platform, of our own: text in and out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How long one address may take to answer.
const ONE_ADDRESS: Duration = Duration::from_secs(5);

/// How long the other side may take to say goodbye.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Why a connection is one no more, or never was.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("{0}")]
    Unreachable(&'static str),
    #[error("the connection broke off")]
    Off,
    #[error("the other side has closed the connection ({0})")]
    Closed(u16),
}

/// What comes in.
pub(super) enum Heard {
    /// Never shown as it stands: it may hold a secret.
    Text(Utf8Bytes),
    /// A ping, which has its answer, and the like.
    SignOfLife,
}

pub(super) struct Wire(WebSocketStream<Box<dyn Duplex>>);

impl Wire {
    /// Connects to an address like `wss://gateway.discord.gg/?v=10`; at `there`, where that is given.
    pub(super) async fn open(
        url: &str,
        roots: &Arc<RootCertStore>,
        there: Option<SocketAddr>,
    ) -> Result<Self, Broken> {
        let uri: Uri = url.parse().map_err(|_| Broken::Unreachable("its address makes no sense"))?;
        let host = uri.host().ok_or(Broken::Unreachable("its address names no host"))?;
        let is_encrypted = uri.scheme_str() == Some("wss");
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let socket = match there {
            Some(there) => TcpStream::connect(there).await.ok(),
            None => reach(host, port).await,
        };
        let socket = socket.ok_or(Broken::Unreachable("nobody answers at its address"))?;
        let socket: Box<dyn Duplex> =
            if is_encrypted { encrypt(socket, host, roots).await? } else { Box::new(socket) };
        let upgraded = tokio_tungstenite::client_async(url, socket).await;
        let (socket, _) = upgraded.map_err(|_| Broken::Unreachable("it takes no WebSocket"))?;
        Ok(Self(socket))
    }

    /// What comes next. Nothing is lost where this is dropped while it waits.
    pub(super) async fn hear(&mut self) -> Result<Heard, Broken> {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Ok(Heard::Text(text)),
            Some(Ok(Message::Close(frame))) => {
                Err(Broken::Closed(frame.map_or(1005, |frame| frame.code.into())))
            }
            Some(Ok(_)) => Ok(Heard::SignOfLife),
            Some(Err(_)) | None => Err(Broken::Off),
        }
    }

    pub(super) async fn say(&mut self, text: String) -> Result<(), Broken> {
        self.0.send(Message::text(text)).await.map_err(|_| Broken::Off)
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

async fn encrypt(
    socket: TcpStream,
    host: &str,
    roots: &Arc<RootCertStore>,
) -> Result<Box<dyn Duplex>, Broken> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(Arc::clone(roots))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| Broken::Unreachable("its address names no host"))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
    stream.map_or(Err(Broken::Unreachable("it does not prove that it is who it should be (TLS)")), |stream| {
        Ok(Box::new(stream))
    })
}
