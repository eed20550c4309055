//! Finding contacts, by an account that may read and nothing else.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use config::{LdapContacts, LdapServer};
use keys::text::folded;
use keys::{ContactId, NormalisedEmail};
use ldap3::Scope;
use unicode_normalization::UnicodeNormalization as _;

use super::connection::{FoundEntries, LdapConnection, Search, SearchError};
use super::entry::{ContactEntry, attributes, contact_id};
use super::error::unreachable;
use super::examination::ServerExamination;
use super::filter;
use super::first_passwords::FirstPasswords;
use super::flavour::{self, Flavour};
use super::probe::{self, Role};
use crate::contact::masked;
use crate::matching::{BestMatches, TypedText};
use crate::typed_id::{Meant, meant};
use crate::{Contact, ContactHit, ContactLookup, DirectoryError, EmailSharing, Found, OpenError};

/// So many entries at most whose id the server takes for the same.
const ALIKE: usize = 50;
/// Of more candidates than these nobody says with certainty who has an e-mail.
const CANDIDATES: usize = 1_000;
/// So many entries are ranked for one search.
const RANKED: usize = 500;
/// Whoever types waits for suggestions, and no longer than this.
const SEARCH_PATIENCE: Duration = Duration::from_secs(2);

/// An LDAP directory, for whoever finds contacts.
pub struct LdapContactLookup {
    pub(super) directory: LdapDirectory,
}

/// A directory, on a connection of one account.
pub(super) struct LdapDirectory {
    pub(super) settings: LdapContacts,
    pub(super) flavour: Arc<dyn Flavour>,
    pub(super) connection: LdapConnection,
    pub(super) first_passwords: Arc<FirstPasswords>,
    examination: Arc<ServerExamination>,
}

/// Entries of contacts, or of anybody.
struct FoundContacts {
    entries: Vec<ContactEntry>,
    /// There are more.
    is_cut: bool,
    /// There is a branch at another server, in which nobody looked.
    is_elsewhere_too: bool,
}

impl LdapDirectory {
    /// Connects, and holds the settings against the server.
    ///
    /// # Errors
    /// [`OpenError::Ldap`] where it cannot be reached, or is not as the config says.
    pub(super) async fn open(settings: &LdapContacts, role: Role) -> Result<Self, OpenError> {
        let failed = |text: String| OpenError::Ldap(format!("{}: {text}", settings.account_key));
        let connection = LdapConnection::new(settings).map_err(failed)?;
        let flavour = match Self::checked(&connection, settings, role).await {
            Ok(flavour) => flavour,
            Err(text) => {
                connection.close().await;
                return Err(failed(text));
            }
        };
        let knows_none_yet = flavour.knows_none_yet();
        let examination = Arc::new(ServerExamination::new(settings, role, flavour.chosen()));
        let connection = match settings.servers.as_slice() {
            [_] => connection,
            // The one that has answered is examined once more, as one of them.
            _ => {
                connection.close().await;
                connection.examined_by(&examination)
            }
        };
        let mut directory = Self {
            settings: settings.clone(),
            flavour,
            connection,
            first_passwords: Arc::default(),
            examination,
        };
        let are_noted = knows_none_yet && directory.probe_has_a_version().await;
        directory.first_passwords = Arc::new(FirstPasswords::new(are_noted));
        Ok(directory)
    }

    pub(super) async fn checked(
        connection: &LdapConnection,
        settings: &LdapContacts,
        role: Role,
    ) -> Result<Arc<dyn Flavour>, String> {
        let flavour = flavour::of(settings, connection).await?;
        probe::check(connection, settings, &*flavour, role).await?;
        Ok(flavour)
    }

    /// The directory at one of its servers alone. It connects to nobody yet.
    ///
    /// # Errors
    /// Why the certificate authorities cannot be read.
    pub(super) fn at(&self, server: &LdapServer) -> Result<Self, String> {
        let settings = LdapContacts { servers: vec![server.clone()], ..self.settings.clone() };
        let examination = Arc::clone(&self.examination);
        let connection = LdapConnection::new(&settings)?.examined_by(&examination);
        let (flavour, first_passwords) = (Arc::clone(&self.flavour), Arc::clone(&self.first_passwords));
        Ok(Self { settings, flavour, connection, first_passwords, examination })
    }

    /// The entry that is made for trying; `None` where the settings name none, or nobody has exactly this id.
    ///
    /// # Errors
    /// Where the directory cannot be asked, or the id cannot be one.
    pub(super) async fn probe(&self) -> Result<Option<ContactEntry>, DirectoryError> {
        match &self.settings.probe_id {
            Some(id) => self.entry(&contact_id(id)?).await,
            None => Ok(None),
        }
    }

