//! The one fold from the audit's entries to the state of each link: status, buttons and limits all ask it. Pure.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use keys::{ContactId, LinkId, ReceiptOutcome};

use super::event::{DeliveryChannel, Entry, Event, Found};
use super::sound::Disagreement;
use crate::admin::Admin;

/// A link that was issued, as the audit tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedLink {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub link_id: LinkId,
    /// Whose password.
    pub contact: ContactId,
    /// Who asked.
    pub admin: Admin,
    /// The link's own time of issue (`iat`).
    pub issued_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The masked address of the mail that a server took; absent where none did.
    pub mailed_to: Option<String>,
    /// Whether its mail is being tried again, or was given up.
    pub is_delayed: bool,
    /// Whether the admin got it.
    pub is_handed_over: bool,
    /// What has become of it, time aside.
    fate: Fate,
}

impl IssuedLink {
    /// What has become of it by `now`.
    pub fn fate(&self, now: Timestamp) -> Fate {
        match self.fate {
            Fate::Outstanding if now >= self.expires_at => Fate::Expired,
            fate => fate,
        }
    }

    /// Whether it may be good for something now or later, so that a withdrawal has a sense. A link that was overtaken by a change of the e-mail is good
    /// again once that change is undone.
    pub fn may_be_good(&self, now: Timestamp) -> bool {
        now < self.expires_at && matches!(self.fate, Fate::Outstanding | Fate::Overtaken(_))
    }

    /// Whether a mail server took it.
    pub fn is_mailed(&self) -> bool {
        self.mailed_to.is_some()
    }

    /// What is more certain overrules what is less so; of two that are alike, the first stands.
    fn become_over(&mut self, fate: Fate) {
        if fate.certainty() > self.fate.certainty() {
            self.fate = fate;
        }
    }
}

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing yet.
    Outstanding,
    /// Its time ran out.
    Expired,
    /// A new password was set.
    Redeemed(Timestamp),
    /// It counts as used, though nobody can tell whether a password was set.
    Unsettled(Timestamp),
    /// An admin withdrew it.
    Withdrawn(Timestamp),
    /// The password or e-mail changed first.
    Overtaken(Timestamp),
    /// The redeem server's ledger began after it, and refuses it.
    LedgerIsYounger(Timestamp),
}

impl Fate {
    /// A redemption overrules a withdrawal that came a moment too late, and nothing overrules a redemption. What may have set a password is more than what
    /// kept it from being set; an e-mail that changed may change back.
    fn certainty(self) -> u8 {
        match self {
            Self::Outstanding | Self::Expired => 0,
            Self::Overtaken(_) => 1,
            Self::Withdrawn(_) | Self::LedgerIsYounger(_) => 2,
            Self::Unsettled(_) => 3,
            Self::Redeemed(_) => 4,
        }
    }
}

/// The links that entries tell of.
#[derive(Debug, Default)]
pub(super) struct Links {
    in_order: VecDeque<LinkId>,
    by_id: HashMap<LinkId, IssuedLink>,
}

