use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

use crate::Clock;

/// A clock that stands still until it is moved. A clone is the same clock.
#[derive(Debug, Clone)]
pub(crate) struct MovableClock(Arc<Mutex<Timestamp>>);

impl MovableClock {
    pub(crate) fn at(time: &str) -> Self {
        Self(Arc::new(Mutex::new(time.parse().unwrap())))
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub(crate) fn set(&self, time: &str) {
        *self.0.lock().unwrap() = time.parse().unwrap();
    }

    pub(crate) fn move_by(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }

    pub(crate) fn as_fn(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}
