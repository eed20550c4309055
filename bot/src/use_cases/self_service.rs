//! What contacts ask for on the page for a forgotten password. The page knows nobody: whatever becomes of it is decided here, and the visitor never hears of it.

use std::sync::Arc;

use config::Forgot;
use contacts::{Contact, DirectoryError, Found};
use jiff::{SignedDuration, Timestamp};
use keys::chained_log::LogError;
use keys::{EmailAddress, Wish};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::admin::{Admin, Platform};
use crate::audit::{Event, Memory};
use crate::desk::Desk;
use crate::outcome::Issued;
use crate::policy::{ASKED_PER_DAY, ASKED_PER_WINDOW, CONTACT_WINDOW, Needs};
use crate::use_cases::find_contact::email_sharing;
use crate::use_cases::help_desk::{Asked, HelpDesk};
use crate::use_cases::issue::Issue;
use crate::use_cases::mint::is_sound;

/// Of so many contacts with one e-mail the help desk is asked about each; of more, nobody says who is meant.
const MEANT: usize = 5;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A wish was not taken, and must be offered again.
#[derive(Debug, Error)]
pub enum NotTaken {
    /// What was decided could not be written down.
    #[error("the audit cannot be written: {0}")]
    Audit(#[from] LogError),
    /// Who is meant could not be looked up.
    #[error(transparent)]
    Directory(DirectoryError),
}

/// Takes what contacts ask for.
pub(crate) struct SelfService {
    desk: Arc<Desk>,
    issue: Arc<Issue>,
    help_desk: Arc<HelpDesk>,
    /// One wish after another: the limits of two at once would not know of each other.
    turn: Mutex<()>,
}

/// What becomes of a wish for a link.
enum Decided {
    /// A link is mailed.
    Mail,
    /// It was taken before, or is beyond the limits.
    Nothing,
}

impl SelfService {
    pub(crate) fn new(desk: &Arc<Desk>, issue: &Arc<Issue>, help_desk: &Arc<HelpDesk>) -> Self {
        Self {
            desk: Arc::clone(desk),
            issue: Arc::clone(issue),
            help_desk: Arc::clone(help_desk),
            turn: Mutex::default(),
        }
    }

    /// Decides what becomes of a wish, and does it. One that names nobody leaves no trace.
    ///
    /// # Errors
    /// Where it must be offered again; it lapses by itself.
    pub(crate) async fn take(&self, wish: Wish) -> Result<(), NotTaken> {
        let forgot = self.desk.settings.policy.forgot;
        if forgot == Forgot::Off || wish.has_lapsed(self.desk.now()) {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let meant = match self.meant(&wish.typed).await {
            Ok(meant) => meant,
            // Nothing comes of asking again before somebody mends it.
            Err(error @ DirectoryError::Unusable(_)) => {
                tracing::error!(%error, "whom somebody means who asked on the page could not be looked up");
                return Ok(());
            }
            Err(error) => return Err(NotTaken::Directory(error)),
        };
        if meant.len() > MEANT {
            tracing::warn!(
                "an e-mail that more than {MEANT} contacts share was typed on the page: nobody is asked"
            );
            return Ok(());
        }
        for contact in &meant {
            self.fulfil(forgot, contact, meant.len() == 1, &wish).await?;
        }
        Ok(())
    }

    /// Whom somebody means by an id or an e-mail; ids come first, and whoever has both ways to be meant is meant once.
    async fn meant(&self, typed: &str) -> Result<Vec<Contact>, DirectoryError> {
        let mut meant = match self.desk.directory.find(typed).await? {
            Found::Nobody => Vec::new(),
            Found::One(contact) => vec![contact],
            Found::Several(ids) => {
                let mut several = Vec::new();
                for id in ids.iter().take(MEANT + 1) {
                    several.extend(self.desk.directory.find_exact(id).await?);
                }
                several
            }
        };
        if let Some(email) = EmailAddress::new(typed) {
            let with_email = self.desk.directory.with_email(email.normalised(), MEANT + 1).await?;
            let others = with_email.into_iter().filter(|other| meant.iter().all(|one| one.id != other.id));
            let others: Vec<_> = others.collect();
            meant.extend(others);
        }
        Ok(meant)
    }

    /// `is_certain`: nobody else can be meant.
    async fn fulfil(
        &self,
        forgot: Forgot,
        contact: &Contact,
        is_certain: bool,
        wish: &Wish,
    ) -> Result<(), NotTaken> {
        let Some(reasons) = self.help_desk.why_not_mailed(contact).await else {
            return Err(NotTaken::Directory(DirectoryError::Unreachable(
                "who else has an e-mail is not known".to_owned(),
            )));
        };
        let may_be_mailed = forgot == Forgot::Mail
            && is_certain
            && reasons.is_empty()
            && contact.obstacle.is_none()
            && self.desk.settings.policy.needs(&contact.id, false) == Needs::Nothing;
        if !may_be_mailed {
            let asked = Asked { wish: wish.id, client: wish.client };
            self.help_desk.ask(contact, reasons, Some(asked)).await?;
            return Ok(());
        }
        match self.decide(contact, wish).await? {
            Decided::Mail => self.mail(contact, wish).await,
            Decided::Nothing => {
                tracing::debug!("what was asked for on the page was taken before, or too often")
            }
        }
        Ok(())
    }

    /// Whether a link is mailed; the line that says so is on disk then.
    async fn decide(&self, contact: &Contact, wish: &Wish) -> Result<Decided, LogError> {
        let now = self.desk.now();
        let day = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        if self.desk.audit.asked_since(now, &contact.id, day).await? >= ASKED_PER_DAY {
            return Ok(Decided::Nothing);
        }
        let (wish, client, whose) = (wish.id, wish.client, contact.id.clone());
        let decide = move |memory: &Memory| {
            let is_recent = |at: Timestamp| now.duration_since(at) < CONTACT_WINDOW;
            let recent = memory.issued().filter(|link| {
                link.admin.platform == Platform::Page && link.contact == whose && is_recent(link.at)
            });
            // Nobody is promised anything on the word of an audit that is not what was written.
            if is_sound(memory).is_err()
                || memory.has_taken(wish, &whose)
                || recent.count() >= ASKED_PER_WINDOW
            {
                return (None, Decided::Nothing);
            }
            (Some(Event::Asked { wish, contact: whose, client }), Decided::Mail)
        };
        self.desk.audit.transact(now, decide).await
    }

    /// In the contact's own language, or where the directory names none in that of the page.
    async fn mail(&self, contact: &Contact, wish: &Wish) {
        let mut contact = contact.clone();
        contact.language.get_or_insert_with(|| wish.language.clone());
        // Who shares the e-mail was looked up a moment ago: it is looked up once more, as for an admin's link.
        let issued = match email_sharing(&self.desk, &contact).await {
            Ok(sharing) => self.issue.issue_for(&Admin::page(), &contact, sharing, None).await,
            Err(refused) => Err(refused),
        };
        if let Ok(Issued::Refused(refused)) | Err(refused) = issued {
            tracing::warn!(why = refused.as_str(), "a link that was asked for on the page was not issued");
        }
    }
}
