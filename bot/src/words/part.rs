//! What an answer is made of.

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A reset link: on its own, ready to copy, without a preview.
    Link(SecretText),
    /// A whole mail, where it went to an outbox folder on this machine (try-out).
    Mail(SecretText),
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(pub(super) String);

impl SecretText {
    /// The text itself, for the one admin who may see it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}
