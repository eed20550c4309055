use std::net::Ipv4Addr;
use std::sync::Arc;

use bot::Platform;
use bot::chat::mattermost::{Mattermost, MattermostSettings};
use config::Secret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Harness;
use crate::fakes::kit::client;
use crate::fakes::mattermost::FakeMattermost;

/// What the bot on the fake is known by: the bot account's token, the command's token.
pub const MATTERMOST: [&str; 2] = ["fake-bot-account-token-00", "fake-slash-command-token0"];

/// The process's bot on a fake Mattermost, listening. It stops when dropped.
pub struct OnMattermost {
    bot: bot::Bot,
    stop: CancellationToken,
    /// Where the bot listens.
    pub url: String,
}

impl Drop for OnMattermost {
    fn drop(&mut self) {
        self.stop.cancel();
        self.bot.remove_chat(Platform::Mattermost);
    }
}

impl Harness {
    /// Brings the bot of the running process to Mattermost, at this address or any, and tells the fake where it listens.
    pub async fn on_mattermost(&self, fake: &FakeMattermost, team: &str, at: Option<&str>) -> OnMattermost {
        fake.answers().await.expect("the fake answers");
        let [bot_token, command_token] = MATTERMOST;
        let listener = match at {
            // Buttons that stand lead there.
            Some(url) => TcpListener::bind(url.trim_start_matches("http://")).await,
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        };
        let listener = listener.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let config = config::Mattermost {
            server_url: fake.url().to_owned(),
            bot_token: Secret::new(bot_token),
            command_tokens: vec![Secret::new("another command's"), Secret::new(command_token)],
            callback_url: url.clone(),
            team: team.to_owned(),
            allow_users: Vec::new(),
            approvals_channel: self.plan.mattermost_approvals.clone(),
            requests_channel: None,
            audit_channel: self.plan.mattermost_audit.clone(),
        };
        let mut settings =
            MattermostSettings::new(&config, &self.process().config.bot.organisation, self.people());
        settings.patience = self.plan.patience;
        let client = client::in_the_clear().build().expect("a client");
        let chat = Mattermost::new(self.bot(), client, settings, self.clock.as_fn());
        self.bot().add_chat(Platform::Mattermost, Arc::new(chat.clone()));
        let listener = listener.into_std().expect("a socket");
        let stop = CancellationToken::new();
        let (routes, stopped, feed) = (chat.routes(), stop.clone(), stop.clone());
        self.process().spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a socket");
            net::serve(listener, routes, net::Limits::of_few_callers(400), stopped.cancelled_owned()).await;
        });
        drop(self.process().spawn(async move { chat.feed(feed).await }));
        fake.connect(&url);
        OnMattermost { bot: self.bot(), stop, url }
    }
}
