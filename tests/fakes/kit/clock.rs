//! The time of fakes.

use std::sync::Arc;

use axum::http::HeaderValue;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time: for ids, timestamps of messages and signatures, and for how long something is good.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock that begins on 1 March 2026 and runs.
pub(crate) fn from_march() -> Now {
    let begun = Instant::now();
    let start: Timestamp = "2026-03-01T09:00:00Z".parse().expect("a time");
    Arc::new(move || {
        start + SignedDuration::try_from(begun.elapsed()).expect("a test does not last for centuries")
    })
}

/// The time by this machine's clock and a bit more, as every answer has it.
#[expect(clippy::disallowed_methods, reason = "a client compares it with the machine's own clock")]
pub(crate) fn date(ahead: SignedDuration) -> HeaderValue {
    let time = Timestamp::now() + ahead;
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .ok()
        .and_then(|text| text.try_into().ok())
        .expect("a time of our days is a date")
}
