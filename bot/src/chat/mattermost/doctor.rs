//! `reset-link doctor` on Mattermost: asks for everything that an operator can get wrong there, and changes nothing.

use config::ConfiguredAdmin;
use reqwest::{Client, Method};
use serde_json::Value;
use url::Url;

use super::api::{Api, MattermostError};
use crate::chat::http::REQUEST_TIME;
use crate::doctor::Finding;
use crate::words::sanitize;

const TOKEN: &str = "mattermost.bot_token";
const SERVER: &str = "mattermost.server_url";
const TEAM: &str = "mattermost.team";
const USERS: &str = "mattermost.allow_users";
const ADMINS: &str = "admins.mattermost";
const APPROVALS: &str = "mattermost.approvals_channel";
const REQUESTS: &str = "mattermost.requests_channel";
const AUDIT: &str = "mattermost.audit_channel";

const NOT_A_MEMBER: &str = "the team's menu, Invite People, or System Console, Users; or correct the id";

/// Asks the server about these settings.
pub async fn examine(
    settings: &config::Mattermost,
    admins: &[ConfiguredAdmin],
    client: Client,
) -> Vec<Finding> {
    let api = Api::new(client, &settings.server_url, settings.bot_token.clone());
    Examination { settings, admins, api }.all().await
}

struct Examination<'a> {
    settings: &'a config::Mattermost,
    admins: &'a [ConfiguredAdmin],
    api: Api,
}

