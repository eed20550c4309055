//! What people do: type a command, press a button, choose from a menu, fill in a form.

use std::sync::Arc;

use serde_json::{Value, json};

use super::FakeSlack;
use super::deliver::dispatch;
use super::handle::SlashHandle;
use super::message::{Place, SlackMessage, elements};
use super::payload;
use super::settings::SlackUser;
use super::user_action::{UserAction, UserActionKind};
use super::view::SlackView;

/// What somebody has in front of them.
#[derive(Debug, Clone, Copy)]
pub enum Surface<'a> {
    /// A message.
    Message(&'a SlackMessage),
    /// A view.
    View(&'a SlackView),
}

impl<'a> From<&'a SlackMessage> for Surface<'a> {
    fn from(message: &'a SlackMessage) -> Self {
        Self::Message(message)
    }
}

impl<'a> From<&'a SlackView> for Surface<'a> {
    fn from(view: &'a SlackView) -> Self {
        Self::View(view)
    }
}

impl Surface<'_> {
    fn blocks(&self) -> &[Value] {
        match self {
            Self::Message(message) => message.blocks(),
            Self::View(view) => view.blocks(),
        }
    }

    /// The element with this `action_id`, and the `block_id` of its block.
    fn element(&self, action_id: &str) -> (String, Value) {
        let found = elements(self.blocks()).find(|(_, element)| element["action_id"] == *action_id);
        let (block, element) = found.unwrap_or_else(|| panic!("there is no {action_id} here"));
        (block.to_owned(), element.clone())
    }
}

impl FakeSlack {
    /// Somebody types a command, with its `/`, in a channel or in a direct-message channel.
    ///
    /// # Panics
    ///
    /// If there is no such person or channel.
    pub fn slash(&self, user: &str, channel: &str, command: &str, text: &str) -> SlashHandle {
        let person = self.person(user);
        let (shared, now) = (&self.shared, self.shared.now());
        let user_action = shared.with(|world| {
            let is_known = world.channel(channel).is_some() || world.direct.recipient(channel).is_some();
            assert!(is_known, "there is no channel {channel}");
            let number = world.user_actions.len();
            let hook = world.hook("commands", &shared.settings.team, number, now);
            let trigger = world.trigger(user, now);
            let mut user_action = UserAction::new(UserActionKind::Command, user, Some(channel.to_owned()));
            user_action.payload =
                payload::command(shared, world, person, channel, (command, text), (&hook, &trigger));
            world.user_actions.push(user_action);
            number
        });
        self.send(user_action)
    }

    /// The channel in which this person and the bot write to each other.
    pub fn direct_channel(&self, user: &str) -> String {
        self.shared.with(|world| world.direct_channel(user))
    }

