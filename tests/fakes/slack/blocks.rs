//! The limits of messages and views, as Slack publishes them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::elements::{check_element, check_options, check_text};
use super::world::World;

const LONGEST_TEXT: usize = 40_000;

/// What a message, a view or a list of options breaks.
#[derive(Default)]
pub(super) struct Found {
    /// Each with the place where it is, as a JSON pointer.
    broken: Vec<String>,
    /// Blocks without a text: taken, but whoever is notified reads nothing.
    pub(super) lacks_text: bool,
    is_too_long: bool,
    says_nothing: bool,
}

impl Found {
    /// Notes a rule that is not kept.
    pub(super) fn add(&mut self, pointer: &str, rule: &str) {
        self.broken.push(format!("{rule} [json-pointer:{pointer}]"));
    }

    /// A text field of at most so many characters, which may be absent.
    pub(super) fn length(&mut self, value: &Value, pointer: &str, name: &str, longest: usize) {
        match &value[name] {
            Value::Null => {}
            Value::String(text) if text.chars().count() > longest => {
                self.add(
                    &format!("{pointer}/{name}"),
                    &format!("must be less than {} characters", longest + 1),
                );
            }
            Value::String(_) => {}
            _ => self.add(&format!("{pointer}/{name}"), "must be a string"),
        }
    }

    /// A list of at least one and at most so many.
    pub(super) fn count(&mut self, items: &[Value], pointer: &str, most: usize) {
        if items.is_empty() {
            self.add(pointer, "no fewer than 1 items allowed");
        }
        if items.len() > most {
            self.add(pointer, &format!("no more than {most} items allowed"));
        }
    }

    /// Slack's word for it, and the details, where it is no message.
    pub(super) fn refusal(&self) -> Option<(&'static str, Vec<String>)> {
        if self.says_nothing {
            return Some(("no_text", Vec::new()));
        }
        if self.is_too_long {
            return Some(("msg_too_long", Vec::new()));
        }
        (!self.broken.is_empty()).then(|| ("invalid_blocks", self.broken.clone()))
    }

    /// Puts everything on the list of violations.
    pub(super) fn report(&self, whence: &str, world: &mut World) {
        let more = [
            (self.lacks_text, "blocks without a text"),
            (self.is_too_long, "a text of more than 40,000 characters"),
            (self.says_nothing, "a message must say something"),
        ];
        let more = more.iter().filter(|(is_so, _)| *is_so).map(|(_, rule)| (*rule).to_owned());
        for rule in self.broken.iter().cloned().chain(more) {
            world.traffic.violations.push(format!("{whence}: {rule}"));
        }
    }
}

/// The details in the form in which answers carry them.
pub(super) fn as_errors(details: &[String]) -> Value {
    details.iter().map(|detail| format!("[ERROR] {detail}")).collect()
}

