//! Contacts near a mistyped id, as commands that can be copied.

use bot::inert;
use bot::reply::Words;
use contacts::ContactHit;

use crate::outcome::say;

/// Says that nobody has the id, and offers contacts whose id or name begins like it. `command`: what stands between `reset-link` and the id.
pub(super) fn say_no_such_contact(words: &Words, command: &str, near: &[ContactHit]) {
    say(words.say("chat-shell-no-such-contact", &[]));
    if !near.is_empty() {
        say(words.say("chat-shell-near", &[]));
    }
    for hit in near {
        say(format_args!("  reset-link {command} {}    {}", quoted(hit.id.as_str()), inert(&hit.name)));
    }
}

/// An id as a shell takes it for one word.
fn quoted(id: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+:/,".contains(&byte);
    if !id.starts_with('-') && !id.is_empty() && id.bytes().all(is_plain) {
        return id.to_owned();
    }
    // What would be shown otherwise than it is cannot be copied; it is inert at least.
    format!("'{}'", inert(id).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_word_to_a_shell() {
        for (id, word) in [
            ("ada", "ada"),
            ("CORP.ada@example.org", "CORP.ada@example.org"),
            ("ada lovelace", "'ada lovelace'"),
            ("o'brien", r"'o'\''brien'"),
            ("$(reboot)", "'$(reboot)'"),
            ("café", "'café'"),
        ] {
            assert_eq!(quoted(id), word);
        }
    }
}