    /// Whether the server has kept when the password of the entry for trying was set.
    pub(super) async fn probe_has_a_version(&self) -> bool {
        match self.probe().await {
            Ok(probe) => probe.is_some_and(|probe| probe.kept_version().is_some()),
            Err(error) => {
                let error = error.to_string();
                tracing::warn!(key = "contacts.probe_id", error, "the entry for trying was not read");
                false
            }
        }
    }

    pub(super) fn unreachable(&self, text: &str) -> DirectoryError {
        unreachable(self.settings.account_key, text)
    }

    /// Entries of contacts for which this holds.
    pub(super) async fn entries(
        &self,
        condition: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<(Vec<ContactEntry>, bool), SearchError> {
        let people = filter::all(&[self.settings.filter.as_str(), condition]);
        self.of_anybody(&people, limit, patience).await.map(|found| (found.entries, found.is_cut))
    }

    /// Entries for which this holds, whether they are a contact's or not.
    async fn of_anybody(
        &self,
        condition: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<FoundContacts, SearchError> {
        let search = Search {
            base: &self.settings.base,
            scope: Scope::Subtree,
            filter: condition,
            attributes: &attributes(&self.settings, &*self.flavour),
            limit,
            patience,
            control: None,
        };
        let FoundEntries { server, entries, is_cut, references } = self.connection.search(&search).await?;
        let entries = entries.into_iter().map(|entry| {
            let entry = ContactEntry::of(&self.settings, &*self.flavour, entry).told_by(&server);
            if self.first_passwords.are_noted() { entry.or_none_yet() } else { entry }
        });
        let is_elsewhere_too = references.iter().any(|reference| !self.flavour.holds_no_contacts(reference));
        Ok(FoundContacts { entries: entries.collect(), is_cut, is_elsewhere_too })
    }

    /// Everybody whom the server takes for one of these ids.
    async fn with_id_in<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<ContactEntry>, DirectoryError> {
        let conditions: Vec<String> = ids
            .filter(|id| !holds_nul(id))
            .map(|id| filter::equal(&self.settings.id_attribute, id))
            .collect();
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let condition = filter::any(&conditions);
        let found = self.entries(&condition, ALIKE + 1, self.connection.patience()).await;
        let (mut entries, is_cut) = found.map_err(|error| self.unreachable(&error.text()))?;
        if is_cut || entries.len() > ALIKE {
            // Of those that were cut off, one may be the one that was meant.
            return Err(self.unreachable(
                "the server takes more than 50 ids for the same. To mend: set contacts.id_attribute to an attribute that is unique",
            ));
        }
        self.mark_inactive(&mut entries, &condition)
            .await
            .map_err(|error| self.unreachable(&error.text()))?;
        Ok(entries)
    }

    /// Whoever of these is left out by the filter for active contacts is inactive. The server decides, by the condition that found them.
    pub(super) async fn mark_inactive(
        &self,
        entries: &mut [ContactEntry],
        condition: &str,
    ) -> Result<(), SearchError> {
        let Some(active_filter) = self.settings.active_filter.as_deref().filter(|_| !entries.is_empty())
        else {
            return Ok(());
        };
        let active = filter::all(&[self.settings.filter.as_str(), condition, active_filter]);
        let search = Search {
            base: &self.settings.base,
            scope: Scope::Subtree,
            filter: &active,
            attributes: &["1.1"],
            limit: entries.len() + 1,
            patience: self.connection.patience(),
            control: None,
        };
        let found = self.connection.search(&search).await?;
        let active: HashSet<String> = found.entries.into_iter().map(|entry| entry.dn).collect();
        for entry in entries {
            entry.is_active &= active.contains(&entry.dn);
        }
        Ok(())
    }

    /// The entry of exactly this id, active or not.
    pub(super) async fn entry(&self, id: &ContactId) -> Result<Option<ContactEntry>, DirectoryError> {
        let mut entries = self.with_id_in([id.as_str()].into_iter()).await?;
        entries.retain(|entry| entry.ids.iter().any(|held| held == id.as_str()));
        if entries.len() > 1 {
            return Err(self.several_have(id.as_str()));
        }
        let Some(entry) = entries.pop() else { return Ok(None) };
        entry.id()?;
        Ok(Some(entry))
    }

    /// The active contact of exactly this id.
    pub(super) async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        match self.entry(id).await? {
            Some(entry) if entry.is_active => entry.into_contact().map(Some),
            _ => Ok(None),
        }
    }

    fn several_have(&self, id: &str) -> DirectoryError {
        DirectoryError::Unusable(format!(
            "several entries have the id {id}. To mend: set contacts.id_attribute to an attribute that is unique below contacts.base"
        ))
    }
}

impl LdapContactLookup {
    /// Connects, and holds the settings against the server.
    ///
    /// # Errors
    /// [`OpenError::Ldap`] where it cannot be reached, or is not as the config says.
    pub async fn open(settings: &LdapContacts) -> Result<Self, OpenError> {
        Ok(Self { directory: LdapDirectory::open(settings, Role::Reader).await? })
    }

