//! The limits of what can be clicked and filled in.

use serde_json::{Value, json};

use super::blocks::{Found, check_confirm, check_groups};

/// A text object.
pub(super) fn check_text(
    text: &Value,
    pointer: &str,
    longest: usize,
    must_be_plain: bool,
    found: &mut Found,
) {
    let kind = text["type"].as_str().unwrap_or_default();
    if !text.is_object() {
        return found.add(pointer, "must be a text object");
    }
    if !matches!(kind, "plain_text" | "mrkdwn") || (must_be_plain && kind != "plain_text") {
        found.add(
            &format!("{pointer}/type"),
            if must_be_plain { "must be plain_text" } else { "must be plain_text or mrkdwn" },
        );
    }
    let foreign = if kind == "mrkdwn" { "emoji" } else { "verbatim" };
    if !text[foreign].is_null() {
        found.add(&format!("{pointer}/{foreign}"), "failed to match all allowed schemas");
    }
    match text["text"].as_str() {
        None | Some("") => found.add(&format!("{pointer}/text"), "must be more than 0 characters"),
        Some(_) => found.length(text, pointer, "text", longest),
    }
}

/// One element of a block.
pub(super) fn check_element(element: &Value, pointer: &str, found: &mut Found) {
    let at = |name: &str| format!("{pointer}/{name}");
    found.length(element, pointer, "action_id", 255);
    check_confirm(&element["confirm"], pointer, found);
    let kind = element["type"].as_str().unwrap_or_default();
    if !element["placeholder"].is_null() {
        check_text(&element["placeholder"], &at("placeholder"), 150, true, found);
    }
    match kind {
        "button" => {
            check_text(&element["text"], &at("text"), 75, true, found);
            found.length(element, pointer, "value", 2000);
            found.length(element, pointer, "url", 3000);
            found.length(element, pointer, "accessibility_label", 75);
            let style = &element["style"];
            if !style.is_null() && *style != json!("primary") && *style != json!("danger") {
                found.add(&at("style"), "must be primary or danger");
            }
        }
        "static_select" | "multi_static_select" => match &element["option_groups"] {
            Value::Array(groups) if element["options"].is_null() => {
                check_groups(groups, &at("option_groups"), found)
            }
            Value::Null => check_options(&element["options"], &at("options"), 100, found),
            _ => found.add(pointer, "either options or option_groups"),
        },
        "external_select" | "multi_external_select" => {
            if !element["min_query_length"].is_null() && !element["min_query_length"].is_u64() {
                found.add(&at("min_query_length"), "must be a number");
            }
            if !element["initial_option"].is_null() {
                check_option(&element["initial_option"], &at("initial_option"), found);
            }
        }
        "overflow" => check_options(&element["options"], &at("options"), 5, found),
        "radio_buttons" | "checkboxes" => check_options(&element["options"], &at("options"), 10, found),
        "plain_text_input" => {
            found.length(element, pointer, "initial_value", 3000);
            for name in ["min_length", "max_length"] {
                if !element[name].is_null() && element[name].as_u64().is_none_or(|length| length > 3000) {
                    found.add(&at(name), "must be a number up to 3000");
                }
            }
        }
        "image" => found.length(element, pointer, "alt_text", 2000),
        "users_select"
        | "conversations_select"
        | "channels_select"
        | "datepicker"
        | "timepicker"
        | "datetimepicker"
        | "email_text_input"
        | "url_text_input"
        | "number_input"
        | "rich_text_input" => {}
        other => found.add(pointer, &format!("unsupported type: {other}")),
    }
}

/// A list of options.
pub(super) fn check_options(options: &Value, pointer: &str, most: usize, found: &mut Found) {
    let Some(options) = options.as_array() else { return found.add(pointer, "must be an array") };
    found.count(options, pointer, most);
    for (place, option) in options.iter().enumerate() {
        check_option(option, &format!("{pointer}/{place}"), found);
    }
}

fn check_option(option: &Value, pointer: &str, found: &mut Found) {
    check_text(&option["text"], &format!("{pointer}/text"), 75, false, found);
    if option["value"].as_str().is_none() {
        found.add(&format!("{pointer}/value"), "must be a string");
    }
    found.length(option, pointer, "value", 150);
    if !option["description"].is_null() {
        check_text(&option["description"], &format!("{pointer}/description"), 75, false, found);
    }
}
