//! `[discord]`.

use crate::problem::Refusal;
use crate::secret::Secret;
use crate::section::Section;
use crate::shown::shown;

pub(crate) const KEYS: &[&str] = &[
    "token",
    "token_file",
    "guilds",
    "allow_roles",
    "allow_users",
    "approvals_channel",
    "audit_channel",
    "visible_to",
    "search",
    "api_proxy",
];

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
        let token = section.secret("token", "token_file");
        if !section.has("token") && !section.has("token_file") {
            let cure = "add token_file = \"discord-token\" below [discord], and write the bot's token into that file (chmod 600)";
            section.refuse("token_file", Refusal::new("is not set", cure));
        }
        let guilds = section.list("guilds", snowflake);
        if guilds.as_ref().is_none_or(Vec::is_empty) && !section.is_refused("guilds") {
            let cure =
                "add guilds = [\"<server id>\"] below [discord]; commands are taken there and nowhere else";
            section.refuse("guilds", Refusal::new("names no server", cure));
        }
        let allow_roles = section.list("allow_roles", snowflake);
        let allow_users = section.list("allow_users", snowflake);
        let approvals_channel = section.parsed("approvals_channel", snowflake);
        let audit_channel = section.parsed("audit_channel", snowflake);
        let visible_to = section.choice(
            "visible_to",
            &[("everyone", VisibleTo::Everyone), ("administrators", VisibleTo::Administrators)],
        );
        let search = section.choice("search", &[("on", true), ("off", false)]);
        let api_proxy = section.parsed("api_proxy", proxy);
        Some(Self {
            token: token?,
            guilds: guilds?,
            allow_roles: allow_roles.unwrap_or_default(),
            allow_users: allow_users.unwrap_or_default(),
            approvals_channel,
            audit_channel,
            visible_to: visible_to.unwrap_or(VisibleTo::Everyone),
            search: search.unwrap_or(true),
            api_proxy,
        })
    }

    /// Whether the section itself names anybody who may.
    pub(crate) fn names_somebody(&self) -> bool {
        !self.allow_roles.is_empty() || !self.allow_users.is_empty()
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