    /// Somebody presses a button that they see now.
    ///
    /// # Panics
    ///
    /// If what it is in is gone, not theirs to see, or has no such button.
    pub fn press<'a>(&self, surface: impl Into<Surface<'a>>, action_id: &str, user: &str) -> SlashHandle {
        let surface = surface.into();
        match surface {
            Surface::Message(message) => {
                let now = self.message(&message.channel, &message.ts).expect("the message is there");
                assert!(!now.deleted, "the message has been deleted");
                assert!(sees(&now, user), "{user} does not see this message");
                self.press_stale(&now, action_id, user)
            }
            Surface::View(view) => {
                let now = self.view(&view.id).expect("the view is there");
                assert!(now.is_open && now.user == user, "{user} does not see this view");
                self.press_stale(&now, action_id, user)
            }
        }
    }

    /// Somebody whose client still shows it as it was then presses a button, whatever has become of it.
    ///
    /// # Panics
    ///
    /// If it had no such button then.
    pub fn press_stale<'a>(
        &self,
        surface: impl Into<Surface<'a>>,
        action_id: &str,
        user: &str,
    ) -> SlashHandle {
        let surface = surface.into();
        let (block_id, element) = surface.element(action_id);
        assert_eq!(element["type"], "button", "{action_id} is no button");
        let mut action = json!({ "action_id": action_id, "block_id": block_id, "type": "button", "text": element["text"] });
        for name in ["value", "style", "url"] {
            if !element[name].is_null() {
                action[name] = element[name].clone();
            }
        }
        self.act(surface, action, user)
    }

    /// Somebody chooses from a menu what it offers, or offered while they typed.
    ///
    /// # Panics
    ///
    /// If there is no such menu.
    pub fn choose<'a>(
        &self,
        surface: impl Into<Surface<'a>>,
        action_id: &str,
        value: &str,
        user: &str,
    ) -> SlashHandle {
        let surface = surface.into();
        let (block_id, element) = surface.element(action_id);
        let option = self.option(&element, action_id, value);
        let action = json!({
            "action_id": action_id,
            "block_id": block_id,
            "type": element["type"],
            "selected_option": option,
            "placeholder": element["placeholder"],
        });
        self.act(surface, action, user)
    }

    /// Somebody has typed this much into a menu whose choices the bot offers.
    ///
    /// # Panics
    ///
    /// If there is no such menu.
    pub fn suggest<'a>(
        &self,
        user: &str,
        surface: impl Into<Surface<'a>>,
        action_id: &str,
        typed: &str,
    ) -> SlashHandle {
        let surface = surface.into();
        let (block_id, element) = surface.element(action_id);
        let kind = element["type"].as_str().unwrap_or_default();
        assert!(kind.contains("external_select"), "{action_id} offers nothing to those who type");
        let shortest = element["min_query_length"].as_u64().unwrap_or(3);
        let length = u64::try_from(typed.chars().count()).unwrap_or(u64::MAX);
        assert!(length >= shortest, "Slack asks for no choices before {shortest} characters are typed");
        let mut body = payload::envelope(&self.shared, "block_suggestion", self.person(user));
        body["action_id"] = json!(action_id);
        body["block_id"] = json!(block_id);
        body["value"] = json!(typed);
        self.tell(UserActionKind::Suggestion, user, surface, body)
    }

    /// Somebody fills in a view and sends it: texts, and the values of choices, by `action_id`.
    ///
    /// # Panics
    ///
    /// If the view is not open before this person, has no such input, or one that must be filled in is not.
    pub fn submit_view(&self, view: &SlackView, user: &str, state: &[(&str, &str)]) -> SlashHandle {
        let now = self.view(&view.id).expect("the view is there");
        assert!(now.is_open && now.user == user, "{user} does not see this view");
        let mut values = json!({});
        for (action_id, _) in state {
            Surface::View(&now).element(action_id);
        }
        let inputs = now.blocks().iter().filter(|block| block["type"] == "input");
        for block in inputs.clone() {
            let (element, id) =
                (&block["element"], block["element"]["action_id"].as_str().unwrap_or_default());
            let given = state.iter().find(|(action_id, _)| *action_id == id).map(|(_, text)| *text);
            let must = block["optional"] != json!(true);
            assert!(given.is_some_and(|text| !text.is_empty()) || !must, "{id} must be filled in");
            let kind = element["type"].as_str().unwrap_or_default();
            let mut value = json!({ "type": kind });
            let option = given.map(|given| self.option(element, id, given));
            match kind {
                "checkboxes" => value["selected_options"] = option.into_iter().collect(),
                kind if kind.ends_with("select") || kind == "radio_buttons" => {
                    value["selected_option"] = json!(option)
                }
                _ => value["value"] = json!(given),
            }
            values[block["block_id"].as_str().unwrap_or_default()] = json!({ id: value });
        }
        let mut body = payload::envelope(&self.shared, "view_submission", self.person(user));
        body["view"] = now.object(&self.shared, &values);
        body["response_urls"] = json!([]);
        self.tell(UserActionKind::Submission, user, Surface::View(&now), body)
    }

    /// Somebody closes a view. The bot hears of it where the view says so.
    ///
    /// # Panics
    ///
    /// If it is not open before this person.
    pub fn close_view(&self, view: &SlackView, user: &str) -> Option<SlashHandle> {
        let now =
            self.view(&view.id).filter(|now| now.is_open && now.user == user).expect("the view is open");
        self.shared.with(|world| world.close_view(&now.id, false));
        (now.content["notify_on_close"] == json!(true)).then(|| {
            let mut body = payload::envelope(&self.shared, "view_closed", self.person(user));
            body["view"] = now.object(&self.shared, &json!({}));
            body["is_cleared"] = json!(false);
            self.tell(UserActionKind::Closing, user, Surface::View(&now), body)
        })
    }

    fn person(&self, user: &str) -> &SlackUser {
        self.shared.user(user).unwrap_or_else(|| panic!("there is no user {user}"))
    }

    /// The option with this value: the element's own, or one that was offered for it.
    fn option(&self, element: &Value, action_id: &str, value: &str) -> Value {
        let is_it = |option: &&Value| option["value"] == *value;
        let own = |list: &Value| list.as_array().into_iter().flatten().find(is_it).cloned();
        let offered = self.shared.peek(|world| {
            let mut asked = world.user_actions.iter().rev().filter(|user_action| {
                user_action.kind == UserActionKind::Suggestion
                    && user_action.payload["action_id"] == *action_id
            });
            asked.find_map(|user_action| own(&user_action.acknowledgements.first()?.json()["options"]))
        });
        let plain =
            || json!({ "text": { "type": "plain_text", "text": value, "emoji": true }, "value": value });
        own(&element["options"]).or(offered).unwrap_or_else(plain)
    }

    /// Tells the bot of one action.
    fn act(&self, surface: Surface<'_>, mut action: Value, user: &str) -> SlashHandle {
        action["action_ts"] = json!(self.shared.with(|world| world.ts(self.shared.now())));
        let mut body = payload::envelope(&self.shared, "block_actions", self.person(user));
        body["actions"] = json!([action]);
        self.tell(UserActionKind::Action, user, surface, body)
    }

    /// Adds where it was done, and what belongs to the user_action alone, and tells the bot.
    fn tell(&self, kind: UserActionKind, user: &str, surface: Surface<'_>, mut body: Value) -> SlashHandle {
        let (shared, now) = (&self.shared, self.shared.now());
        let user_action = shared.with(|world| {
            let number = world.user_actions.len();
            let mut user_action = UserAction::new(kind, user, None);
            match surface {
                Surface::Message(message) => {
                    user_action.channel = Some(message.channel.clone());
                    user_action.message = world
                        .messages
                        .iter()
                        .position(|known| known.channel == message.channel && known.ts == message.ts);
                    payload::in_message(shared, world, message, &mut body);
                    if kind == UserActionKind::Action {
                        body["response_url"] =
                            json!(world.hook("actions", &shared.settings.team, number, now));
                    }
                }
                Surface::View(view) => {
                    user_action.view = Some(view.id.clone());
                    if body["view"].is_null() {
                        payload::in_view(shared, view, &mut body);
                    }
                }
            }
            if matches!(kind, UserActionKind::Action | UserActionKind::Submission) {
                body["trigger_id"] = json!(world.trigger(user, now));
            }
            user_action.payload = body;
            world.user_actions.push(user_action);
            number
        });
        self.send(user_action)
    }

    fn send(&self, user_action: usize) -> SlashHandle {
        dispatch(&self.shared, user_action);
        SlashHandle { shared: Arc::clone(&self.shared), user_action }
    }
}

/// Whether this person can see the message.
fn sees(message: &SlackMessage, user: &str) -> bool {
    match &message.place {
        Place::Direct(recipient) => recipient == user,
        Place::Ephemeral { user: only, .. } => only == user,
        Place::Channel(_) => true,
    }
}
