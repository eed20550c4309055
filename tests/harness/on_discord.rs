use std::sync::Arc;
use std::time::Duration;

use bot::chat::discord::{Discord, DiscordSettings, Ended, Rest, RestSettings};
use bot::chat::{Connecting, Proxies, registry};
use bot::policy::People;
use bot::{Bot, Platform};
use config::{Secret, VisibleTo};
use reqwest::{Certificate, ClientBuilder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Harness;
use crate::fakes::discord::FakeDiscord;

/// The bot's token on the fake.
pub const TOKEN: &str = "MTIz.fake.token-for-tests";

/// How long the bot waits before it tries again: real time, and little of it.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// The process's bot on a fake Discord, running. It stops when dropped.
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

fn connecting(first_wait: Duration) -> Connecting {
    Connecting { first_wait, proxies: Proxies::none(), ..Connecting::default() }
}

impl Harness {
    /// Brings the bot of the running process to Discord, as `run` does. REST goes to the fake as through a proxy.
    pub async fn on_discord(&self, fake: &FakeDiscord, guilds: &[u64]) -> OnDiscord {
        fake.answers().await.expect("the fake answers");
        let proxy = Some(fake.rest_url());
        self.bring_to_discord(guilds, ClientBuilder::new(), proxy, connecting(FIRST_WAIT))
    }

    /// The same where the bot waits for so long before it tries again.
    pub async fn on_discord_that_waits(
        &self,
        fake: &FakeDiscord,
        guilds: &[u64],
        first_wait: Duration,
    ) -> OnDiscord {
        fake.answers().await.expect("the fake answers");
        let proxy = Some(fake.rest_url());
        self.bring_to_discord(guilds, ClientBuilder::new(), proxy, connecting(first_wait))
    }

    /// The same where REST goes to `discord.com`, which is the fake, and the library's own rate limiter is on.
    pub async fn on_discord_com(&self, fake: &FakeDiscord, guilds: &[u64]) -> OnDiscord {
        fake.answers().await.expect("the fake answers");
        let there = fake.discord_com();
        let client = ClientBuilder::new()
            .no_proxy()
            .tls_built_in_root_certs(false)
            .add_root_certificate(Certificate::from_pem(there.authority.as_bytes()).expect("PEM"))
            .resolve("discord.com", there.address);
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(there.authority.as_bytes()).expect("PEM");
        roots.add(authority).expect("an authority");
        let connecting = Connecting { roots: roots.into(), ..connecting(FIRST_WAIT) };
        self.bring_to_discord(guilds, client, None, connecting)
    }

    fn bring_to_discord(
        &self,
        guilds: &[u64],
        client: ClientBuilder,
        api_proxy: Option<String>,
        connecting: Connecting,
    ) -> OnDiscord {
        let config = config::Discord {
            token: Secret::new(TOKEN),
            guilds: guilds.iter().map(u64::to_string).collect(),
            allow_roles: Vec::new(),
            allow_users: Vec::new(),
            approvals_channel: self.plan.approvals_channel.map(|id| id.to_string()),
            requests_channel: None,
            audit_channel: self.plan.audit_channel.map(|id| id.to_string()),
            visible_to: VisibleTo::Everyone,
            search: self.plan.discord.as_ref().is_none_or(|allowed| allowed.search),
            api_proxy,
        };
        let mut settings =
            DiscordSettings::new(&config, &self.process().config.bot.organisation, self.people());
        settings.patience = self.plan.patience;
        settings.connecting = connecting;
        let for_rest = RestSettings { token: config.token, api_proxy: config.api_proxy };
        let stop = CancellationToken::new();
        let (bot, clock, stopped) = (self.bot(), self.clock.as_fn(), stop.clone());
        let rest = Rest::by(client, &for_rest).expect("a client");
        let chat = Discord::new(bot.clone(), rest, settings, clock);
        bot.add_chat(Platform::Discord, Arc::new(chat.clone()));
        let task = self.process().spawn(async move { chat.run(stopped.cancelled()).await });
        OnDiscord { bot: self.bot(), stop, task }
    }

    /// Who is called what.
    pub fn people(&self) -> People {
        registry::people(&self.plan.admins)
    }
}
