use async_trait::async_trait;
use bot::policy::Allowed;
use reset_link_tests::fakes::mattermost::{
    CommandHandle, FakeChannel, FakeMattermost, FakePost, FakeUser, Fault, Lasts, MattermostSettings, Place,
    Refusal, id as unique,
};
use reset_link_tests::harness::{Harness, MATTERMOST, OnMattermost, Plan};

use super::{SOON, Stage, Who};

fn id(who: Who) -> String {
    unique(match who {
        Who::Alice => "alice",
        Who::Greta => "greta",
        Who::Bob => "bob",
    })
}

pub(super) struct OnFake {
    harness: Harness,
    fake: FakeMattermost,
    bot: Option<OnMattermost>,
}

impl OnFake {
    fn newest_question(&self) -> Option<FakePost> {
        self.fake.posts_at(&Place::Channel(unique("approvals"))).pop()
    }
}

#[async_trait]
impl Stage for OnFake {
    const HAS_LINKS_IN_ANSWERS: bool = false;
    type Command = CommandHandle;

    async fn set(plan: Plan) -> Self {
        let allowed = Allowed {
            places: vec![unique("the team")],
            groups: Vec::new(),
            users: [Who::Alice, Who::Greta, Who::Bob].map(id).to_vec(),
            search: true,
        };
        let plan =
            Plan { mattermost: Some(allowed), mattermost_approvals: Some(unique("approvals")), ..plan };
        let harness = Harness::planned(plan).await;
        let [bot_token, command_token] = MATTERMOST;
        let mut settings = MattermostSettings::new(bot_token, command_token)
            .user(FakeUser::new(&id(Who::Alice), "alice"))
            .user(FakeUser::new(&id(Who::Greta), "greta"))
            .user(FakeUser::new(&id(Who::Bob), "bob"))
            .channel(FakeChannel::new(&unique("general"), "general"))
            .channel(FakeChannel::new(&unique("approvals"), "approvals"));
        settings.now = harness.clock.as_fn();
        settings.outgoing_timeout = SOON;
        let fake = FakeMattermost::start(settings).await;
        let bot = harness.on_mattermost(&fake, &unique("the team"), None).await;
        Self { harness, fake, bot: Some(bot) }
    }

    fn harness(&self) -> &Harness {
        &self.harness
    }

    async fn types(&self, who: Who, command: &str, contact: &str) -> String {
        let asked = self.fake.slash(&id(who), &unique("general"), command, &format!("contact:{contact}"));
        asked.later(1, SOON).await.unwrap().remove(0).text()
    }

    async fn presses(&self, who: Who, label: &str) -> String {
        let question = self.newest_question().unwrap();
        let action = question.action_id(label).unwrap();
        let pressed = self.fake.press_stale(&question, &action, &id(who));
        pressed.answered(SOON).await.unwrap().ephemeral_text().to_owned()
    }

    fn question(&self) -> String {
        self.newest_question().unwrap().text()
    }

    fn direct_messages(&self, who: Who) -> Vec<String> {
        self.fake.direct_messages(&id(who)).iter().map(FakePost::text).collect()
    }

    /// A command comes with the team in which it was typed; whoever presses is asked for.
    fn says_nothing(&self, way: usize) -> bool {
        let faults = [
            Fault::Status(500),
            Fault::Status(404),
            Fault::Refused(Refusal::session_expired()),
            Fault::Refused(Refusal::not_permitted()),
            Fault::Reset,
        ];
        let Some(fault) = faults.get(way) else { return false };
        self.fake.break_route("GET", "/teams/*/members/*", fault.clone(), Lasts::UntilMended);
        true
    }

    fn sends(&self, who: Who, command: &str, contact: &str) -> CommandHandle {
        self.fake.slash(&id(who), &unique("general"), command, &format!("contact:{contact}"))
    }

    fn tells_again_at_once(&self, command: &CommandHandle) {
        command.replay();
    }

    async fn tells_again(&self, command: &CommandHandle) {
        // What was told of at once has been answered.
        let before = command.acknowledgements(2, SOON).await.unwrap().len();
        command.replay();
        let acknowledged = command.acknowledgements(before + 1, SOON).await.unwrap();
        assert_eq!(acknowledged.last().unwrap().status, 409);
    }

    async fn restart(&mut self) {
        let url = self.bot.take().expect("it listens").url.clone();
        self.harness.kill_and_restart().await;
        self.bot = Some(self.harness.on_mattermost(&self.fake, &unique("the team"), Some(&url)).await);
    }

    async fn presses_and_is_cut_off(&self, who: Who, label: &str) {
        let question = self.newest_question().unwrap();
        let action = question.action_id(label).unwrap();
        let pressed = self.fake.press_stale(&question, &action, &id(who));
        self.harness.directory.is_asked().await;
        self.fake.hangs_up();
        let answer = pressed.answered(SOON).await.unwrap();
        assert_eq!(answer.status, 0, "it has hung up: {answer:?}");
    }

    async fn later_answer(&self, command: &CommandHandle) -> String {
        command.later(2, SOON).await.unwrap().remove(1).text()
    }

    fn takes_no_direct_messages(&self) {
        let refused = Fault::Refused(Refusal::not_permitted());
        self.fake.break_route("POST", "/channels/direct", refused, Lasts::UntilMended);
    }

    fn loses_its_word_for_direct_messages(&self) {
        self.fake.break_route("POST", "/posts", Fault::LostAnswer, Lasts::UntilMended);
    }

    fn delivers_nothing(&self) {
        self.fake.break_route(
            "POST",
            "/channels/direct",
            Fault::Refused(Refusal::not_permitted()),
            Lasts::UntilMended,
        );
        self.fake.break_route("POST", "/hooks/commands/*", Fault::Status(404), Lasts::UntilMended);
    }

    fn mend(&self) {
        self.fake.mend();
    }
}

impl OnFake {
    /// Somebody presses a button, and the server hangs up while the directory still thinks. What comes of it goes on.
    async fn hangs_up(&self, who: Who, post: &FakePost, label: &str) {
        let action = post.action_id(label).unwrap();
        self.harness.directory.keeps_waiting(true);
        let pressed = self.fake.press_stale(post, &action, &id(who));
        self.harness.directory.is_asked().await;
        self.fake.hangs_up();
        let answer = pressed.answered(SOON).await.unwrap();
        assert_eq!(answer.status, 0, "it has hung up: {answer:?}");
        self.harness.directory.keeps_waiting(false);
    }
}

/// The server gives up on an integration after `OutgoingIntegrationRequestsTimeout`, 30 seconds unless it is set:
/// <https://docs.mattermost.com/administration-guide/configure/integrations-configuration-settings.html>.
#[tokio::test]
async fn a_press_is_carried_out_though_the_server_hangs_up_and_both_hear_what_came_of_it() {
    let stage = OnFake::set(super::approvals()).await;
    stage.types(Who::Alice, "reset-link", "ada").await;
    let question = stage.newest_question().unwrap();
    stage.hangs_up(Who::Bob, &question, "Approve").await;
    let told = |post: &FakePost| post.text().contains("Approved: ");
    stage.fake.direct_message_that(&id(Who::Bob), SOON, told).await.unwrap();
    let direct = stage.direct_messages(Who::Alice);
    assert!(direct[0].contains("/r/v4.public."), "{direct:?}");
    assert_eq!(stage.harness.events("shown")[0]["way"], "direct_message");
    assert_eq!(stage.harness.events("issued").len(), 1);
}
