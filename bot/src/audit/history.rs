use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::sync::PoisonError;

use keys::chained_log::LogError;
use keys::{ContactId, LinkId};

use super::links::{IssuedLink, Links};
use super::{Audit, Entry, Event, blocking};
use crate::admin::Admin;

impl Audit {
    /// The links of one contact, oldest first, from the whole audit.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn history(&self, contact: &ContactId) -> Result<Vec<IssuedLink>, LogError> {
        let whose = contact.clone();
        self.scan(move |entries| {
            let mut links = Links::default();
            for entry in entries {
                let is_others = matches!(&entry.event, Event::Issued { contact, .. } if *contact != whose);
                // Of lines that disagree the first counts; that they do is told where links are issued.
                if !is_others {
                    let _ = links.learn(&entry);
                }
            }
            links.into_vec()
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

    /// Reads the whole audit, and keeps nobody from writing meanwhile; lines that cannot be read are left to `audit verify`.
    async fn scan<T, F>(&self, look: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Iterator<Item = Entry>) -> T + Send + 'static,
    {
        let path = self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).file.clone();
        blocking(move || {
            let file = File::open(&path).map_err(|cause| LogError::File { path, cause })?;
            let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
            let mut entries = lines.filter_map(|line| serde_json::from_slice::<Entry>(&line).ok());
            Ok(look(&mut entries))
        })
        .await
    }
}
