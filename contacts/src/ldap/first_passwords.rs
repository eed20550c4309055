//! Entries that have no password yet: the server keeps no time for them, and would for their first password.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// Whether an entry without a version has no password yet.
///
/// The entry that is made for trying shows that its server keeps versions. It shows that for its own database alone: another one below the same base may keep
/// none, and then the condition of a write ("only if there is none yet") holds again and again. So first passwords are set one after the other, each is looked
/// for afterwards, and the first one that the server has not noted is the last.
#[derive(Default)]
pub(super) struct FirstPasswords {
    are_noted: AtomicBool,
    setting: Mutex<()>,
}

impl FirstPasswords {
    /// As the entry for trying shows it.
    pub(super) fn new(are_noted: bool) -> Self {
        Self { are_noted: AtomicBool::new(are_noted), setting: Mutex::default() }
    }

    pub(super) fn are_noted(&self) -> bool {
        self.are_noted.load(Ordering::Relaxed)
    }

    /// While this is held nobody else sets a first password.
    pub(super) async fn begin(&self) -> MutexGuard<'_, ()> {
        self.setting.lock().await
    }

    /// The server was not seen to note one: no more are set by this process.
    pub(super) fn end(&self, account_key: &'static str) {
        self.are_noted.store(false, Ordering::Relaxed);
        tracing::error!(
            key = account_key,
            "a first password was sent for an entry, and the server does not show when it was set: it may be stored in clear text, and another link of this contact could have set it again. Whoever has no such time gets no password by a link until the next start. To mend: let all of contacts.base be in one database with the password policy overlay, or take contacts.probe_id out"
        );
    }
}
