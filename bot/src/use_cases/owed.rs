//! What an admin must hear: told until a chat has taken it, after a restart too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::admin::{Admin, Platform};
use crate::audit::{About, Closing, Event, Memory, RequestState};
use crate::desk::Desk;
use crate::outcome::News;
use crate::use_cases::in_progress::InProgress;

/// When it is tried again: this long after the first attempt, and twice as long after each one that fails.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(5);

const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// Tells admins what they must hear.
pub(crate) struct OwedNews {
    desk: Arc<Desk>,
    in_progress: InProgress<About>,
    /// By what is told.
    attempts: Mutex<BTreeMap<About, Attempt>>,
}

/// Attempts to tell somebody something.
#[derive(Debug)]
struct Attempt {
    is_under_way: bool,
    wait: SignedDuration,
    next: Timestamp,
}

impl OwedNews {
    pub(crate) fn new(desk: &Arc<Desk>, in_progress: &InProgress<About>) -> Self {
        Self { desk: Arc::clone(desk), in_progress: in_progress.clone(), attempts: Mutex::default() }
    }

    /// Tells an admin, as far as their chat can be reached.
    pub(crate) async fn notify(&self, admin: &Admin, news: &News) -> bool {
        let Some(chat) = self.desk.chat(admin.platform) else { return false };
        match chat.notify(admin, news).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%admin, %error, "an admin could not be told");
                false
            }
        }
    }

    /// Writes down that an admin has read what came of a link or a request of theirs.
    pub(crate) async fn mark_notified(&self, admin: &Admin, about: About) {
        let (mut request, mut link_id, mut objection) = (None, None, None);
        match about {
            About::Request(id) => request = Some(id),
            About::Link(id) => link_id = Some(id),
            About::Objection(id) => objection = Some(id),
        }
        self.desk.note(Event::Told { admin: admin.clone(), request, link_id, objection }).await;
    }

    /// Tells what is owed to anybody, as far as it is due to be tried. A chat that does not answer holds up its own admins alone.
    pub(crate) async fn notify_all(self: &Arc<Self>) {
        let now = self.desk.now();
        let owed = self.desk.audit.look(now, move |memory| owed(memory, now)).await;
        let owed = match owed {
            Ok(owed) => owed,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        self.forget_attempts(&owed);
        let mut by_platform: BTreeMap<Platform, Vec<_>> = BTreeMap::new();
        // What is under way brings its own outcome.
        for owed in owed.into_iter().filter(|owed| !self.in_progress.contains(&owed.0)) {
            by_platform.entry(owed.1.platform).or_default().push(owed);
        }
        let mut telling = JoinSet::new();
        for owed in by_platform.into_values() {
            let news = Arc::clone(self);
            telling.spawn(async move { news.notify_each(owed, now).await });
        }
        telling.join_all().await;
    }

    async fn notify_each(&self, owed: Vec<(About, Admin, News)>, now: Timestamp) {
        for (about, admin, news) in owed {
            if self.desk.chat(admin.platform).is_none() || !self.begin_attempt(about, now) {
                continue;
            }
            let is_told = self.notify(&admin, &news).await;
            if is_told {
                self.mark_notified(&admin, about).await;
            }
            self.end_attempt(about, is_told);
        }
    }

    /// Tells one thing, where it is owed.
    pub(crate) async fn notify_about(&self, about: About) {
        let now = self.desk.now();
        match self.desk.audit.look(now, move |memory| owed(memory, now)).await {
            Ok(mut owed) => {
                owed.retain(|owed| owed.0 == about);
                self.notify_each(owed, now).await;
            }
            Err(error) => tracing::error!(%error, "the audit cannot be read"),
        }
    }

    /// Does [`OwedNews::notify_all`] behind an answer.
    pub(crate) fn notify_all_in_background(self: &Arc<Self>) {
        let news = Arc::clone(self);
        self.desk.in_background(async move { news.notify_all().await });
    }

    fn forget_attempts(&self, owed: &[(About, Admin, News)]) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.retain(|about, attempt| attempt.is_under_way || owed.iter().any(|owed| owed.0 == *about));
    }

    /// `false` where it is being tried, or not due yet.
    fn begin_attempt(&self, about: About, now: Timestamp) -> bool {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || Attempt { is_under_way: false, wait: FIRST_WAIT, next: now };
        let attempt = attempts.entry(about).or_insert_with(first);
        let is_due = !attempt.is_under_way && attempt.next <= now;
        if is_due {
            attempt.is_under_way = true;
            attempt.next = now + attempt.wait;
            attempt.wait = (attempt.wait * 2).min(LONGEST_WAIT);
        }
        is_due
    }

    fn end_attempt(&self, about: About, is_told: bool) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if is_told {
            attempts.remove(&about);
        } else if let Some(attempt) = attempts.get_mut(&about) {
            attempt.is_under_way = false;
        }
    }
}

fn owed(memory: &Memory, now: Timestamp) -> Vec<(About, Admin, News)> {
    let owed = memory.owed().filter_map(|(about, admin, redemption)| {
        let news = match (about, redemption) {
            (About::Objection(_), _) => News::Objected { contact: memory.objected(about)?.clone() },
            (About::Link(_), Some(redemption)) => News::Redeemed(redemption.clone()),
            (About::Link(link_id), None) => {
                let link = memory.issuer(link_id)?;
                let contact = link.contact.clone();
                match (link.is_mailed(), link.is_delayed) {
                    (true, _) => News::MailAccepted { contact },
                    (false, true) => News::AskAgain { contact },
                    (false, false) => News::NotShown { contact },
                }
            }
            (About::Request(id), _) => {
                let request = memory.request(id)?;
                let contact = request.contact.clone();
                match request.state(now) {
                    RequestState::Open => return None,
                    RequestState::Approved(_) => News::Mailed { contact },
                    RequestState::Closed(Closing::Declined, Some(by)) => News::Declined { contact, by },
                    RequestState::Closed(Closing::Lapsed, _) => News::Lapsed { contact },
                    RequestState::Closed(Closing::AskedAgain, _) => News::AskedAgain { contact },
                    RequestState::Closed(Closing::ContactChanged, _) => {
                        let mut open =
                            memory.requests().filter(|other| other.state(now) == RequestState::Open);
                        let is_asked_again =
                            open.any(|other| other.contact == contact && other.admin == *admin);
                        match is_asked_again {
                            true => News::AskedAgain { contact },
                            false => News::ContactChanged { contact },
                        }
                    }
                    RequestState::Closed(Closing::Refused, _) => News::Refused { contact },
                    RequestState::Closed(..) => News::AskAgain { contact },
                }
            }
        };
        Some((about, admin.clone(), news))
    });
    owed.collect()
}
