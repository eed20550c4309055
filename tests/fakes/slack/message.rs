//! Messages, as the people who may see them see them.

use serde_json::{Value, json};

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A direct message to this user.
    Direct(String),
    /// In this channel, for all who are in it.
    Channel(String),
    /// In front of this one user's eyes.
    Ephemeral {
        /// Who sees it.
        user: String,
        /// The channel in which they see it.
        channel: String,
    },
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Which of the blocks it is in.
    pub block_id: String,
    /// What comes back when it is pressed.
    pub action_id: String,
    /// What is written on it.
    pub text: String,
    /// What comes back besides.
    pub value: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// `primary` or `danger`.
    pub style: Option<String>,
}

/// A message at one moment. It does not change behind the test's back: ask the fake again.
#[derive(Clone)]
pub struct SlackMessage {
    /// What identifies it within its channel.
    pub ts: String,
    /// The channel in which it stands.
    pub channel: String,
    /// Which kind of place that is.
    pub place: Place,
    /// Every body that the bot sent for it, first to last, whole.
    pub bodies: Vec<Value>,
    /// Whether it has been deleted.
    pub deleted: bool,
    text: String,
    blocks: Vec<Value>,
}

impl std::fmt::Debug for SlackMessage {
    /// Without what it says, which may hold a link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlackMessage")
            .field("ts", &self.ts)
            .field("place", &self.place)
            .field("bodies", &self.bodies.len())
            .field("deleted", &self.deleted)
            .finish_non_exhaustive()
    }
}

impl SlackMessage {
    pub(super) fn new(ts: String, channel: String, place: Place, body: &Value) -> Self {
        let mut message = Self {
            ts,
            channel,
            place,
            bodies: Vec::new(),
            deleted: false,
            text: String::new(),
            blocks: Vec::new(),
        };
        message.replace(body);
        message
    }

    /// Another message in its place: nothing of what it was stays.
    pub(super) fn replace(&mut self, body: &Value) {
        self.text.clear();
        self.blocks.clear();
        self.edit(body);
    }

    /// What the body names is replaced, the rest stays.
    pub(super) fn edit(&mut self, body: &Value) {
        if let Some(text) = body["text"].as_str() {
            text.clone_into(&mut self.text);
        }
        if let Some(blocks) = body["blocks"].as_array() {
            self.blocks.clone_from(blocks);
            name_blocks(&mut self.blocks);
        }
        self.bodies.push(body.clone());
    }

    /// The text, which is what notifications say where there are blocks.
    pub fn content(&self) -> &str {
        &self.text
    }

    /// All that can be read: the text, and what stands in the blocks.
    pub fn text(&self) -> String {
        let mut text = self.text.clone();
        self.blocks.iter().for_each(|block| gather(block, &mut text));
        text
    }

    /// What stands in the blocks, or the text where there are none: what somebody sees who looks at it.
    pub fn shown(&self) -> String {
        if self.blocks.is_empty() {
            return self.text.clone();
        }
        shown(&self.blocks)
    }

    /// The blocks, as sent, each with a `block_id`.
    pub fn blocks(&self) -> &[Value] {
        &self.blocks
    }

    /// Only one person sees it.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.place, Place::Ephemeral { .. })
    }

    /// How often it was changed.
    pub fn edits(&self) -> usize {
        self.bodies.len().saturating_sub(1)
    }

    /// Whether no link in it becomes a preview: each body says so, or one person alone sees it.
    pub fn has_no_previews(&self) -> bool {
        let unfurls = |body: &Value, name: &str| body[name] != json!(false);
        let first = self.bodies.first();
        self.is_ephemeral()
            || first.is_some_and(|body| !unfurls(body, "unfurl_links") && !unfurls(body, "unfurl_media"))
    }

    /// Whether nothing in it could ping anybody.
    pub fn pings_nobody(&self) -> bool {
        let text = self.text();
        !["<@", "<!channel", "<!here", "<!everyone", "<!subteam"].iter().any(|mention| text.contains(mention))
    }

    /// The buttons, in order.
    pub fn buttons(&self) -> Vec<Button> {
        buttons(&self.blocks)
    }

    /// What is behind the button with this label.
    pub fn action_id(&self, label: &str) -> Option<String> {
        self.buttons().into_iter().find(|button| button.text == label).map(|button| button.action_id)
    }
}

/// What can be read in these blocks.
pub(super) fn shown(blocks: &[Value]) -> String {
    let mut text = String::new();
    blocks.iter().for_each(|block| gather(block, &mut text));
    text.trim_start().to_owned()
}

/// The buttons among these blocks.
pub(super) fn buttons(blocks: &[Value]) -> Vec<Button> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    elements(blocks)
        .filter(|(_, element)| element["type"] == "button")
        .map(|(block_id, element)| Button {
            block_id: block_id.to_owned(),
            action_id: text(&element["action_id"]).unwrap_or_default(),
            text: text(&element["text"]["text"]).unwrap_or_default(),
            value: text(&element["value"]),
            url: text(&element["url"]),
            style: text(&element["style"]),
        })
        .collect()
}

/// Everything that can be clicked or filled in, each with the `block_id` of its block.
pub(super) fn elements(blocks: &[Value]) -> impl Iterator<Item = (&str, &Value)> {
    blocks.iter().flat_map(|block| {
        let many = block["elements"].as_array().into_iter().flatten().filter(|_| block["type"] == "actions");
        let one = [&block["element"], &block["accessory"]].into_iter().filter(|element| element.is_object());
        many.chain(one).map(|element| (block["block_id"].as_str().unwrap_or_default(), element))
    })
}

/// Slack gives blocks and elements ids where the sender gave none.
pub(super) fn name_blocks(blocks: &mut [Value]) {
    for (number, block) in blocks.iter_mut().enumerate() {
        name(block, "block_id", &format!("b{number}"));
        if block["type"] == "actions" {
            for (place, element) in block["elements"].as_array_mut().into_iter().flatten().enumerate() {
                name(element, "action_id", &format!("a{number}.{place}"));
            }
        }
        for part in ["element", "accessory"] {
            if let Some(element) = block.get_mut(part) {
                name(element, "action_id", &format!("a{number}"));
            }
        }
    }
}

fn name(value: &mut Value, field: &str, otherwise: &str) {
    if let Some(fields) = value.as_object_mut() {
        fields.entry(field).or_insert_with(|| json!(otherwise));
    }
}

fn gather(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(words) if ["text", "url", "alt_text"].contains(&name.as_str()) => {
                        text.push('\n');
                        text.push_str(words);
                    }
                    other => gather(other, text),
                }
            }
        }
        _ => {}
    }
}
