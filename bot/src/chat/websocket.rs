//! A WebSocket to a chat platform, of our own: text in and out, through a proxy where the environment names one.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use net::{Roots, Tls};
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tower::{Service, ServiceExt as _};

/// How long it may take to find a host and to connect to one of its addresses.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long the other side may take to close.
pub(super) const CLOSE_TIME: Duration = Duration::from_secs(2);

const NOBODY: WebSocketError = WebSocketError::Unreachable("nobody answers at its address");

/// The proxies that the environment names, read as the clients of the REST interfaces read it: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`.
#[derive(Debug, Clone)]
pub struct Proxies(Arc<Matcher>);

impl Proxies {
    /// As this process was started.
    pub fn from_env() -> Self {
        Self(Arc::new(Matcher::from_env()))
    }

    /// None, whatever the environment says.
    pub fn none() -> Self {
        Self(Arc::new(Matcher::builder().build()))
    }

    fn on_the_way_to(&self, host: &str, port: u16, is_encrypted: bool) -> Option<Intercept> {
        let scheme = if is_encrypted { "https" } else { "http" };
        self.0.intercept(&format!("{scheme}://{host}:{port}/").parse().ok()?)
    }
}

/// How a platform's WebSockets are reached.
#[derive(Debug, Clone)]
pub struct Connecting {
    /// How long to wait before the platform is tried again: doubled each time, up to a minute.
    pub first_wait: Duration,
    /// How long a connection may be without a word where the platform sends several pings a minute, before another takes its place.
    pub silence: Duration,
    /// Who vouches that it is the platform.
    pub roots: Roots,
    /// Which proxies lead there.
    pub proxies: Proxies,
    /// Where the platform is, if not where its names say.
    pub there: Option<SocketAddr>,
}

impl Default for Connecting {
    /// Trusts whom the HTTP clients trust, and asks the proxies that the environment names, as they do.
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            silence: Duration::from_secs(60),
            roots: Roots::of_this_machine().and_of_the_web(),
            proxies: Proxies::from_env(),
            there: None,
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Why a connection is one no more, or never was.
#[derive(Debug, Error)]
pub(super) enum WebSocketError {
    #[error("{0}")]
    Unreachable(&'static str),
    /// With what the library says of it, which names no address.
    #[error("the proxy that the environment names does not lead there ({0})")]
    Proxy(String),
    #[error("the connection broke off")]
    BrokeOff,
    #[error("the other side has closed the connection ({0})")]
    Closed(u16),
}

/// What comes in.
pub(super) enum Frame {
    /// Never shown as it stands: it may hold a secret.
    Text(Utf8Bytes),
    /// A ping, which has its answer, and the like.
    Other,
}

pub(super) struct WebSocket(WebSocketStream<Box<dyn Duplex>>);

impl WebSocket {
    /// Connects to an address like `wss://gateway.discord.gg/?v=10`; at `there`, where that is given.
    pub(super) async fn open(url: &str, connecting: &Connecting) -> Result<Self, WebSocketError> {
        let Connecting { roots, proxies, there, .. } = connecting;
        let uri: Uri = url.parse().map_err(|_| WebSocketError::Unreachable("its address makes no sense"))?;
        let host = uri.host().ok_or(WebSocketError::Unreachable("its address names no host"))?;
        let is_encrypted = uri.scheme_str() == Some("wss");
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let proxy = proxies.on_the_way_to(host, port, is_encrypted);
        let socket: Box<dyn Duplex> = match (*there, proxy) {
            (Some(there), _) => Box::new(TcpStream::connect(there).await.map_err(|_| NOBODY)?),
            (None, Some(proxy)) => tunnel(&proxy, host, port, roots).await?,
            (None, None) => Box::new(reach(host, port).await.ok_or(NOBODY)?),
        };
        let socket = if is_encrypted { encrypt(socket, host, roots).await? } else { socket };
        let upgraded = tokio_tungstenite::client_async(url, socket).await;
        let (socket, _) = upgraded.map_err(|_| WebSocketError::Unreachable("it takes no WebSocket"))?;
        Ok(Self(socket))
    }

