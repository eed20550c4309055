use std::collections::btree_map::Entry as MapEntry;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, LinkId, WishId};

use super::event::{DeliveryChannel, Entry, Event};
use super::help::{HelpRequest, HelpRequests};
use super::links::{Fate, IssuedLink, Links};
use super::owed::{About, Owed};
use super::redemption::Redemption;
use super::requests::{ABANDONED, Request, Requests};
use super::sound::{Disagreement, Flaw, Unsound};
use crate::admin::{Admin, Platform};
use crate::request::RequestId;

/// How far back the bot remembers. A link lives an hour at most, and so all that can happen to one falls within this.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(2);

/// A link that stands in a message which can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLink {
    /// When it was shown.
    at: Timestamp,
    /// Which link.
    pub link_id: LinkId,
    /// Who has it.
    pub admin: Admin,
    /// Names the message on the admin's platform.
    pub message: String,
}

/// What the bot knows without a database: the last two hours of its own audit. Pure.
#[derive(Debug, Default)]
pub struct Memory {
    links: Links,
    receipts: HashMap<String, Timestamp>,
    untold: BTreeMap<LinkId, Redemption>,
    revoked: HashMap<ContactId, Timestamp>,
    shown: Vec<ShownLink>,
    /// Links that were handed over, and of which nobody has written down how they reached the admin.
    unseen: BTreeMap<LinkId, Timestamp>,
    /// Links that nobody is to have and that still work as far as is known: since when.
    unwanted: BTreeMap<LinkId, Timestamp>,
    /// Links whose mail is being tried again: until when.
    delayed: BTreeMap<LinkId, Timestamp>,
    requests: Requests,
    help: HelpRequests,
    /// What was asked for on the page and had an effect, with whose password: when.
    wishes: HashMap<(WishId, ContactId), Timestamp>,
    /// When the help desk was not asked about somebody, since so many had asked.
    help_not_asked: Vec<(ContactId, Timestamp)>,
    owed: Owed,
    taken: HashMap<(Platform, String), Timestamp>,
    /// The first place where the audit is not what was written.
    unsound: Option<Unsound>,
}

impl Memory {
    /// Takes in one entry.
    ///
    /// # Errors
    /// Where it cannot be true beside an earlier one; then it changes nothing.
    pub fn learn(&mut self, entry: &Entry) -> Result<(), Disagreement> {
        let (of_request, of_link) = (self.requests.learn(entry), self.links.learn(entry));
        of_request.and(of_link)?;
        self.owed.learn(entry);
        self.help.learn(entry);
        match &entry.event {
            Event::Asked { wish, contact, .. } | Event::HelpRequested { wish: Some(wish), contact, .. } => {
                self.wishes.insert((*wish, contact.clone()), entry.at);
            }
            Event::HelpNotAsked { wish, contact, .. } => {
                self.wishes.insert((*wish, contact.clone()), entry.at);
                self.help_not_asked.push((contact.clone(), entry.at));
            }
            Event::Receipt { receipt, .. } => {
                self.receipts.insert(receipt.clone(), entry.at);
                if let Some(redemption) = Redemption::told_by(&entry.event) {
                    self.untold.insert(redemption.link_id, redemption);
                }
            }
            Event::Followed { link_id, told, .. } => {
                if let Some(redemption) = self.untold.remove(link_id).filter(|_| !told) {
                    self.owed.owe_redemption(redemption, entry.at);
                }
            }
            Event::Withheld { link_id: Some(link_id), admin, .. } => {
                if self.delayed.remove(link_id).is_some() {
                    self.owed.owe(About::Link(*link_id), admin, entry.at);
                }
                self.unwanted.insert(*link_id, entry.at);
            }
            Event::LinkRevoking { link_id, admin: None, .. } => {
                self.unwanted.insert(*link_id, entry.at);
            }
            Event::LinkRevoked { link_id, admin, .. } => {
                self.not_delayed_any_more(*link_id, admin.as_ref(), entry.at);
                self.unwanted.remove(link_id);
            }
            Event::Revoking { contact, issued_up_to, .. } | Event::Revoked { contact, issued_up_to, .. } => {
                if let Event::Revoked { admin, .. } = &entry.event {
                    let is_over = |link: &&IssuedLink| {
                        link.contact == *contact && link.issued_at <= *issued_up_to && link.is_delayed
                    };
                    let over: Vec<_> = self.links.iter().filter(is_over).map(|link| link.link_id).collect();
                    for link_id in over {
                        self.not_delayed_any_more(link_id, Some(admin), entry.at);
                    }
                }
                let latest = self.revoked.entry(contact.clone()).or_insert(*issued_up_to);
                *latest = (*latest).max(*issued_up_to);
            }
            Event::Mailed { link_id, admin, .. } => {
                if let Some(request) = self.requests.tells_of_mail(*link_id) {
                    self.owed.owe(About::Request(request.id), &request.admin, entry.at);
                }
                if self.delayed.remove(link_id).is_some() && self.requests.tells_of_mail(*link_id).is_none() {
                    self.owed.owe(About::Link(*link_id), admin, entry.at);
                }
            }
            Event::Taken { platform, delivery } => {
                self.taken.insert((*platform, delivery.clone()), entry.at);
            }
            Event::MailDelayed { link_id, until, .. } => {
                self.delayed.insert(*link_id, *until);
            }
            Event::HandedOver { link_id, .. } => {
                self.delayed.remove(link_id);
                self.unseen.insert(*link_id, entry.at);
            }
            Event::Shown { link_id, admin, message, way } => {
                self.unseen.remove(link_id);
                if *way == DeliveryChannel::Nowhere {
                    self.unwanted.insert(*link_id, entry.at);
                }
                self.shown.extend(message.clone().map(|message| ShownLink {
                    at: entry.at,
                    link_id: *link_id,
                    admin: admin.clone(),
                    message,
                }));
            }
            _ => {}
        }
        Ok(())
    }

