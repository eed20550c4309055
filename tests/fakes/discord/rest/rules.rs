//! Rules that Discord keeps and its OpenAPI file does not say.

use std::collections::HashSet;

use serde_json::Value;

const LONGEST_CONTENT: usize = 2000;
const LONGEST_EMBEDS: usize = 6000;

/// What the body of this request breaks.
pub(super) fn broken(template: &str, method: &str, body: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    match template {
        super::GUILD_COMMANDS | super::GUILD_COMMAND | super::COMMANDS | super::COMMAND => {
            let one = std::slice::from_ref(body);
            for command in body.as_array().map_or(one, Vec::as_slice) {
                check_command(command, method, &mut broken);
            }
            check_names(body.as_array().map_or(&[], Vec::as_slice), "commands", &mut broken);
        }
        super::CALLBACK if matches!(body["type"].as_u64(), Some(4 | 7)) => {
            check_message(&body["data"], body["type"].as_u64() == Some(4), &mut broken);
        }
        super::MESSAGES | super::MESSAGE | super::WEBHOOK | super::ORIGINAL | super::FOLLOW_UP => {
            check_message(body, method == "POST", &mut broken);
        }
        _ => {}
    }
    broken
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn check_message(message: &Value, is_new: bool, broken: &mut Vec<String>) {
    let content = text(message, "content");
    if content.chars().count() > LONGEST_CONTENT {
        broken.push(format!("content is longer than {LONGEST_CONTENT} characters"));
    }
    let says_nothing = content.trim().is_empty()
        && ["embeds", "components", "sticker_ids", "attachments"]
            .iter()
            .all(|name| list(message, name).is_empty())
        && message.get("poll").is_none_or(Value::is_null);
    if is_new && says_nothing {
        broken.push("a message must say something".to_owned());
    }
    let embeds: usize = list(message, "embeds").iter().map(embed_length).sum();
    if embeds > LONGEST_EMBEDS {
        broken.push(format!("embeds are longer than {LONGEST_EMBEDS} characters together"));
    }
    let mut ids = HashSet::new();
    for component in list(message, "components") {
        check_component(component, &mut ids, broken);
    }
}

fn embed_length(embed: &Value) -> usize {
    let length = |value: &Value, name: &str| text(value, name).chars().count();
    let fields: usize = list(embed, "fields").iter().map(|f| length(f, "name") + length(f, "value")).sum();
    length(embed, "title")
        + length(embed, "description")
        + length(&embed["footer"], "text")
        + length(&embed["author"], "name")
        + fields
}

fn check_component<'a>(component: &'a Value, ids: &mut HashSet<&'a str>, broken: &mut Vec<String>) {
    let id = text(component, "custom_id");
    if !id.is_empty() && !ids.insert(id) {
        broken.push("two components have the same custom_id".to_owned());
    }
    if component["type"].as_u64() == Some(2) {
        let (has_id, has_url) = (!id.is_empty(), !text(component, "url").is_empty());
        let wanted = match component["style"].as_u64() {
            Some(5) => (false, true),
            Some(6) => (false, false),
            _ => (true, false),
        };
        if (has_id, has_url) != wanted {
            broken.push("a button has either a custom_id or, with style 5, a url".to_owned());
        }
        if text(component, "label").is_empty() && component.get("emoji").is_none_or(Value::is_null) {
            broken.push("a button has neither label nor emoji".to_owned());
        }
    }
    for inner in list(component, "components") {
        check_component(inner, ids, broken);
    }
}

fn check_command(command: &Value, method: &str, broken: &mut Vec<String>) {
    let is_chat = command["type"].as_u64().unwrap_or(1) == 1;
    let name = text(command, "name");
    if is_chat && !(name.is_empty() && method == "PATCH") && !is_name(name) {
        broken.push("a command's name holds more than lower-case letters, digits, - and _".to_owned());
    }
    if is_chat && method != "PATCH" && text(command, "description").is_empty() {
        broken.push("a command has no description".to_owned());
    }
    for localized in command["name_localizations"].as_object().into_iter().flat_map(|names| names.values()) {
        if is_chat && !localized.as_str().is_some_and(is_name) {
            broken.push("a localised command name is not a name".to_owned());
        }
    }
    let options = list(command, "options");
    check_names(options, "options", broken);
    let required = |option: &Value| option["required"] == Value::Bool(true);
    if options.iter().skip_while(|option| required(option)).any(required) {
        broken.push("a required option stands behind one that is not".to_owned());
    }
    for option in options {
        if !is_name(text(option, "name")) {
            broken.push("an option's name is not a name".to_owned());
        }
        if option["autocomplete"] == Value::Bool(true) && !list(option, "choices").is_empty() {
            broken.push("an option has both choices and autocomplete".to_owned());
        }
    }
}

fn check_names(items: &[Value], what: &str, broken: &mut Vec<String>) {
    let mut names = HashSet::new();
    if !items.iter().all(|item| names.insert((text(item, "name"), item["type"].as_u64()))) {
        broken.push(format!("two {what} have the same name"));
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= 32
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '\''))
        && name.to_lowercase() == name
}
