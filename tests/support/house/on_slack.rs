use std::net::Ipv4Addr;
use std::sync::Arc;

use bot::Platform;
use bot::chat::slack::{Slack, SlackSettings};
use config::Secret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::House;
use super::process::organisation;
use crate::slack::FakeSlack;

/// What the app on the fake is known by: bot token, app-level token, signing secret.
pub const APP: [&str; 3] = ["xoxb-fake-token", "xapp-fake-token", "fake-signing-secret"];

/// The house's bot on a fake Slack, listening. It stops when dropped.
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

impl House {
    /// Brings the bot of the running process to Slack, and tells the fake where it listens.
    pub async fn on_slack(&self, fake: &FakeSlack, team: &str) -> OnSlack {
        fake.answers().await.expect("the fake answers");
        let [bot_token, _, signing_secret] = APP;
        let channel = |id: &Option<&'static str>| id.map(str::to_owned);
        let config = config::Slack {
            bot_token: Secret::new(bot_token),
            signing_secret: Secret::new(signing_secret),
            team: team.to_owned(),
            allow_groups: self.plan.slack.clone().unwrap_or_default().groups,
            allow_users: Vec::new(),
            search: self.plan.slack.as_ref().is_none_or(|allowed| allowed.search),
            approvals_channel: channel(&self.plan.slack_approvals),
            audit_channel: channel(&self.plan.slack_audit),
        };
        let mut settings = SlackSettings::new(&config, &organisation(), self.people());
        settings.patience = self.plan.patience;
        let chat = Slack::new(self.bot(), fake.client(), settings, self.clock.as_fn());
        self.bot().add_chat(Platform::Slack, Arc::new(chat.clone()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let listener = listener.into_std().expect("a socket");
        let stop = CancellationToken::new();
        let (routes, stopped, feed) = (chat.routes(), stop.clone(), stop.clone());
        self.process().spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a socket");
            let served = axum::serve(listener, routes).with_graceful_shutdown(stopped.cancelled_owned());
            served.await.expect("it serves until it is stopped");
        });
        // Reads along before anything is done.
        let reading = self.process().spawn(async move { chat.feed(feed).await });
        drop(reading);
        fake.connect(&url);
        OnSlack { bot: self.bot(), stop, url }
    }
}
