//! `reset-link doctor` on Slack: asks for everything that an operator can get wrong there, and changes nothing.

use std::collections::BTreeMap;

use config::ConfiguredAdmin;
use reqwest::Client;
use reqwest::header::DATE;
use serde_json::Value;

use super::api::{SlackError, WebApi};
use crate::Clock;
use crate::chat::chat_platform::Diagnosis;
use crate::chat::http::REQUEST_TIME;
use crate::doctor::{Finding, ServerTime};
use crate::words::sanitize;

const TOKEN: &str = "slack.bot_token";
const TEAM: &str = "slack.team";
const SCOPES: &str = "slack.scopes";
const GROUPS: &str = "slack.allow_groups";
const USERS: &str = "slack.allow_users";
const ADMINS: &str = "admins.slack";
const APPROVALS: &str = "slack.approvals_channel";
const REQUESTS: &str = "slack.requests_channel";
const AUDIT: &str = "slack.audit_channel";

/// What the bot cannot work without.
const NEEDED: [&str; 3] = ["commands", "chat:write", "im:write"];

/// What it needs besides where `slack.allow_groups` names a user group.
const FOR_GROUPS: &str = "usergroups:read";

/// What this examination alone can make use of.
const FOR_DOCTOR: [&str; 3] = [FOR_USERS, FOR_PUBLIC, FOR_PRIVATE];
const FOR_USERS: &str = "users:read";
const FOR_PUBLIC: &str = "channels:read";
const FOR_PRIVATE: &str = "groups:read";

/// Answers in which Slack tells which scopes a token has.
const GRANTED: &str = "x-oauth-scopes";

/// Asks Slack about these settings. The client finds Slack, and trusts its certificate.
pub async fn examine(
    settings: &config::Slack,
    admins: &[ConfiguredAdmin],
    client: Client,
    clock: &Clock,
) -> Diagnosis {
    let api = WebApi::new(client, settings.bot_token.clone());
    let mut examination = Examination {
        settings,
        admins,
        api,
        clock,
        time: None,
        granted: None,
        user: String::new(),
        findings: Vec::new(),
    };
    examination.all().await;
    Diagnosis { findings: examination.findings, time: examination.time, invitation: None }
}

struct Examination<'a> {
    settings: &'a config::Slack,
    admins: &'a [ConfiguredAdmin],
    api: WebApi,
    clock: &'a Clock,
    time: Option<ServerTime>,
    /// The scopes of the token, where Slack told them.
    granted: Option<Vec<String>>,
    /// What the bot user is called.
    user: String,
    findings: Vec<Finding>,
}

