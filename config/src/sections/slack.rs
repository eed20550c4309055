//! `[slack]`.

use crate::problem::Refusal;
use crate::secret::Secret;
use crate::section::Section;
use crate::shown::shown;

pub(crate) const KEYS: &[&str] = &[
    "bot_token",
    "bot_token_file",
    "app_token",
    "app_token_file",
    "signing_secret",
    "signing_secret_file",
    "team",
    "allow_groups",
    "allow_users",
    "search",
    "approvals_channel",
    "audit_channel",
];

/// `[slack]`: an app there. All ids are Slack's own.
#[derive(Debug, Clone)]
pub struct Slack {
    /// The bot user's token, `xoxb-…`.
    pub bot_token: Secret,
    /// How the app hears of what people do.
    pub hearing: SlackHearing,
    /// The workspace in which commands are taken.
    pub team: String,
    /// User groups whose members may issue links; default none.
    pub allow_groups: Vec<String>,
    /// Users who may issue links; default none. `[[admins]]` with a slack id may as well.
    pub allow_users: Vec<String>,
    /// Whether contacts are offered by name, so that names go to Slack; default so.
    pub search: bool,
    /// Where a second person approves; default none.
    pub approvals_channel: Option<String>,
    /// Where each event of the audit is told; default none.
    pub audit_channel: Option<String>,
}

/// How the app hears of what people do on Slack.
#[derive(Debug, Clone)]
pub enum SlackHearing {
    /// Slack calls the bot's listener, and signs with this secret.
    Requests(Secret),
    /// Socket Mode: the app connects, with this app-level token (`xapp-…`), and no port is open.
    Socket(Secret),
}

impl Slack {
    /// `None` where something is missing or refused: that is on record then.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let bot_token = required_secret(
            section,
            "bot_token",
            "bot_token_file",
            "add bot_token_file = \"slack-bot-token\" below [slack], and write the bot user's token (xoxb-…) into that file (chmod 600)",
        );
        let hearing = hearing(section);
        let team = section.required("team", "T0123456789", |text| id(text, &['T', 'E'], "a workspace's"));
        let allow_groups = section.list("allow_groups", |text| id(text, &['S'], "a user group's"));
        let allow_users = section.list("allow_users", user);
        let search = section.choice("search", &[("on", true), ("off", false)]);
        let approvals_channel = section.parsed("approvals_channel", channel);
        let audit_channel = section.parsed("audit_channel", channel);
        Some(Self {
            bot_token: bot_token?,
            hearing: hearing?,
            team: team?,
            allow_groups: allow_groups.unwrap_or_default(),
            allow_users: allow_users.unwrap_or_default(),
            search: search.unwrap_or(true),
            approvals_channel,
            audit_channel,
        })
    }

    /// Whether the section itself names anybody who may.
    pub(crate) fn names_somebody(&self) -> bool {
        !self.allow_groups.is_empty() || !self.allow_users.is_empty()
    }
}

/// The app-level token where there is one; the signing secret, which is then needed no more, is looked at all the same.
fn hearing(section: &mut Section<'_>) -> Option<SlackHearing> {
    if section.has("app_token") || section.has("app_token_file") {
        let app_token = section.secret("app_token", "app_token_file");
        section.secret("signing_secret", "signing_secret_file");
        return app_token.map(SlackHearing::Socket);
    }
    let signing_secret = required_secret(
        section,
        "signing_secret",
        "signing_secret_file",
        "add signing_secret_file = \"slack-signing-secret\" below [slack], and write the app's signing secret into that file (chmod 600); or add app_token_file, which needs no open port",
    );
    signing_secret.map(SlackHearing::Requests)
}

fn required_secret(
    section: &mut Section<'_>,
    key: &'static str,
    file_key: &'static str,
    cure: &str,
) -> Option<Secret> {
    if !section.has(key) && !section.has(file_key) {
        section.refuse(file_key, Refusal::new("is not set", cure));
    }
    section.secret(key, file_key)
}

/// A user's id.
pub(crate) fn user(text: &str) -> Result<String, Refusal> {
    id(text, &['U', 'W'], "a user's")
}

fn channel(text: &str) -> Result<String, Refusal> {
    id(text, &['C', 'G'], "a channel's")
}

/// One of Slack's ids: a letter that says what it is, then capital letters and digits.
fn id(text: &str, begins: &[char], whose: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let is_id = text.starts_with(begins)
        && (6..=24).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id {
        return Ok(text.to_owned());
    }
    let begins: Vec<String> = begins.iter().map(ToString::to_string).collect();
    Err(Refusal::new(
        format!("{} is not {whose} id", shown(text)),
        format!(
            "use the id that Slack copies, which begins with {} (a name can change, an id does not)",
            begins.join(" or ")
        ),
    ))
}
