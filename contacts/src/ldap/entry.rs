//! Entries of contacts, as every role reads them.

use config::LdapContacts;
use keys::{ContactId, PasswordVersion};
use ldap3::SearchEntry;

use super::{CHANGED_TIME, ENTRY_CSN, LOCKED_FOR_GOOD, LOCKED_TIME};
use crate::matching::{BestMatches, SearchedFields, TypedText};
use crate::{Contact, DirectoryError, Obstacle};

/// Stands for a password of which the server does not say when it was set; a time ends with `Z`, so the two cannot meet.
const NO_TIME: &str = "no-change-time";

/// A contact as the directory holds it.
pub(super) struct ContactEntry {
    pub(super) dn: String,
    /// Perhaps several, and then it names nobody.
    pub(super) ids: Vec<String>,
    name: Option<String>,
    pub(super) emails: Vec<String>,
    language: Option<String>,
    /// When the password was last set.
    pub(super) changed: Option<String>,
    pub(super) csn: Option<String>,
    pub(super) is_active: bool,
}

/// What is asked of each entry.
pub(super) fn attributes(settings: &LdapContacts) -> [&str; 7] {
    let LdapContacts { id_attribute, name_attribute, email_attribute, language_attribute, .. } = settings;
    [id_attribute, name_attribute, email_attribute, language_attribute, CHANGED_TIME, ENTRY_CSN, LOCKED_TIME]
}

impl ContactEntry {
    pub(super) fn of(settings: &LdapContacts, entry: SearchEntry) -> Self {
        let SearchEntry { dn, attrs, .. } = entry;
        // Servers write an attribute's name as their schema does. One with options (`cn;lang-de`) is another one.
        let values = |attribute: &str| {
            let found = attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
            found.map(|(_, values)| values.clone()).unwrap_or_default()
        };
        let first = |attribute: &str| {
            let first = values(attribute).into_iter().next().map(|value| value.trim().to_owned());
            first.filter(|value| !value.is_empty())
        };
        Self {
            ids: values(&settings.id_attribute),
            name: first(&settings.name_attribute),
            emails: values(&settings.email_attribute),
            language: first(&settings.language_attribute).map(|language| language.replace('_', "-")),
            changed: first(CHANGED_TIME),
            csn: first(ENTRY_CSN),
            is_active: first(LOCKED_TIME).as_deref() != Some(LOCKED_FOR_GOOD),
            dn,
        }
    }

    /// The one id.
    ///
    /// # Errors
    /// Where the entry has none, or several.
    pub(super) fn id(&self) -> Result<&str, DirectoryError> {
        match self.ids.as_slice() {
            [id] => Ok(id),
            ids => Err(DirectoryError::Unusable(format!(
                "an entry has {} ids ({}). To mend: set contacts.id_attribute to an attribute of which each entry has one value",
                ids.len(),
                ids.join(", ")
            ))),
        }
    }

    pub(super) fn version(&self) -> PasswordVersion {
        PasswordVersion::new(self.changed.as_deref().unwrap_or(NO_TIME))
    }

    /// Of several e-mails nobody says which is the contact's first: there is none then.
    fn primary_email(&self) -> Option<&str> {
        match self.emails.as_slice() {
            [email] => Some(email),
            _ => None,
        }
    }

    /// Offers it to a search; one that names nobody is not offered.
    pub(super) fn offer_to(&self, best: &mut BestMatches, typed: &TypedText<'_>) {
        if let Ok(id) = self.id() {
            let name = self.name.as_deref().unwrap_or(id);
            best.offer(typed, SearchedFields { id, name, email: self.primary_email() });
        }
    }

    pub(super) fn into_contact(self) -> Result<Contact, DirectoryError> {
        let id = contact_id(self.id()?)?;
        Ok(Contact {
            name: self.name.clone().unwrap_or_else(|| id.as_str().to_owned()),
            primary_email: self.primary_email().map(str::to_owned),
            password_version: self.version(),
            obstacle: self.changed.is_none().then_some(Obstacle::NoChangeTime),
            language: self.language,
            id,
        })
    }
}

/// A directory may hold ids that a link cannot carry.
pub(super) fn contact_id(id: &str) -> Result<ContactId, DirectoryError> {
    ContactId::new(id).map_err(|error| {
        DirectoryError::Unusable(format!(
            "a contact has an id that cannot be one ({error}). To mend: set contacts.id_attribute to another attribute, whose values are short and in no doubt"
        ))
    })
}
