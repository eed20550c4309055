use async_trait::async_trait;
use bot::policy::Allowed;
use reset_link_tests::fakes::discord::{
    FakeDiscord, FakeGuild, FakeMessage, FakeSettings, FakeUser, Fault, InteractionHandle, Lasts, Place,
    Refusal,
};
use reset_link_tests::harness::{Harness, OnDiscord, Plan, TOKEN};

use super::{SOON, Stage, Who};

const GUILD: u64 = 100_000_000_000_000_001;
const CHANNEL: u64 = 110_000_000_000_000_001;
const APPROVALS: u64 = 110_000_000_000_000_003;
const HELP_DESK: u64 = 120_000_000_000_000_001;

fn id(who: Who) -> u64 {
    match who {
        Who::Alice => 200_000_000_000_000_001,
        Who::Greta => 200_000_000_000_000_004,
        Who::Bob => 200_000_000_000_000_002,
    }
}

pub(super) struct OnFake {
    harness: Harness,
    fake: FakeDiscord,
    bot: Option<OnDiscord>,
}

impl OnFake {
    fn newest_question(&self) -> Option<FakeMessage> {
        self.fake.messages_at(Place::Channel(APPROVALS)).pop()
    }
}

#[async_trait]
impl Stage for OnFake {
    const HAS_LINKS_IN_ANSWERS: bool = true;
    type Command = InteractionHandle;

    async fn set(plan: Plan) -> Self {
        let allowed = Allowed {
            places: vec![GUILD.to_string()],
            groups: vec![HELP_DESK.to_string()],
            users: vec![id(Who::Bob).to_string()],
            search: true,
        };
        let plan = Plan { discord: Some(allowed), approvals_channel: Some(APPROVALS), ..plan };
        let harness = Harness::planned(plan).await;
        let guild = FakeGuild::new(GUILD, "Example", id(Who::Alice))
            .role(HELP_DESK, "help desk", 0)
            .channel(CHANNEL, "general")
            .channel(APPROVALS, "approvals")
            .member(id(Who::Alice), &[HELP_DESK])
            .member(id(Who::Greta), &[HELP_DESK])
            .member(id(Who::Bob), &[]);
        let mut settings = FakeSettings::new(TOKEN)
            .user(FakeUser::new(id(Who::Alice), "alice"))
            .user(FakeUser::new(id(Who::Greta), "greta"))
            .user(FakeUser::new(id(Who::Bob), "bob"))
            .guild(guild);
        settings.now = harness.clock.as_fn();
        settings.acknowledge_within = SOON;
        let fake = FakeDiscord::start(settings).await;
        let bot = harness.on_discord(&fake, &[GUILD]).await;
        fake.registered(GUILD, "reset-link", SOON).await.unwrap();
        fake.connected(SOON).await.unwrap();
        Self { harness, fake, bot: Some(bot) }
    }

    fn harness(&self) -> &Harness {
        &self.harness
    }

    async fn types(&self, who: Who, command: &str, contact: &str) -> String {
        let asked = self.fake.slash(id(who), GUILD, command, &[("contact", contact)]);
        asked.answer(SOON).await.unwrap().content().to_owned()
    }

    async fn presses(&self, who: Who, label: &str) -> String {
        let question = self.newest_question().unwrap();
        let button = question.custom_id(label).unwrap();
        let pressed = self.fake.press_stale_button(&question, &button, id(who));
        pressed.answer(SOON).await.unwrap().content().to_owned()
    }

    fn question(&self) -> String {
        self.newest_question().unwrap().content().to_owned()
    }

    fn direct_messages(&self, who: Who) -> Vec<String> {
        self.fake.direct_messages(id(who)).iter().map(|message| message.content().to_owned()).collect()
    }

    /// What is typed or pressed in a guild comes with the member's roles; whoever asked is asked for.
    fn says_nothing(&self, way: usize) -> bool {
        let faults = [Fault::Status(500), Fault::Status(404), Fault::Status(403), Fault::Reset];
        let Some(fault) = faults.get(way) else { return false };
        self.fake.break_route("GET", "/guilds/*/members/*", fault.clone(), Lasts::UntilMended);
        true
    }

    fn sends(&self, who: Who, command: &str, contact: &str) -> InteractionHandle {
        self.fake.slash(id(who), GUILD, command, &[("contact", contact)])
    }

    fn tells_again_at_once(&self, command: &InteractionHandle) {
        command.replay();
    }

    /// The gateway keeps the order: what is answered was told of after it.
    async fn tells_again(&self, command: &InteractionHandle) {
        command.replay();
        self.types(Who::Bob, "reset-status", "ada").await;
    }

    async fn restart(&mut self) {
        self.bot = None;
        self.harness.kill_and_restart().await;
        self.fake.disconnected(SOON).await.unwrap();
        self.bot = Some(self.harness.on_discord(&self.fake, &[GUILD]).await);
        self.fake.connected(SOON).await.unwrap();
    }

    async fn presses_and_is_cut_off(&self, who: Who, label: &str) {
        let question = self.newest_question().unwrap();
        let button = question.custom_id(label).unwrap();
        self.fake.press_stale_button(&question, &button, id(who));
        self.harness.directory.is_asked().await;
        self.fake.cut_gateway();
    }

    async fn later_answer(&self, command: &InteractionHandle) -> String {
        command.follow_ups(1, SOON).await.unwrap()[0].content().to_owned()
    }

    fn takes_no_direct_messages(&self) {
        let refused = Fault::Refused(Refusal::cannot_message_user());
        self.fake.break_route("POST", "/users/@me/channels", refused, Lasts::UntilMended);
    }

    fn loses_its_word_for_direct_messages(&self) {
        self.fake.break_route("POST", "/channels/*/messages", Fault::LostAnswer, Lasts::UntilMended);
    }

    fn delivers_nothing(&self) {
        let answer = "/webhooks/*/*/messages/@original";
        self.takes_no_direct_messages();
        self.fake.break_route("PATCH", answer, Fault::Status(404), Lasts::UntilMended);
    }

    fn mend(&self) {
        self.fake.mend();
    }
}
