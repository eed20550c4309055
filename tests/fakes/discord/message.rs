//! Messages, as the people who may see them see them.

use serde_json::{Map, Value, json};

/// No previews of links.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// Only one person sees it.
const EPHEMERAL: u64 = 1 << 6;
/// "… is thinking".
const LOADING: u64 = 1 << 7;
/// Nobody's telephone rings.
const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
/// Components carry the text.
const COMPONENTS_V2: u64 = 1 << 15;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A direct message to this user.
    Direct(u64),
    /// In this channel of a guild, for all who can see it.
    Channel(u64),
    /// An answer to this interaction; who sees it depends on [`FakeMessage::is_ephemeral`].
    Answer(u64),
}

/// A button below a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What comes back when it is pressed; `None` for a link.
    pub custom_id: Option<String>,
    /// What is written on it.
    pub label: String,
    /// Whether it can be pressed.
    pub disabled: bool,
    /// Where a link button leads.
    pub url: Option<String>,
}

/// A message at one moment. It does not change behind the test's back: ask the fake again.
#[derive(Clone)]
pub struct FakeMessage {
    /// Snowflake.
    pub id: u64,
    /// The channel in which it stands.
    pub channel: u64,
    /// Which kind of place that is.
    pub place: Place,
    /// Every body that the bot sent for it, first to last, whole.
    pub bodies: Vec<Value>,
    /// Whether it has been deleted.
    pub deleted: bool,
    pub(super) fields: Map<String, Value>,
    pub(super) flags: u64,
    pub(super) created: String,
    pub(super) edited: Option<String>,
}

impl std::fmt::Debug for FakeMessage {
    /// Without what it says, which may hold a link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeMessage")
            .field("id", &self.id)
            .field("place", &self.place)
            .field("bodies", &self.bodies.len())
            .field("deleted", &self.deleted)
            .finish_non_exhaustive()
    }
}

impl FakeMessage {
    pub(super) fn new(id: u64, channel: u64, place: Place, created: String, body: &Value) -> Self {
        let flags = flags_in(body) & (SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2);
        let mut message = Self {
            id,
            channel,
            place,
            bodies: Vec::new(),
            deleted: false,
            fields: Map::new(),
            flags,
            created,
            edited: None,
        };
        message.take(body);
        message
    }

    /// The answer of a bot that is still thinking.
    pub(super) fn thinking(id: u64, channel: u64, place: Place, created: String, body: &Value) -> Self {
        let mut message = Self::new(id, channel, place, created, body);
        message.bodies.clear();
        message.flags |= LOADING;
        message
    }

    /// An edit: what the body names is replaced, the rest stays. Who may see it never changes.
    pub(super) fn edit(&mut self, body: &Value, at: String) {
        if self.is_thinking() {
            self.flags &= !LOADING;
        } else {
            self.edited = Some(at);
        }
        if body.get("flags").is_some() {
            let kept = self.flags & (EPHEMERAL | COMPONENTS_V2);
            self.flags = kept | (flags_in(body) & (SUPPRESS_EMBEDS | COMPONENTS_V2));
        }
        self.take(body);
    }

    fn take(&mut self, body: &Value) {
        for name in ["content", "embeds", "components"] {
            if let Some(value) = body.get(name) {
                self.fields.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(components) = self.fields.get_mut("components") {
            number(components, &mut 0);
        }
        self.bodies.push(body.clone());
    }

    /// The text.
    pub fn content(&self) -> &str {
        self.fields.get("content").and_then(Value::as_str).unwrap_or_default()
    }

    /// All that can be read: the text, the embeds, the labels.
    pub fn text(&self) -> String {
        let mut text = self.content().to_owned();
        for name in ["embeds", "components"] {
            if let Some(value) = self.fields.get(name) {
                gather(value, &mut text);
            }
        }
        text
    }

    /// The embeds, as sent.
    pub fn embeds(&self) -> &[Value] {
        self.list("embeds")
    }

    /// The components, as sent, each with an id.
    pub fn components(&self) -> &[Value] {
        self.list("components")
    }

    fn list(&self, name: &str) -> &[Value] {
        self.fields.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// All flags.
    pub fn flags(&self) -> u64 {
        self.flags
    }

    /// Only whoever caused it sees it.
    pub fn is_ephemeral(&self) -> bool {
        self.flags & EPHEMERAL != 0
    }

    /// Links in it do not become previews.
    pub fn has_no_previews(&self) -> bool {
        self.flags & SUPPRESS_EMBEDS != 0
    }

    /// "… is thinking" stands there and nothing else.
    pub fn is_thinking(&self) -> bool {
        self.flags & LOADING != 0
    }

    /// How often it was changed after it first said something.
    pub fn edits(&self) -> usize {
        self.bodies.len().saturating_sub(1)
    }

    /// Whom the last body may ping; `None` means that Discord would ping everybody whom the text names.
    pub fn allowed_mentions(&self) -> Option<&Value> {
        self.bodies.last().and_then(|body| body.get("allowed_mentions")).filter(|value| !value.is_null())
    }

    /// Whether no text that was ever sent for it could ping anybody.
    pub fn pings_nobody(&self) -> bool {
        self.bodies.iter().filter(|body| body.get("content").is_some_and(Value::is_string)).all(|body| {
            let Some(allowed) = body.get("allowed_mentions").and_then(Value::as_object) else { return false };
            ["parse", "users", "roles"]
                .iter()
                .all(|name| allowed.get(*name).and_then(Value::as_array).is_none_or(Vec::is_empty))
        })
    }

    /// The buttons, in order.
    pub fn buttons(&self) -> Vec<Button> {
        let mut found = Vec::new();
        collect_buttons(self.components(), &mut found);
        found
    }

    /// The id behind the button with this label.
    pub fn custom_id(&self, label: &str) -> Option<String> {
        self.buttons().into_iter().find(|button| button.label == label)?.custom_id
    }
}

fn flags_in(body: &Value) -> u64 {
    body.get("flags").and_then(Value::as_u64).unwrap_or(0)
}

/// Discord gives every component an id of its own where the sender gave none.
fn number(value: &mut Value, next: &mut u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, next)),
        Value::Object(fields) => {
            if fields.contains_key("type") && !fields.get("id").is_some_and(Value::is_u64) {
                *next += 1;
                fields.insert("id".to_owned(), json!(*next));
            }
            if let Some(inner) = fields.get_mut("components") {
                number(inner, next);
            }
        }
        _ => {}
    }
}

fn gather(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(words)
                        if ["title", "description", "name", "value", "text", "label", "content"]
                            .contains(&name.as_str()) =>
                    {
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

fn collect_buttons(components: &[Value], found: &mut Vec<Button>) {
    for component in components {
        let text = |name: &str| component.get(name).and_then(Value::as_str).map(str::to_owned);
        if component.get("type").and_then(Value::as_u64) == Some(2) {
            found.push(Button {
                custom_id: text("custom_id"),
                label: text("label").unwrap_or_default(),
                disabled: component.get("disabled").and_then(Value::as_bool).unwrap_or(false),
                url: text("url"),
            });
        }
        if let Some(inner) = component.get("components").and_then(Value::as_array) {
            collect_buttons(inner, found);
        }
    }
}
