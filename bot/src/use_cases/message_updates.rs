//! Messages that say what is over: those in which a link stands, and those that asked a second person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use keys::LinkId;

use crate::admin::Platform;
use crate::audit::{About, Fate, Request, RequestState};
use crate::desk::Desk;
use crate::request::RequestId;
use crate::use_cases::in_progress::InProgress;

/// How long messages are changed behind an answer before the rest is left for later.
const AT_ONCE: Duration = Duration::from_secs(10);

/// How often a message is tried to be changed.
const TRIES: u32 = 5;

/// Changes messages of links and requests that are over.
pub(crate) struct MessageUpdates {
    desk: Arc<Desk>,
    in_progress: InProgress<About>,
    done: Mutex<Done>,
}

/// Messages that have been changed already, and those where it did not work, with the number of tries.
#[derive(Debug, Default)]
struct Done {
    links: BTreeMap<LinkId, Fate>,
    failed_links: BTreeMap<LinkId, u32>,
    /// What a message that asked a second person shows.
    requests: BTreeMap<(Platform, String), RequestState>,
    failed_requests: BTreeMap<(Platform, String), u32>,
}

impl MessageUpdates {
    pub(crate) fn new(desk: &Arc<Desk>, in_progress: &InProgress<About>) -> Self {
        Self { desk: Arc::clone(desk), in_progress: in_progress.clone(), done: Mutex::default() }
    }

    /// Shows in every message that asked what has become of the request.
    pub(crate) async fn show_state(&self, id: RequestId) {
        let now = self.desk.now();
        let request = match self.desk.audit.look(now, move |memory| memory.request(id).cloned()).await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        self.show_state_of(&request, now).await;
    }

    /// Shows in every message that asked what has become of the request. What shows it already is left alone.
    async fn show_state_of(&self, request: &Request, now: Timestamp) {
        let state = request.state(now);
        if state == RequestState::Open {
            return;
        }
        for (platform, message) in &request.posts {
            let Some(chat) = self.desk.chat(*platform) else { continue };
            if !self.begin_showing(*platform, message, &state) {
                continue;
            }
            if let Err(error) = chat.close_request(message, request, &state).await {
                tracing::warn!(%platform, %error, "the message of a request could not be changed");
                self.show_again(*platform, message);
            }
        }
    }

    /// Changes the messages of requests that are over. After a restart those of the last two hours are changed once more, to the same.
    pub(crate) async fn show_requests_that_are_over(&self) {
        let now = self.desk.now();
        let over = self.desk.audit.look(now, move |memory| {
            let over = memory.requests().filter(|request| request.state(now) != RequestState::Open);
            over.cloned().collect::<Vec<_>>()
        });
        match over.await {
            Ok(over) => {
                self.forget_requests(&over);
                for request in over {
                    if !self.in_progress.contains(&About::Request(request.id)) {
                        self.show_state_of(&request, now).await;
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the audit cannot be read"),
        }
    }

    fn forget_requests(&self, over: &[Request]) {
        let posts: BTreeSet<_> = over.iter().flat_map(|request| request.posts.iter().cloned()).collect();
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.requests.retain(|post, _| posts.contains(post));
        done.failed_requests.retain(|post, _| posts.contains(post));
    }

    /// `false` where the message shows this state, or is being changed to it.
    fn begin_showing(&self, platform: Platform, message: &str, state: &RequestState) -> bool {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let before = done.requests.insert((platform, message.to_owned()), state.clone());
        before.as_ref() != Some(state)
    }

    /// The message could not be changed: it is tried again, but not for ever.
    fn show_again(&self, platform: Platform, message: &str) {
        let post = (platform, message.to_owned());
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = done.failed_requests.entry(post.clone()).or_default();
        *tries += 1;
        if *tries < TRIES {
            done.requests.remove(&post);
        }
    }

    /// Does [`MessageUpdates::show_links_that_are_over`] behind an answer.
    pub(crate) fn show_links_that_are_over_in_background(self: &Arc<Self>) {
        let updates = Arc::clone(self);
        self.desk.in_background(async move {
            // A shutdown waits for this: what is left is done later, or at the next start.
            let _ = tokio::time::timeout(AT_ONCE, updates.show_links_that_are_over()).await;
        });
    }

    /// Changes the messages in which a link stands that is over. After a restart those of the last two hours are changed once more, to the same.
    pub(crate) async fn show_links_that_are_over(&self) {
        let now = self.desk.now();
        let over = self.desk.audit.look(now, move |memory| {
            let over = memory.shown(now).filter(|(_, _, fate)| *fate != Fate::Outstanding);
            over.map(|(shown, link, fate)| (shown.clone(), link.contact.clone(), fate)).collect::<Vec<_>>()
        });
        let over = match over.await {
            Ok(over) => over,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        self.forget_closed(&over.iter().map(|(shown, ..)| shown.link_id).collect());
        for (shown, contact, fate) in over {
            let Some(chat) =
                self.desk.chat(shown.admin.platform).filter(|_| self.begin_closing(shown.link_id, fate))
            else {
                continue;
            };
            if let Err(error) = chat.close_link(&shown.message, &contact, fate).await {
                tracing::warn!(link_id = %shown.link_id, %error, "the message of a link that is over could not be changed");
                self.try_again(shown.link_id);
            }
        }
    }

    /// What the audit has forgotten need not be remembered here.
    fn forget_closed(&self, over: &BTreeSet<LinkId>) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.links.retain(|link_id, _| over.contains(link_id));
        done.failed_links.retain(|link_id, _| over.contains(link_id));
    }

    /// `false` where the message says so already, or is being changed to that.
    fn begin_closing(&self, link_id: LinkId, fate: Fate) -> bool {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.links.insert(link_id, fate) != Some(fate)
    }

    fn try_again(&self, link_id: LinkId) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = done.failed_links.entry(link_id).or_default();
        *tries += 1;
        if *tries < TRIES {
            done.links.remove(&link_id);
        }
    }
}
