//! `[console]`.

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{Boolean, List, one_line};
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new("console", &[ENABLED.info, ALLOW.info]);

const ENABLED: Key<Boolean> =
    Key::boolean("enabled", "A chat on standard input, for trying things out.").for_bot();
const ALLOW: Key<List<String>> =
    Key::list("allow", "The login names of this machine that may issue links.", one_line).for_bot();

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
        let enabled = section.get(&ENABLED).unwrap_or(false);
        let allow = section.get(&ALLOW);
        // A name that was refused is on record already: it is not told a second time as an empty list.
        let nobody = match &allow {
            Some(names) => names.is_empty() && !section.is_refused(&ALLOW),
            None => !section.has(&ALLOW),
        };
        if enabled && nobody {
            section.refuse(
                &ENABLED,
                Refusal::new(
                    "the console is on, but console.allow names nobody",
                    "add the login names that may issue links, like allow = [\"ada\"], or set enabled = false",
                ),
            );
        }
        Self { enabled, allow: allow.unwrap_or_default() }
    }
}
