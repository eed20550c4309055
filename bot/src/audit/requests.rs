use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, LinkId};

use super::event::{Closing, Entry, Event, Reason};
use super::sound::Disagreement;
use crate::admin::{Admin, Platform};
use crate::request::RequestId;

/// What is begun and not finished for so long was left by a process that has ended: nothing that a living one does takes longer from one line to the next.
pub const ABANDONED: SignedDuration = SignedDuration::from_mins(2);

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
    /// Whom it was asked for; absent where an earlier version asked.
    pub binding: Option<String>,
    /// The masked address to which the link would be mailed.
    pub to: Option<String>,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
    /// Where it stands, and by which message.
    pub posts: Vec<(Platform, String)>,
    state: RequestState,
    /// When that came about.
    since: Timestamp,
    /// The link that was minted for it.
    link_id: Option<LinkId>,
    /// Whoever made it must hear that the link was mailed.
    tells_of_mail: bool,
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

    /// Whether it was approved and has no link.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.state, RequestState::Approved(_)) && self.link_id.is_none()
    }

    /// Whether a process that has ended left it: approved and without a link, or open and nowhere to be seen.
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        let is_unseen = self.state(now) == RequestState::Open && self.posts.is_empty();
        (self.is_unfinished() || is_unseen) && now.duration_since(self.since) >= ABANDONED
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
            Event::ApprovalRequested {
                request,
                contact,
                admin,
                reasons,
                instead_of,
                binding,
                to,
                lapses_at,
                ..
            } => {
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
                    binding: binding.clone(),
                    to: to.clone(),
                    lapses_at: *lapses_at,
                    posts: Vec::new(),
                    state: RequestState::Open,
                    since: entry.at,
                    link_id: None,
                    tells_of_mail: false,
                };
                self.0.insert(*request, made);
            }
            Event::ApprovalPosted { request, platform, message } => {
                if let Some(request) = self.0.get_mut(request) {
                    request.posts.push((*platform, message.clone()));
                }
            }
            Event::Approved { request, contact, admin, by, tell } => {
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
                self.end(*request, RequestState::Approved(by.clone()), entry.at);
                if let Some(request) = self.0.get_mut(request) {
                    request.tells_of_mail = *tell;
                }
            }
            Event::ApprovalClosed { request, why, by, .. } => {
                self.end(*request, RequestState::Closed(*why, by.clone()), entry.at);
            }
            Event::Issued { request: Some(request), link_id, contact, admin, .. } => {
                if let Some(made) = self.0.get_mut(request) {
                    if made.contact != *contact || made.admin != *admin {
                        return Err(Disagreement::AnotherContact);
                    }
                    if made.link_id.is_some() || !matches!(made.state, RequestState::Approved(_)) {
                        return Err(Disagreement::NotApproved);
                    }
                    made.link_id = Some(*link_id);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Nothing ends twice; but what was approved may yet come to nothing.
    fn end(&mut self, id: RequestId, state: RequestState, at: Timestamp) {
        let comes_to_nothing = matches!(
            state,
            RequestState::Closed(Closing::Interrupted | Closing::Refused | Closing::AskedAgain, _)
        );
        let may_end = |request: &&mut Request| request.state == RequestState::Open || comes_to_nothing;
        if let Some(request) = self.0.get_mut(&id).filter(may_end) {
            (request.state, request.since) = (state, at);
        }
    }

    /// The request that a link was minted for, where whoever made it must hear that it was mailed.
    pub(super) fn tells_of_mail(&self, link_id: LinkId) -> Option<&Request> {
        self.0.values().find(|request| request.link_id == Some(link_id) && request.tells_of_mail)
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
