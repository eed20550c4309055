//! Attempts to change a password: counted before anything is checked, on the disk, so that neither a restart nor a crash gives anybody more of them.

use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use sled::transaction::ConflictableTransactionError;

use super::{SledLedger, transaction_error};
use crate::ledger::contract::{
    ATTEMPTS_PER_CLIENT_WINDOW, ATTEMPTS_PER_CONTACT_WINDOW, Attempt, AttemptLimits, LedgerError, Reserved,
};

/// So many fingerprints are kept at most: a flood from many networks must not fill the disk.
const MOST_KEPT: usize = 50_000;

/// So many bytes of a fingerprint: enough that two never meet.
const FINGERPRINT_BYTES: usize = 16;

impl SledLedger {
    pub(super) async fn reserve(
        &self,
        attempt: &Attempt<'_>,
        limits: AttemptLimits,
    ) -> Result<Reserved, LedgerError> {
        self.flusher.check()?;
        let now = self.now();
        if self.attempts.len() >= MOST_KEPT {
            self.forget_attempts(now)?;
            if self.attempts.len() >= MOST_KEPT {
                return Ok(Reserved::Wait { until: now + ATTEMPTS_PER_CONTACT_WINDOW });
            }
        }
        let told = [
            (self.fingerprint("client", attempt.client), limits.per_client, ATTEMPTS_PER_CLIENT_WINDOW),
            (self.fingerprint("typed", attempt.typed), limits.per_contact, ATTEMPTS_PER_CONTACT_WINDOW),
        ];
        let contact = attempt.contact.map(|contact| self.fingerprint("contact", contact.as_str()));
        let reserved = self.attempts.transaction(|attempts| {
            let recent = |key: &[u8], window: SignedDuration| {
                let mut times = match attempts.get(key)? {
                    Some(bytes) => decode(&bytes).map_err(ConflictableTransactionError::Abort)?,
                    None => Vec::new(),
                };
                // A time ahead of the clock is one of a clock that was ahead: it counts, and no longer than any other.
                times.retain(|at| now.duration_since(*at) < window);
                Ok::<_, ConflictableTransactionError<LedgerError>>(times)
            };
            let mut kept = Vec::new();
            for (key, limit, window) in &told {
                let mut times = recent(key, *window)?;
                if let Some(oldest) = beyond(&times, *limit) {
                    return Ok(Reserved::Wait { until: oldest.min(now) + *window });
                }
                times.push(now);
                kept.push((*key, encode(&times)));
            }
            let mut reserved = Reserved::Yes;
            if let Some(key) = contact {
                let mut times = recent(&key, ATTEMPTS_PER_CONTACT_WINDOW)?;
                if beyond(&times, limits.per_contact).is_some() {
                    reserved = Reserved::Unchecked;
                } else {
                    times.push(now);
                    kept.push((key, encode(&times)));
                }
            }
            for (key, times) in kept {
                attempts.insert(&key, times)?;
            }
            Ok(reserved)
        });
        let reserved = reserved.map_err(transaction_error)?;
        if !matches!(reserved, Reserved::Wait { .. }) {
            self.flusher.durable().await?;
        }
        Ok(reserved)
    }

    /// Forgets what no limit counts any more.
    pub(super) fn forget_attempts(&self, now: Timestamp) -> Result<(), LedgerError> {
        for entry in &self.attempts {
            let (key, bytes) = entry?;
            let is_recent = |at: &Timestamp| now.duration_since(*at) < ATTEMPTS_PER_CLIENT_WINDOW;
            if !decode(&bytes)?.iter().any(is_recent) {
                self.attempts.remove(key)?;
            }
        }
        Ok(())
    }

    /// What was typed, and from where, is written nowhere: only this ledger can say whether it is the same again.
    fn fingerprint(&self, kind: &str, text: &str) -> [u8; FINGERPRINT_BYTES] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.done_page_key);
        let tag = hmac::sign(&key, format!("reset-link attempt {kind} {text}").as_bytes());
        let mut fingerprint = [0; FINGERPRINT_BYTES];
        for (byte, of_tag) in fingerprint.iter_mut().zip(tag.as_ref()) {
            *byte = *of_tag;
        }
        fingerprint
    }
}

/// The attempt that must be past before there may be another one; `None`: there may be one now.
fn beyond(times: &[Timestamp], limit: u32) -> Option<Timestamp> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    times.len().checked_sub(limit).and_then(|place| times.get(place)).copied()
}

fn encode(times: &[Timestamp]) -> Vec<u8> {
    times.iter().flat_map(|at| at.as_millisecond().to_be_bytes()).collect()
}

fn decode(bytes: &[u8]) -> Result<Vec<Timestamp>, LedgerError> {
    let unreadable = || LedgerError::Entry("attempts".to_owned());
    let (numbers, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(unreadable());
    }
    let time = |number: &[u8; 8]| Timestamp::from_millisecond(i64::from_be_bytes(*number));
    numbers.iter().map(time).collect::<Result<_, _>>().map_err(|_| unreadable())
}

/// Keeps the windows honest: whoever is forgotten is outside of the longer one.
const _: () = assert!(
    SignedDuration::as_secs(&ATTEMPTS_PER_CONTACT_WINDOW)
        <= SignedDuration::as_secs(&ATTEMPTS_PER_CLIENT_WINDOW)
);
