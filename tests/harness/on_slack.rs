use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bot::Platform;
use bot::chat::slack::{Ended, Slack, SlackSettings};
use bot::chat::{Connecting, Proxies};
use config::{Secret, SlackHearing};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Harness;
use crate::fakes::slack::FakeSlack;

/// What the app on the fake is known by: bot token, app-level token, signing secret.
pub const APP: [&str; 3] = ["xoxb-fake-token", "xapp-fake-token", "fake-signing-secret"];

/// How long the bot waits before it tries again: real time, and little of it.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// The process's bot on a fake Slack, listening. It stops when dropped.
pub struct OnSlack {
    bot: bot::Bot,
    stop: CancellationToken,
    /// Where the bot listens.
    pub url: String,
}

impl Drop for OnSlack {
    fn drop(&mut self) {
        self.stop.cancel();
        self.bot.remove_chat(Platform::Slack);
    }
}

/// The process's bot on a fake Slack in Socket Mode. It stops when dropped.
pub struct OnSlackSocket {
    bot: bot::Bot,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Ended>>,
}

impl OnSlackSocket {
    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// Why it did.
    pub async fn ended(mut self) -> Result<(), Ended> {
        (&mut self.task).await.expect("neither killed nor panicked")
    }

    /// Ends it orderly.
    ///
    /// # Errors
    /// Where it had ended by itself before.
    pub async fn stop(self) -> Result<(), Ended> {
        self.stop.cancel();
        self.ended().await
    }
}

impl Drop for OnSlackSocket {
    fn drop(&mut self) {
        self.task.abort();
        self.bot.remove_chat(Platform::Slack);
    }
}

impl Harness {
    /// Brings the bot of the running process to Slack, and tells the fake where it listens.
    pub async fn on_slack(&self, fake: &FakeSlack, team: &str) -> OnSlack {
        let [_, _, signing_secret] = APP;
        let signing_secret = Secret::new(signing_secret);
        let chat = self.slack(fake, team, SlackHearing::Requests(signing_secret.clone())).await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let listener = listener.into_std().expect("a socket");
        let stop = CancellationToken::new();
        let (routes, stopped, feed) = (chat.routes(signing_secret), stop.clone(), stop.clone());
        self.process().spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a socket");
            net::serve(listener, routes, net::Limits::of_few_callers(400), stopped.cancelled_owned()).await;
        });
        // Reads along before anything is done.
        let reading = self.process().spawn(async move { chat.feed(feed).await });
        drop(reading);
        fake.connect(&url);
        OnSlack { bot: self.bot(), stop, url }
    }

    /// Brings the bot of the running process to Slack in Socket Mode; another connection takes the place of one that is silent for so long.
    pub async fn on_slack_socket(&self, fake: &FakeSlack, team: &str, silence: Duration) -> OnSlackSocket {
        self.on_slack_socket_that_waits(fake, team, silence, FIRST_WAIT).await
    }

    /// The same where the bot waits for so long before it tries again.
    pub async fn on_slack_socket_that_waits(
        &self,
        fake: &FakeSlack,
        team: &str,
        silence: Duration,
        first_wait: Duration,
    ) -> OnSlackSocket {
        let [_, app_token, _] = APP;
        let app_token = Secret::new(app_token);
        let chat = self.slack(fake, team, SlackHearing::Socket(app_token.clone())).await;
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(fake.authority().as_bytes()).expect("PEM");
        roots.add(authority).expect("an authority");
        let there = Some(fake.address());
        let (roots, proxies) = (roots.into(), Proxies::none());
        let connecting = Connecting { first_wait, silence, roots, proxies, there };
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = self
            .process()
            .spawn(async move { chat.run_socket(app_token, connecting, stopped.cancelled()).await });
        OnSlackSocket { bot: self.bot(), stop, task }
    }

    async fn slack(&self, fake: &FakeSlack, team: &str, hearing: SlackHearing) -> Slack {
        fake.answers().await.expect("the fake answers");
        let [bot_token, _, _] = APP;
        let channel = |id: &Option<&'static str>| id.map(str::to_owned);
        let config = config::Slack {
            bot_token: Secret::new(bot_token),
            hearing,
            team: team.to_owned(),
            allow_groups: self.plan.slack.clone().unwrap_or_default().groups,
            allow_users: Vec::new(),
            search: self.plan.slack.as_ref().is_none_or(|allowed| allowed.search),
            approvals_channel: channel(&self.plan.slack_approvals),
            requests_channel: None,
            audit_channel: channel(&self.plan.slack_audit),
        };
        let mut settings =
            SlackSettings::new(&config, &self.process().config.bot.organisation, self.people());
        settings.patience = self.plan.patience;
        let chat = Slack::new(self.bot(), fake.client(), settings, self.clock.as_fn());
        self.bot().add_chat(Platform::Slack, Arc::new(chat.clone()));
        chat
    }
}