    /// A link whose mail is tried again has been withdrawn. Whoever asked for it hears so, unless they did it themselves.
    fn not_delayed_any_more(&mut self, link_id: LinkId, by: Option<&Admin>, at: Timestamp) {
        if self.delayed.remove(&link_id).is_some()
            && let Some(link) = self.links.get(link_id).filter(|link| Some(&link.admin) != by)
        {
            self.owed.owe(About::Link(link_id), &link.admin, at);
        }
    }

    /// Takes in a redemption that is older than all of this and of which nobody was told; `None` where it is known.
    pub(super) fn recall(&mut self, receipt: &Entry) -> Option<Redemption> {
        let redemption = Redemption::told_by(&receipt.event)?;
        match self.untold.entry(redemption.link_id) {
            MapEntry::Vacant(place) => Some(place.insert(redemption).clone()),
            MapEntry::Occupied(_) => None,
        }
    }

    /// Forgets everything that is about to be read again. What may be older stays.
    pub(super) fn begin_again(&mut self) {
        let Self { untold, unsound, .. } = std::mem::take(self);
        *self = Self { untold, unsound, ..Self::default() };
    }

    /// Lets go of what is behind the horizon.
    pub fn forget(&mut self, now: Timestamp) {
        let is_past = |at: Timestamp| now.duration_since(at) > HORIZON;
        self.links.forget(is_past);
        self.receipts.retain(|_, at| !is_past(*at));
        self.revoked.retain(|_, at| !is_past(*at));
        self.taken.retain(|_, at| !is_past(*at));
        self.shown.retain(|shown| !is_past(shown.at));
        self.unseen.retain(|_, at| !is_past(*at));
        self.unwanted.retain(|_, at| !is_past(*at));
        self.delayed.retain(|_, until| !is_past(*until));
        self.owed.forget(is_past);
        self.requests.forget(is_past);
        self.help.forget(is_past);
        self.wishes.retain(|_, at| !is_past(*at));
        self.help_not_asked.retain(|(_, at)| !is_past(*at));
    }

    /// The links of the last two hours, in the order of the audit.
    pub fn issued(&self) -> impl Iterator<Item = &IssuedLink> {
        self.links.iter()
    }

    /// The newest `iat` that a link of this contact has: the clock may have gone back since.
    pub fn newest_issue(&self, contact: &ContactId) -> Option<Timestamp> {
        self.issued().filter(|issued| issued.contact == *contact).map(|issued| issued.issued_at).max()
    }

    /// Who issued a link, where it is within the horizon.
    pub fn issuer(&self, link_id: LinkId) -> Option<&IssuedLink> {
        self.links.get(link_id)
    }

