//! Entries of contacts, as every role reads them.

use std::collections::HashMap;

use config::{LdapContacts, VersionFrom};
use keys::{ContactId, NormalisedEmail, PasswordVersion};
use ldap3::SearchEntry;

use super::flavour::Flavour;
use crate::matching::{BestMatches, SearchedFields, TypedText};
use crate::{Contact, DirectoryError, DirectoryServer, Obstacle};

/// Stands for a password of which the server does not say when it was set, perhaps since there is none yet; a time ends with `Z`, so the two cannot meet.
const NO_TIME: &str = "no-change-time";

/// When an entry was last changed in whichever way, to the second (RFC 4512, section 3.4).
pub(super) const MODIFY_TIME: &str = "modifyTimestamp";

/// A contact as the directory holds it.
pub(super) struct ContactEntry {
    pub(super) dn: String,
    pub(super) attributes: EntryAttributes,
    /// Perhaps several, and then it names nobody.
    pub(super) ids: Vec<String>,
    name: Option<String>,
    pub(super) emails: Vec<String>,
    /// None of them is the contact's first.
    other_emails: Vec<String>,
    language: Option<String>,
    /// What changes whenever the password does.
    version: Option<String>,
    /// It has no version, and so no password, on a server that is known to keep when one is set.
    has_none_yet: bool,
    /// Some of its e-mails are not among the others: they are no texts, or too many for one answer.
    has_unread_emails: bool,
    /// Who told it, where that is known.
    server: Option<DirectoryServer>,
    pub(super) is_active: bool,
    /// It is the entry that is made for trying, which gets no link.
    pub(super) is_probe: bool,
}

/// What an entry holds, each attribute by its name in lower case: servers write names as their schema does. One with options (`cn;lang-de`) is another one,
/// although a server that is asked for `cn` looks at both.
pub(super) struct EntryAttributes(HashMap<String, Vec<String>>);

impl EntryAttributes {
    pub(super) fn of(entry: HashMap<String, Vec<String>>) -> Self {
        Self(entry.into_iter().map(|(name, values)| (name.to_ascii_lowercase(), values)).collect())
    }

    /// All values, as they stand.
    pub(super) fn values(&self, attribute: &str) -> &[String] {
        self.0.get(&attribute.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// All values, as they stand, those of the attribute with options too.
    pub(super) fn values_with_options(&self, attribute: &str) -> Vec<&str> {
        let mut held: Vec<_> = self.0.iter().filter(|(name, _)| is_kind_of(name, attribute)).collect();
        held.sort();
        held.into_iter().flat_map(|(_, values)| values).map(String::as_str).collect()
    }

    /// The first value without outer space, where something is left of it.
    pub(super) fn first(&self, attribute: &str) -> Option<&str> {
        self.values(attribute).first().map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Whether this is the attribute, with options or without.
fn is_kind_of(name: &str, attribute: &str) -> bool {
    name.split(';').next().is_some_and(|name| name.eq_ignore_ascii_case(attribute))
}

/// Whether the values are some of many: Active Directory answers at most 1,500 at once, as `member;range=0-1499`.
fn is_part(name: &str) -> bool {
    name.split(';')
        .skip(1)
        .any(|option| option.to_ascii_lowercase().starts_with("range=") && !option.ends_with('*'))
}

/// Whether a version is what the server itself says of when a password was set.
pub(super) fn is_kept(version: &PasswordVersion) -> bool {
    *version != PasswordVersion::new(NO_TIME)
}

/// What is asked of each entry.
pub(super) fn attributes<'a>(settings: &'a LdapContacts, flavour: &dyn Flavour) -> Vec<&'a str> {
    let LdapContacts { id_attribute, name_attribute, email_attribute, language_attribute, .. } = settings;
    let mut attributes: Vec<&str> = vec![id_attribute, name_attribute, email_attribute, language_attribute];
    attributes.extend(flavour.attributes());
    attributes.extend(version_attribute(settings));
    attributes
}

/// What stands in for the time of a password where the settings say so.
pub(super) fn version_attribute(settings: &LdapContacts) -> Option<&'static str> {
    (settings.version_from == VersionFrom::ModifyTime).then_some(MODIFY_TIME)
}

impl ContactEntry {
    pub(super) fn of(settings: &LdapContacts, flavour: &dyn Flavour, entry: SearchEntry) -> Self {
        let is_email = |name: &str| {
            let mut held_in =
                flavour.email_attributes().iter().copied().chain([settings.email_attribute.as_str()]);
            held_in.any(|attribute| is_kind_of(name, attribute))
        };
        let has_unread_emails = entry.bin_attrs.keys().any(|name| is_email(name))
            || entry.attrs.keys().any(|name| is_email(name) && is_part(name));
        let attributes = EntryAttributes::of(entry.attrs);
        let emails = attributes.values_with_options(&settings.email_attribute);
        let ids = attributes.values(&settings.id_attribute).to_vec();
        let is_probe = settings.probe_id.as_ref().is_some_and(|probe| ids.contains(probe));
        let first = |attribute: &str| attributes.first(attribute).map(str::to_owned);
        Self {
            dn: entry.dn,
            ids,
            name: first(&settings.name_attribute),
            emails: emails.into_iter().map(str::to_owned).collect(),
            other_emails: flavour.other_emails(&attributes),
            language: first(&settings.language_attribute).map(|language| language.replace('_', "-")),
            version: flavour.version(&attributes).or_else(|| {
                // A word before it: a time of this kind is never one of the other.
                let modified = attributes.first(version_attribute(settings)?)?;
                Some(format!("modified/{modified}"))
            }),
            is_active: !is_probe && flavour.is_active(&attributes),
            is_probe,
            has_none_yet: false,
            has_unread_emails,
            server: None,
            attributes,
        }
    }

