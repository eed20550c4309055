//! What the sections of the chat platforms have in common.

use crate::key::{Key, KeyInfo, Table};
use crate::problem::Refusal;
use crate::readers::{Choice, List, Text};
use crate::section::Section;

/// What is checked of each chat platform that is on.
pub(crate) struct ChatSection {
    pub(crate) table: Table,
    /// The keys that name who may, beside `[[admins]]`.
    pub(crate) allow: &'static [KeyInfo],
    /// Whether these keys name anybody.
    pub(crate) names_somebody: bool,
    /// Whether there is a place to ask a second person.
    pub(crate) has_approvals: bool,
    /// Whether there is a place to ask the help desk.
    pub(crate) has_requests: bool,
}

impl ChatSection {
    /// Puts on record that nobody may do anything in a chat, which is a mistake.
    pub(crate) fn refuse_nobody(&self, section: &mut Section<'_>) {
        let [first, ..] = self.allow else { return };
        if self.allow.iter().any(|key| section.is_refused(*key)) {
            return;
        }
        let lists: Vec<String> = self
            .allow
            .iter()
            .map(|key| {
                let one = key.name.trim_start_matches("allow_").trim_end_matches('s');
                format!("{} = [\"<{one} id>\"]", key.name)
            })
            .collect();
        let cure =
            format!("add {}, or {} = \"<user id>\" to an [[admins]]", lists.join(" or "), self.table.name);
        section.refuse(*first, Refusal::new("names nobody who may issue links", cure));
    }
}

/// A parser of one of a platform's ids.
type Id = fn(&str) -> Result<String, Refusal>;

pub(crate) const fn allow_users(id: Id) -> Key<List<String>> {
    Key::list("allow_users", "Users who may issue links, by id.", id).for_bot()
}

pub(crate) const fn approvals_channel(id: Id) -> Key<Text<String>> {
    Key::text("approvals_channel", "The channel in which a second person approves, by id.", id).for_bot()
}

pub(crate) const fn requests_channel(id: Id) -> Key<Text<String>> {
    let about =
        "The channel in which the help desk is asked about contacts who forgot their password, by id.";
    Key::text("requests_channel", about, id).for_bot()
}

pub(crate) const fn audit_channel(id: Id) -> Key<Text<String>> {
    Key::text("audit_channel", "The channel in which each event of the audit is told, by id.", id).for_bot()
}

pub(crate) const fn search(about: &'static str) -> Key<Choice<bool>> {
    Key::choice("search", about, &[("on", true), ("off", false)]).for_bot()
}
