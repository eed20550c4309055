//! What `[contacts]` says of Active Directory alone.

use crate::key::Key;
use crate::problem::Refusal;
use crate::readers::{Boolean, Choice};
use crate::section::Section;

pub(super) const CONDITIONAL: Key<Choice<ConditionalWrite>> = Key::choice(
    "conditional",
    "Whether Active Directory sets a password only while it is the one that the link was issued for.",
    &[
        ("auto", ConditionalWrite::Auto),
        ("always", ConditionalWrite::Always),
        ("never", ConditionalWrite::Never),
    ],
)
.for_redeem_server();
pub(super) const ENFORCE_HISTORY: Key<Boolean> = Key::boolean(
    "enforce_history",
    "Whether Active Directory refuses a password that the contact has had before.",
)
.for_redeem_server();

pub(super) const OLD_PASSWORD_ALLOWED: Key<Boolean> = Key::boolean(
    "old_password_allowed",
    "Whether Active Directory takes the former password for an hour after another was set, as it does by default.",
)
.for_redeem_server();

/// How a password is set in Active Directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveDirectorySettings {
    /// Default [`ConditionalWrite::Auto`].
    pub conditional: ConditionalWrite,
    /// Whether the server is told to hold its history of passwords against it; default no.
    pub enforce_history: bool,
    /// Whether a former password signs in for an hour, so that a sign-in proves nothing in that time; default yes.
    pub old_password_allowed: bool,
}

/// Whether a password is set only while it is the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionalWrite {
    /// As the server says what it is: on Samba.
    Auto,
    /// On every server.
    Always,
    /// On none.
    Never,
}

impl Default for ActiveDirectorySettings {
    fn default() -> Self {
        Self { conditional: ConditionalWrite::Auto, enforce_history: false, old_password_allowed: true }
    }
}

impl ActiveDirectorySettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let defaults = Self::default();
        Self {
            conditional: section.get(&CONDITIONAL).unwrap_or(defaults.conditional),
            enforce_history: section.get(&ENFORCE_HISTORY).unwrap_or(defaults.enforce_history),
            old_password_allowed: section.get(&OLD_PASSWORD_ALLOWED).unwrap_or(defaults.old_password_allowed),
        }
    }
}

/// Puts on record which of these settings are given for another server.
pub(super) fn refuse_elsewhere(section: &mut Section<'_>) {
    for key in [CONDITIONAL.info, ENFORCE_HISTORY.info, OLD_PASSWORD_ALLOWED.info] {
        if section.has(key) {
            section.refuse(
                key,
                Refusal::new(
                    "is for flavour = \"active-directory\", and the contacts are in another directory",
                    "remove it",
                ),
            );
        }
    }
}
