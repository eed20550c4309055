//! What Slack sends, once it is known to be Slack: pure.

use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::admin::{Admin, Caller};
use crate::chat::courier::adapter::{Delivery, Incoming, Sender};
use crate::chat::http::fingerprint;
use crate::chat::slack::adapter::AnswerTarget;
use crate::chat::slack::render::modal;
use crate::chat::slack::settings::PLATFORM;
use crate::command::CommandName;

/// Where answers go: <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>.
const ANSWERS: &str = "hooks.slack.com";

/// How the path of an address begins that was opened for one answer: to a command, a press, a shortcut.
const OPENED: [&str; 3] = ["commands", "actions", "app"];

/// Who asks, and where the answer goes.
pub(super) struct Origin {
    pub(super) user: SlackUser,
    pub(super) target: AnswerTarget,
    /// A fingerprint of Slack's own name for this, by which a repeat is known.
    pub(super) fingerprint: String,
}

impl Origin {
    /// For the courier, in the bot's workspace `team`.
    pub(super) fn incoming(self, team: &str) -> Incoming<AnswerTarget> {
        let sender = self.user.sender(team);
        Incoming { delivery: Delivery::Noted(self.fingerprint), sender, target: self.target }
    }
}

/// A user of some workspace.
pub(super) struct SlackUser {
    pub(super) id: String,
    pub(super) team: String,
}

impl SlackUser {
    /// User groups are those of the bot's workspace: nobody else is origin for.
    pub(super) fn sender(self, team: &str) -> Sender {
        let admin = Admin { platform: PLATFORM, user: self.id };
        if self.team == team {
            return Sender::Unknown(admin);
        }
        Sender::Known(Caller { admin, place: Some(self.team), groups: Vec::new() })
    }
}

/// What a modal can be opened for, and with.
pub(super) struct ModalOpener {
    pub(super) command: CommandName,
    /// Opens one modal within three seconds: belongs in no log.
    pub(super) trigger_id: String,
}

/// A request of Slack's.
pub(super) enum Request {
    /// Somebody typed.
    Command {
        origin: Origin,
        /// The command and what stands behind it.
        text: String,
        /// Where nothing stands behind it.
        opener: Option<ModalOpener>,
    },
    /// Somebody pressed a button.
    Press { origin: Origin, action: String },
    /// Somebody has chosen a contact.
    Choice { origin: Origin, command: CommandName, contact: String },
    /// Somebody types the beginning of a contact.
    Typing { user: SlackUser, typed: String },
    /// Something else that Slack tells apps.
    Other,
}

/// Whether a form or a query says that Slack only looks whether our certificate is good: <https://docs.slack.dev/interactivity/implementing-slash-commands>. It is
/// not signed, and so nothing else in it is read.
pub(super) fn is_probe(form: &[u8]) -> bool {
    form_urlencoded::parse(form).any(|(name, value)| name == "ssl_check" && value == "1")
}

/// Reads the form of a slash command; `None` where it makes no sense.
pub(super) fn command(body: &[u8]) -> Option<Request> {
    command_of(|name| {
        form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    })
}

/// Reads a slash command from an envelope's payload.
pub(super) fn command_in(payload: &Value) -> Option<Request> {
    command_of(|name| payload[name].as_str().map(str::to_owned))
}

fn command_of(field: impl Fn(&str) -> Option<String>) -> Option<Request> {
    let (command, behind) = (field("command")?, field("text").unwrap_or_default());
    let trigger_id = field("trigger_id")?;
    let origin =
        origin(field("user_id")?, field("team_id")?, address(&field("response_url")?)?, &trigger_id)?;
    let opener = CommandName::of_contact(&command)
        .filter(|_| behind.trim().is_empty())
        .map(|command| ModalOpener { command, trigger_id });
    Some(Request::Command { origin, text: format!("{command} {behind}"), opener })
}

/// Reads what a press of a button or a view sends; `None` where it makes no sense.
pub(super) fn interaction(body: &[u8]) -> Option<Request> {
    let (_, payload) = form_urlencoded::parse(body).find(|(key, _)| key == "payload")?;
    read(serde_json::from_str(&payload).ok()?)
}

/// Reads a press, or what a view sends, from an envelope's payload.
pub(super) fn interaction_in(payload: &Value) -> Option<Request> {
    read(Payload::deserialize(payload).ok()?)
}

