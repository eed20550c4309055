use std::collections::BTreeMap;

use jiff::Timestamp;
use keys::ContactId;

use super::event::{Closing, Entry, Event, Reason};
use crate::admin::{Admin, Platform};
use crate::request::RequestId;

/// A request for approval, as the audit tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names it.
    pub id: RequestId,
    /// When it was made.
    pub at: Timestamp,
    /// Whose password.
    pub contact: ContactId,
    /// Who wants the link.
    pub admin: Admin,
    /// Why it would not go by mail.
    pub reasons: Vec<Reason>,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
    /// Where it stands, and by which message.
    pub posts: Vec<(Platform, String)>,
    state: RequestState,
}

/// What has become of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestState {
    /// Nobody has answered yet.
    Open,
    /// Somebody agreed.
    Approved(Admin),
    /// It has come to nothing; by whom, where somebody turned it down.
    Closed(Closing, Option<Admin>),
}

impl Request {
    /// What has become of it. A request whose time is over counts as lapsed before anybody has written that down.
    pub fn state(&self, now: Timestamp) -> RequestState {
        match &self.state {
            RequestState::Open if now >= self.lapses_at => RequestState::Closed(Closing::Lapsed, None),
            state => state.clone(),
        }
    }

    /// Whether somebody still has to write down that it has lapsed.
    pub fn is_lapsing(&self, now: Timestamp) -> bool {
        self.state == RequestState::Open && now >= self.lapses_at
    }
}

/// The requests of the last hours.
#[derive(Debug, Default)]
pub(super) struct Requests(BTreeMap<RequestId, Request>);

impl Requests {
    pub(super) fn learn(&mut self, entry: &Entry) {
        match &entry.event {
            Event::ApprovalRequested { request, contact, admin, reasons, lapses_at, .. } => {
                let made = Request {
                    id: *request,
                    at: entry.at,
                    contact: contact.clone(),
                    admin: admin.clone(),
                    reasons: reasons.clone(),
                    lapses_at: *lapses_at,
                    posts: Vec::new(),
                    state: RequestState::Open,
                };
                self.0.insert(*request, made);
            }
            Event::ApprovalPosted { request, platform, message } => {
                if let Some(request) = self.0.get_mut(request) {
                    request.posts.push((*platform, message.clone()));
                }
            }
            Event::Approved { request, by, .. } => self.end(*request, RequestState::Approved(by.clone())),
            Event::ApprovalClosed { request, why, by, .. } => {
                self.end(*request, RequestState::Closed(*why, by.clone()));
            }
            _ => {}
        }
    }

    fn end(&mut self, id: RequestId, state: RequestState) {
        if let Some(request) = self.0.get_mut(&id).filter(|request| request.state == RequestState::Open) {
            request.state = state;
        }
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&Request> {
        self.0.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Request> {
        self.0.values()
    }

    pub(super) fn forget(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        self.0.retain(|_, request| !is_past(request.at));
    }
}
