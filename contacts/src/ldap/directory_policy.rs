//! The policy that a server holds a contact's new password to, read beforehand.
//!
//! It is told on the form, and the server decides all the same: whatever cannot be read is not told, and nobody waits for it.

use std::collections::HashMap;
use std::time::Duration;

use config::LdapContacts;
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, PasswordVersion};
use ldap3::{Scope, SearchEntry};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::connection::{Search, SearchError};
use super::contact_lookup::LdapDirectory;
use super::entry::EntryAttributes;
use super::filter;
use crate::{Contact, Lockout, PasswordPolicy};

/// A page waits no longer for a policy.
const PATIENCE: Duration = Duration::from_secs(1);
/// So long a policy is not asked for again, one that could not be read either.
const KEPT: SignedDuration = SignedDuration::from_secs(60);
/// So many contacts' policies are kept at most.
const MOST_KEPT: usize = 1_000;

/// Where the servers of one flavour keep their policies.
pub(super) struct PolicySource {
    /// The attribute of a contact's entry that names the entry of their own policy.
    pub(super) named_by: &'static str,
    /// The entry of everybody else's policy; `None` where nothing says where it is.
    pub(super) default: fn(&LdapContacts) -> Option<String>,
    /// What is read of a policy's entry.
    pub(super) attributes: &'static [&'static str],
    /// What is read of a contact's entry.
    pub(super) of_contact: &'static [&'static str],
    /// What a policy's entry says for a contact with such an entry, which holds nothing where nobody is meant.
    pub(super) read: fn(policy: &EntryAttributes, contact: &EntryAttributes) -> PasswordPolicy,
    /// What is read of the policy of everybody else to know when it locks somebody out.
    pub(super) lockout_attributes: &'static [&'static str],
    /// When that is.
    pub(super) lockout: fn(policy: &EntryAttributes) -> Lockout,
}

/// Policies that were read within the last minute.
#[derive(Default)]
pub(super) struct KeptPolicies(Mutex<HashMap<WhosePolicy, (Timestamp, PasswordPolicy)>>);

/// Another password has another age.
type WhosePolicy = Option<(ContactId, PasswordVersion)>;

impl KeptPolicies {
    async fn get(&self, whose: &WhosePolicy, now: Timestamp) -> Option<PasswordPolicy> {
        let kept = self.0.lock().await;
        kept.get(whose).filter(|(read_at, _)| is_fresh(*read_at, now)).map(|(_, policy)| *policy)
    }

    async fn put(&self, whose: WhosePolicy, now: Timestamp, policy: PasswordPolicy) {
        let mut kept = self.0.lock().await;
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (read_at, _)| is_fresh(*read_at, now));
        }
        if kept.len() < MOST_KEPT {
            kept.insert(whose, (now, policy));
        }
    }
}

/// A clock that was set back makes nothing fresh.
fn is_fresh(read_at: Timestamp, now: Timestamp) -> bool {
    (SignedDuration::ZERO..KEPT).contains(&now.duration_since(read_at))
}

impl LdapDirectory {
    /// The policy for this contact, or for whoever has none of their own.
    pub(super) async fn password_policy(
        &self,
        kept: &KeptPolicies,
        contact: Option<&Contact>,
        now: Timestamp,
    ) -> PasswordPolicy {
        let Some(source) = self.flavour.policy_source() else { return PasswordPolicy::default() };
        let whose = contact.map(|contact| (contact.id.clone(), contact.password_version.clone()));
        let policy = match kept.get(&whose, now).await {
            Some(policy) => policy,
            None => {
                let policy = self.read_policy_in_time(source, contact).await;
                kept.put(whose, now, policy).await;
                policy
            }
        };
        // What is over by now is no rule any more, however long ago it was read.
        PasswordPolicy { not_before: policy.not_before.filter(|moment| *moment > now), ..policy }
    }

    async fn read_policy_in_time(&self, source: &PolicySource, contact: Option<&Contact>) -> PasswordPolicy {
        let read = timeout(PATIENCE, self.read_policy(source, contact.map(|contact| &contact.id)));
        match read.await.unwrap_or(Err(SearchError::TookTooLong)) {
            Ok(policy) => policy.unwrap_or_default(),
            Err(error) => {
                let error = error.text();
                tracing::debug!(error, "the directory's password policy could not be read, and is not told");
                PasswordPolicy::default()
            }
        }
    }

