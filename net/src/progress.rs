//! How far one connection has come, and until when it may stay as it is.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::limits::Limits;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its last answer is sent, and nothing of a next request has come.
    Idle,
    /// The peer is behind: its request has not arrived completely, so that nothing can have been done for it, or it does not read the answer.
    Behind,
    /// A request is being carried out, or its answer sent.
    Working,
}

/// Invariant: once `is_evicted` is set, no byte is read and no request begins.
#[derive(Debug)]
struct State {
    step: Step,
    /// The answer has been handed to the connection, and is sent once what is buffered has been written.
    is_answered: bool,
    /// Since when an answer waits for a peer that reads nothing.
    unread_since: Option<Instant>,
    is_evicted: bool,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Idle { since: Instant },
    Head { since: Instant },
    Body { since: Instant },
    Working { since: Instant },
}

impl State {
    fn phase(&self) -> (Phase, Instant) {
        match (self.step, self.unread_since) {
            (Step::Idle { since }, _) => (Phase::Idle, since),
            (Step::Head { since } | Step::Body { since }, _) => (Phase::Behind, since),
            (Step::Working { .. }, Some(since)) if self.is_answered => (Phase::Behind, since),
            (Step::Working { since }, _) => (Phase::Working, since),
        }
    }
}

/// The progress of one connection, written by its task and read by those who look for a slot.
#[derive(Debug)]
pub(crate) struct Progress {
    born: Instant,
    state: Mutex<State>,
}

impl Progress {
    /// A new connection owes the head of its first request from now on.
    pub(crate) fn new(now: Instant) -> Self {
        let step = Step::Head { since: now };
        let state = State { step, is_answered: false, unread_since: None, is_evicted: false };
        Self { born: now, state: Mutex::new(state) }
    }

    /// Bytes may be read. `false`: not any more.
    pub(crate) fn may_read(&self) -> bool {
        !self.lock().is_evicted
    }

    /// Bytes have come.
    pub(crate) fn received(&self, now: Instant) {
        let mut state = self.lock();
        if matches!(state.step, Step::Idle { .. }) {
            state.step = Step::Head { since: now };
        }
    }

    /// The head of a request is complete. `false`: it came too late, and nothing may be done for it.
    pub(crate) fn begin(&self, has_body: bool, now: Instant) -> bool {
        let mut state = self.lock();
        state.is_answered = false;
        state.step = if has_body { Step::Body { since: now } } else { Step::Working { since: now } };
        !state.is_evicted
    }

    /// The body of the request is complete, or nobody wants the rest of it.
    pub(crate) fn body_ended(&self) {
        let mut state = self.lock();
        if let Step::Body { since } = state.step {
            state.step = Step::Working { since };
        }
    }

    /// The answer's last piece has been handed to the connection.
    pub(crate) fn answered(&self) {
        self.lock().is_answered = true;
    }

    /// All that was handed to the connection is written. `true` where that makes it idle.
    pub(crate) fn flushed(&self, now: Instant) -> bool {
        let mut state = self.lock();
        state.unread_since = None;
        if !state.is_answered {
            return false;
        }
        state.is_answered = false;
        state.step = Step::Idle { since: now };
        true
    }

    /// Some of an answer was written.
    pub(crate) fn written(&self) {
        self.lock().unread_since = None;
    }

    /// Nothing can be written, since the peer does not read.
    pub(crate) fn unread(&self, now: Instant) {
        self.lock().unread_since.get_or_insert(now);
    }

    /// Whether the next answer is to be the last.
    pub(crate) fn is_old(&self, limits: &Limits, now: Instant) -> bool {
        now >= self.born + limits.age
    }

    /// When it is cut off unless something happens before.
    pub(crate) fn deadline(&self, limits: &Limits) -> Instant {
        let state = self.lock();
        let last = self.born + limits.age + limits.longest;
        let deadline = match state.step {
            Step::Idle { since } => (since + limits.idle).min(last),
            Step::Head { since } => since + limits.head,
            // A request that began late has its whole time.
            Step::Body { since } | Step::Working { since } => {
                since.max(self.born + limits.age) + limits.longest
            }
        };
        match state.unread_since {
            Some(since) => deadline.min(since + limits.unread),
            None => deadline,
        }
    }

    /// What it is doing, and since when; `None` where it has been told to go.
    pub(crate) fn phase(&self) -> Option<(Phase, Instant)> {
        let state = self.lock();
        (!state.is_evicted).then(|| state.phase())
    }

    /// Tells it to go, if it still does what it did when it was chosen.
    pub(crate) fn evict(&self, chosen: Phase) -> bool {
        let mut state = self.lock();
        let goes = !state.is_evicted && state.phase().0 == chosen;
        state.is_evicted |= goes;
        goes
    }

    pub(crate) fn is_evicted(&self) -> bool {
        self.lock().is_evicted
    }

    /// Plain values: a panic elsewhere cannot have left them half-written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