impl Examination<'_> {
    async fn all(&self) -> Vec<Finding> {
        let (bot, token) = match self.token().await {
            Ok(told) => told,
            Err(finding) => {
                let why = "the server could not be asked as the bot";
                let left_out =
                    std::iter::once(SERVER).chain(self.subjects().into_iter().map(|(subject, ..)| subject));
                let left_out = left_out.map(|subject| Finding::not_checked(subject, why));
                return std::iter::once(finding).chain(left_out).collect();
            }
        };
        let mut findings = vec![token, self.site().await, self.member(TEAM, &bot, "the bot").await];
        for (subject, id, name) in self.subjects() {
            findings.push(match subject {
                APPROVALS | REQUESTS | AUDIT => self.channel(subject, id, &bot).await,
                TEAM => continue,
                _ => self.member(subject, id, &name).await,
            });
        }
        findings
    }

    /// Everything that is set: the setting, the id, and what to call it.
    fn subjects(&self) -> Vec<(&'static str, &str, String)> {
        let settings = self.settings;
        let users = settings.allow_users.iter().map(|user| (USERS, user.as_str(), user.clone()));
        let person = |admin: &'_ ConfiguredAdmin| {
            format!("{} ({})", sanitize(&admin.name), admin.mattermost.as_deref().unwrap_or_default())
        };
        let persons = self
            .admins
            .iter()
            .filter_map(|admin| admin.mattermost.as_deref().map(|user| (ADMINS, user, person(admin))));
        let channels = [
            (APPROVALS, &settings.approvals_channel),
            (REQUESTS, &settings.requests_channel),
            (AUDIT, &settings.audit_channel),
        ];
        let channels = channels
            .into_iter()
            .filter_map(|(subject, channel)| channel.as_deref().map(|id| (subject, id, id.to_owned())));
        std::iter::once((TEAM, settings.team.as_str(), settings.team.clone()))
            .chain(users)
            .chain(persons)
            .chain(channels)
            .collect()
    }

    async fn get(&self, route: &str) -> Result<Value, MattermostError> {
        self.api.call(Method::GET, route, None, REQUEST_TIME).await
    }

    /// The bot's own id, and whose the token is.
    async fn token(&self) -> Result<(String, Finding), Finding> {
        match self.get("/users/me").await {
            Ok(own) => {
                let text = |name: &str| own[name].as_str().map(sanitize).unwrap_or_default();
                let (id, name) = (text("id"), text("username"));
                if own["is_bot"] == Value::Bool(true) {
                    let finding = Finding::ok(TOKEN, format!("the bot is {name} ({id})"));
                    return Ok((id, finding));
                }
                let cure = "Integrations, Bot Accounts: make one, and take its token";
                let finding = Finding::warn(TOKEN, format!("it is a person's, {name} ({id})"), cure);
                Ok((id, finding))
            }
            Err(MattermostError::Refused { status: 401, .. }) => Err(Finding::fail(
                TOKEN,
                "Mattermost does not take the bot's token (401)",
                "copy the bot account's access token into the file that mattermost.bot_token_file names",
            )),
            Err(failure) => Err(unanswered(TOKEN, &failure)),
        }
    }

    /// By which address the server calls itself: commands name that one, or the one by which a client reaches it.
    async fn site(&self) -> Finding {
        const CURE: &str =
            "System Console, Environment, Web Server, Site URL: the address by which people reach the server";
        let own = &self.settings.server_url;
        let told = match self.api.site_url(REQUEST_TIME).await {
            Ok(Some(told)) => told,
            Ok(None) => {
                return Finding::warn(
                    SERVER,
                    format!("the server has no Site URL: only commands that name {own} are taken"),
                    CURE,
                );
            }
            Err(failure) => return unanswered(SERVER, &failure),
        };
        match (Url::parse(&told), Url::parse(own)) {
            (Ok(site), Ok(server)) if site.origin() == server.origin() => {
                Finding::ok(SERVER, format!("the server calls itself {}", sanitize(&told)))
            }
            (Ok(site), _) if matches!(site.scheme(), "http" | "https") => Finding::ok(
                SERVER,
                format!(
                    "the server calls itself {}: commands name that, and answers go to {own}",
                    sanitize(&told)
                ),
            ),
            _ => Finding::warn(
                SERVER,
                format!(
                    "the server's Site URL is no address ({}): only commands that name {own} are taken",
                    sanitize(&told)
                ),
                CURE,
            ),
        }
    }

    async fn member(&self, subject: &'static str, user: &str, shown: &str) -> Finding {
        let team = &self.settings.team;
        match self.get(&format!("/teams/{team}/members/{user}")).await {
            Ok(member) if member["delete_at"].as_i64().unwrap_or(0) == 0 => {
                Finding::ok(subject, format!("{shown} is a member of the team"))
            }
            Ok(_) | Err(MattermostError::Refused { status: 404, .. }) if subject == TEAM => Finding::fail(
                subject,
                format!("the bot is not in the team {team}, or there is none"),
                "System Console, Teams: add the bot; or correct the id",
            ),
            Ok(_) | Err(MattermostError::Refused { status: 404, .. }) => Finding::warn(
                subject,
                format!("{shown} is not in the team, and can give no commands"),
                NOT_A_MEMBER,
            ),
            Err(MattermostError::Refused { status: 403, .. }) => Finding::fail(
                subject,
                format!("the bot may not ask who is in the team {team}"),
                "System Console, Teams: add the bot; or correct mattermost.team",
            ),
            Err(failure) => unanswered(subject, &failure),
        }
    }

    async fn channel(&self, subject: &'static str, channel: &str, bot: &str) -> Finding {
        match self.get(&format!("/channels/{channel}/members/{bot}")).await {
            Ok(_) => Finding::ok(subject, format!("the bot is in {channel}")),
            Err(MattermostError::Refused { status: 403 | 404, .. }) => Finding::fail(
                subject,
                format!("the bot is not in the channel {channel}, or there is none"),
                "the channel's menu, Members, Add; or correct the id (View Info)",
            ),
            Err(failure) => unanswered(subject, &failure),
        }
    }
}

/// Where the server gave no answer, or one that says nothing about the question.
fn unanswered(subject: &'static str, failure: &MattermostError) -> Finding {
    Finding::fail(
        subject,
        failure.to_string(),
        "look whether mattermost.server_url is right and the server is up",
    )
}
