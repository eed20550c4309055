//! Ending a request for approval that has no link: it has lapsed, nobody may approve it any more, or it came to nothing.

use std::sync::Arc;

use keys::ContactId;

use crate::admin::Admin;
use crate::audit::{About, Closing, Event, Request, RequestState};
use crate::desk::Desk;
use crate::outcome::{Refused, Reply};
use crate::request::RequestId;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::owed::OwedNews;

/// Ends requests.
pub(crate) struct RequestClosings {
    desk: Arc<Desk>,
    updates: Arc<MessageUpdates>,
    owed: Arc<OwedNews>,
}

impl RequestClosings {
    pub(crate) fn new(desk: &Arc<Desk>, updates: &Arc<MessageUpdates>, owed: &Arc<OwedNews>) -> Self {
        Self { desk: Arc::clone(desk), updates: Arc::clone(updates), owed: Arc::clone(owed) }
    }

    /// Ends a request that is open, or that a process which has ended left, and shows so; the answer says what has become of it.
    pub(crate) async fn close(&self, request: &Request, why: Closing, by: Option<Admin>) -> Reply {
        let (id, now) = (request.id, self.desk.now());
        let event = closed(request, why, by, None);
        let written = self.desk.audit.transact(now, move |memory| {
            let may_end = |request: &&Request| match why {
                Closing::Interrupted => request.is_abandoned(now),
                _ => request.state(now) == RequestState::Open,
            };
            match memory.request(id) {
                // Somebody else was faster.
                Some(request) if !may_end(&request) => (None, request.state(now)),
                known => (known.map(|_| event), RequestState::Closed(why, None)),
            }
        });
        match written.await {
            Ok(state) => {
                self.updates.show_state(id).await;
                Reply::RequestOver(state)
            }
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: the request stays as it is");
                Reply::Refused(Refused::AuditUnavailable)
            }
        }
    }

    /// Ends the requests for a contact that still wait.
    pub(crate) async fn close_all_of(&self, contact: &ContactId, by: &Admin) {
        let (now, whose) = (self.desk.now(), contact.clone());
        let open = self.desk.audit.look(now, move |memory| {
            let open = memory.requests().filter(|request| request.contact == whose);
            open.filter(|request| request.state(now) == RequestState::Open).cloned().collect::<Vec<_>>()
        });
        let open = open.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be read: requests for a contact whose links were withdrawn stay open");
            Vec::new()
        });
        for request in open {
            self.close(&request, Closing::Revoked, Some(by.clone())).await;
            self.owed.notify_about(About::Request(request.id)).await;
        }
    }

    /// Writes down which requests have lapsed, once, whichever process is first.
    pub(crate) async fn lapse(&self) {
        let now = self.desk.now();
        let lapsing = self.desk.audit.look(now, move |memory| {
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
        let now = self.desk.now();
        let lapsed = self.desk.audit.transact(now, move |memory| {
            let request = memory.request(id).filter(|request| request.is_lapsing(now));
            let event = request.map(|request| closed(request, Closing::Lapsed, None, None));
            (event, ())
        });
        match lapsed.await {
            Ok(()) => self.updates.show_state(id).await,
            Err(error) => tracing::error!(%error, "the audit cannot be written: a request stays open"),
        }
    }
}

/// The line that ends a request.
pub(crate) fn closed(request: &Request, why: Closing, by: Option<Admin>, refusal: Option<String>) -> Event {
    let Request { id, contact, admin, .. } = request;
    let tell = why.is_news_to(admin, by.as_ref());
    Event::ApprovalClosed {
        request: *id,
        contact: contact.clone(),
        admin: admin.clone(),
        why,
        by,
        refusal,
        tell,
    }
}
