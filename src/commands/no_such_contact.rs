//! Contacts near a mistyped id, as commands that can be copied.

use bot::words::{Words, sanitize};
use contacts::ContactHit;
use texts::chat;

use super::issue::in_shell;
use crate::outcome::say;

/// Says that nobody has the id, and offers contacts whose id or name begins like it. `command`: what stands between `reset-link` and the id.
pub(super) fn say_no_such_contact(words: &Words, command: &str, near: &[ContactHit]) {
    say(words.say(chat::SHELL_NO_SUCH_CONTACT, &[]));
    if !near.is_empty() {
        say(words.say(chat::SHELL_NEAR, &[]));
    }
    for hit in near {
        say(format_args!("  reset-link {command} {}    {}", in_shell(hit.id.as_str()), sanitize(&hit.name)));
    }
}
