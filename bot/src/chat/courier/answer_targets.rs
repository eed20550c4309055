//! Where those who wait for an approval can be answered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::request::RequestId;

/// By request, until it lapses.
pub(super) struct AnswerTargets<T>(Mutex<HashMap<RequestId, (T, Timestamp)>>);

impl<T> Default for AnswerTargets<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> AnswerTargets<T> {
    pub(super) fn remember(&self, request: RequestId, target: T, lapses_at: Timestamp, now: Timestamp) {
        let mut targets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        targets.retain(|_, (_, lapses_at)| now < *lapses_at);
        targets.insert(request, (target, lapses_at));
    }

    /// Once.
    pub(super) fn recall(&self, request: RequestId) -> Option<T> {
        let target = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&request);
        target.map(|(target, _)| target)
    }
}
