//! `[mattermost]`.

use url::Url;

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{List, SecretFile, SecretValue, Text};
use crate::secret::Secret;
use crate::section::Section;
use crate::sections::chat::{self, ChatSection};
use crate::shown::shown;
use crate::web_address::is_loopback;

pub(crate) const TABLE: Table = Table::new(
    "mattermost",
    &[
        SERVER_URL.info,
        BOT_TOKEN.info,
        BOT_TOKEN_FILE.info,
        COMMAND_TOKEN.info,
        COMMAND_TOKEN_FILE.info,
        CALLBACK_URL.info,
        TEAM.info,
        ALLOW_USERS.info,
        APPROVALS_CHANNEL.info,
        REQUESTS_CHANNEL.info,
        AUDIT_CHANNEL.info,
    ],
);

const SERVER_URL: Key<Text<String>> = Key::text("server_url", "Where the server is.", address).for_bot();
const BOT_TOKEN: Key<SecretValue> = Key::secret("bot_token", "The bot account's access token.").for_bot();
const BOT_TOKEN_FILE: Key<SecretFile> =
    Key::secret_file("bot_token_file", "A file that holds the bot account's access token.").for_bot();
const COMMAND_TOKEN: Key<SecretValue> =
    Key::secret("command_token", "The tokens of the slash commands.").for_bot();
const COMMAND_TOKEN_FILE: Key<SecretFile> =
    Key::secret_file("command_token_file", "A file that holds the tokens of the slash commands.").for_bot();
const CALLBACK_URL: Key<Text<String>> =
    Key::text("callback_url", "Where the server reaches the bot's listener, for buttons.", address).for_bot();
const TEAM: Key<Text<String>> =
    Key::text("team", "The team in which commands are taken, by id.", id).for_bot();
const ALLOW_USERS: Key<List<String>> = chat::allow_users(id);
const APPROVALS_CHANNEL: Key<Text<String>> = chat::approvals_channel(id);
const REQUESTS_CHANNEL: Key<Text<String>> = chat::requests_channel(id);
const AUDIT_CHANNEL: Key<Text<String>> = chat::audit_channel(id);

/// `[mattermost]`: a bot account and slash commands there. All ids are Mattermost's own.
#[derive(Debug, Clone)]
pub struct Mattermost {
    /// Where the server is, without a trailing slash.
    pub server_url: String,
    /// The bot account's access token.
    pub bot_token: Secret,
    /// With which the server shows that a slash command is its own; one for each command.
    pub command_tokens: Vec<Secret>,
    /// Where the server reaches the bot's listener, without a trailing slash.
    pub callback_url: String,
    /// The team in which commands are taken.
    pub team: String,
    /// Users who may issue links; default none. `[[admins]]` with a mattermost id may as well.
    pub allow_users: Vec<String>,
    /// Where a second person approves; default none.
    pub approvals_channel: Option<String>,
    /// Where the help desk is asked about contacts who forgot their password; default `approvals_channel`.
    pub requests_channel: Option<String>,
    /// Where each event of the audit is told; default none.
    pub audit_channel: Option<String>,
}

impl Mattermost {
    /// `None` where something is missing or refused: that is on record then.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let server_url = section.required(&SERVER_URL, "https://chat.example.com");
        let bot_token = required_secret(section, &BOT_TOKEN, &BOT_TOKEN_FILE);
        let command_tokens = required_secret(section, &COMMAND_TOKEN, &COMMAND_TOKEN_FILE);
        let callback_url = section.required(&CALLBACK_URL, "https://reset-bot.example.com");
        let team = section.required(&TEAM, "9dj1ymk5yfbq3p1qk1z1q7h8ya");
        let allow_users = section.get(&ALLOW_USERS);
        let approvals_channel = section.get(&APPROVALS_CHANNEL);
        let requests_channel = section.get(&REQUESTS_CHANNEL);
        let audit_channel = section.get(&AUDIT_CHANNEL);
        let lines = |tokens: Secret| {
            let tokens = tokens.expose().split_whitespace().map(Secret::new);
            tokens.collect::<Vec<_>>()
        };
        Some(Self {
            server_url: server_url?,
            bot_token: bot_token?,
            command_tokens: lines(command_tokens?),
            callback_url: callback_url?,
            team: team?,
            allow_users: allow_users.unwrap_or_default(),
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
            allow: &[ALLOW_USERS.info],
            names_somebody: !self.allow_users.is_empty(),
            has_approvals: self.approvals_channel.is_some(),
            has_requests: self.help_desk_channel().is_some(),
        }
    }
}

fn required_secret(
    section: &mut Section<'_>,
    key: &Key<SecretValue>,
    file_key: &Key<SecretFile>,
) -> Option<Secret> {
    let cure = format!(
        "add {} = \"mattermost-{}\" below [mattermost], and write it into that file (chmod 600)",
        file_key.info.name,
        key.info.name.replace('_', "-")
    );
    section.required_secret(key, file_key, cure)
}

/// One of Mattermost's ids: 26 small letters and digits.
pub(crate) fn id(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(Refusal::new(
        format!("{} is not one of Mattermost's ids", shown(text)),
        "use the 26 letters and digits (View Info of a channel, System Console for users and teams; names can change)",
    ))
}

/// https, or http on this machine: links and tokens go there.
fn address(text: &str) -> Result<String, Refusal> {
    let refuse = |cause: &str| {
        Err(Refusal::new(
            format!("{} {cause}", shown(text)),
            "use an address like \"https://chat.example.com\"",
        ))
    };
    match Url::parse(text.trim()) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => refuse("is not https"),
        Ok(url) if url.scheme() == "http" && !is_loopback(url.host().map(|host| host.to_owned())) => {
            refuse("is not https (http is for loopback only)")
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => refuse("holds a login"),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => refuse("has a query or a fragment"),
        Ok(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        Err(_) => refuse("is not a URL"),
    }
}
