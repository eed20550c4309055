//! A listener in the clear and, where wanted, one behind TLS, each of whose connections can be reset under whoever holds it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// Resets one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reset(Arc<AtomicBool>);

impl Reset {
    /// From now on nothing goes out on this connection.
    pub(crate) fn now(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self, socket: &TcpStream) -> io::Result<()> {
        if !self.0.load(Ordering::SeqCst) {
            return Ok(());
        }
        socket.set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl Connected<IncomingStream<'_, Listener>> for Reset {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().reset.clone()
    }
}

enum Io {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that has come in.
pub(crate) struct Connection {
    io: Io,
    reset: Reset,
}

impl Connection {
    fn new(io: Io) -> Self {
        Self { io, reset: Reset::default() }
    }

    fn check(&self) -> io::Result<()> {
        match &self.io {
            Io::Clear(socket) => self.reset.check(socket),
            Io::Tls(stream) => self.reset.check(stream.get_ref().0),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Clear(socket) => Pin::new(socket).poll_read(cx, buf),
            Io::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check() {
            return Poll::Ready(Err(error));
        }
        match &mut self.io {
            Io::Clear(socket) => Pin::new(socket).poll_write(cx, buf),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Clear(socket) => Pin::new(socket).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Clear(socket) => Pin::new(socket).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// All connections of one fake.
pub(crate) struct Listener {
    connections: Receiver<(Connection, SocketAddr)>,
    address: SocketAddr,
}

impl Listener {
    /// Takes connections in the clear, and by TLS at another address.
    pub(crate) fn new(
        clear: TcpListener,
        behind_tls: Option<(TcpListener, TlsAcceptor)>,
        stop: &CancellationToken,
    ) -> Self {
        let address = address(&clear);
        let (sender, connections) = channel(64);
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept_clear(clear, sender.clone())));
        if let Some((listener, tls)) = behind_tls {
            tokio::spawn(stop.clone().run_until_cancelled_owned(accept_tls(listener, tls, sender)));
        }
        Self { connections, address }
    }
}

/// A listener on a free port of loopback.
pub(crate) async fn on_loopback() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port")
}

/// Where it listens.
pub(crate) fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("it is bound")
}

async fn accept_clear(listener: TcpListener, sender: Sender<(Connection, SocketAddr)>) {
    loop {
        let Ok((socket, from)) = listener.accept().await else { continue };
        if sender.send((Connection::new(Io::Clear(socket)), from)).await.is_err() {
            return;
        }
    }
}

async fn accept_tls(listener: TcpListener, tls: TlsAcceptor, sender: Sender<(Connection, SocketAddr)>) {
    loop {
        let Ok((socket, from)) = listener.accept().await else { continue };
        let (tls, sender) = (tls.clone(), sender.clone());
        tokio::spawn(async move {
            if let Ok(stream) = tls.accept(socket).await {
                // Nobody takes connections any more when the fake has stopped.
                let _ = sender.send((Connection::new(Io::Tls(Box::new(stream))), from)).await;
            }
        });
    }
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