    async fn read_policy(
        &self,
        source: &PolicySource,
        id: Option<&ContactId>,
    ) -> Result<Option<PasswordPolicy>, SearchError> {
        let contact = match id {
            Some(id) => match self.attributes_of(source, id).await? {
                Some(contact) => contact,
                None => return Ok(None),
            },
            None => EntryAttributes::of(HashMap::new()),
        };
        let own = contact.first(source.named_by).map(str::to_owned);
        let Some(dn) = own.or_else(|| (source.default)(&self.settings)) else { return Ok(None) };
        let search = Search {
            base: &dn,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: source.attributes,
            ..self.policy_search()
        };
        let found = self.connection.search(&search).await?;
        let policy = found.entries.into_iter().next();
        Ok(policy.map(|policy| (source.read)(&EntryAttributes::of(policy.attrs), &contact)))
    }

    /// After how many failed sign-ins somebody without a policy of their own is locked out.
    pub(super) async fn lockout(&self) -> Lockout {
        let unknown = |why: &str| Lockout::Unknown(why.to_owned());
        let Some(source) = self.flavour.policy_source() else {
            return unknown("of this kind of server nobody knows where it says so");
        };
        let Some(dn) = (source.default)(&self.settings) else {
            return unknown("contacts.policy_dn does not say where the policy is");
        };
        let search = Search {
            base: &dn,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: source.lockout_attributes,
            ..self.policy_search()
        };
        match self.connection.search(&search).await {
            Ok(found) => match found.entries.into_iter().next() {
                Some(policy) => (source.lockout)(&EntryAttributes::of(policy.attrs)),
                None => unknown(&format!("this account may not read {dn}")),
            },
            Err(error) => unknown(&error.text()),
        }
    }

    async fn attributes_of(
        &self,
        source: &PolicySource,
        id: &ContactId,
    ) -> Result<Option<EntryAttributes>, SearchError> {
        let id_attribute = self.settings.id_attribute.as_str();
        let is_it = filter::all(&[self.settings.filter.clone(), filter::equal(id_attribute, id.as_str())]);
        let mut attributes = vec![id_attribute, source.named_by];
        attributes.extend(source.of_contact);
        let search = Search { filter: &is_it, attributes: &attributes, ..self.policy_search() };
        let found = self.connection.search(&search).await?;
        let entries = found.entries.into_iter().map(|SearchEntry { attrs, .. }| EntryAttributes::of(attrs));
        let is_exact =
            |entry: &EntryAttributes| entry.values(id_attribute).iter().any(|held| held == id.as_str());
        Ok(entries.into_iter().find(is_exact))
    }

    fn policy_search(&self) -> Search<'_> {
        Search {
            base: &self.settings.base,
            scope: Scope::Subtree,
            filter: &self.settings.filter,
            attributes: &["1.1"],
            limit: 50,
            patience: PATIENCE,
            control: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_policy_is_kept_for_a_minute_and_for_one_password() {
        let kept = KeptPolicies::default();
        let now: Timestamp = "2026-07-14T19:05:00Z".parse().unwrap();
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        let whose = |version: &str| Some((ContactId::new("ada").unwrap(), PasswordVersion::new(version)));
        let policy = PasswordPolicy { min_chars: Some(14), ..PasswordPolicy::default() };
        kept.put(whose("1"), now, policy).await;
        assert_eq!(kept.get(&whose("1"), after(59)).await, Some(policy));
        for (whose, at) in [(whose("1"), 60), (whose("1"), -1), (whose("2"), 0), (None, 0)] {
            assert_eq!(kept.get(&whose, after(at)).await, None, "{at}");
        }
    }

    #[tokio::test]
    async fn no_more_policies_are_kept_than_are_fresh_and_few() {
        let kept = KeptPolicies::default();
        let now: Timestamp = "2026-07-14T19:05:00Z".parse().unwrap();
        let whose = |n: usize| Some((ContactId::new(n.to_string()).unwrap(), PasswordVersion::new("1")));
        for n in 0..=MOST_KEPT {
            kept.put(whose(n), now, PasswordPolicy::default()).await;
        }
        assert_eq!(kept.get(&whose(MOST_KEPT), now).await, None);
        let later = now + KEPT;
        kept.put(whose(MOST_KEPT), later, PasswordPolicy::default()).await;
        assert!(kept.get(&whose(MOST_KEPT), later).await.is_some());
        assert_eq!(kept.0.lock().await.len(), 1);
    }
}
