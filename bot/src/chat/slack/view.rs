//! The view in which a contact is chosen, and what becomes of it: <https://docs.slack.dev/surfaces/modals>. Pure.

use contacts::ContactHit;
use serde_json::{Value, json};
use texts::slack;

use super::render::Letter;
use crate::command::CommandName;
use crate::use_cases::search::choice;
use crate::words::Words;

/// The block and the menu in it.
const CONTACT: &str = "contact";

/// Where the menu's choice stands in what is submitted.
pub(super) const CHOSEN: &str = "/values/contact/contact/selected_option/value";

/// Characters of one choice.
const LONGEST_CHOICE: usize = 75;

/// The view that is opened for a command about a contact.
pub(super) fn picker(words: &Words, about: CommandName) -> Value {
    let menu = json!({
        "type": "external_select",
        "action_id": CONTACT,
        "min_query_length": 1,
        "focus_on_load": true,
        "placeholder": plain(&words.say(slack::PICKER_PLACEHOLDER, &[])),
    });
    let input = json!({
        "type": "input",
        "block_id": CONTACT,
        "label": plain(&words.say(slack::PICKER_CONTACT, &[])),
        "element": menu,
    });
    let submit = match about {
        CommandName::ResetStatus => slack::PICKER_STATUS_SUBMIT,
        CommandName::ResetRevoke => slack::PICKER_REVOKE_SUBMIT,
        CommandName::ResetLink | CommandName::Help => slack::PICKER_LINK_SUBMIT,
    };
    let mut view = view(words, about, &[input]);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("submit".to_owned(), plain(&words.say(submit, &[])));
    }
    view
}

/// What takes the picker's place at once.
pub(super) fn on_it(words: &Words, about: CommandName) -> Value {
    let text = plain(&words.say(slack::ON_IT, &[]));
    let view = view(words, about, &[json!({ "type": "section", "text": text })]);
    json!({ "response_action": "update", "view": view })
}

/// What takes its place in the end.
pub(super) fn outcome(words: &Words, about: CommandName, letter: &Letter) -> Value {
    view(words, about, letter.blocks())
}

/// The command that a view of ours was opened for.
pub(super) fn opened_for(callback_id: &str) -> Option<CommandName> {
    CommandName::of_contact(&format!("/{callback_id}"))
}

/// Contacts as choices.
pub(super) fn options(hits: &[ContactHit]) -> Value {
    let option =
        |hit: &ContactHit| json!({ "text": plain(&choice(hit, LONGEST_CHOICE)), "value": hit.id.as_str() });
    json!({ "options": hits.iter().map(option).collect::<Vec<_>>() })
}

fn view(words: &Words, about: CommandName, blocks: &[Value]) -> Value {
    let title = match about {
        CommandName::ResetStatus => slack::PICKER_STATUS,
        CommandName::ResetRevoke => slack::PICKER_REVOKE,
        CommandName::ResetLink | CommandName::Help => slack::PICKER_LINK,
    };
    json!({
        "type": "modal",
        "callback_id": about.as_str().trim_start_matches('/'),
        "title": plain(&words.say(title, &[])),
        "close": plain(&words.say(slack::PICKER_CLOSE, &[])),
        "blocks": blocks,
    })
}

/// Text that is shown as it stands.
fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use texts::Language;

    use super::*;
    use crate::policy::People;
    use crate::words::Markup;

    #[test]
    fn a_view_is_known_by_its_command_and_fits_in_every_language() {
        for language in Language::all() {
            let words = Words {
                language,
                time_zone: TimeZone::UTC,
                markup: Markup::Slack,
                people: People::from(&[][..]),
            };
            for about in [CommandName::ResetLink, CommandName::ResetStatus, CommandName::ResetRevoke] {
                let view = picker(&words, about);
                for name in ["title", "submit", "close"] {
                    let text = view[name]["text"].as_str().unwrap();
                    assert!((1..=24).contains(&text.chars().count()), "{text}");
                }
                assert_eq!(opened_for(view["callback_id"].as_str().unwrap()), Some(about));
            }
        }
        assert_eq!(opened_for("help"), None);
    }
}