    /// What comes next. Nothing is lost where this is dropped while it waits.
    pub(super) async fn receive(&mut self) -> Result<Frame, WebSocketError> {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Ok(Frame::Text(text)),
            Some(Ok(Message::Close(frame))) => {
                Err(WebSocketError::Closed(frame.map_or(1005, |frame| frame.code.into())))
            }
            Some(Ok(_)) => Ok(Frame::Other),
            Some(Err(_)) | None => Err(WebSocketError::BrokeOff),
        }
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), WebSocketError> {
        self.0.send(Message::text(text)).await.map_err(|_| WebSocketError::BrokeOff)
    }

    /// Closes with this code.
    pub(super) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        // Where nobody is there any more, there is nobody to tell.
        let _ = timeout(CLOSE_TIME, self.0.close(Some(frame))).await;
    }

    /// Waits until the other side has closed too.
    pub(super) async fn wait_until_closed(mut self) {
        let _ = timeout(CLOSE_TIME, async { while let Some(Ok(_)) = self.0.next().await {} }).await;
    }
}

/// A connection to whichever address answers first.
async fn reach(host: &str, port: u16) -> Option<TcpStream> {
    let connecting = async { net::connect(&net::resolve(host, port).await?).await };
    timeout(CONNECT_TIME, connecting).await.ok()?.ok()
}

/// A way through a proxy.
async fn tunnel(
    proxy: &Intercept,
    host: &str,
    port: u16,
    roots: &Roots,
) -> Result<Box<dyn Duplex>, WebSocketError> {
    let there = format!("https://{host}:{port}/").parse();
    let there = there.map_err(|_| WebSocketError::Unreachable("its address names no host"))?;
    let connection = to_proxy(proxy.uri(), roots).await?;
    ask_to_connect(connection, proxy.clone(), there).await
}

/// A connection to a proxy, for whoever asks the proxy to connect.
struct Connected(Option<TokioIo<Box<dyn Duplex>>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<Box<dyn Duplex>>;
    type Error = WebSocketError;
    type Future = Ready<Result<Self::Response, WebSocketError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or(WebSocketError::BrokeOff))
    }
}

/// HTTP CONNECT (RFC 9110 section 9.3.6).
async fn ask_to_connect(
    connection: Box<dyn Duplex>,
    proxy: Intercept,
    there: Uri,
) -> Result<Box<dyn Duplex>, WebSocketError> {
    let tunnel = Tunnel::new(proxy.uri().clone(), Connected(Some(TokioIo::new(connection))));
    let tunnel = match proxy.basic_auth() {
        Some(login) => tunnel.with_auth(login.clone()),
        None => tunnel,
    };
    let tunnelled = tunnel.oneshot(there).await;
    tunnelled.map(TokioIo::into_inner).map_err(|error| WebSocketError::Proxy(error.to_string()))
}

async fn to_proxy(proxy: &Uri, roots: &Roots) -> Result<Box<dyn Duplex>, WebSocketError> {
    let host = proxy.host().ok_or(WebSocketError::Unreachable("the proxy's address names no host"))?;
    let (is_encrypted, port) = match proxy.scheme_str() {
        Some("http") => (false, 80),
        Some("https") => (true, 443),
        _ => return Err(WebSocketError::Unreachable("only proxies at http:// and https:// are spoken to")),
    };
    let socket = reach(host, proxy.port_u16().unwrap_or(port)).await;
    let socket =
        Box::new(socket.ok_or(WebSocketError::Unreachable("nobody answers at the proxy's address"))?);
    if is_encrypted { encrypt(socket, host, roots).await } else { Ok(socket) }
}