impl Links {
    /// Takes in one entry. What it tells of links that are not here changes nothing.
    ///
    /// # Errors
    /// Where it cannot be true beside an earlier one; then it changes nothing either.
    pub(super) fn learn(&mut self, entry: &Entry) -> Result<(), Disagreement> {
        let at = entry.at;
        match &entry.event {
            Event::Issued { link_id, contact, admin, issued_at, expires_at, .. } => {
                if self.by_id.contains_key(link_id) {
                    return Err(Disagreement::IssuedTwice);
                }
                let issued = IssuedLink {
                    at,
                    link_id: *link_id,
                    contact: contact.clone(),
                    admin: admin.clone(),
                    issued_at: *issued_at,
                    expires_at: *expires_at,
                    mailed_to: None,
                    is_delayed: false,
                    is_handed_over: false,
                    fate: Fate::Outstanding,
                };
                self.by_id.insert(*link_id, issued);
                self.in_order.push_back(*link_id);
                Ok(())
            }
            Event::Mailed { link_id, contact, to, .. } => self.change(*link_id, contact, |link| {
                link.mailed_to = Some(to.clone());
                link.is_delayed = false;
            }),
            Event::MailDelayed { link_id, contact, .. } => {
                self.change(*link_id, contact, |link| link.is_delayed = true)
            }
            Event::HandedOver { link_id, contact, .. } => self.change(*link_id, contact, |link| {
                link.is_handed_over = true;
                link.is_delayed = false;
            }),
            // Nobody has it, whatever was about to be done.
            Event::Shown { link_id, way: DeliveryChannel::Nowhere, .. } => {
                if let Some(link) = self.by_id.get_mut(link_id) {
                    link.is_handed_over = false;
                }
                Ok(())
            }
            Event::Withheld { link_id: Some(link_id), contact, .. }
            | Event::LinkRevoking { link_id, contact, .. } => self.change(*link_id, contact, |_| ()),
            // The former password is gone, and with it every link that was made for it.
            Event::Receipt { contact, outcome: ReceiptOutcome::Changed, happened_at, .. } => {
                for link in self.by_id.values_mut().filter(|link| {
                    link.contact == *contact
                        && link.issued_at <= *happened_at
                        && *happened_at < link.expires_at
                }) {
                    link.become_over(Fate::Overtaken(*happened_at));
                }
                Ok(())
            }
            // What was issued up to the link that was not asked for is withdrawn with it.
            Event::Receipt { link_id, contact, outcome: ReceiptOutcome::Objected, happened_at, .. } => {
                let Some(issued_up_to) = self.by_id.get(link_id).map(|link| link.issued_at) else {
                    return Ok(());
                };
                for link in self.by_id.values_mut().filter(|link| {
                    link.contact == *contact
                        && link.issued_at <= issued_up_to
                        && *happened_at < link.expires_at
                }) {
                    link.become_over(Fate::Withdrawn(*happened_at));
                }
                Ok(())
            }
            Event::Receipt { link_id, contact, outcome, happened_at, .. } => {
                self.change(*link_id, contact, |link| {
                    fate_by(*outcome, *happened_at).into_iter().for_each(|fate| link.become_over(fate));
                })
            }
            Event::LinkRevoked { link_id, contact, found, .. } => {
                let fate = match found {
                    Found::Withdrawn | Found::InProgress => Fate::Withdrawn(at),
                    // Until the receipt says more.
                    Found::AlreadyRedeemed => Fate::Unsettled(at),
                };
                self.change(*link_id, contact, |link| link.become_over(fate))
            }
            Event::Revoked { contact, issued_up_to, .. } => {
                for link in self.by_id.values_mut().filter(|link| {
                    link.contact == *contact && link.issued_at <= *issued_up_to && at < link.expires_at
                }) {
                    link.become_over(Fate::Withdrawn(at));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn change(
        &mut self,
        link_id: LinkId,
        whose: &ContactId,
        change: impl FnOnce(&mut IssuedLink),
    ) -> Result<(), Disagreement> {
        match self.by_id.get_mut(&link_id) {
            Some(link) if link.contact != *whose => Err(Disagreement::AnotherContact),
            Some(link) => {
                change(link);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn get(&self, link_id: LinkId) -> Option<&IssuedLink> {
        self.by_id.get(&link_id)
    }

    /// In the order of the audit.
    pub(super) fn iter(&self) -> impl Iterator<Item = &IssuedLink> {
        self.in_order.iter().filter_map(|link_id| self.by_id.get(link_id))
    }

    pub(super) fn forget(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        while let Some(oldest) = self.in_order.front() {
            if self.by_id.get(oldest).is_some_and(|link| !is_past(link.at)) {
                break;
            }
            self.by_id.remove(oldest);
            self.in_order.pop_front();
        }
    }

    /// In the order of the audit.
    pub(super) fn into_vec(mut self) -> Vec<IssuedLink> {
        self.in_order.iter().filter_map(|link_id| self.by_id.remove(link_id)).collect()
    }
}

/// What the redeem server's word makes of a link; `None`: it is as good as before.
fn fate_by(outcome: ReceiptOutcome, happened_at: Timestamp) -> Option<Fate> {
    Some(match outcome {
        ReceiptOutcome::Redeemed => Fate::Redeemed(happened_at),
        // That it was used is certain; by whom is told by another receipt.
        ReceiptOutcome::Unsettled | ReceiptOutcome::RefusedUsed => Fate::Unsettled(happened_at),
        ReceiptOutcome::Revoked | ReceiptOutcome::RefusedWithdrawn => Fate::Withdrawn(happened_at),
        ReceiptOutcome::RefusedOvertaken => Fate::Overtaken(happened_at),
        ReceiptOutcome::RefusedLedgerIsYounger => Fate::LedgerIsYounger(happened_at),
        ReceiptOutcome::RefusedByDirectory | ReceiptOutcome::Changed | ReceiptOutcome::Objected => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::Platform;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn id() -> LinkId {
        keys::LinkId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap()
    }

    fn ada() -> ContactId {
        ContactId::new("ada").unwrap()
    }

    fn admin() -> Admin {
        Admin { platform: Platform::Console, user: "alice".to_owned() }
    }

    fn issued() -> Event {
        Event::Issued {
            link_id: id(),
            contact: ada(),
            admin: admin(),
            key_id: serde_json::from_str("\"k4.pid.zXzH6bz1AOPzRp254cwUzhFWJSaNxoBfCW2-fH4v7TWE\"").unwrap(),
            issued_at: at(0),
            expires_at: at(900),
            request: None,
        }
    }

    fn receipt(outcome: ReceiptOutcome) -> Event {
        Event::Receipt {
            receipt: format!("{}.{}", id(), outcome.as_str()),
            link_id: id(),
            contact: ada(),
            admin: None,
            key_id: None,
            outcome,
            happened_at: at(5),
            client: None,
        }
    }

    fn revoked() -> Event {
        Event::Revoked { contact: ada(), admin: admin(), issued_up_to: at(9), in_progress: false }
    }

    fn link_revoked(found: Found) -> Event {
        Event::LinkRevoked { link_id: id(), contact: ada(), admin: None, found }
    }

    fn fate_after(events: Vec<Event>) -> Fate {
        let mut links = Links::default();
        for event in std::iter::once(issued()).chain(events) {
            links.learn(&Entry { at: at(9), event }).unwrap();
        }
        links.get(id()).unwrap().fate(at(10))
    }

    #[test]
    fn each_word_of_the_redeem_server_makes_one_fate() {
        use ReceiptOutcome as Outcome;
        let five = at(5);
        for (outcome, fate) in [
            (Outcome::Redeemed, Fate::Redeemed(five)),
            (Outcome::Unsettled, Fate::Unsettled(five)),
            (Outcome::RefusedUsed, Fate::Unsettled(five)),
            (Outcome::Revoked, Fate::Withdrawn(five)),
            (Outcome::RefusedWithdrawn, Fate::Withdrawn(five)),
            (Outcome::RefusedOvertaken, Fate::Overtaken(five)),
            (Outcome::RefusedLedgerIsYounger, Fate::LedgerIsYounger(five)),
            (Outcome::RefusedByDirectory, Fate::Outstanding),
            (Outcome::Objected, Fate::Withdrawn(five)),
            (Outcome::Changed, Fate::Overtaken(five)),
        ] {
            assert_eq!(fate_after(vec![receipt(outcome)]), fate, "{outcome:?}");
        }
        assert_eq!(fate_after(vec![revoked()]), Fate::Withdrawn(at(9)));
        assert_eq!(fate_after(vec![link_revoked(Found::InProgress)]), Fate::Withdrawn(at(9)));
        assert_eq!(fate_after(vec![link_revoked(Found::AlreadyRedeemed)]), Fate::Unsettled(at(9)));
    }

    #[test]
    fn what_is_more_certain_overrules_whichever_comes_first() {
        use ReceiptOutcome as Outcome;
        let pairs = [
            (receipt(Outcome::Redeemed), receipt(Outcome::Unsettled), Fate::Redeemed(at(5))),
            (receipt(Outcome::Redeemed), revoked(), Fate::Redeemed(at(5))),
            (receipt(Outcome::Unsettled), link_revoked(Found::Withdrawn), Fate::Unsettled(at(5))),
            (revoked(), receipt(Outcome::RefusedOvertaken), Fate::Withdrawn(at(9))),
        ];
        for (stronger, weaker, fate) in pairs {
            assert_eq!(fate_after(vec![stronger.clone(), weaker.clone()]), fate);
            assert_eq!(fate_after(vec![weaker, stronger]), fate);
        }
    }

    #[test]
    fn a_link_that_was_overtaken_may_be_good_again_and_one_that_was_used_may_not() {
        let link = |outcome| {
            let mut links = Links::default();
            links.learn(&Entry { at: at(0), event: issued() }).unwrap();
            links.learn(&Entry { at: at(9), event: receipt(outcome) }).unwrap();
            links.get(id()).unwrap().clone()
        };
        assert!(link(ReceiptOutcome::RefusedOvertaken).may_be_good(at(10)));
        assert!(!link(ReceiptOutcome::RefusedOvertaken).may_be_good(at(900)));
        assert!(!link(ReceiptOutcome::Unsettled).may_be_good(at(10)));
    }

    #[test]
    fn a_link_expires_unless_something_else_became_of_it() {
        let mut links = Links::default();
        links.learn(&Entry { at: at(0), event: issued() }).unwrap();
        assert_eq!(links.get(id()).unwrap().fate(at(899)), Fate::Outstanding);
        assert_eq!(links.get(id()).unwrap().fate(at(900)), Fate::Expired);
        // Withdrawn after its time: it expired first.
        links.learn(&Entry { at: at(901), event: revoked() }).unwrap();
        assert_eq!(links.get(id()).unwrap().fate(at(902)), Fate::Expired);
        links.learn(&Entry { at: at(903), event: receipt(ReceiptOutcome::Redeemed) }).unwrap();
        assert_eq!(links.get(id()).unwrap().fate(at(904)), Fate::Redeemed(at(5)));
    }

    #[test]
    fn links_keep_the_order_of_the_audit_and_the_oldest_is_forgotten_first() {
        let named =
            |number: u8| keys::LinkId::parse(&format!("{}AAAAAAAAAAAAAAAAAAAAA", number as char)).unwrap();
        let mut links = Links::default();
        for (second, number) in [(0, b'C'), (1, b'A'), (2, b'B')] {
            let Event::Issued { contact, admin, key_id, issued_at, expires_at, request, .. } = issued()
            else {
                unreachable!()
            };
            let link_id = named(number);
            let event = Event::Issued { link_id, contact, admin, key_id, issued_at, expires_at, request };
            links.learn(&Entry { at: at(second), event }).unwrap();
        }
        links.forget(|made| made < at(1));
        assert!(links.get(named(b'C')).is_none());
        let left: Vec<_> = links.into_vec().into_iter().map(|link| link.link_id).collect();
        assert_eq!(left, [named(b'A'), named(b'B')]);
    }
}
