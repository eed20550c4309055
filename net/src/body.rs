//! The bodies of requests and answers, watched as they pass.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use crate::connection_slots::ConnectionSlot;

/// A request's body: an error once its time is over.
pub(crate) struct RequestBody {
    incoming: Incoming,
    late: Pin<Box<Sleep>>,
    slot: Arc<ConnectionSlot>,
}

impl RequestBody {
    /// The body of a request whose head is complete now.
    pub(crate) fn new(incoming: Incoming, time: Duration, slot: Arc<ConnectionSlot>) -> Self {
        Self { incoming, late: Box::pin(sleep(time)), slot }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // First: a body that comes byte by byte always has something ready.
        if self.late.as_mut().poll(cx).is_ready() {
            let late = io::Error::new(io::ErrorKind::TimedOut, "the body did not arrive in time");
            return Poll::Ready(Some(Err(late.into())));
        }
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if frame.is_none() || self.incoming.is_end_stream() {
            self.slot.progress.body_ended();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.slot.progress.body_ended();
    }
}

/// An answer's body: its end is when the connection has taken all of it.
pub(crate) struct AnswerBody {
    body: Body,
    slot: Arc<ConnectionSlot>,
}

impl AnswerBody {
    pub(crate) fn new(body: Body, slot: Arc<ConnectionSlot>) -> Self {
        Self { body, slot }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.slot.progress.answered();
    }
}
