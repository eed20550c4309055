//! The bot on Mattermost, as admins and contacts experience it; Mattermost is the fake.

mod commands;
mod requests;

use std::time::Duration;

use bot::policy::Allowed;
use reset_link_tests::fakes::mattermost::{
    FakeChannel, FakeMattermost, FakePost, FakeUser, MattermostSettings, SiteUrl, id,
};
use reset_link_tests::harness::{Harness, MATTERMOST, OnMattermost, Plan};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

fn alice() -> String {
    id("alice")
}

fn bob() -> String {
    id("bob")
}

/// In the team, and nobody to us.
fn mallory() -> String {
    id("mallory")
}

fn plan() -> Plan {
    let allowed = Allowed {
        places: vec![id("the team")],
        groups: Vec::new(),
        users: vec![alice(), bob()],
        search: true,
    };
    Plan { mattermost: Some(allowed), ..Plan::default() }
}

fn server(harness: &Harness) -> MattermostSettings {
    let [bot_token, command_token] = MATTERMOST;
    let mut settings = MattermostSettings::new(bot_token, command_token)
        .user(FakeUser::new(&alice(), "alice"))
        .user(FakeUser::new(&bob(), "bob"))
        .user(FakeUser::new(&mallory(), "mallory"))
        .channel(FakeChannel::new(&id("general"), "general"))
        .channel(FakeChannel::new(&id("approvals"), "approvals"))
        .channel(FakeChannel::new(&id("audit"), "audit"));
    settings.now = harness.clock.as_fn();
    settings
}

/// A process and its bot on Mattermost.
struct Stage {
    harness: Harness,
    fake: FakeMattermost,
    bot: Option<OnMattermost>,
}

impl Stage {
    async fn set() -> Self {
        Self::planned(plan()).await
    }

    async fn planned(plan: Plan) -> Self {
        Self::as_set(plan, SiteUrl::OwnAddress).await
    }

    /// At a server that takes this for its address.
    async fn at(site_url: SiteUrl) -> Self {
        Self::as_set(plan(), site_url).await
    }

    async fn as_set(plan: Plan, site_url: SiteUrl) -> Self {
        let harness = Harness::planned(plan).await;
        let fake = FakeMattermost::start(MattermostSettings { site_url, ..server(&harness) }).await;
        let bot = Some(harness.on_mattermost(&fake, &id("the team"), None).await);
        Self { harness, fake, bot }
    }

    /// Where the bot listens.
    fn url(&self, route: &str) -> String {
        format!("{}{route}", self.bot.as_ref().expect("it listens").url)
    }

    /// The process is killed, and the next one listens at the same place.
    async fn restart(&mut self) {
        let url = self.bot.take().expect("it listens").url.clone();
        self.harness.kill_and_restart().await;
        self.bot = Some(self.harness.on_mattermost(&self.fake, &id("the team"), Some(&url)).await);
    }

    /// Somebody types a command about a contact, and reads the answer that comes later.
    async fn types(&self, user: &str, command: &str, contact: &str) -> FakePost {
        let asked = self.fake.slash(user, &id("general"), command, &format!("contact:{contact}"));
        let acknowledged = asked.acknowledged(SOON).await.unwrap();
        assert!(acknowledged.status == 200 && acknowledged.is_ephemeral(), "{acknowledged:?}");
        let answer = asked.later(1, SOON).await.unwrap().remove(0);
        assert!(answer.is_ephemeral() && !answer.calls_everybody());
        answer
    }

    /// Somebody presses a button, and reads what only they are told.
    async fn presses(&self, user: &str, post: &FakePost, label: &str) -> String {
        let action = post.action_id(label).unwrap_or_else(|| panic!("no button {label}"));
        let pressed = self.fake.press_stale(post, &action, user);
        let answer = pressed.answered(SOON).await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.ephemeral_text().to_owned()
    }
}

/// The link in a text, which stands alone in a block of code.
fn link_in(text: &str) -> Option<String> {
    let (_, block) = text.split_once("```\n")?;
    let (link, _) = block.split_once("\n```")?;
    assert!(!link.contains(char::is_whitespace), "{link}");
    Some(link.to_owned())
}
