//! What differs from one test's process to another's, as the product's settings.

use std::path::Path;

use bot::policy::Allowed;
use config::{
    AllInOne, ConfiguredAdmin, Environment, ForProtected, Forgot, HandOver, Overrides, Secret, SlackHearing,
    VisibleTo,
};
use jiff::SignedDuration;

use super::{APP, LEASE, LIFETIME, MATTERMOST, PUBLIC_URL, SECRET, TOKEN};

/// What differs from one test's process to another's.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What becomes of a link that cannot be mailed.
    pub hand_over: HandOver,
    /// Links per admin and hour.
    pub per_admin: u32,
    /// Links per contact and 15 minutes.
    pub per_contact: u32,
    /// Searches per admin and minute.
    pub searches: u32,
    /// Whether a link that was mailed may be handed over instead.
    pub hand_over_instead: bool,
    /// What becomes of a link for a protected contact.
    pub for_protected: ForProtected,
    /// Protected contacts.
    pub protected: Vec<String>,
    /// Whether a mail server is configured.
    pub mail: bool,
    /// For how long a mail is tried again that is not taken yet.
    pub mail_retry: Option<SignedDuration>,
    /// What becomes of what contacts ask for on the page for a forgotten password.
    pub forgot: Forgot,
    /// How often one client may ask there in an hour.
    pub asks_per_client: u32,
    /// Whether contacts may change their password on a page.
    pub change: bool,
    /// Who may on Discord; absent: nobody.
    pub discord: Option<Allowed>,
    /// Where a second person is asked on Discord.
    pub approvals_channel: Option<u64>,
    /// Where the help desk is asked on Discord.
    pub requests_channel: Option<u64>,
    /// Where the audit is told on Discord.
    pub audit_channel: Option<u64>,
    /// How long Discord may take for a direct message, in real time.
    pub patience: std::time::Duration,
    /// Who may on Mattermost; absent: nobody.
    pub mattermost: Option<Allowed>,
    /// Where a second person is asked on Mattermost.
    pub mattermost_approvals: Option<String>,
    /// Where the audit is told on Mattermost.
    pub mattermost_audit: Option<String>,
    /// Who may on Slack; absent: nobody.
    pub slack: Option<Allowed>,
    /// Where a second person is asked on Slack.
    pub slack_approvals: Option<&'static str>,
    /// Where the audit is told on Slack.
    pub slack_audit: Option<&'static str>,
    /// Persons with accounts on several platforms.
    pub admins: Vec<ConfiguredAdmin>,
    /// The binding secret of the redeem half; the bot's is [`SECRET`].
    pub redeem_half_secret: [u8; 32],
    /// Whether the directory can set a password on condition, and says beforehand which version that will make.
    pub is_conditional: bool,
    /// How long the directory may take for one answer, in real time.
    pub directory_timeout: std::time::Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            hand_over: HandOver::Show,
            per_admin: 60,
            per_contact: 10,
            searches: 1000,
            hand_over_instead: false,
            for_protected: ForProtected::Refuse,
            protected: Vec::new(),
            mail: false,
            mail_retry: None,
            forgot: Forgot::Off,
            asks_per_client: 10,
            change: false,
            discord: None,
            approvals_channel: None,
            requests_channel: None,
            audit_channel: None,
            patience: std::time::Duration::from_secs(60),
            mattermost: None,
            mattermost_approvals: None,
            mattermost_audit: None,
            slack: None,
            slack_approvals: None,
            slack_audit: None,
            admins: Vec::new(),
            redeem_half_secret: SECRET,
            is_conditional: true,
            directory_timeout: std::time::Duration::from_secs(9),
        }
    }
}

impl Plan {
    /// The config of a process that keeps everything in this folder.
    pub(super) fn config(&self, folder: &Path) -> AllInOne {
        let text = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call 030 1234567.\"\nmail_from = \"Help desk <help@example.org>\"\n\
             [server]\npublic_url = \"{PUBLIC_URL}\"\n\
             [ledger]\nlease = \"{}s\"\n\
             [links]\nlifetime = \"{}s\"\n\
             [limits]\nlinks_per_admin_and_hour = {}\nlinks_per_contact_and_quarter_hour = {}\nsearches_per_admin_and_minute = {}\n\
             damaged_links_per_client_and_minute = 1000\nrequests_per_link_and_minute = 1000\n\
             [console]\nallow = [\"alice\", \"bob\"]\n",
            LEASE.as_secs(),
            LIFETIME.as_secs(),
            self.per_admin,
            self.per_contact,
            self.searches,
        );
        let overrides = Overrides { data: Some(folder.to_owned()), listen: None };
        let mut config: AllInOne =
            config::from_text("reset-link.toml", &text, &Environment::default(), &overrides)
                .expect("a config that loads");
        // What a config would refuse where a test leaves out what belongs to it.
        let bot = &mut config.bot;
        bot.forgot = self.forgot;
        let pages = &mut config.redeem_server.self_service;
        pages.forgot = self.forgot;
        pages.asks_per_client_and_hour = self.asks_per_client;
        pages.has_change = self.change;
        bot.links.hand_over = self.hand_over;
        bot.links.hand_over_instead = self.hand_over_instead;
        bot.links.for_protected = self.for_protected;
        bot.protected.ids.clone_from(&self.protected);
        bot.admins.clone_from(&self.admins);
        bot.discord = self.discord.as_ref().map(|allowed| discord(self, allowed));
        bot.slack = self.slack.as_ref().map(|allowed| slack(self, allowed));
        bot.mattermost = self.mattermost.as_ref().map(|allowed| mattermost(self, allowed));
        config
    }
}

fn discord(plan: &Plan, allowed: &Allowed) -> config::Discord {
    config::Discord {
        token: Secret::new(TOKEN),
        guilds: allowed.places.clone(),
        allow_roles: allowed.groups.clone(),
        allow_users: allowed.users.clone(),
        approvals_channel: plan.approvals_channel.map(|id| id.to_string()),
        requests_channel: plan.requests_channel.map(|id| id.to_string()),
        audit_channel: plan.audit_channel.map(|id| id.to_string()),
        visible_to: VisibleTo::Everyone,
        search: allowed.search,
        api_proxy: None,
    }
}

fn slack(plan: &Plan, allowed: &Allowed) -> config::Slack {
    let [bot_token, _, signing_secret] = APP;
    config::Slack {
        bot_token: Secret::new(bot_token),
        hearing: SlackHearing::Requests(Secret::new(signing_secret)),
        team: allowed.places.first().cloned().unwrap_or_default(),
        allow_groups: allowed.groups.clone(),
        allow_users: allowed.users.clone(),
        search: allowed.search,
        approvals_channel: plan.slack_approvals.map(str::to_owned),
        requests_channel: None,
        audit_channel: plan.slack_audit.map(str::to_owned),
    }
}

fn mattermost(plan: &Plan, allowed: &Allowed) -> config::Mattermost {
    let [bot_token, command_token] = MATTERMOST;
    config::Mattermost {
        server_url: "http://localhost".to_owned(),
        bot_token: Secret::new(bot_token),
        command_tokens: vec![Secret::new("another command's"), Secret::new(command_token)],
        callback_url: "http://localhost".to_owned(),
        team: allowed.places.first().cloned().unwrap_or_default(),
        allow_users: allowed.users.clone(),
        approvals_channel: plan.mattermost_approvals.clone(),
        requests_channel: None,
        audit_channel: plan.mattermost_audit.clone(),
    }
}
