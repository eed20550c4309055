//! `[mattermost]`.

use url::Url;

use crate::problem::Refusal;
use crate::secret::Secret;
use crate::section::Section;
use crate::shown::shown;
use crate::web_address::is_loopback;

pub(crate) const KEYS: &[&str] = &[
    "server_url",
    "bot_token",
    "bot_token_file",
    "command_token",
    "command_token_file",
    "callback_url",
    "team",
    "allow_users",
    "approvals_channel",
    "audit_channel",
];

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
    /// Where each event of the audit is told; default none.
    pub audit_channel: Option<String>,
}

impl Mattermost {
    /// `None` where something is missing or refused: that is on record then.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let server_url = section.required("server_url", "https://chat.example.com", address);
        let bot_token = required_secret(section, "bot_token", "bot_token_file");
        let command_tokens = required_secret(section, "command_token", "command_token_file");
        let callback_url = section.required("callback_url", "https://reset-bot.example.com", address);
        let team = section.required("team", "9dj1ymk5yfbq3p1qk1z1q7h8ya", id);
        let allow_users = section.list("allow_users", id);
        let approvals_channel = section.parsed("approvals_channel", id);
        let audit_channel = section.parsed("audit_channel", id);
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
            audit_channel,
        })
    }
}

fn required_secret(section: &mut Section<'_>, key: &'static str, file_key: &'static str) -> Option<Secret> {
    if !section.has(key) && !section.has(file_key) {
        let cure = format!(
            "add {file_key} = \"mattermost-{}\" below [mattermost], and write it into that file (chmod 600)",
            key.replace('_', "-")
        );
        section.refuse(file_key, Refusal::new("is not set", cure));
    }
    section.secret(key, file_key)
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
