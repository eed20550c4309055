//! The modal in which a contact is chosen, and what becomes of it: <https://docs.slack.dev/surfaces/modals>. Pure.

use contacts::ContactHit;
use serde_json::{Value, json};

use super::message::SlackMessage;
use crate::command::CommandName;
use crate::words::Words;
use crate::words::choice;

/// The block and the menu in it.
const CONTACT: &str = "contact";

/// Where the menu's choice stands in what is submitted.
pub(in crate::chat::slack) const CHOSEN: &str = "/values/contact/contact/selected_option/value";

/// Characters of one choice.
const LONGEST_CHOICE: usize = 75;

/// The modal that is opened for a command about a contact.
pub(in crate::chat::slack) fn picker(words: &Words, about: CommandName) -> Value {
    let menu = json!({
        "type": "external_select",
        "action_id": CONTACT,
        "min_query_length": 1,
        "focus_on_load": true,
        "placeholder": plain(&words.say(texts::slack::PICKER_PLACEHOLDER, &[])),
    });
    let input = json!({
        "type": "input",
        "block_id": CONTACT,
        "label": plain(&words.say(texts::slack::PICKER_CONTACT, &[])),
        "element": menu,
    });
    let submit = match about {
        CommandName::ResetStatus => texts::slack::PICKER_STATUS_SUBMIT,
        CommandName::ResetRevoke => texts::slack::PICKER_REVOKE_SUBMIT,
        CommandName::ResetLink | CommandName::Help => texts::slack::PICKER_LINK_SUBMIT,
    };
    let mut view = view(words, about, &[input]);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("submit".to_owned(), plain(&words.say(submit, &[])));
    }
    view
}

/// What takes the picker's place at once.
pub(in crate::chat::slack) fn on_it(words: &Words, about: CommandName) -> Value {
    let text = plain(&words.say(texts::slack::ON_IT, &[]));
    let view = view(words, about, &[json!({ "type": "section", "text": text })]);
    json!({ "response_action": "update", "view": view })
}

/// What takes its place in the end.
pub(in crate::chat::slack) fn outcome(words: &Words, about: CommandName, message: &SlackMessage) -> Value {
    view(words, about, message.blocks())
}

/// The command that a modal of ours was opened for.
pub(in crate::chat::slack) fn opened_for(callback_id: &str) -> Option<CommandName> {
    CommandName::of_contact(&format!("/{callback_id}"))
}

/// Contacts as choices.
pub(in crate::chat::slack) fn options(hits: &[ContactHit]) -> Value {
    let option =
        |hit: &ContactHit| json!({ "text": plain(&choice(hit, LONGEST_CHOICE)), "value": hit.id.as_str() });
    json!({ "options": hits.iter().map(option).collect::<Vec<_>>() })
}

fn view(words: &Words, about: CommandName, blocks: &[Value]) -> Value {
    let title = match about {
        CommandName::ResetStatus => texts::slack::PICKER_STATUS,
        CommandName::ResetRevoke => texts::slack::PICKER_REVOKE,
        CommandName::ResetLink | CommandName::Help => texts::slack::PICKER_LINK,
    };
    json!({
        "type": "modal",
        "callback_id": about.as_str().trim_start_matches('/'),
        "title": plain(&words.say(title, &[])),
        "close": plain(&words.say(texts::slack::PICKER_CLOSE, &[])),
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

    use super::*;
    use crate::policy::People;
    use crate::words::Markup;

    #[test]
    fn a_modal_is_known_by_its_command_and_fits_in_every_language() {
        for language in texts::Language::all() {
            let words = Words {
                language,
                time_zone: TimeZone::UTC,
                markup: Markup::Slack,
                people: People::default(),
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
