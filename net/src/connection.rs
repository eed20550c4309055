//! One connection from its first byte to its end.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, header};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::body::{AnswerBody, RequestBody};
use crate::connection_slots::ConnectionSlot;
use crate::transport::Transport;

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By the rules of HTTP, or because the peer went.
    Closed,
    /// It was between requests, or behind with one, and its slot was needed.
    Evicted,
    /// It took longer than it may.
    Late,
}

/// A request of a connection that has been told to go: nothing is done for it.
#[derive(Debug)]
struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is being closed")
    }
}

impl std::error::Error for TooLate {}

/// Serves requests until the connection ends; from `leave` on no further one.
pub(crate) async fn connection<T>(
    io: T,
    peer: SocketAddr,
    app: Router,
    slot: ConnectionSlot,
    leave: CancellationToken,
) -> Ended
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let slot = Arc::new(slot);
    let service = {
        let slot = Arc::clone(&slot);
        service_fn(move |request| answer(request, peer, app.clone(), Arc::clone(&slot)))
    };
    // Times are kept here: hyper's own for headers also runs while a connection is idle.
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(slot.limits().head_bytes)
        .serve_connection(TokioIo::new(Transport::new(io, Arc::clone(&slot))), service);
    let mut served = pin!(served);
    let mut left = pin!(leave.cancelled());
    let mut evicted = pin!(slot.evicted());
    let mut late = pin!(sleep_until(slot.deadline()));
    let mut is_leaving = false;
    poll_fn(|cx| {
        if evicted.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ended::Evicted);
        }
        if !is_leaving && left.as_mut().poll(cx).is_ready() {
            is_leaving = true;
            served.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(ended) = served.as_mut().poll(cx) {
            if let Err(error) = ended {
                // Nothing of the request is in hyper's error.
                tracing::debug!(%error, "a connection ended badly");
            }
            return Poll::Ready(Ended::Closed);
        }
        // Whatever has just happened may have moved it.
        let deadline = slot.deadline();
        if late.deadline() != deadline {
            late.as_mut().reset(deadline);
        }
        late.as_mut().poll(cx).map(|()| Ended::Late)
    })
    .await
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    app: Router,
    slot: Arc<ConnectionSlot>,
) -> Result<axum::http::Response<AnswerBody>, TooLate> {
    let has_body = !request.body().is_end_stream();
    if !slot.progress.begin(has_body, Instant::now()) {
        return Err(TooLate);
    }
    let mut request = request.map(|incoming| match has_body {
        true => Body::new(RequestBody::new(incoming, slot.limits().body, Arc::clone(&slot))),
        false => Body::empty(),
    });
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = app.oneshot(request).await.unwrap_or_else(|never| match never {});
    if slot.is_last_answer(Instant::now()) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| AnswerBody::new(body, slot)))
}

#[cfg(test)]
mod tests;
