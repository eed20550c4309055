use std::collections::BTreeMap;

use jiff::Timestamp;
use keys::{ContactId, ReceiptOutcome};

use super::event::{Entry, Event, HelpClosing, Reason};
use crate::admin::{Admin, Platform};
use crate::request::RequestId;

/// The help desk was asked for a link by somebody on the page for a forgotten password, as the audit tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRequest {
    /// Names it.
    pub id: RequestId,
    /// When it was made.
    pub at: Timestamp,
    /// Whose password.
    pub contact: ContactId,
    /// Why no link was mailed; empty where the operator wants the help desk to be asked in any case.
    pub reasons: Vec<Reason>,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
    /// Where it stands, and by which message.
    pub posts: Vec<(Platform, String)>,
    state: HelpState,
}

/// What has become of such a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpState {
    /// Nobody has answered yet.
    Open,
    /// This admin has issued a link for the contact, or asked a second person about one.
    Answered(Admin),
    /// This admin wants no link to be issued.
    Dismissed(Admin),
    /// The contact has a new password meanwhile.
    Served,
    /// It has come to nothing.
    Closed(HelpClosing),
}

impl HelpRequest {
    /// What has become of it. A request whose time is over counts as lapsed before anybody has written that down.
    pub fn state(&self, now: Timestamp) -> HelpState {
        match &self.state {
            HelpState::Open if now >= self.lapses_at => HelpState::Closed(HelpClosing::Lapsed),
            state => state.clone(),
        }
    }

    /// Whether somebody still has to write down that it has lapsed.
    pub fn is_lapsing(&self, now: Timestamp) -> bool {
        self.state == HelpState::Open && now >= self.lapses_at
    }
}

/// The requests of the last hours. Pure.
#[derive(Debug, Default)]
pub(super) struct HelpRequests(BTreeMap<RequestId, HelpRequest>);

impl HelpRequests {
    /// Takes in one entry. What it tells of requests that are not here changes nothing, and nothing ends twice.
    pub(super) fn learn(&mut self, entry: &Entry) {
        match &entry.event {
            Event::HelpRequested { request, contact, reasons, lapses_at, .. } => {
                self.0.entry(*request).or_insert_with(|| HelpRequest {
                    id: *request,
                    at: entry.at,
                    contact: contact.clone(),
                    reasons: reasons.clone(),
                    lapses_at: *lapses_at,
                    posts: Vec::new(),
                    state: HelpState::Open,
                });
            }
            Event::HelpPosted { request, platform, message } => {
                if let Some(request) = self.0.get_mut(request) {
                    request.posts.push((*platform, message.clone()));
                }
            }
            Event::HelpDismissed { request, by, .. } => {
                self.end(|open| open.id == *request, &HelpState::Dismissed(by.clone()), entry.at);
            }
            Event::HelpClosed { request, why, .. } => {
                self.end(|open| open.id == *request, &HelpState::Closed(*why), entry.at);
            }
            // However an admin came to it, the contact has been seen to.
            Event::Issued { contact, admin, .. } | Event::ApprovalRequested { contact, admin, .. }
                if admin.platform != Platform::Page =>
            {
                self.end(|open| open.contact == *contact, &HelpState::Answered(admin.clone()), entry.at);
            }
            Event::Receipt {
                contact, outcome: ReceiptOutcome::Redeemed | ReceiptOutcome::Changed, ..
            } => {
                self.end(|open| open.contact == *contact, &HelpState::Served, entry.at);
            }
            _ => {}
        }
    }

    fn end(&mut self, is_meant: impl Fn(&HelpRequest) -> bool, state: &HelpState, at: Timestamp) {
        let ended_by_time = matches!(state, HelpState::Closed(_));
        for request in self.0.values_mut().filter(|request| request.state == HelpState::Open) {
            if is_meant(request) && (ended_by_time || at < request.lapses_at) {
                request.state = state.clone();
            }
        }
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&HelpRequest> {
        self.0.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &HelpRequest> {
        self.0.values()
    }

    pub(super) fn forget(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        self.0.retain(|_, request| !is_past(request.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn id() -> RequestId {
        RequestId::from_random([7; 16])
    }

    fn ada() -> ContactId {
        ContactId::new("ada").unwrap()
    }

    fn alice() -> Admin {
        Admin { platform: Platform::Discord, user: "1".to_owned() }
    }

    fn asked() -> Event {
        let (wish, client) = (None, None);
        Event::HelpRequested {
            request: id(),
            contact: ada(),
            wish,
            client,
            reasons: vec![],
            lapses_at: at(3_600),
        }
    }

    fn state_after(events: Vec<(i64, Event)>, now: i64) -> HelpState {
        let mut requests = HelpRequests::default();
        for (second, event) in std::iter::once((0, asked())).chain(events) {
            requests.learn(&Entry { at: at(second), event });
        }
        requests.get(id()).unwrap().state(at(now))
    }

    fn issued(admin: Admin) -> Event {
        Event::Issued {
            link_id: keys::LinkId::from_random([1; 24]),
            contact: ada(),
            admin,
            key_id: serde_json::from_str("\"k4.pid.zXzH6bz1AOPzRp254cwUzhFWJSaNxoBfCW2-fH4v7TWE\"").unwrap(),
            issued_at: at(1),
            expires_at: at(901),
            request: None,
        }
    }

    #[test]
    fn a_link_by_whichever_way_answers_it_and_one_of_the_page_does_not() {
        assert_eq!(state_after(vec![], 1), HelpState::Open);
        assert_eq!(state_after(vec![(1, issued(alice()))], 2), HelpState::Answered(alice()));
        assert_eq!(state_after(vec![(1, issued(Admin::page()))], 2), HelpState::Open);
    }

    #[test]
    fn nothing_ends_twice_and_what_lapsed_stays_so() {
        let dismissed = || Event::HelpDismissed { request: id(), contact: ada(), by: alice() };
        assert_eq!(
            state_after(vec![(1, dismissed()), (2, issued(alice()))], 3),
            HelpState::Dismissed(alice())
        );
        let lapsed = HelpState::Closed(HelpClosing::Lapsed);
        assert_eq!(state_after(vec![], 3_600), lapsed);
        assert_eq!(state_after(vec![(3_601, issued(alice()))], 3_602), lapsed);
    }
}
