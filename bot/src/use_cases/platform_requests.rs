//! What platforms send us over HTTP: each request is carried out once, and one that is not the platform's is written down.

use std::sync::{Arc, Mutex, PoisonError};

use keys::chained_log::LogError;

use crate::admin::Platform;
use crate::audit::{Event, Memory, RequestFault};
use crate::desk::Desk;
use crate::policy::request_limits::Refusals;

/// Requests of platforms.
pub(crate) struct PlatformRequests {
    desk: Arc<Desk>,
    refusals: Mutex<Refusals>,
}

impl PlatformRequests {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        Self { desk: Arc::clone(desk), refusals: Mutex::default() }
    }

    /// Whether a platform has sent this before.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub(crate) async fn is_duplicate(&self, platform: Platform, delivery: String) -> Result<bool, LogError> {
        self.desk.audit.look(self.desk.now(), move |memory| memory.is_duplicate(platform, &delivery)).await
    }

    /// Takes what a platform has sent, once: `false` where it was taken before.
    ///
    /// # Errors
    /// Where the audit cannot be written: then nothing may be done.
    pub(crate) async fn deduplicate(&self, platform: Platform, delivery: String) -> Result<bool, LogError> {
        let take = move |memory: &Memory| match memory.is_duplicate(platform, &delivery) {
            true => (None, false),
            false => (Some(Event::Taken { platform, delivery }), true),
        };
        let is_first = self.desk.audit.transact(self.desk.now(), take).await?;
        if !is_first {
            self.refuse(platform, RequestFault::Replayed).await;
        }
        Ok(is_first)
    }

    /// Writes down that a request was not the platform's.
    pub(crate) async fn refuse(&self, platform: Platform, why: RequestFault) {
        let now = self.desk.now();
        let line = self.refusals.lock().unwrap_or_else(PoisonError::into_inner).count(platform, now);
        if let Some(more) = line {
            self.desk.note(Event::RequestRefused { platform, why, more }).await;
        }
    }
}
