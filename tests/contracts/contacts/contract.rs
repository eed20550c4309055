//! What every contact directory must do, whichever backend it is.

#![expect(clippy::unwrap_used, reason = "a contract suite is a test: what fails, panics")]

mod checker;
mod lookup;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use contacts::{Contact, ContactLookup, EmailSharing, Found, PasswordChecker, PasswordWriter};
use keys::{ContactId, NormalisedEmail};

pub(super) use lookup::lookup_contract;
pub(super) use writer::writer_contract;

/// A contact that a directory is to hold.
#[derive(Clone, Copy)]
pub(super) struct GivenContact {
    /// The id.
    pub(super) id: &'static str,
    /// The name.
    pub(super) name: &'static str,
    /// The primary e-mail.
    pub(super) email: Option<&'static str>,
    /// The language.
    pub(super) language: Option<&'static str>,
    /// Whether they may get links.
    pub(super) active: bool,
}

impl GivenContact {
    /// An active contact without an e-mail.
    pub(super) const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, email: None, language: None, active: true }
    }

    /// The same with an e-mail.
    #[must_use]
    pub(super) const fn with_email(self, email: &'static str) -> Self {
        Self { email: Some(email), ..self }
    }

    /// The contact with a language.
    #[must_use]
    pub(super) const fn with_language(self, language: &'static str) -> Self {
        Self { language: Some(language), ..self }
    }

    /// The contact, marked as inactive.
    #[must_use]
    pub(super) const fn inactive(self) -> Self {
        Self { active: false, ..self }
    }
}

/// Makes directories of one backend.
#[async_trait]
pub(super) trait ContactsFixture: Send + Sync {
    /// Makes a fresh directory that holds these contacts, none of whom has a password that a test knows.
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory>;
}

/// A directory under test.
#[async_trait]
pub(super) trait Directory: Send + Sync {
    /// Its reading capability.
    fn lookup(&self) -> Arc<dyn ContactLookup>;
    /// Its writing capability.
    fn writer(&self) -> Arc<dyn PasswordWriter>;
    /// Its checking capability; `None` where nobody can check.
    fn checker(&self) -> Option<Arc<dyn PasswordChecker>>;
    /// Opens the same directory again, as another process does.
    async fn reopened(&self) -> Box<dyn Directory>;
    /// Changes an e-mail as the organisation would, past the capability under test.
    async fn change_email(&self, id: &str, email: Option<&str>);
    /// Signs in as the organisation's own sign-in would.
    async fn signs_in(&self, id: &str, password: &str) -> bool;
    /// Waits until a password that is set now has another version than one that was set just before, in directories whose versions are times.
    async fn until_another_version(&self) {}
    /// Whether a search for `zoe` offers `Zoë`: servers that compare names themselves may want the accent.
    fn searches_without_accents(&self) -> bool {
        true
    }
}

async fn one(directory: &dyn Directory, typed: &str) -> Contact {
    match directory.lookup().find(typed).await.unwrap() {
        Found::One(contact) => contact,
        other => panic!("{typed}: {other:?}"),
    }
}

async fn others(directory: &dyn Directory, email: &str, except: &str) -> Vec<String> {
    let email = NormalisedEmail::new(email).expect("the tests ask for addresses");
    let sharing = directory.lookup().others_with_email(&email, &id(except)).await.unwrap();
    let EmailSharing::With(mut others) = sharing else { panic!("{sharing:?}") };
    others.sort();
    others.into_iter().map(String::from).collect()
}

pub(super) fn id(text: &str) -> ContactId {
    ContactId::new(text).expect("the tests use plain ids")
}
