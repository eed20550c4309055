//! `reset-link doctor` on Discord: asks for everything that an operator can get wrong there, and changes nothing.

mod account;
mod ask;
mod channels;
mod guilds;
mod people;

use config::ConfiguredAdmin;

use self::account::Application;
use self::ask::Asking;
use self::guilds::SeenGuild;
use super::rest::{Rest, RestSettings};
use crate::Clock;
use crate::doctor::{Finding, ServerTime};

/// What the bot needs in its channels: View Channel (1024) and Send Messages (2048).
const NEEDED: u64 = 3072;

/// What was found.
#[derive(Debug)]
pub struct Diagnosis {
    /// In the order in which they were looked for.
    pub findings: Vec<Finding>,
    /// What Discord's clock said.
    pub time: Option<ServerTime>,
    /// The address at which an administrator of a server invites the bot.
    pub invitation: String,
}

/// Asks Discord about these settings.
///
/// # Errors
/// Where the HTTP client cannot be made: the system lacks what it needs for TLS.
pub async fn examine(
    settings: &config::Discord,
    admins: &[ConfiguredAdmin],
    clock: &Clock,
) -> Result<Diagnosis, reqwest::Error> {
    let rest = RestSettings { token: settings.token.clone(), api_proxy: settings.api_proxy.clone() };
    let asking = Asking { rest: Rest::new(&rest)?, clock, time: None };
    let mut examination = Examination { settings, admins, asking, findings: Vec::new() };
    let application = examination.all().await;
    Ok(Diagnosis {
        findings: examination.findings,
        time: examination.asking.time,
        invitation: invitation(application.as_ref()),
    })
}

/// The address at which an administrator of a server invites the bot.
fn invitation(application: Option<&Application>) -> String {
    let id = application.map_or("APPLICATION_ID", |application| &application.id);
    format!(
        "https://discord.com/oauth2/authorize?client_id={id}&scope=bot+applications.commands&permissions={NEEDED}"
    )
}

struct Examination<'a> {
    settings: &'a config::Discord,
    admins: &'a [ConfiguredAdmin],
    asking: Asking<'a>,
    findings: Vec<Finding>,
}

impl Examination<'_> {
    async fn all(&mut self) -> Option<Application> {
        let account = match self.token().await {
            Ok(account) => account,
            Err(why) => {
                self.leave_out(why);
                return None;
            }
        };
        let application = self.application().await;
        self.gateway().await;
        let guilds = self.guilds(&account, application.as_ref()).await;
        self.commands(&guilds, application.as_ref()).await;
        self.roles(&guilds);
        self.users(&guilds).await;
        self.channels(&guilds, &account).await;
        application
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Says of everything that is set that it was not checked.
    fn leave_out(&mut self, why: &str) {
        let settings = self.settings;
        for (subject, is_set) in [
            ("discord.application", true),
            ("discord.gateway", true),
            ("discord.guilds", true),
            ("discord.commands", true),
            (people::ROLES, !settings.allow_roles.is_empty()),
            (people::USERS, !settings.allow_users.is_empty()),
            (people::ADMINS, self.admins.iter().any(|admin| admin.discord.is_some())),
            (channels::APPROVALS, settings.approvals_channel.is_some()),
            (channels::AUDIT, settings.audit_channel.is_some()),
        ] {
            if is_set {
                self.find(Finding::not_checked(subject, why));
            }
        }
    }
}

/// Whether every server that is set could be looked into: only then is what was not found not there.
fn are_all_seen(settings: &config::Discord, guilds: &[SeenGuild]) -> bool {
    guilds.len() == settings.guilds.len()
}

/// Why something was looked for in vain and may be there all the same.
const NOT_ALL_SEEN: &str = "not every server of discord.guilds could be looked into";
