//! The audit channel: a line for each event, without links and addresses.

use std::time::Duration;

use config::HandOver;
use reset_link_tests::fakes::discord::{Fault, Lasts, Place, Refusal};
use reset_link_tests::harness::{PASSWORD, Plan, link_in as link_in_mail};

use super::{ALICE, APPROVALS, AUDIT, BOB, MALLORY, SOON, Stage, plan};

fn with_channel() -> Plan {
    Plan { audit_channel: Some(AUDIT), mail: true, ..plan() }
}

impl Stage {
    fn audit_lines(&self) -> Vec<String> {
        let messages = self.fake.messages_at(Place::Channel(AUDIT));
        messages.iter().flat_map(|m| m.content().lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    async fn audit_says(&self, part: &str) {
        self.fake.message_that(Place::Channel(AUDIT), SOON, |m| m.content().contains(part)).await.unwrap();
    }
}

#[tokio::test]
async fn each_event_is_told_in_a_line() {
    let stage = Stage::planned(with_channel()).await;
    stage.types(ALICE, "reset-link", "ada").await;
    stage.types(MALLORY, "reset-link", "ada").await;
    let link = link_in_mail(&stage.harness.mailer.mails()[0]).unwrap();
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);
    stage.harness.deliver_receipts().await.unwrap();
    stage.audit_says("set a new password").await;
    let lines = stage.audit_lines();
    let [issued, mailed, denied, redeemed] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(*issued, format!("discord\\:{ALICE} issued a link for `ada`."));
    assert_eq!(mailed, "The link for `ada` was e-mailed to a…\\@example.org: accepted by mail.example.org.");
    assert_eq!(*denied, format!("Refused: discord\\:{MALLORY} may not issue links."));
    assert_eq!(*redeemed, format!("`ada` set a new password with a link that discord\\:{ALICE} had issued."));
    for message in stage.fake.messages_at(Place::Channel(AUDIT)) {
        assert!(message.pings_nobody() && message.has_no_previews());
        assert!(!message.content().contains("v4.public.") && !message.content().contains("ada@"));
    }
}

#[tokio::test]
async fn what_another_process_writes_is_told_as_well() {
    let stage = Stage::planned(with_channel()).await;
    let another = stage.harness.another_bot();
    stage
        .harness
        .ask_bot(another, reset_link_tests::harness::Harness::admin(), "/reset-link contact:carol")
        .await;
    stage.harness.housekeeping().await;
    stage.audit_says("The link for `carol` was handed over").await;
}

#[tokio::test]
async fn a_channel_that_cannot_be_written_to_holds_nothing_up() {
    let stage = Stage::planned(with_channel()).await;
    let channel = format!("/channels/{AUDIT}/messages");
    stage.fake.break_route("POST", &channel, Fault::Refused(Refusal::missing_permissions()), Lasts::Times(1));
    stage.types(ALICE, "reset-link", "ada").await;
    stage.fake.requests_that(1, "POST", "/channels/{channel_id}/messages", SOON).await.unwrap();
    stage.types(ALICE, "reset-link", "carol").await;
    stage.audit_says("carol").await;
}

#[tokio::test]
async fn a_line_that_met_a_rate_limit_is_told_once_it_is_over() {
    for in_production in [true, false] {
        let stage = if in_production {
            Stage::in_production(with_channel()).await
        } else {
            Stage::planned(with_channel()).await
        };
        let channel = format!("/channels/{AUDIT}/messages");
        let limited = Fault::rate_limited(Duration::from_secs(1));
        stage.fake.break_route("POST", &channel, limited, Lasts::Times(2));
        stage.types(ALICE, "reset-link", "ada").await;
        stage.audit_says("was e-mailed to").await;
        assert!(stage.audit_lines()[0].contains("issued a link for `ada`"), "{:?}", stage.audit_lines());
    }
}

#[tokio::test]
async fn a_request_for_approval_leaves_its_lines() {
    let plan = Plan {
        hand_over: HandOver::Approve,
        approvals_channel: Some(APPROVALS),
        mail: false,
        ..with_channel()
    };
    let stage = Stage::planned(plan).await;
    stage.types(ALICE, "reset-link", "ada").await;
    let question = stage.fake.messages_at(Place::Channel(APPROVALS)).remove(0);
    stage.presses(BOB, &question, "Approve").await;
    stage.audit_says("was handed over to").await;
    let lines = stage.audit_lines().join("\n");
    for part in
        ["which a second person must approve", "approved the request of", "with a second person's approval"]
    {
        assert!(lines.contains(part), "{part}: {lines}");
    }
}
