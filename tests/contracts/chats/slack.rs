use async_trait::async_trait;
use bot::policy::Allowed;
use reset_link_tests::fakes::slack::{
    FakeSlack, Fault, Lasts, Place, SlackMessage, SlackSettings, SlackUser,
};
use reset_link_tests::harness::{APP, House, OnSlack, Plan};

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

pub(super) struct OnFake {
    house: House,
    fake: FakeSlack,
    _bot: OnSlack,
}

impl OnFake {
    fn newest_question(&self) -> Option<SlackMessage> {
        self.fake.messages_at(&Place::Channel(APPROVALS.to_owned())).pop()
    }
}

#[async_trait]
impl Stage for OnFake {
    async fn set(plan: Plan) -> Self {
        let allowed = Allowed {
            places: vec![TEAM.to_owned()],
            groups: vec![HELP_DESK.to_owned()],
            users: vec![id(Who::Bob).to_owned()],
            search: true,
        };
        let house =
            House::planned(Plan { slack: Some(allowed), slack_approvals: Some(APPROVALS), ..plan }).await;
        let [bot_token, app_token, signing_secret] = APP;
        let mut settings = SlackSettings::new(bot_token, app_token, signing_secret)
            .user(SlackUser::new(id(Who::Alice), "alice"))
            .user(SlackUser::new(id(Who::Greta), "greta"))
            .user(SlackUser::new(id(Who::Bob), "bob"))
            .group(HELP_DESK, "help-desk", &[id(Who::Alice), id(Who::Greta)])
            .channel(GENERAL, "general", false)
            .channel(APPROVALS, "approvals", true);
        settings.now = house.clock.as_fn();
        settings.acknowledge_within = SOON;
        let fake = FakeSlack::start(settings).await;
        let bot = house.on_slack(&fake, TEAM).await;
        Self { house, fake, _bot: bot }
    }

    fn house(&self) -> &House {
        &self.house
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

    fn sends(&self, who: Who, command: &str, contact: &str) {
        self.fake.slash(id(who), GENERAL, &format!("/{command}"), &format!("contact:{contact}"));
    }

    fn delivers_nothing(&self) {
        self.fake.break_method("conversations.open", Fault::error("cannot_dm_bot"), Lasts::UntilMended);
        self.fake.break_method("response_url", Fault::Status(404), Lasts::UntilMended);
    }

    fn mend(&self) {
        self.fake.mend();
    }
}