    /// Told by this server.
    pub(super) fn told_by(self, server: &DirectoryServer) -> Self {
        Self { server: Some(server.clone()), ..self }
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

    /// Whether it holds anything where an e-mail is expected.
    pub(super) fn has_some_email(&self) -> bool {
        !self.emails.is_empty() || !self.other_emails.is_empty()
    }

    /// With a missing version taken for a password that was never set.
    pub(super) fn or_none_yet(mut self) -> Self {
        self.has_none_yet = self.version.is_none();
        self
    }

    /// Whether its password was never set.
    pub(super) fn has_none_yet(&self) -> bool {
        self.has_none_yet
    }

    /// Whether something of it changes whenever the password does.
    pub(super) fn has_version(&self) -> bool {
        self.version.is_some() || self.has_none_yet
    }

    /// What the server itself says of when its password was set.
    pub(super) fn kept_version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    pub(super) fn version(&self) -> PasswordVersion {
        PasswordVersion::new(self.version.as_deref().unwrap_or(NO_TIME))
    }

    /// Whether one of its e-mails is this one.
    pub(super) fn has_email(&self, email: &NormalisedEmail) -> bool {
        self.all_emails().any(|held| NormalisedEmail::new(held).as_ref() == Some(email))
    }

    /// Its e-mails, wherever they stand: perhaps some of them twice, and some that are no address.
    pub(super) fn all_emails(&self) -> impl Iterator<Item = &str> {
        self.emails.iter().chain(&self.other_emails).map(String::as_str)
    }

    /// Whether it may hold an e-mail that is not among those that were read.
    pub(super) fn may_hold_others(&self) -> bool {
        self.has_unread_emails || (self.emails.is_empty() && self.other_emails.is_empty())
    }

    /// What the person is called.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// BCP 47.
    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Of several e-mails nobody says which is the contact's first: there is none then.
    pub(super) fn primary_email(&self) -> Option<&str> {
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
            obstacle: (!self.has_version()).then_some(Obstacle::NoChangeTime),
            language: self.language,
            server: self.server,
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

#[cfg(test)]
mod tests {
    use config::{LdapAccountSettings, LdapFlavour, Secret};

    use super::*;
    use crate::ldap::flavour::OpenLdap;

    fn entry(texts: &[(&str, &str)], others: &[&str]) -> ContactEntry {
        let account = LdapAccountSettings {
            dn: "cn=a".to_owned(),
            password: Secret::new("x"),
            key: "contacts.reader_dn",
        };
        let settings = LdapContacts::new(LdapFlavour::OpenLdap, "ldaps://localhost", "dc=example", account);
        let attrs =
            texts.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        let bin_attrs = others.iter().map(|name| ((*name).to_owned(), vec![vec![0xff]])).collect();
        ContactEntry::of(&settings, &OpenLdap, SearchEntry { dn: "cn=a".to_owned(), attrs, bin_attrs })
    }

    #[test]
    fn an_email_is_held_whatever_options_its_attribute_has() {
        let email = NormalisedEmail::new("ada@example.org").unwrap();
        for name in ["mail", "MAIL", "mail;lang-de", "Mail;lang-de;x-home"] {
            assert!(entry(&[(name, "ada@example.org")], &[]).has_email(&email), "{name}");
        }
        assert!(!entry(&[("mailHost", "ada@example.org")], &[]).has_email(&email));
        let two = entry(&[("mail", "ada@example.org"), ("mail;lang-de", "ada@example.com")], &[]);
        assert_eq!((two.primary_email(), two.emails.len()), (None, 2));
    }

    #[test]
    fn an_entry_whose_emails_were_not_all_read_may_hold_others() {
        let mail = ("mail", "ada@example.org");
        for (entry, expected) in [
            (entry(&[mail], &[]), false),
            (entry(&[mail], &["jpegPhoto"]), false),
            (entry(&[mail, ("mail;range=0-*", "b@example.org")], &[]), false),
            (entry(&[mail, ("mail;range=0-1499", "b@example.org")], &[]), true),
            (entry(&[mail], &["mail"]), true),
            (entry(&[mail], &["Mail;lang-de"]), true),
            (entry(&[("cn", "Ada")], &[]), true),
        ] {
            assert_eq!(entry.may_hold_others(), expected, "{:?}", entry.emails);
        }
    }
}