impl Examination<'_> {
    async fn all(&mut self) {
        if let Err(why) = self.token().await {
            self.leave_out(why);
            return;
        }
        let scopes = self.scopes();
        self.find(scopes);
        let settings = self.settings;
        for group in &settings.allow_groups {
            let finding = self.group(group).await;
            self.find(finding);
        }
        self.users().await;
        for (subject, channel) in [
            (APPROVALS, &settings.approvals_channel),
            (REQUESTS, &settings.requests_channel),
            (AUDIT, &settings.audit_channel),
        ] {
            let Some(channel) = channel else { continue };
            let finding = self.channel(subject, channel).await;
            self.find(finding);
        }
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Says of everything that is set that it was not checked.
    fn leave_out(&mut self, why: &str) {
        let settings = self.settings;
        for (subject, is_set) in [
            (SCOPES, true),
            (GROUPS, !settings.allow_groups.is_empty()),
            (USERS, !settings.allow_users.is_empty()),
            (ADMINS, self.admins.iter().any(|admin| admin.slack.is_some())),
            (APPROVALS, settings.approvals_channel.is_some()),
            (REQUESTS, settings.requests_channel.is_some()),
            (AUDIT, settings.audit_channel.is_some()),
        ] {
            if is_set {
                self.find(Finding::not_checked(subject, why));
            }
        }
    }

    async fn ask(&mut self, method: &str, query: &[(&str, &str)]) -> Result<Value, SlackError> {
        let asked = (self.clock)();
        let (headers, answer) = self.api.get_with_headers(method, query, REQUEST_TIME).await?;
        let time = headers.get(DATE).and_then(|date| ServerTime::new(asked, date.as_bytes(), (self.clock)()));
        self.time = self.time.or(time);
        if let Some(scopes) = headers.get(GRANTED).and_then(|scopes| scopes.to_str().ok()) {
            self.granted = Some(scopes.split(',').map(|scope| sanitize(scope.trim())).collect());
        }
        answer
    }

    /// Whose the token is, and of which workspace; or why nothing else can be asked.
    async fn token(&mut self) -> Result<(), &'static str> {
        let answer = match self.ask("auth.test", &[]).await {
            Ok(answer) => answer,
            Err(failure) => {
                let is_refused = matches!(failure, SlackError::Refused { .. });
                self.find(unanswered(TOKEN, &failure));
                return Err(if is_refused {
                    "Slack does not take the token"
                } else {
                    "Slack could not be asked"
                });
            }
        };
        let text = |name: &str| answer[name].as_str().map(sanitize).unwrap_or_default();
        if text("bot_id").is_empty() {
            self.find(Finding::fail(
                TOKEN,
                "it is a token, but not a bot user's",
                "copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions into the file that slack.bot_token_file names",
            ));
            return Err("the token is not a bot user's");
        }
        let (user, team) = (text("user"), text("team_id"));
        self.find(Finding::ok(TOKEN, format!("the bot is {user} ({})", text("user_id"))));
        self.user = user;
        if team != self.settings.team {
            let (name, configured) = (text("team"), &self.settings.team);
            self.find(Finding::fail(
                TEAM,
                format!("the token is of the workspace \"{name}\" ({team}), not of {configured}"),
                format!("set slack.team to \"{team}\", or copy the token from the app in {configured}"),
            ));
            return Err("the token is of another workspace");
        }
        self.find(Finding::ok(TEAM, format!("\"{}\" ({team})", text("team"))));
        Ok(())
    }

    fn scopes(&self) -> Finding {
        let Some(granted) = &self.granted else {
            return Finding::not_checked(SCOPES, "Slack does not tell them");
        };
        let is_granted = |scope: &&str| granted.iter().any(|granted| granted == scope);
        let for_groups = (!self.settings.allow_groups.is_empty()).then_some(FOR_GROUPS);
        let missing: Vec<&str> =
            NEEDED.into_iter().chain(for_groups).filter(|scope| !is_granted(scope)).collect();
        if !missing.is_empty() {
            return Finding::fail(
                SCOPES,
                format!("the app lacks {}", missing.join(", ")),
                "OAuth & Permissions, Bot Token Scopes, Add an OAuth Scope; then Install App, Reinstall",
            );
        }
        let known = || NEEDED.into_iter().chain(FOR_DOCTOR).chain([FOR_GROUPS]);
        let beyond: Vec<&str> = granted
            .iter()
            .map(String::as_str)
            .filter(|scope| !scope.is_empty() && known().all(|known| known != *scope))
            .collect();
        if !beyond.is_empty() {
            return Finding::warn(
                SCOPES,
                format!("the app may do more than it needs to: {}", beyond.join(", ")),
                "OAuth & Permissions, Bot Token Scopes: remove them; then Install App, Reinstall",
            );
        }
        Finding::ok(SCOPES, granted.join(", "))
    }

    fn lacks(&self, scope: &str) -> bool {
        self.granted.as_ref().is_some_and(|granted| granted.iter().all(|granted| granted != scope))
    }

    async fn group(&mut self, group: &str) -> Finding {
        let answer = self.ask("usergroups.users.list", &[("usergroup", group)]).await;
        match answer {
            Ok(answer) => match answer["users"].as_array().map_or(0, Vec::len) {
                0 => Finding::warn(
                    GROUPS,
                    format!("nobody is in the user group {group}"),
                    "People, User groups: add those who may issue links, or take it out",
                ),
                1 => Finding::ok(GROUPS, format!("{group} has 1 member")),
                members => Finding::ok(GROUPS, format!("{group} has {members} members")),
            },
            Err(failure) if failure.is("missing_scope") => lacking(GROUPS, FOR_GROUPS),
            Err(failure) if failure.is("no_such_subteam") => Finding::fail(
                GROUPS,
                format!("there is no user group {group}, or it is disabled"),
                "People, User groups, the group, Copy group ID; or take it out",
            ),
            Err(failure) if failure.is("plan_upgrade_required") => Finding::fail(
                GROUPS,
                "this workspace's plan has no user groups",
                "name users in slack.allow_users or [[admins]] instead",
            ),
            Err(failure) => unanswered(GROUPS, &failure),
        }
    }

    /// The users of `allow_users`, and the persons of `[[admins]]` who have an account there.
    async fn users(&mut self) {
        let (settings, admins) = (self.settings, self.admins);
        let of_persons: BTreeMap<&str, &str> =
            admins.iter().filter_map(|admin| Some((admin.slack.as_deref()?, admin.name.as_str()))).collect();
        if self.lacks(FOR_USERS) {
            for (subject, is_set) in
                [(USERS, !settings.allow_users.is_empty()), (ADMINS, !of_persons.is_empty())]
            {
                if is_set {
                    self.find(lacking(subject, FOR_USERS));
                }
            }
            return;
        }
        for user in &settings.allow_users {
            let finding = self.user(USERS, user, user).await;
            self.find(finding);
        }
        for (user, name) in of_persons {
            let finding = self.user(ADMINS, &format!("{} ({user})", sanitize(name)), user).await;
            self.find(finding);
        }
    }

    async fn user(&mut self, subject: &'static str, shown: &str, user: &str) -> Finding {
        let cure = "correct the id (the person's profile, More, Copy member ID), or take it out";
        match self.ask("users.info", &[("user", user)]).await {
            Ok(answer) if answer["user"]["deleted"] == Value::Bool(true) => {
                Finding::warn(subject, format!("the account of {shown} is deactivated"), cure)
            }
            Ok(answer) => {
                let name = answer["user"]["name"].as_str().map_or_else(|| "?".to_owned(), sanitize);
                Finding::ok(subject, format!("{shown} is {name}"))
            }
            Err(failure) if failure.is("missing_scope") => lacking(subject, FOR_USERS),
            Err(failure) if failure.is("user_not_found") || failure.is("user_not_visible") => Finding::warn(
                subject,
                format!("{shown} is nobody in this workspace, and can give no commands"),
                cure,
            ),
            Err(failure) => unanswered(subject, &failure),
        }
    }

    async fn channel(&mut self, subject: &'static str, channel: &str) -> Finding {
        let answer = match self.ask("conversations.info", &[("channel", channel)]).await {
            Ok(answer) => answer,
            Err(failure) if failure.is("missing_scope") => {
                return Finding::not_checked(
                    subject,
                    format_args!(
                        "whether the app is in {channel} is told with the scope {FOR_PUBLIC}, or {FOR_PRIVATE} for a private channel"
                    ),
                );
            }
            Err(failure) if failure.is("channel_not_found") && self.lacks(FOR_PRIVATE) => {
                return Finding::not_checked(
                    subject,
                    format_args!(
                        "{channel} was not found; a private channel is seen with the scope {FOR_PRIVATE} alone"
                    ),
                );
            }
            Err(failure) if failure.is("channel_not_found") => {
                return Finding::fail(
                    subject,
                    format!("there is no channel {channel}, or it is private and the app is not in it"),
                    self.invitation(),
                );
            }
            Err(failure) => return unanswered(subject, &failure),
        };
        let channel = &answer["channel"];
        let name = channel["name"].as_str().map(sanitize).unwrap_or_default();
        if channel["is_archived"] == Value::Bool(true) {
            return Finding::fail(
                subject,
                format!("#{name} is archived"),
                "unarchive it, or take another channel",
            );
        }
        if channel["is_member"] == Value::Bool(true) {
            return Finding::ok(subject, format!("the app is in #{name}"));
        }
        Finding::fail(subject, format!("the app is not in #{name}"), self.invitation())
    }

    fn invitation(&self) -> String {
        format!(
            "type `/invite @{}` in that channel; or correct the id (the channel's name, About, at the bottom)",
            self.user
        )
    }
}

/// What another finding says of a scope that the app lacks.
fn lacking(subject: &'static str, scope: &str) -> Finding {
    Finding::not_checked(subject, format_args!("the app lacks the scope {scope}, with which Slack tells"))
}

/// Where Slack gave no answer, or one that says nothing about the question.
fn unanswered(subject: &'static str, failure: &SlackError) -> Finding {
    let (text, cure) = failure.text_and_cure();
    let cure = cure.unwrap_or(
        "run doctor again; if it stays, look at https://slack-status.com and at this machine's way to slack.com (firewall, https_proxy)",
    );
    Finding::fail(subject, text, cure)
}
