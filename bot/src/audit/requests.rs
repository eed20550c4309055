use std::collections::BTreeMap;

use jiff::Timestamp;
use keys::{ContactId, LinkId};

use super::event::{Closing, Entry, Event, Reason};
use super::sound::Disagreement;
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
    /// The link that was e-mailed, in whose place this one is wanted in hand.
    pub instead_of: Option<LinkId>,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
    /// Where it stands, and by which message.
    pub posts: Vec<(Platform, String)>,
    state: RequestState,
    /// Whether a link was minted for it.
    is_minted: bool,
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

    /// Whether it was approved and came to nothing: the process ended in between.
    pub fn is_interrupted(&self) -> bool {
        matches!(self.state, RequestState::Approved(_)) && !self.is_minted
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
    /// Takes in one entry. What it tells of requests that are not here changes nothing.
    ///
    /// # Errors
    /// Where it cannot be true beside an earlier one; then it changes nothing either.
    pub(super) fn learn(&mut self, entry: &Entry) -> Result<(), Disagreement> {
        match &entry.event {
            Event::ApprovalRequested { request, contact, admin, reasons, instead_of, lapses_at, .. } => {
                if self.0.contains_key(request) {
                    return Err(Disagreement::RequestedTwice);
                }
                let made = Request {
                    id: *request,
                    at: entry.at,
                    contact: contact.clone(),
                    admin: admin.clone(),
                    reasons: reasons.clone(),
                    instead_of: *instead_of,
                    lapses_at: *lapses_at,
                    posts: Vec::new(),
                    state: RequestState::Open,
                    is_minted: false,
                };
                self.0.insert(*request, made);
            }
            Event::ApprovalPosted { request, platform, message } => {
                if let Some(request) = self.0.get_mut(request) {
                    request.posts.push((*platform, message.clone()));
                }
            }
            Event::Approved { request, contact, admin, by } => {
                match self.0.get(request) {
                    Some(made) if made.contact != *contact || made.admin != *admin => {
                        return Err(Disagreement::AnotherContact);
                    }
                    Some(made) if made.admin == *by => return Err(Disagreement::OwnApproval),
                    Some(made) if made.state != RequestState::Open => {
                        return Err(Disagreement::AnsweredTwice);
                    }
                    Some(_) | None => {}
                }
                self.end(*request, RequestState::Approved(by.clone()));
            }
            Event::ApprovalClosed { request, why, by, .. } => {
                self.end(*request, RequestState::Closed(*why, by.clone()));
            }
            Event::Issued { request: Some(request), contact, admin, .. } => {
                if let Some(made) = self.0.get_mut(request) {
                    if made.contact != *contact || made.admin != *admin {
                        return Err(Disagreement::AnotherContact);
                    }
                    if made.is_minted || !matches!(made.state, RequestState::Approved(_)) {
                        return Err(Disagreement::NotApproved);
                    }
                    made.is_minted = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, id: RequestId, state: RequestState) {
        let is_interrupted = matches!(state, RequestState::Closed(Closing::Interrupted, _));
        let may_end = |request: &&mut Request| request.state == RequestState::Open || is_interrupted;
        if let Some(request) = self.0.get_mut(&id).filter(may_end) {
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
