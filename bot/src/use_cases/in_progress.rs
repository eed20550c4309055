//! What this process is doing at this moment.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// What this process is doing, each by its name. A clone shares everything.
#[derive(Debug, Clone)]
pub(crate) struct InProgress<T>(Arc<Mutex<HashSet<T>>>);

impl<T> Default for InProgress<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// Something that this process does; over once this is dropped.
pub(crate) struct Begun<T: Copy + Eq + Hash> {
    all: InProgress<T>,
    what: T,
}

impl<T: Copy + Eq + Hash> InProgress<T> {
    /// `None` where this process does it already.
    pub(crate) fn begin(&self, what: T) -> Option<Begun<T>> {
        self.insert(what).then(|| Begun { all: self.clone(), what })
    }

    /// Goes on until [`InProgress::end`]. `false` where it has begun already.
    pub(crate) fn insert(&self, what: T) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(what)
    }

    pub(crate) fn contains(&self, what: &T) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(what)
    }

    pub(crate) fn end(&self, what: &T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }
}

impl<T: Copy + Eq + Hash> Drop for Begun<T> {
    fn drop(&mut self) {
        self.all.end(&self.what);
    }
}
