//! `[console]`.

use crate::problem::Refusal;
use crate::section::{Section, one_line};

pub(crate) const KEYS: &[&str] = &["enabled", "allow"];

/// `[console]`: a chat on standard input, off unless asked for.
#[derive(Debug, Clone)]
pub struct Console {
    /// Default false.
    pub enabled: bool,
    /// Login names of this machine that may issue links, from the console and with `reset-link issue`; default none.
    pub allow: Vec<String>,
}

impl Console {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let enabled = section.boolean("enabled").unwrap_or(false);
        let allow = section.list("allow", one_line);
        // A name that was refused is on record already: it is not told a second time as an empty list.
        let nobody = match &allow {
            Some(names) => names.is_empty() && !section.is_refused("allow"),
            None => !section.has("allow"),
        };
        if enabled && nobody {
            section.refuse(
                "enabled",
                Refusal::new(
                    "the console is on, but console.allow names nobody",
                    "add the login names that may issue links, like allow = [\"ada\"], or set enabled = false",
                ),
            );
        }
        Self { enabled, allow: allow.unwrap_or_default() }
    }
}
