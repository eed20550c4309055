//! The bot on Slack, as admins and contacts experience it; Slack is the fake.

mod approvals;
mod commands;
mod executable;
mod modal;
mod oracle;
mod requests;
mod socket;

use std::time::Duration;

use bot::policy::Allowed;
use reset_link_tests::fakes::slack::{FakeSlack, SlackMessage, SlackSettings, SlackUser};
use reset_link_tests::harness::{APP, Harness, OnSlack, Plan};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const TEAM: &str = "T0FAKE001";
const GENERAL: &str = "C0GENERAL";
const APPROVALS: &str = "C0APPROVE";
const AUDIT: &str = "C0AUDIT00";
const HELP_DESK: &str = "S0HELPDES";
/// On the help desk, by her user group.
const ALICE: &str = "U0ALICE00";
/// May, by his user id.
const BOB: &str = "U0BOB0000";
/// In the workspace, and nobody to us.
const MALLORY: &str = "U0MALLORY";

fn allowed() -> Allowed {
    Allowed {
        places: vec![TEAM.to_owned()],
        groups: vec![HELP_DESK.to_owned()],
        users: vec![BOB.to_owned()],
        search: true,
    }
}

fn plan() -> Plan {
    Plan { slack: Some(allowed()), ..Plan::default() }
}

fn workspace(harness: &Harness) -> SlackSettings {
    let [bot_token, app_token, signing_secret] = APP;
    let mut settings = SlackSettings::new(bot_token, app_token, signing_secret)
        .user(SlackUser::new(ALICE, "alice"))
        .user(SlackUser::new(BOB, "bob"))
        .user(SlackUser::new(MALLORY, "mallory"))
        .group(HELP_DESK, "help-desk", &[ALICE])
        .channel(GENERAL, "general", false)
        .channel(APPROVALS, "approvals", true)
        .channel(AUDIT, "audit", true);
    settings.now = harness.clock.as_fn();
    // How fast this machine is must not matter here.
    settings.acknowledge_within = SOON;
    settings
}

/// A process and its bot on Slack.
struct Stage {
    harness: Harness,
    fake: FakeSlack,
    bot: Option<OnSlack>,
}

impl Stage {
    async fn set() -> Self {
        Self::planned(plan()).await
    }

    async fn planned(plan: Plan) -> Self {
        let harness = Harness::planned(plan).await;
        let fake = FakeSlack::start(workspace(&harness)).await;
        let bot = Some(harness.on_slack(&fake, TEAM).await);
        Self { harness, fake, bot }
    }

    /// The process is killed, and the next one listens.
    async fn restart(&mut self) {
        self.bot = None;
        self.harness.kill_and_restart().await;
        self.bot = Some(self.harness.on_slack(&self.fake, TEAM).await);
    }

    /// Where the bot listens.
    fn url(&self, route: &str) -> String {
        format!("{}{route}", self.bot.as_ref().expect("it listens").url)
    }

    /// Somebody types a command about a contact, and reads the answer.
    async fn types(&self, user: &str, command: &str, contact: &str) -> SlackMessage {
        let asked = self.fake.slash(user, GENERAL, command, &format!("contact:{contact}"));
        let acknowledged = asked.acknowledged(SOON).await.unwrap();
        assert_eq!(acknowledged.status, 200);
        assert_eq!(acknowledged.json()["response_type"], "ephemeral");
        let on_it = |message: &SlackMessage| message.shown().contains("On it");
        let answer = asked.answer_that(SOON, |message| !on_it(message)).await.unwrap();
        assert!(answer.is_ephemeral() && answer.pings_nobody());
        answer
    }

    /// Somebody presses a button, and reads the answer.
    async fn presses(&self, user: &str, message: &SlackMessage, label: &str) -> SlackMessage {
        let id = message.action_id(label).unwrap_or_else(|| panic!("no button {label}"));
        let answer = self.fake.press_stale(message, &id, user).answer(SOON).await.unwrap();
        assert!(answer.is_ephemeral() && answer.pings_nobody());
        answer
    }
}

/// The link in a message, which stands alone in a block of code.
fn link_in(message: &SlackMessage) -> Option<String> {
    let shown = message.shown();
    let (_, block) = shown.split_once("```")?;
    let (link, _) = block.split_once("```")?;
    assert!(!link.contains(char::is_whitespace), "{link}");
    Some(link.to_owned())
}
