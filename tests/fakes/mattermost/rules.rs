//! Rules for posts, those that Mattermost answers with an error and those that it breaks a post over in silence.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::post::list;
use super::refusal::Refusal;

/// Characters, as Mattermost counts them.
pub(super) const LONGEST_MESSAGE: usize = 16_383;
const LONGEST_PROPS: usize = 800_000;
const STYLES: [&str; 6] = ["default", "primary", "success", "good", "warning", "danger"];

/// What Mattermost refuses to store.
pub(super) fn storable(message: &str, props: &Map<String, Value>) -> Result<(), Refusal> {
    if message.chars().count() > LONGEST_MESSAGE {
        return Err(Refusal::too_long());
    }
    if Value::Object(props.clone()).to_string().chars().count() > LONGEST_PROPS {
        return Err(Refusal::props_too_long());
    }
    Ok(())
}

/// What is wrong with a post. Nothing of what it says is repeated.
pub(super) fn broken(message: &str, props: &Map<String, Value>) -> Vec<String> {
    let mut broken = Vec::new();
    if message.chars().count() > LONGEST_MESSAGE {
        broken.push(format!("the message is longer than {LONGEST_MESSAGE} characters"));
    }
    let attachments = props.get("attachments");
    let attachments = match attachments {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(_) => {
            broken.push("attachments are no list".to_owned());
            &[]
        }
    };
    if message.trim().is_empty() && attachments.is_empty() {
        broken.push("a post must say something".to_owned());
    }
    let mut ids = HashSet::new();
    for attachment in attachments {
        if !attachment.is_object() {
            broken.push("an attachment is no object".to_owned());
        }
        for name in ["fallback", "color", "pretext", "title", "text", "footer"] {
            if attachment.get(name).is_some_and(|value| !value.is_null() && !value.is_string()) {
                broken.push(format!("an attachment's {name} is no text"));
            }
        }
        for action in list(attachment, "actions") {
            check_action(action, &mut broken);
            let id = action["id"].as_str().unwrap_or_default();
            if !id.is_empty() && !ids.insert(id) {
                broken.push("two actions have the same id".to_owned());
            }
        }
    }
    broken
}

fn check_action(action: &Value, broken: &mut Vec<String>) {
    let word = |name: &str| action[name].as_str().unwrap_or_default();
    // The route that a press goes to has no other characters: the button does nothing.
    if !word("id").bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        broken.push("an action's id holds more than letters and digits: pressing it does nothing".to_owned());
    }
    if word("name").is_empty() {
        broken.push("an action has no name: clients do not show it".to_owned());
    }
    if !["button", "select"].contains(&word("type")) {
        broken.push("an action's type is neither button nor select".to_owned());
    }
    let style = word("style");
    let is_colour = style.starts_with('#') && style.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
    if !style.is_empty() && !STYLES.contains(&style) && !is_colour {
        broken.push("an action's style is none that clients know".to_owned());
    }
    let integration = &action["integration"];
    let url = integration["url"].as_str().unwrap_or_default();
    if !url.starts_with("http://") && !url.starts_with("https://") {
        broken.push("an action leads nowhere: it has no integration with a url".to_owned());
    }
    if !(integration["context"].is_null() || integration["context"].is_object()) {
        broken.push("an action's context is no object".to_owned());
    }
}
