//! What Slack sends, once it is known to be Slack: pure.

use keys::LinkId;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

/// Where answers go: <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>.
const ANSWERS: &str = "hooks.slack.com";

/// Who asks, and where the answer goes.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) user: String,
    pub(super) team: String,
    /// Opens the answer for 30 minutes: belongs in no log.
    pub(super) response_url: Url,
    /// A fingerprint of Slack's own name for this, by which a repeat is known.
    pub(super) delivery: String,
}

/// A request of Slack's.
pub(super) enum Request {
    /// Slack looks whether our certificate is good.
    Probe,
    /// Somebody typed.
    Command {
        asked: Asked,
        /// The command and what stands behind it.
        text: String,
    },
    /// Somebody pressed a button.
    Press { asked: Asked, action: String },
    /// Something else that Slack tells apps.
    Other,
}

/// Reads the form of a slash command; `None` where it makes no sense.
pub(super) fn command(body: &[u8]) -> Option<Request> {
    let field = |name: &str| {
        form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if field("ssl_check").as_deref() == Some("1") {
        return Some(Request::Probe);
    }
    let asked = asked(field("user_id")?, field("team_id")?, &field("response_url")?, &field("trigger_id")?)?;
    let text = format!("{} {}", field("command")?, field("text").unwrap_or_default());
    Some(Request::Command { asked, text })
}

/// Reads what a press of a button sends; `None` where it makes no sense.
pub(super) fn interaction(body: &[u8]) -> Option<Request> {
    let (_, payload) = form_urlencoded::parse(body).find(|(key, _)| key == "payload")?;
    let payload: Payload = serde_json::from_str(&payload).ok()?;
    if payload.kind != "block_actions" {
        return Some(Request::Other);
    }
    let asked = asked(payload.user.id, payload.team?.id, &payload.response_url?, &payload.trigger_id?)?;
    let action = payload.actions.into_iter().next()?.action_id;
    Some(Request::Press { asked, action })
}

fn asked(user: String, team: String, response_url: &str, trigger_id: &str) -> Option<Asked> {
    let response_url = Url::parse(response_url).ok().filter(is_slacks)?;
    if user.is_empty() || trigger_id.is_empty() {
        return None;
    }
    Some(Asked { user, team, response_url, delivery: fingerprint(trigger_id) })
}

/// An answer may hold a link: it goes to Slack alone, whatever a request says.
fn is_slacks(url: &Url) -> bool {
    url.scheme() == "https"
        && url.host_str() == Some(ANSWERS)
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

/// Trigger ids open dialogs: what stands in the audit is not one.
fn fingerprint(trigger_id: &str) -> String {
    let digest = Sha256::digest(trigger_id.as_bytes());
    let mut first = [0; 16];
    first.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    LinkId::from_random(first).to_string()
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    user: Named,
    team: Option<Named>,
    response_url: Option<String>,
    trigger_id: Option<String>,
    #[serde(default)]
    actions: Vec<Action>,
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
        let Some(Request::Command { asked, text }) =
            command(form("https://hooks.slack.com/commands/T1/1/x").as_bytes())
        else {
            panic!("a command");
        };
        assert_eq!((asked.user.as_str(), asked.team.as_str()), ("U1", "T1"));
        assert_eq!(text, "/reset-link contact:ada & <b>");
        assert_eq!(asked.delivery.len(), 22);
        assert!(matches!(command(b"token=x&ssl_check=1"), Some(Request::Probe)));
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
            "file:///etc/passwd",
            "",
        ] {
            assert!(command(form(url).as_bytes()).is_none(), "{url}");
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
