//! What contacts ask for on the page for a forgotten password. The page knows nobody: whatever becomes of it is decided here, and the visitor never hears of it.

use std::sync::Arc;

use config::Forgot;
use contacts::{Contact, Found};
use keys::Wish;
use keys::chained_log::LogError;

use crate::admin::Admin;
use crate::desk::Desk;
use crate::policy::Needs;
use crate::policy::delivery::{Delivery, decide, usable_email};
use crate::use_cases::find_contact::email_sharing;
use crate::use_cases::issue::Issue;

/// Takes what contacts ask for.
pub(crate) struct SelfService {
    pub(crate) desk: Arc<Desk>,
    pub(crate) issue: Arc<Issue>,
}

impl SelfService {
    /// Decides what becomes of a wish, and does it.
    ///
    /// # Errors
    /// Where the audit cannot be written: it must be offered again.
    pub(crate) async fn take(&self, wish: Wish) -> Result<(), LogError> {
        if wish.has_lapsed(self.desk.now()) || self.desk.settings.policy.forgot == Forgot::Off {
            return Ok(());
        }
        let Ok(Found::One(contact)) = self.desk.directory.find(&wish.typed).await else { return Ok(()) };
        if self.may_be_mailed(&contact).await {
            let sharing = contacts::EmailSharing::With(Vec::new());
            let _issued = self.issue.issue_for(&Admin::page(), &contact, sharing, None).await;
        }
        Ok(())
    }

    /// Whether a link may be mailed on nobody's word.
    async fn may_be_mailed(&self, contact: &Contact) -> bool {
        let policy = &self.desk.settings.policy;
        if contact.obstacle.is_some() || policy.needs(&contact.id, false) != Needs::Nothing {
            return false;
        }
        let Ok(sharing) = email_sharing(&self.desk, contact).await else { return false };
        matches!(decide(self.desk.mailer().is_some(), usable_email(contact), sharing), Delivery::Mail(_))
    }
}
