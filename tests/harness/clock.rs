//! Time that tests move.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderValue;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

/// A clock that stands still until it is moved. A clone is the same clock.
#[derive(Debug, Clone)]
pub struct MovableClock(Arc<Mutex<Timestamp>>);

impl MovableClock {
    /// Begins at this time.
    pub fn at(time: &str) -> Self {
        Self(Arc::new(Mutex::new(time.parse().expect("a time"))))
    }

    /// What it says.
    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it, forward or back.
    pub fn move_by(&self, by: SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// In the form in which both halves take it.
    pub fn as_fn(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
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

/// This machine's own clock, in the form in which fakes take it: for clients that look at the time themselves.
#[expect(clippy::disallowed_methods, reason = "an independent client compares with the machine's own clock")]
pub fn machine() -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    Arc::new(Timestamp::now)
}
