//! The listener: takes connections in, and brings them to their end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::connection;
use crate::connection_slots::{ConnectionSlot, ConnectionSlots};
use crate::limits::Limits;

/// How long to wait when no connection can be accepted (too many open files, for instance).
const BREATHER: Duration = Duration::from_millis(200);

/// How often at most the log says that.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Serves until `shutdown` is ready; then takes no more connections, lets requests in flight come to their end for at most `limits.drain`, cuts off what
/// is left, and returns.
///
/// The caller owns listener and shutdown. Handlers find the peer in the extension `ConnectInfo<SocketAddr>`. A request's body that does not arrive in time
/// is an error (`io::ErrorKind::TimedOut`) to its handler.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, shutdown: impl Future<Output = ()>) {
    let drain = limits.drain;
    let slots = ConnectionSlots::new(limits);
    let connections = TaskTracker::new();
    let (leave, cut) = (CancellationToken::new(), CancellationToken::new());
    let mut said: Option<Instant> = None;
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok(Some((stream, peer, slot))) => {
                let connection = connection(stream, peer, app.clone(), slot, leave.clone());
                let cut = cut.clone();
                connections.spawn(async move { cut.run_until_cancelled(connection).await });
            }
            Ok(None) => {}
            // One visitor who went away before we came to them.
            Err(error) if is_the_visitors(&error) => {}
            Err(error) => {
                if said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
                    tracing::warn!(%error, "cannot accept connections");
                    said = Some(Instant::now());
                }
                slots.close_an_idle_one();
                sleep(BREATHER).await;
            }
        }
    }
    drop(listener);
    leave.cancel();
    connections.close();
    if timeout(drain, connections.wait()).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
        cut.cancel();
        // They go at once, unless a handler blocks its thread.
        let _ = timeout(BREATHER, connections.wait()).await;
    }
}

/// The next connection that has a slot; `None` for one that gets none.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<ConnectionSlots>,
) -> io::Result<Option<(TcpStream, SocketAddr, ConnectionSlot)>> {
    let (stream, peer) = listener.accept().await?;
    // Without it the last packet of a page may wait for an acknowledgement; it is no harm where it cannot be set.
    let _ = stream.set_nodelay(true);
    Ok(slots.admit(peer.ip()).await.map(|slot| (stream, peer, slot)))
}

fn is_the_visitors(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
