//! `reset-link doctor` on Discord: asks for everything that an operator can get wrong there, and changes nothing.

mod account;
mod ask;
mod channels;
mod examination;
mod guilds;
mod people;

use config::ConfiguredAdmin;

use self::account::{Application, invitation};
use self::ask::Asking;
use self::examination::Examination;
use super::api::Rest;
use crate::Clock;
use crate::chat::chat_platform::Diagnosis;
use crate::doctor::Finding;

/// Asks Discord about these settings.
pub async fn examine(
    settings: &config::Discord,
    admins: &[ConfiguredAdmin],
    rest: Rest,
    clock: &Clock,
) -> Diagnosis {
    let asking = Asking { rest, clock, time: None };
    let mut examination = Examination { settings, admins, asking, findings: Vec::new() };
    let application = examination.all().await;
    Diagnosis {
        findings: examination.findings,
        time: examination.asking.time,
        invitation: Some(invitation(application.as_ref())),
    }
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
            (channels::REQUESTS, settings.requests_channel.is_some()),
            (channels::AUDIT, settings.audit_channel.is_some()),
        ] {
            if is_set {
                self.find(Finding::not_checked(subject, why));
            }
        }
    }
}