fn read(payload: Payload) -> Option<Request> {
    // Where the app is installed for a whole organisation, there is no workspace but the user's own: https://github.com/slackapi/bolt-python/pull/23
    let team = payload.team.map(|team| team.id).or(payload.user.team_id);
    let user = payload.user.id;
    match payload.kind.as_str() {
        "block_actions" => {
            let target = match payload.response_url {
                Some(url) => address(&url)?,
                None => payload.view?.target()?.0,
            };
            let origin = origin(user, team?, target, &payload.trigger_id?)?;
            let action = payload.actions.into_iter().next()?.action_id;
            Some(Request::Press { origin, action })
        }
        "view_submission" => {
            let view = payload.view?;
            let contact = view.state.pointer(modal::CHOSEN)?.as_str()?.to_owned();
            let (target, command) = view.target()?;
            Some(Request::Choice {
                origin: origin(user, team?, target, &payload.trigger_id?)?,
                command,
                contact,
            })
        }
        "block_suggestion" => {
            Some(Request::Typing { user: SlackUser { id: user, team: team? }, typed: payload.value? })
        }
        _ => Some(Request::Other),
    }
}

fn address(response_url: &str) -> Option<AnswerTarget> {
    Url::parse(response_url).ok().filter(is_slacks).map(AnswerTarget::ResponseUrl)
}

fn origin(user: String, team: String, target: AnswerTarget, trigger_id: &str) -> Option<Origin> {
    if user.is_empty() || trigger_id.is_empty() {
        return None;
    }
    let user = SlackUser { id: user, team };
    Some(Origin { user, target, fingerprint: fingerprint(trigger_id) })
}

/// An answer may hold a link: it goes to Slack alone, and there to no incoming webhook (`/services/`), which writes into a channel, whatever a request says. What
/// is compared is what is called: parsing has resolved dot segments.
fn is_slacks(url: &Url) -> bool {
    url.scheme() == "https"
        && url.host_str() == Some(ANSWERS)
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path_segments().and_then(|mut path| path.next()).is_some_and(|first| OPENED.contains(&first))
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    user: User,
    team: Option<Named>,
    response_url: Option<String>,
    trigger_id: Option<String>,
    #[serde(default)]
    actions: Vec<Action>,
    view: Option<View>,
    value: Option<String>,
}

#[derive(Deserialize)]
struct View {
    id: String,
    callback_id: String,
    #[serde(default)]
    state: Value,
}

impl View {
    /// `None` where it is none of ours.
    fn target(self) -> Option<(AnswerTarget, CommandName)> {
        let about = modal::opened_for(&self.callback_id)?;
        Some((AnswerTarget::Modal { id: self.id, about }, about))
    }
}

