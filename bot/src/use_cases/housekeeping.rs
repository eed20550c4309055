//! What goes by the clock: messages whose link is over, requests that nobody answered, searches that are written down in bulk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use keys::LinkId;

use crate::admin::Platform;
use crate::audit::{About, Closing, DeliveryChannel, Event, Fate, IssuedLink, Request, RequestState};
use crate::bot::{Bot, Inner};
use crate::request::RequestId;
use crate::use_cases::approve::closed;

/// How long messages are changed behind an answer before the rest is left for later.
const AT_ONCE: Duration = Duration::from_secs(10);

/// How often a message is tried to be changed.
const TRIES: u32 = 5;

/// Messages that have been changed already, and those where it did not work, with the number of tries.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    done: BTreeMap<LinkId, Fate>,
    failed: BTreeMap<LinkId, u32>,
    /// What a message that asked a second person shows.
    requests: BTreeMap<(Platform, String), RequestState>,
    failed_requests: BTreeMap<(Platform, String), u32>,
}

impl Bot {
    /// Does what has fallen due. To be called every few seconds, once the chats are there.
    pub async fn run_housekeeping(&self) {
        self.0.lapse().await;
        self.0.recover().await;
        self.0.withdraw_unwanted().await;
        self.0.close_requests().await;
        self.0.close_links().await;
        self.0.write_searches(Some(self.0.now())).await;
        self.0.write_denials(false).await;
        self.0.tell_owed().await;
    }
}

impl Inner {
    /// What a process that has ended began and did not finish: requests that were approved and have no link, or stand nowhere; links that were handed over and
    /// perhaps seen by nobody. Nothing is minted for them now: whoever asked hears that they must ask again.
    async fn recover(self: &Arc<Self>) {
        let now = self.now();
        let left = self.audit.look(now, move |memory| {
            let requests: Vec<_> =
                memory.requests().filter(|request| request.is_abandoned(now)).cloned().collect();
            let has_chat =
                |link: &&IssuedLink| !matches!(link.admin.platform, Platform::Console | Platform::Shell);
            let is_good = |link: &&IssuedLink| link.fate(now) == Fate::Outstanding;
            let links: Vec<_> = memory.abandoned(now).filter(has_chat).filter(is_good).cloned().collect();
            (requests, links)
        });
        let (requests, links) = match left.await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        for request in requests.iter().filter(|request| !self.is_under_way(About::Request(request.id))) {
            self.close(request, Closing::Interrupted, None).await;
        }
        for link in links {
            if self.is_under_way(About::Link(link.link_id)) {
                continue;
            }
            let (link_id, admin) = (link.link_id, link.admin);
            let shown = self.audit.transact(now, move |memory| {
                let event = Event::Shown { link_id, admin, way: DeliveryChannel::Nowhere, message: None };
                (memory.is_unseen(link_id).then_some(event), ())
            });
            if let Err(error) = shown.await {
                tracing::error!(%error, "the audit cannot be written: a link that perhaps nobody has seen stays good");
            }
        }
        self.give_up_delayed().await;
    }

    /// Changes the messages of requests that are over. After a restart those of the last two hours are changed once more, to the same.
    async fn close_requests(&self) {
        let now = self.now();
        let over = self.audit.look(now, move |memory| {
            let over = memory.requests().filter(|request| request.state(now) != RequestState::Open);
            over.cloned().collect::<Vec<_>>()
        });
        match over.await {
            Ok(over) => {
                self.forget_requests(&over);
                for request in over {
                    if !self.is_under_way(About::Request(request.id)) {
                        self.close_posts_of(&request, now).await;
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the audit cannot be read"),
        }
    }

    fn forget_requests(&self, over: &[Request]) {
        let posts: BTreeSet<_> = over.iter().flat_map(|request| request.posts.iter().cloned()).collect();
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.requests.retain(|post, _| posts.contains(post));
        closed.failed_requests.retain(|post, _| posts.contains(post));
    }

    /// `false` where the message shows this state, or is being changed to it.
    pub(crate) fn begin_showing(&self, platform: Platform, message: &str, state: &RequestState) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = closed.requests.insert((platform, message.to_owned()), state.clone());
        before.as_ref() != Some(state)
    }

    /// The message could not be changed: it is tried again, but not for ever.
    pub(crate) fn show_again(&self, platform: Platform, message: &str) {
        let post = (platform, message.to_owned());
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = closed.failed_requests.entry(post.clone()).or_default();
        *tries += 1;
        if *tries < TRIES {
            closed.requests.remove(&post);
        }
    }

    /// Writes down which requests have lapsed, once, whichever process is first.
    async fn lapse(&self) {
        let now = self.now();
        let lapsing = self.audit.look(now, move |memory| {
            memory
                .requests()
                .filter(|request| request.is_lapsing(now))
                .map(|request| request.id)
                .collect::<Vec<_>>()
        });
        match lapsing.await {
            Ok(lapsing) => {
                for id in lapsing {
                    self.lapse_one(id).await;
                }
            }
            Err(error) => tracing::error!(%error, "the audit cannot be read"),
        }
    }

    async fn lapse_one(&self, id: RequestId) {
        let now = self.now();
        let lapsed = self.audit.transact(now, move |memory| {
            let request = memory.request(id).filter(|request| request.is_lapsing(now));
            let event = request.map(|request| closed(request, Closing::Lapsed, None, None));
            (event, ())
        });
        match lapsed.await {
            Ok(()) => self.close_posts(id).await,
            Err(error) => tracing::error!(%error, "the audit cannot be written: a request stays open"),
        }
    }

    /// Does [`Inner::close_links`] behind an answer.
    pub(crate) fn close_links_behind(self: &Arc<Self>) {
        let inner = Arc::clone(self);
        self.behind.spawn(async move {
            // A shutdown waits for this: what is left is done later, or at the next start.
            let _ = tokio::time::timeout(AT_ONCE, inner.close_links()).await;
        });
    }

    /// Changes the messages in which a link stands that is over. After a restart those of the last two hours are changed once more, to the same.
    pub(crate) async fn close_links(&self) {
        let now = self.now();
        let over = self.audit.look(now, move |memory| {
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
                self.chat(shown.admin.platform).filter(|_| self.begin_closing(shown.link_id, fate))
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
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.done.retain(|link_id, _| over.contains(link_id));
        closed.failed.retain(|link_id, _| over.contains(link_id));
    }

    /// `false` where the message says so already, or is being changed to that.
    fn begin_closing(&self, link_id: LinkId, fate: Fate) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.done.insert(link_id, fate) != Some(fate)
    }

    fn try_again(&self, link_id: LinkId) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = closed.failed.entry(link_id).or_default();
        *tries += 1;
        if *tries < TRIES {
            closed.done.remove(&link_id);
        }
    }
}
