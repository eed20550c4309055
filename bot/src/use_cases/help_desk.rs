//! The help desk is asked about contacts who say on the page that they forgot their password, where no link may be mailed on nobody's word.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contacts::Contact;
use jiff::{SignedDuration, Timestamp};
use keys::chained_log::LogError;
use keys::{ContactId, WishId};

use crate::admin::Platform;
use crate::audit::{Event, HelpClosing, HelpRequest, HelpState, Memory};
use crate::desk::Desk;
use crate::outcome::HelpQuestion;
use crate::policy::delivery::{Delivery, HandOverReason, decide, in_audit, usable_email};
use crate::policy::{HELP_PER_HOUR, Needs};
use crate::request::RequestId;
use crate::use_cases::find_contact::{email_sharing, find_exactly};
use crate::use_cases::in_progress::InProgress;

/// How long a request to the help desk waits for its answer.
pub const HELP_TIME: SignedDuration = SignedDuration::from_hours(1);

/// A request that no chat has taken is posted again after this long.
const POST_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// How often a message is tried to be changed.
const TRIES: u32 = 5;

/// Who asked for what.
pub(crate) struct Asked {
    pub(crate) wish: WishId,
    pub(crate) client: IpAddr,
}

/// Asks the help desk, and shows in its messages what became of it.
pub(crate) struct HelpDesk {
    desk: Arc<Desk>,
    /// What is being posted.
    posting: InProgress<RequestId>,
    /// When what no chat has taken is tried again.
    again_at: Mutex<BTreeMap<RequestId, Timestamp>>,
    /// Messages of requests that are over.
    shown: Mutex<BTreeMap<(Platform, String), ShownMessage>>,
}

/// A message that is to show what became of a request.
#[derive(Default)]
struct ShownMessage {
    is_done: bool,
    failures: u32,
}

/// What is decided in one step with its line.
enum Noted {
    /// The help desk is to be asked.
    Ask(RequestId, Timestamp),
    /// So many have asked within the hour; whether this is the first who is not asked about.
    TooMany { is_first: bool, until: Timestamp },
    /// It has been asked already, or this wish had its effect.
    Known,
}