    /// Everybody whose id the server takes for what was typed, in one of the forms in which people type ids.
    pub(super) async fn alike(&self, typed: &str) -> Result<Vec<ContactEntry>, DirectoryError> {
        let trimmed = typed.trim();
        let forms = BTreeSet::from([typed.to_owned(), trimmed.to_owned(), folded(typed)]);
        // No link carries so long an id, and no id has space around it alone.
        let asked = forms.iter().map(String::as_str);
        self.directory.with_id_in(asked.filter(|form| !form.trim().is_empty() && form.len() <= 1_000)).await
    }

    /// A person takes these ids for the same: no more than that counts, however loosely the server compares.
    async fn called_so(&self, typed: &str) -> Result<Vec<ContactEntry>, DirectoryError> {
        let folded_typed = folded(typed);
        let mut entries = self.alike(typed).await?;
        entries.retain(|entry| entry.ids.iter().any(|id| folded(id) == folded_typed));
        for entry in &entries {
            entry.id()?;
        }
        entries.sort_by(|one, other| one.ids.cmp(&other.ids));
        if let Some(twice) = entries.windows(2).find_map(|pair| match pair {
            [one, other] if one.ids == other.ids => one.ids.first(),
            _ => None,
        }) {
            return Err(self.directory.several_have(twice));
        }
        Ok(entries)
    }

    /// Of the active contacts those whom the server takes for a match.
    fn beginning_so(&self, typed: &TypedText<'_>) -> String {
        let LdapContacts { id_attribute, name_attribute, email_attribute, active_filter, .. } =
            &self.directory.settings;
        let mut is_active = self.directory.flavour.active_filter();
        if let Some(active_filter) = active_filter {
            is_active = filter::all(&[&is_active, active_filter]);
        }
        if typed.folded.is_empty() {
            return is_active;
        }
        let matches = filter::any(&[
            filter::begins(id_attribute, &typed.folded),
            filter::holds(name_attribute, &typed.folded),
            filter::begins(email_attribute, &typed.folded),
        ]);
        filter::all(&[is_active, matches])
    }
}

#[async_trait]
impl ContactLookup for LdapContactLookup {
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError> {
        let entries = self.called_so(typed).await?;
        let is_typed = |entry: &ContactEntry| entry.ids.iter().any(|id| id == typed);
        match meant(typed, entries, is_typed, |entry| entry.is_active) {
            Meant::Nobody => Ok(Found::Nobody),
            Meant::One(entry) => entry.into_contact().map(Found::One),
            Meant::Several(entries) => {
                let ids = entries.iter().map(|entry| contact_id(entry.id()?));
                ids.collect::<Result<_, _>>().map(Found::Several)
            }
        }
    }

    async fn find_exact(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.directory.read(id).await
    }

    async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        self.called_so(typed).await?.iter().map(|entry| contact_id(entry.id()?)).collect()
    }

    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<EmailSharing, DirectoryError> {
        let LdapContacts { email_attribute, account_key, .. } = &self.directory.settings;
        let flavour = &self.directory.flavour;
        let undecided = |why: &str| Ok(EmailSharing::Undecided(format!("{account_key}: {why}")));
        let forms: Vec<String> =
            spellings(email).iter().map(|form| flavour.holds_email(email_attribute, form)).collect();
        let patience = self.directory.connection.patience();
        // Whoever reads mail at this address would hold the link, a contact or not.
        let found = match self.directory.of_anybody(&filter::any(&forms), CANDIDATES + 1, patience).await {
            Ok(found) => found,
            Err(SearchError::TookTooLong) => {
                return undecided(&format!(
                    "who else has an e-mail took too long to find: the server needs an index (eq) on {email_attribute}"
                ));
            }
            Err(error) => return Err(self.directory.unreachable(&error.text())),
        };
        if found.is_cut || found.entries.len() > CANDIDATES {
            return undecided("more entries have this e-mail than the server or reset-link will list");
        }
        if found.is_elsewhere_too {
            return undecided(
                "a branch below contacts.base is at another server, and who has this e-mail there is not known. To mend: let contacts.base be a branch that is at this server as a whole",
            );
        }
        let mut others = Vec::new();
        let mut is_first = true;
        for entry in found.entries {
            if entry.ids.iter().any(|id| id == except.as_str()) {
                if !is_first {
                    return undecided("several entries that have this e-mail have one id");
                }
                is_first = false;
                continue;
            }
            if !entry.has_email(email) {
                if entry.may_hold_others() {
                    return undecided(
                        "an entry has this e-mail, as the server says, and what it has cannot be read",
                    );
                }
                continue;
            }
            match entry.ids.first().map(|id| ContactId::new(id.as_str())) {
                Some(Ok(id)) => others.push(id),
                Some(Err(error)) => {
                    return undecided(&format!("a contact has this e-mail whose id cannot be one ({error})"));
                }
                None => return undecided("an entry has this e-mail and no id"),
            }
        }
        others.sort();
        Ok(EmailSharing::With(others))
    }

