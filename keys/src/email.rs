use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::text::hides_something;

/// The longest address, in bytes: a path of 256 with its angle brackets (RFC 5321 §4.5.3.1.3).
const LONGEST: usize = 254;

/// The longest part before the `@`, in bytes (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;

/// A primary e-mail that can be mailed, as the directory holds it.
///
/// What is before the `@` is left as it stands: only the server behind the `@` knows whether case matters there (RFC 5321 §2.4). The domain is in
/// its ASCII form (A-labels, RFC 5890), which every mail server knows.
///
/// This is the one rule for what can be mailed: a dot-atom (RFC 5321 §4.1.2, with the characters beyond ASCII of RFC 6531 §3.3) in which nothing
/// is hidden from who reads it, one `@`, a domain that IDNA accepts. `n/a`, `-` and `none` are no addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    written: String,
    normalised: NormalisedEmail,
}

impl EmailAddress {
    /// Takes a primary e-mail as the directory holds it, without the white space around it; `None` where it cannot be mailed.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        if hides_something(text) || local.len() > LONGEST_LOCAL_PART || !is_dot_atom(local) {
            return None;
        }
        let domain = idna::domain_to_ascii_strict(&domain.nfc().collect::<String>()).ok()?;
        if domain.is_empty() || domain.len() > 253 || domain.starts_with('.') || domain.ends_with('.') {
            return None;
        }
        let written = format!("{local}@{domain}");
        let local: String = local.nfc().collect::<String>().to_lowercase().nfc().collect();
        let normalised = NormalisedEmail(format!("{local}@{domain}"));
        (written.len() <= LONGEST).then_some(Self { written, normalised })
    }

    /// The whole address: for sending, never for a log.
    pub fn expose(&self) -> &str {
        &self.written
    }

    /// The form for comparing, never for sending.
    pub fn normalised(&self) -> &NormalisedEmail {
        &self.normalised
    }

    /// The address for other people's eyes: `a…@example.org`.
    pub fn masked(&self) -> String {
        self.normalised.masked()
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Atoms with single dots between them (RFC 5322 §3.2.3).
fn is_dot_atom(local: &str) -> bool {
    let is_atom_text = |c: char| match c {
        c if c.is_ascii() => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c),
        c => !c.is_control() && !c.is_whitespace(),
    };
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_text))
}

/// An e-mail address in the one form in which we compare addresses: trimmed, NFC, lower case, the domain in its ASCII (IDNA) form.
///
/// It exists only for what can be mailed ([`EmailAddress`]), and is never what is sent to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NormalisedEmail(String);

impl NormalisedEmail {
    /// Normalises a primary e-mail as the directory holds it; `None` where it cannot be mailed.
    pub fn new(text: &str) -> Option<Self> {
        EmailAddress::new(text).map(|address| address.normalised)
    }

    /// The whole address: for comparing, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The address for other people's eyes: `a…@example.org`.
    pub fn masked(&self) -> String {
        match (self.0.chars().next(), self.0.rsplit_once('@')) {
            (Some(first), Some((_, domain))) => format!("{first}…@{domain}"),
            _ => "…".to_owned(),
        }
    }
}

impl fmt::Debug for NormalisedEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