/// A message: in a call, in an answer, at a response URL.
pub(super) fn message(body: &Value) -> Found {
    let mut found = Found::default();
    let text = body["text"].as_str().unwrap_or_default();
    found.is_too_long = text.chars().count() > LONGEST_TEXT;
    let has_blocks = body["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty());
    let has_attachments = body["attachments"].as_array().is_some_and(|attachments| !attachments.is_empty());
    found.lacks_text = text.trim().is_empty() && has_blocks;
    found.says_nothing = text.is_empty() && !has_blocks && !has_attachments;
    if !body["response_type"].is_null()
        && !matches!(body["response_type"].as_str(), Some("ephemeral" | "in_channel"))
    {
        found.add("/response_type", "must be ephemeral or in_channel");
    }
    match &body["blocks"] {
        Value::Null => {}
        Value::Array(blocks) => check_blocks(blocks, 50, &mut found),
        _ => found.add("/blocks", "must be an array"),
    }
    found
}

/// A modal view.
pub(super) fn view(view: &Value) -> Found {
    let mut found = Found::default();
    if view["type"] != "modal" {
        found.add("/type", "must be modal");
    }
    check_text(&view["title"], "/title", 24, true, &mut found);
    for name in ["submit", "close"] {
        if !view[name].is_null() {
            check_text(&view[name], &format!("/{name}"), 24, true, &mut found);
        }
    }
    found.length(view, "", "private_metadata", 3000);
    found.length(view, "", "callback_id", 255);
    found.length(view, "", "external_id", 255);
    match view["blocks"].as_array() {
        Some(blocks) => {
            check_blocks(blocks, 100, &mut found);
            if view["submit"].is_null() && blocks.iter().any(|block| block["type"] == "input") {
                found.add("/submit", "missing required field: submit");
            }
        }
        None => found.add("/blocks", "missing required field: blocks"),
    }
    found
}

/// What the bot offers somebody who types.
pub(super) fn offered(body: &Value) -> Found {
    let mut found = Found::default();
    match (&body["options"], &body["option_groups"]) {
        (Value::Array(options), Value::Null) if options.is_empty() => {}
        (options @ Value::Array(_), Value::Null) => check_options(options, "/options", 100, &mut found),
        (Value::Null, Value::Array(groups)) => check_groups(groups, "/option_groups", &mut found),
        _ => found.add("", "either options or option_groups"),
    }
    found
}

/// Groups of options.
pub(super) fn check_groups(groups: &[Value], pointer: &str, found: &mut Found) {
    if groups.len() > 100 {
        found.add(pointer, "no more than 100 items allowed");
    }
    for (place, group) in groups.iter().enumerate() {
        let pointer = format!("{pointer}/{place}");
        check_text(&group["label"], &format!("{pointer}/label"), 75, true, found);
        check_options(&group["options"], &format!("{pointer}/options"), 100, found);
    }
}

fn check_blocks(blocks: &[Value], most: usize, found: &mut Found) {
    if blocks.len() > most {
        found.add("/blocks", &format!("no more than {most} items allowed"));
    }
    let mut ids = HashSet::new();
    for (place, block) in blocks.iter().enumerate() {
        let pointer = format!("/blocks/{place}");
        found.length(block, &pointer, "block_id", 255);
        if let Some(id) = block["block_id"].as_str()
            && !ids.insert(id)
        {
            found.add(&format!("{pointer}/block_id"), "`block_id` already exists");
        }
        check_block(block, &pointer, found);
    }
}

fn check_block(block: &Value, pointer: &str, found: &mut Found) {
    let at = |name: &str| format!("{pointer}/{name}");
    let items = |name: &str| block[name].as_array().map_or(&[][..], Vec::as_slice);
    match block["type"].as_str().unwrap_or_default() {
        "section" => {
            if block["text"].is_null() && block["fields"].is_null() {
                found.add(pointer, "missing required field: text");
            }
            if !block["text"].is_null() {
                check_text(&block["text"], &at("text"), 3000, false, found);
            }
            if !block["fields"].is_null() {
                found.count(items("fields"), &at("fields"), 10);
            }
            for (place, field) in items("fields").iter().enumerate() {
                check_text(field, &format!("{pointer}/fields/{place}"), 2000, false, found);
            }
            if !block["accessory"].is_null() {
                check_element(&block["accessory"], &at("accessory"), found);
            }
        }
        "header" => check_text(&block["text"], &at("text"), 150, true, found),
        "divider" => {}
        "context" => {
            found.count(items("elements"), &at("elements"), 10);
            for (place, element) in items("elements").iter().enumerate() {
                let pointer = format!("{pointer}/elements/{place}");
                if element["type"] == "image" {
                    found.length(element, &pointer, "alt_text", 2000);
                } else {
                    check_text(element, &pointer, 3000, false, found);
                }
            }
        }
        "actions" => check_actions(items("elements"), &at("elements"), found),
        "input" => {
            check_text(&block["label"], &at("label"), 2000, true, found);
            if !block["hint"].is_null() {
                check_text(&block["hint"], &at("hint"), 2000, true, found);
            }
            if block["element"]["type"] == "button" {
                found.add(&at("element"), "unsupported type: button");
            }
            check_element(&block["element"], &at("element"), found);
        }
        "image" => {
            found.length(block, pointer, "alt_text", 2000);
            found.length(block, pointer, "image_url", 3000);
        }
        "rich_text" => {}
        other => found.add(pointer, &format!("unsupported type: {other}")),
    }
}

fn check_actions(elements: &[Value], pointer: &str, found: &mut Found) {
    found.count(elements, pointer, 25);
    let mut ids = HashSet::new();
    for (place, element) in elements.iter().enumerate() {
        let pointer = format!("{pointer}/{place}");
        if let Some(id) = element["action_id"].as_str()
            && !ids.insert(id)
        {
            found.add(&format!("{pointer}/action_id"), "`action_id` already exists in this block");
        }
        check_element(element, &pointer, found);
    }
}

/// The fields of a dialog that asks whether somebody is sure.
pub(super) fn check_confirm(confirm: &Value, pointer: &str, found: &mut Found) {
    if confirm.is_null() {
        return;
    }
    for (name, longest, is_plain) in
        [("title", 100, true), ("text", 300, false), ("confirm", 30, true), ("deny", 30, true)]
    {
        check_text(&confirm[name], &format!("{pointer}/confirm/{name}"), longest, is_plain, found);
    }
    if !matches!(confirm["style"], Value::Null)
        && confirm["style"] != json!("danger")
        && confirm["style"] != json!("primary")
    {
        found.add(&format!("{pointer}/confirm/style"), "must be primary or danger");
    }
}
