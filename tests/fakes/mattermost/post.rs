//! Posts, as the people who may see them see them.

use serde_json::{Map, Value};

/// Where a post stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the direct messages of the bot with this user.
    Direct(String),
    /// In this channel, for all who are in it.
    Channel(String),
    /// Shown to one person alone, until they load the page anew.
    Ephemeral {
        /// To whom.
        user: String,
        /// In which channel.
        channel: String,
    },
}

/// How a post came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// By the API.
    Api,
    /// It is the answer to this command.
    Answer(String),
    /// It came to this command's `response_url`.
    ResponseUrl(String),
    /// It is the `ephemeral_text` of this press of a button.
    Press(String),
}

/// A button below a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// The action's id.
    pub id: String,
    /// What is written on it.
    pub label: String,
    /// `default`, `primary`, `danger`, …
    pub style: String,
    /// Whether it cannot be pressed.
    pub disabled: bool,
}

/// A post at one moment. It does not change behind the test's back: ask the fake again.
#[derive(Clone)]
pub struct FakePost {
    /// 26 letters and digits.
    pub id: String,
    /// The channel in which it stands.
    pub channel: String,
    /// Which kind of place that is.
    pub place: Place,
    /// Whose name stands on it.
    pub author: String,
    /// How it came to be.
    pub origin: Origin,
    /// The text, as it is shown.
    pub message: String,
    /// Every body that the bot sent for it, first to last, whole.
    pub bodies: Vec<Value>,
    /// Whether it has been deleted.
    pub deleted: bool,
    /// With what clients never see: where actions lead, and what they bring.
    pub(super) props: Map<String, Value>,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) edited: i64,
    pub(super) pending: String,
}

impl std::fmt::Debug for FakePost {
    /// Without what it says, which may hold a link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakePost")
            .field("id", &self.id)
            .field("place", &self.place)
            .field("origin", &self.origin)
            .field("bodies", &self.bodies.len())
            .field("deleted", &self.deleted)
            .finish_non_exhaustive()
    }
}

impl FakePost {
    /// All that can be read: the message, the attachments, the labels.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        for attachment in self.stored() {
            for name in ["pretext", "author_name", "title", "text", "footer", "fallback"] {
                add(&mut text, attachment, name);
            }
            for field in list(attachment, "fields") {
                add(&mut text, field, "title");
                add(&mut text, field, "value");
            }
            for action in list(attachment, "actions") {
                add(&mut text, action, "name");
            }
        }
        text
    }

    /// The attachments as clients get them: without where an action leads and what it brings.
    pub fn attachments(&self) -> Vec<Value> {
        let shown = stripped(&self.props);
        shown.get("attachments").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The buttons, in order.
    pub fn buttons(&self) -> Vec<Button> {
        let word = |action: &Value, name: &str| action[name].as_str().unwrap_or_default().to_owned();
        self.actions()
            .filter(|action| action["type"] != "select")
            .map(|action| Button {
                id: word(action, "id"),
                label: word(action, "name"),
                style: word(action, "style"),
                disabled: action["disabled"] == true,
            })
            .collect()
    }

    /// The id of the button with this label.
    pub fn action_id(&self, label: &str) -> Option<String> {
        self.buttons().into_iter().find(|button| button.label == label).map(|button| button.id)
    }

    /// What Mattermost keeps for an action and shows to nobody: `{url, context}`.
    pub fn integration(&self, action_id: &str) -> Option<Value> {
        self.action(action_id)?.get("integration").filter(|kept| kept.is_object()).cloned()
    }

    /// Only one person sees it.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.place, Place::Ephemeral { .. })
    }

    /// How often it was changed.
    pub fn edits(&self) -> usize {
        self.bodies.len().saturating_sub(1)
    }

    /// Whether the message would make the devices of a whole channel ring: `@all`, `@channel`, `@here`.
    pub fn calls_everybody(&self) -> bool {
        let mut pieces = self.message.split('@');
        let mut before = pieces.next().unwrap_or_default();
        pieces.any(|piece| {
            let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '`');
            before = piece;
            let name: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            starts && ["all", "channel", "here"].contains(&name.to_lowercase().as_str())
        })
    }

    pub(super) fn action(&self, id: &str) -> Option<&Value> {
        self.actions().find(|action| action["id"] == *id)
    }

    fn actions(&self) -> impl Iterator<Item = &Value> {
        self.stored().iter().flat_map(|attachment| list(attachment, "actions"))
    }

    fn stored(&self) -> &[Value] {
        self.props.get("attachments").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// Props as they leave the server.
pub(super) fn stripped(props: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = props.clone();
    let attachments = shown.get_mut("attachments").and_then(Value::as_array_mut);
    for attachment in attachments.into_iter().flatten() {
        let actions = attachment.get_mut("actions").and_then(Value::as_array_mut);
        for action in actions.into_iter().flatten().filter_map(Value::as_object_mut) {
            action.remove("integration");
        }
    }
    shown
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn add(text: &mut String, value: &Value, name: &str) {
    match &value[name] {
        Value::String(words) if !words.is_empty() => {
            text.push('\n');
            text.push_str(words);
        }
        Value::Number(number) => {
            text.push('\n');
            text.push_str(&number.to_string());
        }
        _ => {}
    }
}