impl HelpDesk {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        Self {
            desk: Arc::clone(desk),
            posting: InProgress::default(),
            again_at: Mutex::default(),
            shown: Mutex::default(),
        }
    }

    /// Asks the help desk about this contact, unless it has been asked within the hour. `asked`: absent where a mail with a link has failed.
    ///
    /// # Errors
    /// Where the audit cannot be written: nobody was asked.
    pub(crate) async fn ask(
        &self,
        contact: &Contact,
        reasons: Vec<HandOverReason>,
        asked: Option<Asked>,
    ) -> Result<(), LogError> {
        let mut random = [0; 16];
        self.desk.random(&mut random);
        let (id, whose, in_audit) = (RequestId::from_random(random), contact.id.clone(), in_audit(&reasons));
        let now = self.desk.now();
        let noted = self.desk.audit.transact(now, move |memory| {
            let noted = note(memory, id, &whose, asked.as_ref(), now);
            let event = match (&noted, asked) {
                (Noted::Ask(request, lapses_at), asked) => Some(Event::HelpRequested {
                    request: *request,
                    contact: whose,
                    wish: asked.as_ref().map(|asked| asked.wish),
                    client: asked.as_ref().map(|asked| asked.client),
                    reasons: in_audit,
                    lapses_at: *lapses_at,
                }),
                (Noted::TooMany { .. }, Some(Asked { wish, client })) => {
                    Some(Event::HelpNotAsked { contact: whose, wish, client })
                }
                (Noted::TooMany { .. } | Noted::Known, _) => None,
            };
            (event, noted)
        });
        match noted.await? {
            Noted::Ask(request, lapses_at) => {
                let question = self.question(request, contact, reasons, lapses_at);
                self.post(&question).await;
            }
            Noted::TooMany { is_first, until } => {
                tracing::warn!(%until, "so many contacts say that they forgot their password that the help desk is not asked about each");
                if is_first {
                    self.tell_of_flood(until).await;
                }
            }
            Noted::Known => {}
        }
        Ok(())
    }

    fn question(
        &self,
        request: RequestId,
        contact: &Contact,
        reasons: Vec<HandOverReason>,
        lapses_at: Timestamp,
    ) -> HelpQuestion {
        let policy = &self.desk.settings.policy;
        let to = usable_email(contact).filter(|_| reasons.is_empty()).map(|email| email.masked());
        let may_be_handed_over = contact.obstacle.is_none()
            && matches!(policy.needs(&contact.id, true), Needs::Nothing | Needs::Approval)
            && (!reasons.is_empty() || (policy.hand_over_instead && !policy.is_protected(&contact.id)));
        HelpQuestion {
            request,
            contact: contact.id.clone(),
            name: contact.name.clone(),
            reasons,
            to: to.filter(|_| contact.obstacle.is_none()),
            is_protected: policy.is_protected(&contact.id),
            obstacle: contact.obstacle.clone(),
            may_be_handed_over,
            lapses_at,
        }
    }

    /// Posts it in each chat that has a place for it. What no chat takes is posted again until it lapses.
    async fn post(&self, question: &HelpQuestion) {
        let request = question.request;
        let Some(_posting) = self.posting.begin(request) else { return };
        let (mut is_posted, mut has_place) = (false, false);
        for (platform, chat) in self.desk.chats() {
            match chat.ask_help_desk(question).await {
                None => {}
                Some(Ok(message)) => {
                    (is_posted, has_place) = (true, true);
                    self.desk.note(Event::HelpPosted { request, platform, message }).await;
                }
                Some(Err(error)) => {
                    has_place = true;
                    tracing::warn!(%platform, %error, "the help desk could not be asked; it is tried again");
                }
            }
        }
        if !has_place {
            tracing::warn!(
                "a contact asks for help, and no chat has a place to ask the help desk: set requests_channel of a chat"
            );
            let (contact, why) = (question.contact.clone(), HelpClosing::NotPosted);
            self.desk.note(Event::HelpClosed { request, contact, why }).await;
        } else if !is_posted {
            self.lock_again().insert(request, self.desk.now() + POST_AGAIN);
        }
        // Somebody may have answered before this message was known of.
        self.show_what_is_over().await;
    }

    async fn tell_of_flood(&self, until: Timestamp) {
        for (platform, chat) in self.desk.chats() {
            if let Some(Err(error)) = chat.tell_of_flood(HELP_PER_HOUR, until).await {
                tracing::warn!(%platform, %error, "the help desk could not be told how many have asked");
            }
        }
    }

    /// What has fallen due: what lapsed is written down, what no chat has taken is posted again, and messages of what is over are changed.
    pub(crate) async fn run_housekeeping(&self) {
        let now = self.desk.now();
        let looked = self.desk.audit.look(now, move |memory| {
            let lapsing: Vec<_> =
                memory.help_requests().filter(|request| request.is_lapsing(now)).cloned().collect();
            let is_unseen =
                |request: &&HelpRequest| request.posts.is_empty() && request.state(now) == HelpState::Open;
            let unseen: Vec<_> = memory.help_requests().filter(is_unseen).cloned().collect();
            (lapsing, unseen)
        });
        let (lapsing, unseen) = match looked.await {
            Ok(looked) => looked,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        for request in lapsing {
            self.lapse(request.id).await;
        }
        for request in unseen {
            if self.is_due(request.id, now) {
                self.post_again(&request).await;
            }
        }
        self.show_what_is_over().await;
    }

    /// A request that this process has not tried to post is another's, which may have ended: it waits as long.
    fn is_due(&self, id: RequestId, now: Timestamp) -> bool {
        *self.lock_again().entry(id).or_insert(now + POST_AGAIN) <= now
    }

    async fn post_again(&self, request: &HelpRequest) {
        let Ok(contact) = find_exactly(&self.desk, &request.contact).await else { return };
        let Some(reasons) = self.why_not_mailed(&contact).await else { return };
        let question = self.question(request.id, &contact, reasons, request.lapses_at);
        self.post(&question).await;
    }

    /// Why a link for this contact could not be mailed; `None`: the directory does not say.
    pub(crate) async fn why_not_mailed(&self, contact: &Contact) -> Option<Vec<HandOverReason>> {
        let sharing = email_sharing(&self.desk, contact).await.ok()?;
        Some(match decide(self.desk.mailer().is_some(), usable_email(contact), sharing) {
            Delivery::HandOver(reasons) => reasons,
            Delivery::Mail(_) => Vec::new(),
        })
    }

    async fn lapse(&self, id: RequestId) {
        let now = self.desk.now();
        let lapsed = self.desk.audit.transact(now, move |memory| {
            let request = memory.help_request(id).filter(|request| request.is_lapsing(now));
            let event = request.map(|request| Event::HelpClosed {
                request: id,
                contact: request.contact.clone(),
                why: if request.posts.is_empty() { HelpClosing::NotPosted } else { HelpClosing::Lapsed },
            });
            (event, ())
        });
        if let Err(error) = lapsed.await {
            tracing::error!(%error, "the audit cannot be written: a request to the help desk stays open");
        }
        self.lock_again().remove(&id);
    }

    /// Changes the messages of requests that are over. After a restart those of the last two hours are changed once more, to the same.
    pub(crate) async fn show_what_is_over(&self) {
        let now = self.desk.now();
        let over = self.desk.audit.look(now, move |memory| {
            let over = memory.help_requests().filter(|request| request.state(now) != HelpState::Open);
            over.cloned().collect::<Vec<_>>()
        });
        let over = match over.await {
            Ok(over) => over,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        self.forget_shown(&over);
        for request in over {
            let state = request.state(now);
            for post in &request.posts {
                let Some(chat) = self.desk.chat(post.0).filter(|_| self.begin_showing(post)) else {
                    continue;
                };
                if let Err(error) = chat.close_help_request(&post.1, &request, &state).await {
                    tracing::warn!(platform = %post.0, %error, "a message that asked the help desk could not be changed");
                    self.show_again(post);
                }
            }
        }
    }

    fn forget_shown(&self, over: &[HelpRequest]) {
        let is_known = |post: &(Platform, String)| over.iter().any(|request| request.posts.contains(post));
        self.lock_shown().retain(|post, _| is_known(post));
    }

    /// `false` where the message shows it, or is being changed, or was tried often enough.
    fn begin_showing(&self, post: &(Platform, String)) -> bool {
        let mut shown = self.lock_shown();
        let message = shown.entry(post.clone()).or_default();
        let may_try = !message.is_done && message.failures < TRIES;
        message.is_done = true;
        may_try
    }

    /// The message could not be changed: it is tried again, but not for ever.
    fn show_again(&self, post: &(Platform, String)) {
        if let Some(message) = self.lock_shown().get_mut(post) {
            message.failures += 1;
            message.is_done = message.failures >= TRIES;
        }
    }

    fn lock_again(&self) -> MutexGuard<'_, BTreeMap<RequestId, Timestamp>> {
        self.again_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_shown(&self) -> MutexGuard<'_, BTreeMap<(Platform, String), ShownMessage>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note(memory: &Memory, id: RequestId, whose: &ContactId, asked: Option<&Asked>, now: Timestamp) -> Noted {
    let is_open = |request: &HelpRequest| request.contact == *whose && request.state(now) == HelpState::Open;
    let is_known = asked.is_some_and(|asked| memory.has_taken(asked.wish, whose));
    if is_known || memory.help_requests().any(is_open) {
        return Noted::Known;
    }
    let begin = now.checked_sub(HELP_TIME).unwrap_or(Timestamp::MIN);
    let mut recent: Vec<_> =
        memory.help_requests().map(|request| request.at).filter(|at| *at > begin).collect();
    recent.sort();
    match recent.len().checked_sub(HELP_PER_HOUR).and_then(|oldest| recent.get(oldest)) {
        Some(oldest) => {
            let mut before = memory.help_not_asked().filter(|(_, at)| *at > begin);
            // One line for a contact is enough: a flood must not fill the disk.
            if before.any(|(contact, _)| contact == whose) {
                return Noted::Known;
            }
            let is_first = memory.help_not_asked().all(|(_, at)| at <= begin);
            Noted::TooMany { is_first, until: *oldest + HELP_TIME }
        }
        None => Noted::Ask(id, keys::wire_time::to_millisecond(now) + HELP_TIME),
    }
}
