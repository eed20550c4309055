use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// An e-mail address in the one form in which we compare addresses: trimmed, NFC, lower case, the domain in its ASCII (IDNA) form.
///
/// It exists only for texts that can be an address at all: one `@` with something on both sides, a domain that IDNA accepts, no spaces or control
/// characters. `n/a`, `-` and `none` are no addresses.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NormalisedEmail(String);

impl NormalisedEmail {
    /// Normalises a primary e-mail as the directory holds it; `None` where it cannot be an address.
    pub fn new(text: &str) -> Option<Self> {
        let text: String = text.trim().nfc().collect();
        let (local, domain) = text.rsplit_once('@')?;
        let unusable = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\' | '@')
        };
        if local.is_empty() || local.len() > 64 || local.chars().any(unusable) {
            return None;
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return None;
        }
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        if domain.is_empty() || domain.len() > 253 || domain.starts_with('.') || domain.ends_with('.') {
            return None;
        }
        let local: String = local.to_lowercase().nfc().collect();
        Some(Self(format!("{local}@{domain}")))
    }

    /// The whole address: for comparing and for sending, never for a log.
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
