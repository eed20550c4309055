//! Where connections come in, in the clear or by TLS, each of which can be reset under whoever holds it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// Resets one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

impl Cut {
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

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cut.clone()
    }
}

enum Io {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that has come in.
pub(crate) struct Guest {
    io: Io,
    cut: Cut,
}

impl Guest {
    fn new(io: Io) -> Self {
        Self { io, cut: Cut::default() }
    }

    fn check(&self) -> io::Result<()> {
        match &self.io {
            Io::Clear(socket) => self.cut.check(socket),
            Io::Tls(stream) => self.cut.check(stream.get_ref().0),
        }
    }
}

impl AsyncRead for Guest {
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

impl AsyncWrite for Guest {
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

/// Both entrances.
pub(crate) struct Door {
    guests: Receiver<(Guest, SocketAddr)>,
    address: SocketAddr,
}

impl Door {
    /// Opens: one listener in the clear, one behind TLS.
    pub(crate) fn open(
        clear: TcpListener,
        behind_tls: TcpListener,
        tls: TlsAcceptor,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let address = clear.local_addr()?;
        let (guest, guests) = channel(64);
        tokio::spawn(stop.clone().run_until_cancelled_owned(let_in(clear, guest.clone())));
        tokio::spawn(stop.run_until_cancelled_owned(let_in_by_tls(behind_tls, tls, guest)));
        Ok(Self { guests, address })
    }
}

async fn let_in(listener: TcpListener, guest: Sender<(Guest, SocketAddr)>) {
    loop {
        let Ok((socket, from)) = listener.accept().await else { continue };
        if guest.send((Guest::new(Io::Clear(socket)), from)).await.is_err() {
            return;
        }
    }
}

async fn let_in_by_tls(listener: TcpListener, tls: TlsAcceptor, guest: Sender<(Guest, SocketAddr)>) {
    loop {
        let Ok((socket, from)) = listener.accept().await else { continue };
        let (tls, guest) = (tls.clone(), guest.clone());
        tokio::spawn(async move {
            if let Ok(stream) = tls.accept(socket).await {
                // Nobody takes guests any more when the fake has stopped.
                let _ = guest.send((Guest::new(Io::Tls(Box::new(stream))), from)).await;
            }
        });
    }
}

impl Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        match self.guests.recv().await {
            Some(guest) => guest,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
