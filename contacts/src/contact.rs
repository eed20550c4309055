//! What a directory says of a person. No `Debug` here shows an e-mail in full, a password or its version.

use std::fmt;

use keys::{ContactId, NormalisedEmail, PasswordVersion};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The person whose password is reset, as the directory holds them.
#[derive(Clone)]
pub struct Contact {
    /// As the directory returned it, never as it was typed.
    pub id: ContactId,
    /// What the person is called.
    pub name: String,
    /// As it stands in the directory: perhaps `n/a`.
    pub primary_email: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Changes whenever the password does.
    pub password_version: PasswordVersion,
    /// Why their password cannot be set, where the directory knows beforehand.
    pub obstacle: Option<Obstacle>,
    /// Which of the directory's servers told it, where it has several.
    pub server: Option<DirectoryServer>,
}

/// One of a directory's servers, by its address in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DirectoryServer(String);

impl DirectoryServer {
    /// The server at this address, which holds no account and no password.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a contact's password cannot be set, whoever asks for it: nobody should get a link that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The application stores it in another form than reset-link is set to write, and may not take that.
    OtherHash,
    /// The directory does not say when it was last set, so that a link could not be told from an older one.
    NoChangeTime,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("primary_email", &self.primary_email.as_deref().map(masked))
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// What a typed id finds.
#[derive(Debug)]
pub enum Found {
    /// No active contact.
    Nobody,
    /// Exactly one.
    One(Contact),
    /// The directory compares ids more loosely than we may: refuse.
    Several(Vec<ContactId>),
}

/// Who else has a contact's e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailSharing {
    /// These contacts, active or not, in the order of their ids; empty: the e-mail is one contact's own.
    With(Vec<ContactId>),
    /// The directory could not tell with certainty, for this reason. It counts as shared: a mail to a stranger could not be taken back.
    Undecided(String),
}

/// A contact as it is offered to an admin who has typed the beginning of its id, name or e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactHit {
    /// As the directory returned it: what [`crate::ContactLookup::find`] finds exactly.
    pub id: ContactId,
    /// What the person is called.
    pub name: String,
    /// The primary e-mail for other people's eyes, where there is one.
    pub masked_email: Option<String>,
}

/// A contact as an operator writes it into a directory of ours: everything but the password.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactEntry {
    /// Names the contact for good.
    pub id: ContactId,
    /// What the person is called.
    pub name: String,
    email: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// An inactive contact gets no links and no new password; their e-mail still counts as taken.
    pub active: bool,
}

impl ContactEntry {
    /// An active contact with neither e-mail nor language.
    pub fn new(id: ContactId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), email: None, language: None, active: true }
    }

    /// The same with this primary e-mail, which need not be an address.
    #[must_use]
    pub fn with_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The same with this language (BCP 47).
    #[must_use]
    pub fn with_language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// The entry, marked as inactive.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = false;
        self
    }

    /// The primary e-mail in full, as it stands in the directory: for the operator's own terminal, never for a log.
    pub fn expose_email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// The primary e-mail for other people's eyes.
    pub fn masked_email(&self) -> Option<String> {
        self.email.as_deref().map(masked)
    }
}

impl fmt::Debug for ContactEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactEntry")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("email", &self.masked_email())
            .field("language", &self.language)
            .field("active", &self.active)
            .finish()
    }
}

/// A contact as the operator's commands show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRecord {
    /// Who it is.
    pub entry: ContactEntry,
    /// Whether a password has ever been set.
    pub has_password: bool,
}

/// A password ready to be stored: a hash, or itself where the directory hashes.
pub struct PreparedPassword {
    /// What is stored.
    pub value: Zeroizing<String>,
    /// The version that storing it will produce, where that is known beforehand.
    pub intended_version: Option<PasswordVersion>,
    /// What is stored beside it, where the application keeps the salt in a column of its own.
    pub salt: Option<String>,
    /// What is stored beside it, where the application keeps the algorithm's name in a column of its own.
    pub algorithm: Option<String>,
}

impl PreparedPassword {
    /// What is stored in one column.
    pub fn new(value: Zeroizing<String>, intended_version: Option<PasswordVersion>) -> Self {
        Self { value, intended_version, salt: None, algorithm: None }
    }
}

impl fmt::Debug for PreparedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedPassword(…)")
    }
}

/// What became of the password.
#[derive(Debug, PartialEq, Eq)]
pub enum SetPassword {
    /// It is set.
    Set,
    /// Nothing was written: the version was no longer the expected one, or the contact is gone.
    VersionChanged,
    /// Nothing was written: the directory refuses this password by a policy of its own.
    Refused(PasswordRefusal),
}

/// Why a directory refuses a new password: the person may choose another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// It is too short.
    TooShort,
    /// It is too long.
    TooLong,
    /// It is too easy to guess, or has too few kinds of characters.
    TooSimple,
    /// It is one of the person's former passwords.
    UsedBefore,
    /// The present password was set too recently.
    TooRecent,
    /// It begins with a word in braces, which the directory would take for a hash.
    LooksHashed,
    /// In the directory's own words, on one line, without characters that act.
    InOwnWords(String),
    /// The directory does not say why.
    Unexplained,
}

/// A text that is no address may still hold one (`Ada <ada@…>`), so it is not shown at all.
pub(crate) fn masked(email: &str) -> String {
    NormalisedEmail::new(email).map_or_else(|| "(not an address)".to_owned(), |email| email.masked())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_the_email_nor_the_password_version() {
        let id = ContactId::new("ada").unwrap();
        for email in ["ada.lovelace@example.org", "Ada <ada.lovelace@example.org>"] {
            let contact = Contact {
                id: id.clone(),
                name: "Ada".into(),
                primary_email: Some(email.into()),
                language: None,
                password_version: PasswordVersion::new("version-0815"),
                obstacle: None,
                server: None,
            };
            let entry = ContactEntry::new(id.clone(), "Ada").with_email(email);
            let record = ContactRecord { entry: entry.clone(), has_password: true };
            let shown = format!("{contact:?} {entry:?} {record:?} {:?}", Found::One(contact.clone()));
            assert!(!shown.contains("lovelace"), "{shown}");
            assert!(!shown.contains("0815"), "{shown}");
        }
        let prepared = PreparedPassword::new(
            Zeroizing::new("$argon2id$…".into()),
            Some(PasswordVersion::new("version-0815")),
        );
        assert_eq!(format!("{prepared:?}"), "PreparedPassword(…)");
    }

    #[test]
    fn an_entry_shows_its_email_in_full_only_where_that_is_asked_for() {
        let entry = ContactEntry::new(ContactId::new("ada").unwrap(), "Ada").with_email("ada@example.org");
        assert_eq!(entry.expose_email(), Some("ada@example.org"));
        assert_eq!(entry.masked_email().as_deref(), Some("a…@example.org"));
    }
}
