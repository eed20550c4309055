use std::collections::BTreeMap;

use jiff::Timestamp;
use keys::{ContactId, LinkId, ReceiptOutcome};

use super::event::{DeliveryChannel, Entry, Event};
use super::redemption::Redemption;
use crate::admin::{Admin, Platform};
use crate::request::RequestId;

/// What an admin has yet to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// What came of this request.
    Request(RequestId),
    /// What came of this link.
    Link(LinkId),
    /// The contact did not ask for this link.
    Objection(LinkId),
}

#[derive(Debug)]
struct Debt {
    admin: Admin,
    since: Timestamp,
    /// The link was used; otherwise it was shown to nobody.
    redeemed: Option<Redemption>,
    /// Whose link they did not ask for.
    objected: Option<ContactId>,
}

/// What must be told and has been told to nobody yet.
#[derive(Debug, Default)]
pub(super) struct Owed(BTreeMap<About, Debt>);

impl Owed {
    pub(super) fn learn(&mut self, entry: &Entry) {
        match &entry.event {
            Event::ApprovalClosed { request, admin, tell: true, .. } => {
                self.owe(About::Request(*request), admin, entry.at);
            }
            Event::Shown { link_id, admin, way: DeliveryChannel::Nowhere, .. } => {
                self.owe(About::Link(*link_id), admin, entry.at);
            }
            Event::Receipt {
                link_id,
                contact,
                admin: Some(admin),
                outcome: ReceiptOutcome::Objected,
                ..
            } => {
                let objected = Some(contact.clone());
                let debt = Debt { admin: admin.clone(), since: entry.at, redeemed: None, objected };
                self.add(About::Objection(*link_id), debt);
            }
            Event::Told { request, link_id, objection, .. } => {
                let about =
                    [request.map(About::Request), link_id.map(About::Link), objection.map(About::Objection)];
                about.into_iter().flatten().for_each(|about| {
                    self.0.remove(&about);
                });
            }
            _ => {}
        }
    }

    pub(super) fn owe(&mut self, about: About, admin: &Admin, since: Timestamp) {
        self.add(about, Debt { admin: admin.clone(), since, redeemed: None, objected: None });
    }

    pub(super) fn owe_redemption(&mut self, redeemed: Redemption, since: Timestamp) {
        if let Some(admin) = redeemed.admin.clone() {
            self.add(
                About::Link(redeemed.link_id),
                Debt { admin, since, redeemed: Some(redeemed), objected: None },
            );
        }
    }

    fn add(&mut self, about: About, debt: Debt) {
        // Nobody can be reached in a shell once their command has ended, and whoever asked on the page is nobody that we know.
        if !matches!(debt.admin.platform, Platform::Shell | Platform::Page) {
            self.0.insert(about, debt);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (About, &Admin, Option<&Redemption>)> {
        self.0.iter().map(|(about, debt)| (*about, &debt.admin, debt.redeemed.as_ref()))
    }

    /// Whose link an objection is about.
    pub(super) fn objected(&self, about: About) -> Option<&ContactId> {
        self.0.get(&about).and_then(|debt| debt.objected.as_ref())
    }

    pub(super) fn forget(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        self.0.retain(|_, debt| !is_past(debt.since));
    }
}