async fn encrypt(
    socket: Box<dyn Duplex>,
    host: &str,
    roots: &Roots,
) -> Result<Box<dyn Duplex>, WebSocketError> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| WebSocketError::Unreachable("its address names no host"))?;
    let stream = Tls::new(roots).handshake(&name, socket).await;
    stream.map_or(
        Err(WebSocketError::Unreachable("it does not prove that it is who it should be (TLS)")),
        |stream| Ok(Box::new(stream)),
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;
    use tokio::sync::oneshot;

    use super::*;

    /// A proxy that leads to a WebSocket of its own, which says "hello"; or refuses. What it is asked, and where it listens.
    async fn proxy(status: &'static str) -> (SocketAddr, oneshot::Receiver<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, asked) = oneshot::channel();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = BufReader::new(socket);
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                socket.read_line(&mut line).await.unwrap();
                match line.trim_end() {
                    "" => break,
                    line => lines.push(line.to_owned()),
                }
            }
            tell.send(lines).unwrap();
            socket.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
            if let Ok(mut server) = tokio_tungstenite::accept_async(socket).await {
                server.send(Message::text("hello")).await.unwrap();
            }
        });
        (address, asked)
    }

    fn proxies(all: &str, no: &str) -> Proxies {
        Proxies(Arc::new(Matcher::builder().all(all).no(no).build()))
    }

    async fn open(url: &str, proxies: &Proxies) -> Result<WebSocket, WebSocketError> {
        let connecting = Connecting {
            first_wait: Duration::ZERO,
            silence: Duration::MAX,
            roots: Roots::none(),
            proxies: proxies.clone(),
            there: None,
        };
        WebSocket::open(url, &connecting).await
    }

    #[tokio::test]
    async fn a_proxy_that_the_environment_names_is_asked_to_connect() {
        let (address, asked) = proxy("200 Connection established").await;
        let proxies = proxies(&format!("http://me:secret@{address}"), "elsewhere.example");
        let mut socket =
            open("ws://gateway.example/?v=10", &proxies).await.unwrap_or_else(|lost| panic!("{lost}"));
        assert!(matches!(socket.receive().await, Ok(Frame::Text(text)) if text.as_str() == "hello"));
        let asked = asked.await.unwrap();
        assert_eq!(asked[0], "CONNECT gateway.example:80 HTTP/1.1");
        // "me:secret" in base64.
        assert!(asked.iter().any(|line| line == "Proxy-Authorization: Basic bWU6c2VjcmV0"), "{asked:?}");
    }

    #[tokio::test]
    async fn a_proxy_that_refuses_is_named_without_its_password() {
        let (address, _asked) = proxy("407 Proxy Authentication Required").await;
        let proxies = proxies(&format!("http://me:secret@{address}"), "");
        let lost = open("wss://gateway.example/", &proxies).await.err().map(|lost| lost.to_string());
        let lost = lost.unwrap();
        assert!(lost.contains("proxy authorization required") && !lost.contains("secret"), "{lost}");
    }

    #[test]
    fn the_proxy_is_passed_by_as_the_rest_clients_pass_it_by() {
        let proxies = proxies("http://proxy.example:3128", "internal.example, .slack.com, 192.0.2.0/24");
        let is_used = |host: &str| proxies.on_the_way_to(host, 443, true).is_some();
        assert!(is_used("gateway.discord.gg") && is_used("198.51.100.1"));
        for host in ["internal.example", "chat.internal.example", "wss-primary.slack.com", "192.0.2.7"] {
            assert!(!is_used(host), "{host}");
        }
        assert!(Proxies::none().on_the_way_to("gateway.discord.gg", 443, true).is_none());
    }

    #[tokio::test]
    async fn a_proxy_of_another_kind_is_refused_with_the_reason() {
        let proxies = proxies("socks5://127.0.0.1:1080", "");
        let lost = open("wss://gateway.example/", &proxies).await.err().map(|lost| lost.to_string());
        assert!(lost.is_some_and(|lost| lost.contains("only proxies at http:// and https://")));
    }
}