#[derive(Deserialize)]
struct User {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(response_url: &str) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("user_id", "U1")
            .append_pair("team_id", "T1")
            .append_pair("command", "/reset-link")
            .append_pair("text", "contact:ada & <b>")
            .append_pair("response_url", response_url)
            .append_pair("trigger_id", "1.2.3")
            .finish()
    }

    #[test]
    fn a_command_is_read() {
        let Some(Request::Command { origin, text, opener: None }) =
            command(form("https://hooks.slack.com/commands/T1/1/x").as_bytes())
        else {
            panic!("a command");
        };
        assert_eq!((origin.user.id.as_str(), origin.user.team.as_str()), ("U1", "T1"));
        assert_eq!(text, "/reset-link contact:ada & <b>");
        assert_eq!(origin.fingerprint.len(), 22);
        assert!(is_probe(b"token=x&ssl_check=1") && is_probe(b"ssl_check=1"));
        for form in ["", "ssl_check=0", "ssl_check", "text=ssl_check%3D1", "text=x%26ssl_check=1"] {
            assert!(!is_probe(form.as_bytes()), "{form}");
        }
    }

    #[test]
    fn where_an_app_is_an_organisations_the_team_is_the_users() {
        let url = "https://hooks.slack.com/commands/T1/1/x";
        let payload = |kind: &str, team: Value, user: Value| {
            json!({
                "type": kind,
                "user": user,
                "team": team,
                "enterprise": { "id": "E1" },
                "is_enterprise_install": true,
                "response_url": url,
                "trigger_id": "1.2.3",
                "actions": [{ "action_id": "revoke" }],
                "value": "ad",
            })
        };
        let own = || json!({ "id": "U1", "team_id": "T1" });
        let team = |payload: &Value| match interaction_in(payload)? {
            Request::Press { origin, .. } => Some(origin.user.team),
            Request::Typing { user, .. } => Some(user.team),
            _ => None,
        };
        for kind in ["block_actions", "block_suggestion"] {
            assert_eq!(team(&payload(kind, Value::Null, own())).as_deref(), Some("T1"), "{kind}");
            assert_eq!(team(&payload(kind, json!({ "id": "T2" }), own())).as_deref(), Some("T2"), "{kind}");
            assert_eq!(team(&payload(kind, Value::Null, json!({ "id": "U1" }))), None, "{kind}");
        }
    }

    #[test]
    fn a_command_with_nothing_behind_it_may_open_a_view() {
        let bare = |text: &str| {
            let form = form("https://hooks.slack.com/commands/T1/1/x");
            let form = form.replace("contact%3Aada+%26+%3Cb%3E", text);
            match command(form.as_bytes()) {
                Some(Request::Command { opener, .. }) => {
                    opener.map(|opener| (opener.command, opener.trigger_id))
                }
                _ => panic!("a command"),
            }
        };
        for text in ["", "+", "%0A"] {
            assert_eq!(bare(text), Some((CommandName::ResetLink, "1.2.3".to_owned())), "{text}");
        }
        for text in ["ada", "contact%3A", "%22%22"] {
            assert_eq!(bare(text), None, "{text}");
        }
    }

    #[test]
    fn an_envelope_says_the_same_as_a_form() {
        let url = "https://hooks.slack.com/commands/T1/1/x";
        let body = form(url);
        let fields = form_urlencoded::parse(body.as_bytes());
        let typed: serde_json::Map<String, Value> =
            fields.map(|(key, value)| (key.into_owned(), value.into_owned().into())).collect();
        let Some(Request::Command { origin, text, .. }) = command_in(&typed.into()) else {
            panic!("a command")
        };
        assert_eq!((origin.user.id.as_str(), text.as_str()), ("U1", "/reset-link contact:ada & <b>"));

        let payload = json!({
            "type": "block_actions",
            "user": { "id": "U1" },
            "team": { "id": "T1" },
            "response_url": url,
            "trigger_id": "1.2.3",
            "actions": [{ "action_id": "revoke" }],
        });
        let in_form = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish();
        for read in [interaction_in(&payload), interaction(in_form.as_bytes())] {
            let Some(Request::Press { origin: pressed, action }) = read else { panic!("a press") };
            assert_eq!((pressed.fingerprint, action.as_str()), (origin.fingerprint.clone(), "revoke"));
        }
    }

    #[test]
    fn an_answer_goes_to_slack_alone() {
        for url in [
            "http://hooks.slack.com/commands/1",
            "https://hooks.slack.com.evil.example/commands/1",
            "https://evil.example/hooks.slack.com",
            "https://hooks.slack.com:8443/commands/1",
            "https://hooks.slack.com@evil.example/commands/1",
            "https://me:secret@hooks.slack.com/commands/1",
            "https://hooks.slack.com/services/T1/B1/x",
            "https://hooks.slack.com/commands/../services/T1/B1/x",
            "https://hooks.slack.com/commands/%2e%2E/services/T1/B1/x",
            "https://hooks.slack.com/commands%2F..%2Fservices/T1/B1/x",
            "https://hooks.slack.com/",
            "file:///etc/passwd",
            "",
        ] {
            assert!(command(form(url).as_bytes()).is_none(), "{url}");
        }
        for path in ["commands/T1/1/x", "actions/T1/1/x", "app/T1/1/x"] {
            assert!(command(form(&format!("https://hooks.slack.com/{path}")).as_bytes()).is_some(), "{path}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_nothing() {
        for body in
            ["", "user_id=U1", "payload=", "payload=%7B%7D", "\u{0}\u{1}", "payload=%7B%22type%22%3A1%7D"]
        {
            assert!(command(body.as_bytes()).is_none() && interaction(body.as_bytes()).is_none(), "{body}");
        }
    }
}
