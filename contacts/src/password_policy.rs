//! What a directory asks of a new password, to be told before it is broken.

use jiff::Timestamp;

/// As far as it is known: the directory itself decides, and a rule that is not known here is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_chars: Option<usize>,
    /// The most bytes of UTF-8.
    pub max_bytes: Option<usize>,
    /// So many kinds of characters at least: small letters, capital letters, digits, letters without case, and others.
    pub min_kinds: Option<usize>,
    /// So many of the contact's former passwords are not taken again.
    pub remembers: Option<u32>,
    /// Before this moment no other password is taken, since the present one is too young; `None` where one is taken already.
    pub not_before: Option<Timestamp>,
}
