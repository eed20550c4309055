//! What the wiring, the policy and `reset-link doctor` need of a chat platform, whichever it is.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use config::ConfiguredAdmin;
use reqwest::ClientBuilder;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::websocket::Connecting;
use crate::Clock;
use crate::admin::Platform;
use crate::bot::Bot;
use crate::doctor::{Finding, ServerTime};
use crate::policy::{Allowed, People};
use crate::ports::Chat;

/// How long a platform may take for a direct message before the link is shown in another way, or withdrawn.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// A chat platform that this program speaks: what its config section says, and what is made of it.
#[async_trait]
pub trait ChatPlatform: Sync {
    /// Which it is.
    fn platform(&self) -> Platform;

    /// What the platform calls itself.
    fn name(&self) -> &'static str;

    /// Whether it is configured.
    fn is_on(&self, config: &config::Bot) -> bool {
        self.allowed(config).is_some()
    }

    /// Whom the operator allows there; `None`: the platform is not configured.
    fn allowed(&self, config: &config::Bot) -> Option<Allowed>;

    /// The account that a person has there.
    fn account<'a>(&self, admin: &'a ConfiguredAdmin) -> Option<&'a str>;

    /// What the platform calls the groups and the users whom an operator may allow there, for a text in English.
    fn called(&self) -> WhoIsAllowed;

    /// Where a second person is asked; `None`: nowhere.
    fn approvals_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str>;

    /// Where the help desk is asked about contacts who forgot their password; `None`: nowhere.
    fn help_desk_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str>;

    /// The platform's chat, ready to run; `None`: the platform is not configured.
    ///
    /// # Errors
    /// Where an HTTP client cannot be made: the system lacks what it needs for TLS.
    fn build(
        &self,
        config: &config::Bot,
        people: &People,
        bot: &Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Box<dyn ConfiguredChat>>, reqwest::Error>;

    /// Where the platform brings commands on the bot's own listener; `None`: it does not.
    fn command_route(&self, config: &config::Bot) -> Option<CommandRoute>;

    /// Asks the platform about its settings, and changes nothing; `None`: the platform is not configured.
    ///
    /// # Errors
    /// Where an HTTP client cannot be made: the system lacks what it needs for TLS.
    async fn examine(
        &self,
        config: &config::Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Diagnosis>, reqwest::Error>;
}

/// What a platform calls whom an operator may allow: one of them, and several; and with which settings.
pub struct WhoIsAllowed {
    /// Roles or user groups, where the platform has such.
    pub groups: Option<[&'static str; 2]>,
    /// Users.
    pub users: [&'static str; 2],
    /// The key under which the channel for approvals stands.
    pub approvals_key: &'static str,
    /// Where another person is allowed.
    pub cure: &'static str,
}

/// A chat that is put together and does not run yet.
#[async_trait]
pub trait ConfiguredChat: Send {
    /// What admins hear through.
    fn chat(&self) -> Arc<dyn Chat>;

    /// What the platform calls, for the bot's own listener; `None`: it does not call.
    fn routes(&self) -> Option<Router>;

    /// Takes commands, and tells the audit channel, until `stop`; what is under way then comes to its end behind the bot's answers.
    ///
    /// # Errors
    /// Where the platform does not let the bot in any more. Whatever else breaks is tried again without end.
    async fn run(self: Box<Self>, stop: CancellationToken) -> Result<(), ChatEnded>;
}

/// Why a chat has ended for good.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct ChatEnded(Box<dyn Error + Send + Sync>);

impl ChatEnded {
    pub(super) fn because(why: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(why))
    }
}

/// How platforms are reached.
#[derive(Clone)]
pub struct Outgoing {
    /// The beginning of each HTTP client.
    pub http: Arc<dyn Fn() -> ClientBuilder + Send + Sync>,
    /// How WebSockets are reached.
    pub connecting: Connecting,
    /// How long a platform may take for a direct message.
    pub patience: Duration,
}

impl Default for Outgoing {
    /// HTTP clients and WebSockets trust the same authorities.
    fn default() -> Self {
        let connecting = Connecting::default();
        let roots = connecting.roots.clone();
        let http = move || ClientBuilder::new().use_preconfigured_tls(roots.client_config());
        Self { http: Arc::new(http), connecting, patience: PATIENCE }
    }
}

impl Outgoing {
    /// A client that follows no redirection: an answer that is sent elsewhere would take its link there.
    pub(super) fn client(&self) -> Result<reqwest::Client, reqwest::Error> {
        (self.http)().redirect(reqwest::redirect::Policy::none()).build()
    }
}

/// Where a platform that calls us brings commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandRoute {
    /// What the platform calls itself.
    pub platform: &'static str,
    /// The path.
    pub path: &'static str,
}

/// What was found about a platform's settings.
#[derive(Debug)]
pub struct Diagnosis {
    /// In the order in which they were looked for.
    pub findings: Vec<Finding>,
    /// What the platform's clock said.
    pub time: Option<ServerTime>,
    /// The address at which an administrator there invites the bot, where there is such.
    pub invitation: Option<String>,
}
