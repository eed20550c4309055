use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use keys::chained_log::{LogError, Reach};
use keys::{ContactId, LinkId};

use super::index::{Entries, IndexError, Key};
use super::links::{IssuedLink, Links};
use super::{Audit, Event, Redemption, Shared, blocking};
use crate::admin::Admin;

impl Audit {
    /// The links of one contact, oldest first, as far as the audit's files are there.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn history(&self, now: Timestamp, contact: &ContactId) -> Result<Vec<IssuedLink>, LogError> {
        let whose = contact.clone();
        self.ask(now, move |entries| {
            let of_contact = entries.about(&[Key::Contact(&whose)])?;
            let links = of_contact.iter().filter_map(|entry| match &entry.event {
                Event::Issued { link_id, .. } => Some(Key::Link(*link_id)),
                _ => None,
            });
            let keys: Vec<_> = std::iter::once(Key::Contact(&whose)).chain(links).collect();
            let mut links = Links::default();
            for entry in entries.about(&keys)? {
                let is_others = matches!(&entry.event, Event::Issued { contact, .. } if *contact != whose);
                // Of lines that disagree the first counts; that they do is told where links are issued.
                if !is_others {
                    let _ = links.learn(&entry);
                }
            }
            Ok(links.into_vec())
        })
        .await
    }

    /// How often a link for this contact was asked for on the page since then.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn asked_since(
        &self,
        now: Timestamp,
        contact: &ContactId,
        since: Timestamp,
    ) -> Result<usize, LogError> {
        let whose = contact.clone();
        self.ask(now, move |entries| {
            let of_contact = entries.about(&[Key::Contact(&whose)])?;
            let asked = of_contact.iter().filter(|entry| {
                entry.at > since && matches!(&entry.event, Event::Asked { contact, .. } if *contact == whose)
            });
            Ok(asked.count())
        })
        .await
    }

    /// Who issued a link and whether a receipt has been written down: for what is older than the memory.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn look_back(
        &self,
        now: Timestamp,
        link_id: LinkId,
        receipt: &str,
    ) -> Result<(Option<Admin>, bool), LogError> {
        let receipt = receipt.to_owned();
        self.ask(now, move |entries| {
            let (mut issuer, mut has_seen) = (None, false);
            for entry in entries.about(&[Key::Link(link_id), Key::Receipt(&receipt)])? {
                match entry.event {
                    Event::Issued { link_id: issued, admin, .. } if issued == link_id => issuer = Some(admin),
                    Event::Receipt { receipt: seen, .. } if seen == receipt => has_seen = true,
                    _ => {}
                }
            }
            Ok((issuer, has_seen))
        })
        .await
    }

    /// Takes into memory the redemptions that nobody was told of and that are older than what it begins with: these are returned.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn recall_untold(&self, now: Timestamp) -> Result<Vec<Redemption>, LogError> {
        loop {
            let (shared, at_first) = (Arc::clone(&self.0), self.reach(now).await?);
            let recalled = blocking(move || {
                let untold = shared.ask(&at_first, |entries| entries.untold())?;
                let failures = shared.lock_failures.load(Ordering::Acquire);
                shared.use_file(failures, |state| {
                    // Whoever told of one meanwhile has written so: then the question is asked again.
                    let has_grown = state.catch_up(now)? != at_first;
                    let recall = || untold.iter().filter_map(|entry| state.memory.recall(entry)).collect();
                    Ok::<Option<Vec<_>>, LogError>((!has_grown).then(recall))
                })
            });
            if let Some(recalled) = recalled.await? {
                return Ok(recalled);
            }
        }
    }

    /// Asks about everything that has been written, and keeps nobody from writing meanwhile.
    async fn ask<T, F>(&self, now: Timestamp, question: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Entries) -> Result<T, IndexError> + Send + 'static,
    {
        let (shared, reach) = (Arc::clone(&self.0), self.reach(now).await?);
        blocking(move || shared.ask(&reach, question)).await
    }
}

impl Shared {
    fn ask<T>(
        &self,
        reach: &Reach,
        question: impl Fn(&mut dyn Entries) -> Result<T, IndexError>,
    ) -> Result<T, LogError> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).ask(reach, question)
    }
}
