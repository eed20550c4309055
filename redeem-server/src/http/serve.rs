//! Connections: how many, how long for headers, and how they end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::App;
use super::peers::Peers;

/// Fewer than the 1,024 open files that a process commonly may have, with room for ledger, directory and logs.
const MAX_CONNECTIONS: usize = 800;

/// So many of them may come from one address, unless it is a trusted proxy's: one visitor alone must not keep all others out.
const MAX_CONNECTIONS_PER_PEER: usize = 100;

/// How long a connection may live, busy or not: a visitor who sends requests and never reads the answers holds nothing for longer.
const LIFE: Duration = Duration::from_secs(120);

/// How long a request's headers may take to arrive, and how long a connection may wait for its next request.
const HEADERS: Duration = Duration::from_secs(10);

/// The most that a request's headers may take up; a link is at most 566 characters (`keys::MAX_LINK_CHARS`), the rest is the browser's.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// How long requests under way are given to end once `shutdown` has come.
const DRAIN: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be accepted (too many open files, for instance).
const BREATHER: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is ready; then takes no more connections, lets what is under way come to its end for at most ten seconds, and returns.
///
/// The caller owns listener and shutdown, and waits for redemptions whose visitor has gone (`Redeemer::drain`).
///
/// # Errors
/// Where the listener has no local address, which means that it is no listener.
pub async fn serve(listener: TcpListener, app: &App, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the redeem server listens");
    let router = app.router();
    let connections = TaskTracker::new();
    let (leave, cut) = (CancellationToken::new(), CancellationToken::new());
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let peers = Peers::new(app.0.trusted_proxies.clone(), MAX_CONNECTIONS_PER_PEER);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, peer, slot)) => {
                let Some(place) = peers.admit(peer.ip()) else { continue };
                let connection = connection(stream, peer, router.clone(), leave.clone());
                let cut = cut.clone();
                connections.spawn(async move {
                    tokio::select! {
                        _ = timeout(LIFE, connection) => {}
                        () = cut.cancelled() => {}
                    }
                    drop((slot, place));
                });
            }
            // One visitor who went away before we came to them.
            Err(error) if is_the_visitors(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                sleep(BREATHER).await;
            }
        }
    }
    drop(listener);
    leave.cancel();
    connections.close();
    if timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
        cut.cancel();
    }
    Ok(())
}

type Slot = tokio::sync::OwnedSemaphorePermit;

/// Takes a slot first, so that a connection too many waits with the kernel instead of with us.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, SocketAddr, Slot)> {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, slot))
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, leave: CancellationToken) {
    // Without it the last packet of a page may wait for an acknowledgement; it is no harm where it cannot be set.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS)
            .max_header_size(MAX_HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = leave.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Nothing of the request is in hyper's error.
        tracing::debug!(%error, "a connection ended badly");
    }
}

fn is_the_visitors(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
