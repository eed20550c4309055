use async_trait::async_trait;
use bot::policy::Allowed;
use reset_link_tests::fakes::slack::{
    FakeSlack, Fault, Lasts, Place, SlackMessage, SlackSettings, SlackUser, SlashHandle,
};
use reset_link_tests::harness::{APP, Harness, OnSlack, OnSlackSocket, Plan};

use super::{SOON, Stage, Who};

const TEAM: &str = "T0FAKE001";
const GENERAL: &str = "C0GENERAL";
const APPROVALS: &str = "C0APPROVE";
const HELP_DESK: &str = "S0HELPDES";

fn id(who: Who) -> &'static str {
    match who {
        Who::Alice => "U0ALICE00",
        Who::Greta => "U0GRETA00",
        Who::Bob => "U0BOB0000",
    }
}

/// How the app hears: by its listener, or over sockets.
enum Hearing {
    Requests(#[expect(dead_code, reason = "it listens until it is dropped")] OnSlack),
    Sockets(#[expect(dead_code, reason = "it is connected until it is dropped")] OnSlackSocket),
}

pub(super) struct OnFake<const BY_SOCKET: bool> {
    harness: Harness,
    fake: FakeSlack,
    bot: Option<Hearing>,
}

impl<const BY_SOCKET: bool> OnFake<BY_SOCKET> {
    async fn enter(harness: &Harness, fake: &FakeSlack) -> Hearing {
        if !BY_SOCKET {
            return Hearing::Requests(harness.on_slack(fake, TEAM).await);
        }
        let bot = harness.on_slack_socket(fake, TEAM, SOON).await;
        fake.connected(SOON).await.unwrap();
        Hearing::Sockets(bot)
    }

    fn newest_question(&self) -> Option<SlackMessage> {
        self.fake.messages_at(&Place::Channel(APPROVALS.to_owned())).pop()
    }
}

#[async_trait]
impl<const BY_SOCKET: bool> Stage for OnFake<BY_SOCKET> {
    const HAS_LINKS_IN_ANSWERS: bool = true;
    type Command = SlashHandle;

    async fn set(plan: Plan) -> Self {
        let allowed = Allowed {
            places: vec![TEAM.to_owned()],
            groups: vec![HELP_DESK.to_owned()],
            users: vec![id(Who::Bob).to_owned()],
            search: true,
        };
        let harness =
            Harness::planned(Plan { slack: Some(allowed), slack_approvals: Some(APPROVALS), ..plan }).await;
        let [bot_token, app_token, signing_secret] = APP;
        let mut settings = SlackSettings::new(bot_token, app_token, signing_secret)
            .user(SlackUser::new(id(Who::Alice), "alice"))
            .user(SlackUser::new(id(Who::Greta), "greta"))
            .user(SlackUser::new(id(Who::Bob), "bob"))
            .group(HELP_DESK, "help-desk", &[id(Who::Alice), id(Who::Greta)])
            .channel(GENERAL, "general", false)
            .channel(APPROVALS, "approvals", true);
        settings.now = harness.clock.as_fn();
        settings.acknowledge_within = SOON;
        let fake = FakeSlack::start(settings).await;
        let bot = Some(Self::enter(&harness, &fake).await);
        Self { harness, fake, bot }
    }

    fn harness(&self) -> &Harness {
        &self.harness
    }

    async fn types(&self, who: Who, command: &str, contact: &str) -> String {
        let asked = self.fake.slash(id(who), GENERAL, &format!("/{command}"), &format!("contact:{contact}"));
        let answer = asked.answer_that(SOON, |message| !message.shown().contains("On it")).await;
        answer.unwrap().shown()
    }

    async fn presses(&self, who: Who, label: &str) -> String {
        let question = self.newest_question().unwrap();
        let action = question.action_id(label).unwrap();
        self.fake.press_stale(&question, &action, id(who)).answer(SOON).await.unwrap().shown()
    }

    fn question(&self) -> String {
        self.newest_question().unwrap().shown()
    }

    fn direct_messages(&self, who: Who) -> Vec<String> {
        self.fake.direct_messages(id(who)).iter().map(SlackMessage::shown).collect()
    }

    // <https://docs.slack.dev/reference/methods/usergroups.users.list#errors>
    fn says_nothing(&self, way: usize) -> bool {
        let faults = [
            Fault::error("internal_error"),
            Fault::error("missing_scope"),
            Fault::error("invalid_auth"),
            Fault::Status(503),
            Fault::Reset,
        ];
        let Some(fault) = faults.get(way) else { return false };
        self.fake.break_method("usergroups.users.list", fault.clone(), Lasts::UntilMended);
        true
    }

    fn sends(&self, who: Who, command: &str, contact: &str) -> SlashHandle {
        self.fake.slash(id(who), GENERAL, &format!("/{command}"), &format!("contact:{contact}"))
    }

    fn tells_again_at_once(&self, command: &SlashHandle) {
        command.replay();
    }

    async fn tells_again(&self, command: &SlashHandle) {
        // What was told of at once has been answered.
        let before = command.acknowledgements_that(2, SOON).await.unwrap().len();
        command.replay();
        command.acknowledgements_that(before + 1, SOON).await.unwrap();
    }

    async fn restart(&mut self) {
        self.bot = None;
        self.harness.kill_and_restart().await;
        if BY_SOCKET {
            self.fake.disconnected(SOON).await.unwrap();
        }
        self.bot = Some(Self::enter(&self.harness, &self.fake).await);
    }

    async fn presses_and_is_cut_off(&self, who: Who, label: &str) {
        let question = self.newest_question().unwrap();
        let action = question.action_id(label).unwrap();
        let pressed = self.fake.press_stale(&question, &action, id(who));
        self.harness.directory.is_asked().await;
        self.fake.cut_sockets();
        pressed.lapse();
    }

    async fn later_answer(&self, command: &SlashHandle) -> String {
        let answer = command.answer_that(SOON, |message| message.shown().contains("/r/v4.public."));
        answer.await.unwrap().shown()
    }

    fn takes_no_direct_messages(&self) {
        self.fake.break_method("conversations.open", Fault::error("cannot_dm_bot"), Lasts::UntilMended);
    }

    fn loses_its_word_for_direct_messages(&self) {
        self.fake.break_method("chat.postMessage", Fault::LostAnswer, Lasts::UntilMended);
    }

    fn delivers_nothing(&self) {
        self.fake.break_method("conversations.open", Fault::error("cannot_dm_bot"), Lasts::UntilMended);
        self.fake.break_method("response_url", Fault::Status(404), Lasts::UntilMended);
    }

    fn mend(&self) {
        self.fake.mend();
    }
}
