//! The page's listener.

use std::future::Future;
use std::io;

use net::Limits;
use tokio::net::TcpListener;

use super::app::App;
use super::times::{BODY, LONGEST};

/// Serves until `shutdown` is ready, at most `connections` at once; then takes no more of them, lets what is under way come to its end for at most ten
/// seconds, and returns.
///
/// The caller owns listener and shutdown, and waits for redemptions whose visitor has gone (`Redeemer::drain`).
///
/// # Errors
/// Where the listener has no local address, which means that it is no listener.
pub async fn serve(
    listener: TcpListener,
    app: &App,
    connections: usize,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the redeem server listens");
    net::serve(listener, app.router(), limits(app, connections), shutdown).await;
    Ok(())
}

/// What the page's listener allows.
pub(super) fn limits(app: &App, connections: usize) -> Limits {
    Limits {
        connections,
        trusted_proxies: app.0.trusted_proxies.clone(),
        body: BODY,
        longest: LONGEST,
        ..Limits::default()
    }
}
