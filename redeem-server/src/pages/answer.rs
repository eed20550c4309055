//! Which page an outcome is.

use super::notice::Notice;
use super::page::{Page, PageRequest};
use super::site::Site;
use crate::redeem::{Account, Closed, Outcome};

impl Site {
    /// The page after a new password was set, for the browser that has set it.
    pub fn done(&self, account: Account, accept_language: Option<&str>) -> Page {
        let language = self.choose(account.language.as_deref(), accept_language);
        self.show(&Notice::Done(Some(account)), &language)
    }

    /// The page for what a link showed or did. `random` draws the passphrase that the form offers.
    pub fn answer(
        &self,
        outcome: &Outcome,
        request: &PageRequest<'_>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Page {
        let (notice, language) = match outcome {
            Outcome::Form(form) => return self.form(form, &[], request, random),
            Outcome::Rejected(form, broken) => return self.form(form, broken, request, random),
            Outcome::Done => (Notice::Done(None), None),
            Outcome::Closed { why, language } => (Notice::from(*why), language.as_deref()),
            Outcome::InProgress { language } => (Notice::InProgress, language.as_deref()),
            Outcome::Busy { retry_after_seconds } => (Notice::Busy { seconds: *retry_after_seconds }, None),
            Outcome::Unavailable { incident } => (Notice::Unavailable { incident: incident.clone() }, None),
        };
        self.show(&notice, &self.choose(language, request.accept_language))
    }

    /// A page of the server itself, for somebody of whom nothing is known.
    pub fn notice(&self, notice: &Notice, accept_language: Option<&str>) -> Page {
        self.show(notice, &self.choose(None, accept_language))
    }
}

impl From<Closed> for Notice {
    fn from(why: Closed) -> Self {
        match why {
            Closed::Damaged => Self::Damaged,
            Closed::Expired => Self::Expired,
            Closed::Used => Self::Used,
            Closed::Withdrawn => Self::Withdrawn,
            Closed::Overtaken => Self::Overtaken,
            Closed::LedgerIsYounger => Self::LedgerIsYounger,
        }
    }
}
