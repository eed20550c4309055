//! `[discord]`.

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{Choice, List, SecretFile, SecretValue, Text};
use crate::secret::Secret;
use crate::section::Section;
use crate::sections::chat::{self, ChatSection};
use crate::shown::shown;

pub(crate) const TABLE: Table = Table::new(
    "discord",
    &[
        TOKEN.info,
        TOKEN_FILE.info,
        GUILDS.info,
        ALLOW_ROLES.info,
        ALLOW_USERS.info,
        APPROVALS_CHANNEL.info,
        REQUESTS_CHANNEL.info,
        AUDIT_CHANNEL.info,
        VISIBLE_TO.info,
        SEARCH.info,
        API_PROXY.info,
    ],
);

const TOKEN: Key<SecretValue> = Key::secret("token", "The bot's token.").for_bot();
const TOKEN_FILE: Key<SecretFile> =
    Key::secret_file("token_file", "A file that holds the bot's token.").for_bot();
const GUILDS: Key<List<String>> =
    Key::list("guilds", "The servers (guilds) in which commands are taken, by id.", snowflake).for_bot();
const ALLOW_ROLES: Key<List<String>> =
    Key::list("allow_roles", "Roles whose members may issue links, by id.", snowflake).for_bot();
const ALLOW_USERS: Key<List<String>> = chat::allow_users(snowflake);
const APPROVALS_CHANNEL: Key<Text<String>> = chat::approvals_channel(snowflake);
const REQUESTS_CHANNEL: Key<Text<String>> = chat::requests_channel(snowflake);
const AUDIT_CHANNEL: Key<Text<String>> = chat::audit_channel(snowflake);
const VISIBLE_TO: Key<Choice<VisibleTo>> = Key::choice(
    "visible_to",
    "Whom Discord shows the commands.",
    &[("everyone", VisibleTo::Everyone), ("administrators", VisibleTo::Administrators)],
)
.for_bot();
const SEARCH: Key<Choice<bool>> = chat::search("Whether contacts are offered by name while an admin types.");
const API_PROXY: Key<Text<String>> =
    Key::text("api_proxy", "An HTTP proxy for Discord's REST interface that keeps its rate limits.", proxy)
        .for_bot();

/// `[discord]`: a bot there. All ids are Discord's own (snowflakes).
#[derive(Debug, Clone)]
pub struct Discord {
    /// The bot's token.
    pub token: Secret,
    /// The guilds (servers) in which commands are taken; at least one.
    pub guilds: Vec<String>,
    /// Roles whose members may issue links; default none.
    pub allow_roles: Vec<String>,
    /// Users who may issue links; default none. `[[admins]]` with a discord id may as well.
    pub allow_users: Vec<String>,
    /// Where a second person approves; default none.
    pub approvals_channel: Option<String>,
    /// Where the help desk is asked about contacts who forgot their password; default `approvals_channel`.
    pub requests_channel: Option<String>,
    /// Where each event of the audit is told; default none.
    pub audit_channel: Option<String>,
    /// Whom Discord shows the commands; default [`VisibleTo::Everyone`]. Who may use them is another matter.
    pub visible_to: VisibleTo,
    /// Whether contacts are offered while an admin types, so that their names go to Discord; default true.
    pub search: bool,
    /// An HTTP proxy for Discord's REST interface that keeps its rate limits; default none.
    pub api_proxy: Option<String>,
}

/// Whom Discord shows the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisibleTo {
    /// Every member of the guild.
    Everyone,
    /// Administrators of the guild, until one of them says otherwise in the server's settings.
    Administrators,
}

impl Discord {
    /// `None` where something is missing or refused: that is on record then.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let token = section.required_secret(
            &TOKEN,
            &TOKEN_FILE,
            "add token_file = \"discord-token\" below [discord], and write the bot's token into that file (chmod 600)",
        );
        let guilds = section.get(&GUILDS);
        if guilds.as_ref().is_none_or(Vec::is_empty) && !section.is_refused(&GUILDS) {
            let cure =
                "add guilds = [\"<server id>\"] below [discord]; commands are taken there and nowhere else";
            section.refuse(&GUILDS, Refusal::new("names no server", cure));
        }
        let allow_roles = section.get(&ALLOW_ROLES);
        let allow_users = section.get(&ALLOW_USERS);
        let approvals_channel = section.get(&APPROVALS_CHANNEL);
        let requests_channel = section.get(&REQUESTS_CHANNEL);
        let audit_channel = section.get(&AUDIT_CHANNEL);
        let visible_to = section.get(&VISIBLE_TO);
        let search = section.get(&SEARCH);
        let api_proxy = section.get(&API_PROXY);
        Some(Self {
            token: token?,
            guilds: guilds?,
            allow_roles: allow_roles.unwrap_or_default(),
            allow_users: allow_users.unwrap_or_default(),
            approvals_channel,
            requests_channel,
            audit_channel,
            visible_to: visible_to.unwrap_or(VisibleTo::Everyone),
            search: search.unwrap_or(true),
            api_proxy,
        })
    }

    /// Where the help desk is asked: `requests_channel`, or else `approvals_channel`.
    pub fn help_desk_channel(&self) -> Option<&str> {
        self.requests_channel.as_deref().or(self.approvals_channel.as_deref())
    }

    pub(crate) fn in_common(&self) -> ChatSection {
        ChatSection {
            table: TABLE,
            allow: &[ALLOW_ROLES.info, ALLOW_USERS.info],
            names_somebody: !self.allow_roles.is_empty() || !self.allow_users.is_empty(),
            has_approvals: self.approvals_channel.is_some(),
            has_requests: self.help_desk_channel().is_some(),
        }
    }
}

/// One of Discord's ids: a decimal number of 64 bits, 17 to 20 digits.
pub(crate) fn snowflake(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let is_number = text.parse::<u64>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && (17..=20).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(Refusal::new(
        format!("{} is not one of Discord's ids", shown(text)),
        "use the number of 17 to 20 digits that Discord copies (User Settings, Advanced, Developer Mode; then right-click, Copy ID)",
    ))
}

fn proxy(text: &str) -> Result<String, Refusal> {
    let refuse = |cause: &str| {
        let cure = "use the proxy's address alone, like \"http://127.0.0.1:8081\"";
        Err(Refusal::new(format!("{} {cause}", shown(text)), cure))
    };
    match url::Url::parse(text.trim()) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => refuse("is not http or https"),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => refuse("holds a login"),
        Ok(url) if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
            refuse("is more than an address")
        }
        Ok(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        Err(_) => refuse("is not a URL"),
    }
}
