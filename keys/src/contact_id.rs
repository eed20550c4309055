use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text;

/// The longest contact id, in bytes after JSON escaping.
pub const MAX_CONTACT_ID_BYTES: usize = 64;

/// A contact's id, as the contact directory returned it.
///
/// Invariant: not empty, at most 64 bytes after JSON escaping, no control characters; so that a link never exceeds `MAX_LINK_CHARS`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(try_from = "String", into = "String")]
pub struct ContactId(String);

/// Why a text cannot be a contact id.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ContactIdError {
    /// Nothing there.
    #[error("a contact id cannot be empty")]
    Empty,
    /// Longer than a link can carry.
    #[error("a contact id has at most {MAX_CONTACT_ID_BYTES} bytes (this one has {0})")]
    TooLong(usize),
    /// A line break, a tab, a NUL …
    #[error("a contact id cannot hold control characters")]
    ControlCharacter,
}

impl ContactId {
    /// Checks and wraps an id.
    ///
    /// # Errors
    /// Where the text is empty, too long, or holds control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, ContactIdError> {
        let text = text.into();
        if text.is_empty() {
            return Err(ContactIdError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(ContactIdError::ControlCharacter);
        }
        let escaped = text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        if escaped > MAX_CONTACT_ID_BYTES {
            return Err(ContactIdError::TooLong(escaped));
        }
        Ok(Self(text))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The loosest form in which two ids count as the same (see [`text::folded`]).
    pub fn folded(&self) -> String {
        text::folded(&self.0)
    }
}

impl TryFrom<String> for ContactId {
    type Error = ContactIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<ContactId> for String {
    fn from(id: ContactId) -> Self {
        id.0
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
