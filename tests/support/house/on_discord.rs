use std::sync::Arc;

use bot::chat::discord::{Discord, DiscordSettings, Ended, RestSettings, rest};
use bot::{Bot, People, Platform};
use config::{Secret, VisibleTo};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::House;
use super::process::organisation;
use crate::discord::FakeDiscord;

/// The bot's token on the fake.
pub const TOKEN: &str = "MTIz.fake.token-for-tests";

/// The house's bot on a fake Discord, running. It stops when dropped.
pub struct OnDiscord {
    bot: Bot,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Ended>>,
}

impl OnDiscord {
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

impl Drop for OnDiscord {
    fn drop(&mut self) {
        self.task.abort();
        self.bot.remove_chat(Platform::Discord);
    }
}

impl House {
    /// Brings the bot of the running process to Discord, as `run` does. REST goes to the fake as through a proxy.
    pub async fn on_discord(&self, fake: &FakeDiscord, guilds: &[u64]) -> OnDiscord {
        fake.answers().await.expect("the fake answers; without it the library would go to the real Discord");
        let config = config::Discord {
            token: Secret::new(TOKEN),
            guilds: guilds.iter().map(u64::to_string).collect(),
            allow_roles: Vec::new(),
            allow_users: Vec::new(),
            approvals_channel: self.plan.approvals_channel.map(|id| id.to_string()),
            audit_channel: self.plan.audit_channel.map(|id| id.to_string()),
            visible_to: VisibleTo::Everyone,
            search: self.plan.discord.as_ref().is_none_or(|allowed| allowed.search),
            api_proxy: Some(fake.rest_url()),
        };
        let mut settings = DiscordSettings::new(&config, &organisation(), self.people());
        settings.patience = self.plan.patience;
        let for_rest = RestSettings { token: config.token, api_proxy: config.api_proxy };
        let stop = CancellationToken::new();
        let (bot, clock, stopped) = (self.bot(), self.clock.as_fn(), stop.clone());
        let task = self.process().spawn(async move {
            let chat = Discord::new(bot.clone(), rest(&for_rest).expect("a client"), settings, clock);
            bot.add_chat(Platform::Discord, Arc::new(chat.clone()));
            chat.run(rest(&for_rest).expect("a client"), stopped.cancelled()).await
        });
        OnDiscord { bot: self.bot(), stop, task }
    }

    /// Who is called what.
    pub fn people(&self) -> People {
        People::from(&self.plan.admins[..])
    }
}
