//! `[slack]`.

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{Choice, List, SecretFile, SecretValue, Text};
use crate::secret::Secret;
use crate::section::Section;
use crate::sections::chat::{self, ChatSection};
use crate::shown::shown;

pub(crate) const TABLE: Table = Table::new(
    "slack",
    &[
        BOT_TOKEN.info,
        BOT_TOKEN_FILE.info,
        APP_TOKEN.info,
        APP_TOKEN_FILE.info,
        SIGNING_SECRET.info,
        SIGNING_SECRET_FILE.info,
        TEAM.info,
        ALLOW_GROUPS.info,
        ALLOW_USERS.info,
        SEARCH.info,
        APPROVALS_CHANNEL.info,
        REQUESTS_CHANNEL.info,
        AUDIT_CHANNEL.info,
    ],
);

const BOT_TOKEN: Key<SecretValue> = Key::secret("bot_token", "The bot user's token.").for_bot();
const BOT_TOKEN_FILE: Key<SecretFile> =
    Key::secret_file("bot_token_file", "A file that holds the bot user's token.").for_bot();
const APP_TOKEN: Key<SecretValue> =
    Key::secret("app_token", "The app-level token, for Socket Mode.").for_bot();
const APP_TOKEN_FILE: Key<SecretFile> =
    Key::secret_file("app_token_file", "A file that holds the app-level token.").for_bot();
const SIGNING_SECRET: Key<SecretValue> =
    Key::secret("signing_secret", "The app's signing secret, with which Slack signs its requests.").for_bot();
const SIGNING_SECRET_FILE: Key<SecretFile> =
    Key::secret_file("signing_secret_file", "A file that holds the app's signing secret.").for_bot();
const TEAM: Key<Text<String>> =
    Key::text("team", "The workspace in which commands are taken, by id.", |text| {
        id(text, &['T', 'E'], "a workspace's")
    })
    .for_bot();
const ALLOW_GROUPS: Key<List<String>> =
    Key::list("allow_groups", "User groups whose members may issue links, by id.", |text| {
        id(text, &['S'], "a user group's")
    })
    .for_bot();
const ALLOW_USERS: Key<List<String>> = chat::allow_users(user);
const SEARCH: Key<Choice<bool>> = chat::search("Whether a contact can be chosen by name.");
const APPROVALS_CHANNEL: Key<Text<String>> = chat::approvals_channel(channel);
const REQUESTS_CHANNEL: Key<Text<String>> = chat::requests_channel(channel);
const AUDIT_CHANNEL: Key<Text<String>> = chat::audit_channel(channel);

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
    /// Where the help desk is asked about contacts who forgot their password; default `approvals_channel`.
    pub requests_channel: Option<String>,
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
        let bot_token = section.required_secret(
            &BOT_TOKEN,
            &BOT_TOKEN_FILE,
            "add bot_token_file = \"slack-bot-token\" below [slack], and write the bot user's token (xoxb-…) into that file (chmod 600)",
        );
        let hearing = hearing(section);
        let team = section.required(&TEAM, "T0123456789");
        let allow_groups = section.get(&ALLOW_GROUPS);
        let allow_users = section.get(&ALLOW_USERS);
        let search = section.get(&SEARCH);
        let approvals_channel = section.get(&APPROVALS_CHANNEL);
        let requests_channel = section.get(&REQUESTS_CHANNEL);
        let audit_channel = section.get(&AUDIT_CHANNEL);
        Some(Self {
            bot_token: bot_token?,
            hearing: hearing?,
            team: team?,
            allow_groups: allow_groups.unwrap_or_default(),
            allow_users: allow_users.unwrap_or_default(),
            search: search.unwrap_or(true),
            approvals_channel,
            requests_channel,
            audit_channel,
        })
    }

    /// Where the help desk is asked: `requests_channel`, or else `approvals_channel`.
    pub fn help_desk_channel(&self) -> Option<&str> {
        self.requests_channel.as_deref().or(self.approvals_channel.as_deref())
    }

    pub(crate) fn in_common(&self) -> ChatSection {
        ChatSection {
            table: TABLE,
            allow: &[ALLOW_GROUPS.info, ALLOW_USERS.info],
            names_somebody: !self.allow_groups.is_empty() || !self.allow_users.is_empty(),
            has_approvals: self.approvals_channel.is_some(),
            has_requests: self.help_desk_channel().is_some(),
        }
    }
}

/// The app-level token where there is one; the signing secret, which is then needed no more, is looked at all the same.
fn hearing(section: &mut Section<'_>) -> Option<SlackHearing> {
    if section.has(&APP_TOKEN) || section.has(&APP_TOKEN_FILE) {
        let app_token = section.secret(&APP_TOKEN, &APP_TOKEN_FILE);
        section.secret(&SIGNING_SECRET, &SIGNING_SECRET_FILE);
        return app_token.map(SlackHearing::Socket);
    }
    let signing_secret = section.required_secret(
        &SIGNING_SECRET,
        &SIGNING_SECRET_FILE,
        "add signing_secret_file = \"slack-signing-secret\" below [slack], and write the app's signing secret into that file (chmod 600); or add app_token_file, which needs no open port",
    );
    signing_secret.map(SlackHearing::Requests)
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