    async fn with_email(
        &self,
        email: &NormalisedEmail,
        limit: usize,
    ) -> Result<Vec<Contact>, DirectoryError> {
        let email_attribute = &self.directory.settings.email_attribute;
        let forms: Vec<String> =
            spellings(email).iter().map(|form| filter::equal(email_attribute, form)).collect();
        let (condition, patience) = (filter::any(&forms), self.directory.connection.patience());
        let found = self.directory.entries(&condition, CANDIDATES + 1, patience).await;
        let (mut entries, is_cut) = found.map_err(|error| self.directory.unreachable(&error.text()))?;
        if is_cut {
            return Err(self.directory.unreachable("more entries have one e-mail than the server will list"));
        }
        self.directory
            .mark_inactive(&mut entries, &condition)
            .await
            .map_err(|error| self.directory.unreachable(&error.text()))?;
        let active = entries.into_iter().filter(|entry| entry.is_active);
        let mut contacts = active.map(ContactEntry::into_contact).collect::<Result<Vec<_>, _>>()?;
        let has_it = |contact: &Contact| {
            contact.primary_email.as_deref().and_then(NormalisedEmail::new).as_ref() == Some(email)
        };
        contacts.retain(has_it);
        contacts.sort_by(|one, other| one.id.cmp(&other.id));
        contacts.truncate(limit);
        Ok(contacts)
    }

    async fn search(&self, typed: &str, limit: usize) -> Result<Vec<ContactHit>, DirectoryError> {
        let Some(typed) = TypedText::new(typed).filter(|_| limit > 0 && !holds_nul(typed)) else {
            return Ok(Vec::new());
        };
        let mut best = BestMatches::of(limit);
        if !typed.folded.is_empty() {
            // By the index: whoever was named in full is offered, however large the directory.
            let mut named = self.alike(typed.as_it_stands).await?;
            named.retain(|entry| entry.is_active);
            named.iter().for_each(|entry| entry.offer_to(&mut best, &typed));
        }
        let patience = SEARCH_PATIENCE.min(self.directory.connection.patience());
        match self.directory.entries(&self.beginning_so(&typed), RANKED, patience).await {
            Ok((entries, _)) => {
                let active = entries.iter().filter(|entry| entry.is_active);
                active.for_each(|entry| entry.offer_to(&mut best, &typed));
            }
            // Whoever types waits for suggestions, and has the full id as well.
            Err(SearchError::TookTooLong) => tracing::warn!(
                key = self.directory.settings.account_key,
                "a search took too long and offers only whom it has found so far"
            ),
            Err(error) => return Err(self.directory.unreachable(&error.text())),
        }
        // Nobody can be sent a link whose id cannot be one.
        let hits = best.in_order().filter_map(|found| {
            let id = ContactId::new(&found.id).ok()?;
            Some(ContactHit { id, name: found.name, masked_email: found.email.as_deref().map(masked) })
        });
        Ok(hits.collect())
    }

    async fn close(&self) {
        self.directory.connection.close().await;
    }
}

/// Servers end a text there, or refuse it: no id, name or e-mail holds one.
fn holds_nul(text: &str) -> bool {
    text.contains('\0')
}

/// What a server that ignores case and outer space takes for one of the spellings of an e-mail: its domain may be written in ASCII or in its own letters, and
/// marks may stand behind their letters in either half.
fn spellings(email: &NormalisedEmail) -> BTreeSet<String> {
    let mut spellings = BTreeSet::from([email.expose().to_owned()]);
    if let Some((local, domain)) = email.expose().rsplit_once('@') {
        let (in_letters, _) = idna::domain_to_unicode(domain);
        for local in [local.to_owned(), local.nfd().collect()] {
            for domain in [domain.to_owned(), in_letters.clone(), in_letters.nfd().collect()] {
                spellings.insert(format!("{local}@{domain}"));
            }
        }
    }
    spellings
}