    /// The links that stand in messages which can be changed, with what has become of each.
    pub fn shown(&self, now: Timestamp) -> impl Iterator<Item = (&ShownLink, &IssuedLink, Fate)> {
        self.shown.iter().filter_map(move |shown| {
            let link = self.issuer(shown.link_id)?;
            Some((shown, link, link.fate(now)))
        })
    }

    /// Whether a platform has sent this before.
    pub fn is_duplicate(&self, platform: Platform, delivery: &str) -> bool {
        self.taken.contains_key(&(platform, delivery.to_owned()))
    }

    /// Links that a process handed over which has ended, and that perhaps nobody has seen.
    pub fn abandoned(&self, now: Timestamp) -> impl Iterator<Item = &IssuedLink> {
        let abandoned = self.unseen.iter().filter(move |(_, at)| now.duration_since(**at) >= ABANDONED);
        abandoned.filter_map(|(link_id, _)| self.issuer(*link_id))
    }

    /// Whether nobody has written down yet how a link that was handed over reached the admin.
    pub fn is_unseen(&self, link_id: LinkId) -> bool {
        self.unseen.contains_key(&link_id)
    }

    /// Links that a process which has ended was trying to mail, and that nobody has.
    pub fn delayed(&self, now: Timestamp) -> impl Iterator<Item = &IssuedLink> {
        let left = self.delayed.iter().filter(move |(_, until)| now.duration_since(**until) >= ABANDONED);
        left.filter_map(|(link_id, _)| self.issuer(*link_id))
    }

    /// Links that nobody is to have and that still work as far as is known.
    pub fn unwanted(&self, now: Timestamp) -> impl Iterator<Item = &IssuedLink> {
        let unwanted = self.unwanted.keys().filter_map(|link_id| self.issuer(*link_id));
        unwanted.filter(move |link| link.fate(now) == Fate::Outstanding)
    }

    /// Who has yet to hear of what; with the redemption where a link was used.
    pub fn owed(&self) -> impl Iterator<Item = (About, &Admin, Option<&Redemption>)> {
        self.owed.iter()
    }

    /// Whose link an objection is about that an admin has yet to hear of.
    pub fn objected(&self, about: About) -> Option<&ContactId> {
        self.owed.objected(about)
    }

    /// A request for approval.
    pub fn request(&self, id: RequestId) -> Option<&Request> {
        self.requests.get(id)
    }

    /// All requests for approval of the last two hours.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    /// A request to the help desk.
    pub fn help_request(&self, id: RequestId) -> Option<&HelpRequest> {
        self.help.get(id)
    }

    /// All requests to the help desk of the last two hours.
    pub fn help_requests(&self) -> impl Iterator<Item = &HelpRequest> {
        self.help.iter()
    }

    /// Whether what was asked for on the page has had its effect for this contact already.
    pub fn has_taken(&self, wish: WishId, contact: &ContactId) -> bool {
        self.wishes.contains_key(&(wish, contact.clone()))
    }

    /// About whom the help desk was not asked, since so many had asked within the hour: when.
    pub fn help_not_asked(&self) -> impl Iterator<Item = (&ContactId, Timestamp)> {
        self.help_not_asked.iter().map(|(contact, at)| (contact, *at))
    }

    /// Whether a receipt has been written down already.
    pub fn has_seen(&self, receipt: &str) -> bool {
        self.receipts.contains_key(receipt)
    }

    /// Redemptions whose admin and contact have not been told yet.
    pub fn untold(&self) -> impl Iterator<Item = &Redemption> {
        self.untold.values()
    }

    /// The earliest `iat` that a new link of this contact may have: later than any revocation.
    pub fn earliest_issue(&self, contact: &ContactId) -> Option<Timestamp> {
        self.revoked.get(contact).map(|issued_up_to| *issued_up_to + SignedDuration::from_millis(1))
    }

    /// Where the audit is not what was written; the first place of those that are known.
    pub fn unsound(&self) -> Option<&Unsound> {
        self.unsound.as_ref()
    }

    pub(super) fn suspect(&mut self, file: &Path, line: u64, flaw: Flaw) {
        if self.unsound.as_ref().is_none_or(|known| known.file == file && line < known.line) {
            self.unsound = Some(Unsound { file: file.to_owned(), line, flaw });
        }
    }
}
