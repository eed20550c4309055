use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};

use jiff::Timestamp;
use keys::chained_log::LogError;
use keys::{ContactId, LinkId, ReceiptOutcome};

use super::{Audit, Entry, Event, Found};
use crate::admin::Admin;

/// One link's story, as the whole audit tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkHistory {
    /// Which link.
    pub link_id: LinkId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Who asked.
    pub admin: Admin,
    /// Until when it was good.
    pub expires_at: Timestamp,
    /// The masked address that it was mailed to; absent where it was handed over, or not delivered.
    pub mailed_to: Option<String>,
    /// Whether the admin got it.
    pub handed_over: bool,
    /// What became of it.
    pub fate: Fate,
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
}

impl Audit {
    /// What became of the links of one contact, oldest first, from the whole audit.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn history(&self, contact: &ContactId, now: Timestamp) -> Result<Vec<LinkHistory>, LogError> {
        let contact = contact.clone();
        self.scan(move |entries| {
            let mut links: BTreeMap<(Timestamp, LinkId), LinkHistory> = BTreeMap::new();
            for entry in entries {
                tell(&mut links, &contact, entry);
            }
            let mut links: Vec<_> = links.into_values().collect();
            for link in &mut links {
                if link.fate == Fate::Outstanding && now >= link.expires_at {
                    link.fate = Fate::Expired;
                }
            }
            links
        })
        .await
    }

    /// Who issued a link and whether a receipt has been written down, from the whole audit: for what is older than the memory.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn look_back(&self, link_id: LinkId, receipt: &str) -> Result<(Option<Admin>, bool), LogError> {
        let receipt = receipt.to_owned();
        self.scan(move |entries| {
            let (mut issuer, mut has_seen) = (None, false);
            for entry in entries {
                match entry.event {
                    Event::Issued { link_id: issued, admin, .. } if issued == link_id => issuer = Some(admin),
                    Event::Receipt { receipt: seen, .. } if seen == receipt => has_seen = true,
                    _ => {}
                }
            }
            (issuer, has_seen)
        })
        .await
    }

    /// Reads the whole audit; lines that cannot be read are left to `audit verify`.
    async fn scan<T, F>(&self, look: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Iterator<Item = Entry>) -> T + Send + 'static,
    {
        self.blocking(move |inner| {
            let path = inner.log.path();
            let open = || -> io::Result<_> { Ok(BufReader::new(File::open(path)?)) };
            let reader = open().map_err(|cause| LogError::File { path: path.to_owned(), cause })?;
            let lines = reader.split(b'\n').map_while(Result::ok);
            let mut entries = lines.filter_map(|line| serde_json::from_slice::<Entry>(&line).ok());
            Ok(look(&mut entries))
        })
        .await
    }
}

fn named(
    links: &mut BTreeMap<(Timestamp, LinkId), LinkHistory>,
    link_id: LinkId,
) -> Option<&mut LinkHistory> {
    links.values_mut().find(|link| link.link_id == link_id)
}

fn tell(links: &mut BTreeMap<(Timestamp, LinkId), LinkHistory>, whose: &ContactId, entry: Entry) {
    let at = entry.at;
    match entry.event {
        Event::Issued { link_id, contact, admin, issued_at, expires_at, .. } if contact == *whose => {
            let history = LinkHistory {
                link_id,
                issued_at,
                admin,
                expires_at,
                mailed_to: None,
                handed_over: false,
                fate: Fate::Outstanding,
            };
            links.insert((at, link_id), history);
        }
        Event::Mailed { link_id, to, .. } => {
            if let Some(link) = named(links, link_id) {
                link.mailed_to = Some(to);
            }
        }
        Event::HandedOver { link_id, .. } => {
            if let Some(link) = named(links, link_id) {
                link.handed_over = true;
            }
        }
        Event::Receipt { link_id, outcome, happened_at, .. } => {
            if let Some(link) = named(links, link_id) {
                link.fate = match (outcome, link.fate) {
                    (_, fate @ Fate::Redeemed(_)) => fate,
                    (ReceiptOutcome::Redeemed, _) => Fate::Redeemed(happened_at),
                    (ReceiptOutcome::Unsettled, _) => Fate::Unsettled(happened_at),
                    (ReceiptOutcome::Revoked | ReceiptOutcome::RefusedWithdrawn, Fate::Outstanding) => {
                        Fate::Withdrawn(happened_at)
                    }
                    (ReceiptOutcome::RefusedOvertaken, Fate::Outstanding) => Fate::Overtaken(happened_at),
                    (_, fate) => fate,
                };
            }
        }
        Event::LinkRevoked { link_id, found: Found::Withdrawn | Found::InProgress, .. } => {
            if let Some(link) = named(links, link_id).filter(|link| link.fate == Fate::Outstanding) {
                link.fate = Fate::Withdrawn(at);
            }
        }
        Event::Revoked { contact, issued_up_to, .. } if contact == *whose => {
            for link in links.values_mut().filter(|link| {
                link.fate == Fate::Outstanding && link.issued_at <= issued_up_to && at < link.expires_at
            }) {
                link.fate = Fate::Withdrawn(at);
            }
        }
        _ => {}
    }
}
