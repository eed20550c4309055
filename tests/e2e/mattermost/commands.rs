//! Commands, their answers, buttons, four eyes, and where the link goes.

use config::HandOver;
use jiff::SignedDuration;
use reset_link_tests::fakes::mattermost::{Fault, Lasts, Place, Refusal, id};
use reset_link_tests::harness::{PASSWORD, Plan};

use super::{SOON, Stage, alice, bob, link_in, mallory, plan};

#[tokio::test]
async fn a_link_that_cannot_be_mailed_comes_by_direct_message_and_works_once() {
    let stage = Stage::set().await;
    let answer = stage.types(&alice(), "reset-link", "ada").await.text();
    assert!(answer.contains("no mail server is configured") && answer.contains("direct message"), "{answer}");
    assert!(!answer.contains("v4.public."));
    let direct = stage.fake.direct_messages(&alice()).remove(0);
    let link = link_in(&direct.text()).unwrap();
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);
    stage.harness.deliver_receipts().await.unwrap();
    let told =
        |post: &reset_link_tests::fakes::mattermost::FakePost| post.text().contains("has used your link");
    stage.fake.direct_message_that(&alice(), SOON, told).await.unwrap();
    let over = |post: &reset_link_tests::fakes::mattermost::FakePost| {
        post.text().contains("no longer good: used at")
    };
    let over = stage.fake.direct_message_that(&alice(), SOON, over).await.unwrap();
    assert!(link_in(&over.text()).is_none() && over.buttons().is_empty());
    assert!(stage.fake.public_messages().is_empty());
}

#[tokio::test]
async fn a_link_that_was_mailed_is_told_of_and_can_be_withdrawn_after_a_restart() {
    let mut stage = Stage::planned(Plan { mail: true, ..plan() }).await;
    let answer = stage.types(&bob(), "reset-link", "ada").await;
    let text = answer.text();
    assert!(
        text.contains("mail.example.org") && text.contains("example.org") && !text.contains("ada@"),
        "{text}"
    );
    stage.harness.finish_notices().await;
    stage.restart().await;
    let refused = stage.presses(&mallory(), &answer, "Revoke").await;
    assert!(refused.contains("You may not do this here."), "{refused}");
    let said = stage.presses(&alice(), &answer, "Revoke").await;
    assert!(said.contains("The link for `ada` is withdrawn."), "{said}");
    let again = stage.presses(&alice(), &answer, "Revoke").await;
    assert!(again.contains("no longer good: withdrawn"), "{again}");
}

#[tokio::test]
async fn a_link_that_no_direct_message_takes_is_withdrawn_and_whoever_asked_reads_so() {
    let stage = Stage::set().await;
    for (method, route, fault) in [
        ("POST", "/channels/direct", Fault::Refused(Refusal::not_permitted())),
        ("POST", "/posts", Fault::Status(500)),
        ("POST", "/posts", Fault::LostAnswer),
        ("GET", "/users/me", Fault::Reset),
    ] {
        stage.fake.break_route(method, route, fault.clone(), Lasts::UntilMended);
        let answer = stage.types(&alice(), "reset-link", "ada").await;
        let text = answer.text();
        assert!(text.contains("the link for `ada` is withdrawn") && text.contains("ask again"), "{text}");
        assert!(!text.contains("v4.public.") && answer.buttons().is_empty(), "{fault:?}");
        stage.fake.mend();
    }
    let shown = stage.harness.events("shown");
    assert!(shown.len() == 4 && shown.iter().all(|line| line["way"] == "nowhere"), "{shown:?}");
    assert_eq!(stage.harness.events("link_revoked").len(), 4);
    // What arrived all the same opens nothing any more.
    let arrived = link_in(&stage.fake.direct_messages(&alice())[0].text()).unwrap();
    assert_eq!(stage.harness.open(&arrived).await.status, 410);
}

#[tokio::test]
async fn what_fails_once_is_done_again_and_nobody_reads_anything_twice() {
    let stage = Stage::set().await;
    for fault in [Fault::Status(500), Fault::Status(502), Fault::Reset, Fault::LostAnswer] {
        for (method, route) in [("GET", "/users/me"), ("POST", "/channels/direct"), ("POST", "/posts")] {
            stage.fake.break_route(method, route, fault.clone(), Lasts::Times(1));
        }
        let before = stage.fake.direct_messages(&alice()).len();
        let answer = stage.types(&alice(), "reset-link", "ada").await.text();
        assert!(
            answer.contains("no mail server is configured") && answer.contains("direct message"),
            "{answer}"
        );
        assert_eq!(stage.fake.direct_messages(&alice()).len(), before + 1, "{fault:?}");
        stage.harness.clock.move_by(SignedDuration::from_hours(2));
    }
    for fault in [Fault::Status(500), Fault::Status(502), Fault::Reset] {
        stage.fake.break_route("POST", "/hooks/commands/*", fault, Lasts::Times(1));
        assert!(stage.types(&alice(), "reset-status", "ada").await.text().contains("Ada Lovelace"));
    }
}

#[tokio::test]
async fn an_approved_link_that_no_direct_message_takes_is_withdrawn_too() {
    let plan = Plan { hand_over: HandOver::Approve, mattermost_approvals: Some(id("approvals")), ..plan() };
    let stage = Stage::planned(plan).await;
    stage.types(&alice(), "reset-link", "ada").await;
    let question = stage.fake.posts_at(&Place::Channel(id("approvals"))).remove(0);
    stage.fake.takes_direct_messages(&alice(), false);
    let said = stage.presses(&bob(), &question, "Approve").await;
    assert!(said.contains("could not be reached, so the link") && said.contains("is withdrawn"), "{said}");
    let seen = stage.fake.posts_that(|post| post.text().contains("v4.public."));
    assert!(seen.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn who_is_not_allowed_is_told_so_and_the_attempt_is_in_the_audit() {
    let stage = Stage::set().await;
    for command in ["reset-link", "reset-status", "reset-revoke"] {
        let answer = stage.types(&mallory(), command, "ada").await.text();
        assert!(answer.contains("You may not do this here."), "{answer}");
    }
    assert_eq!(stage.harness.events("denied").len(), 3);
    assert!(stage.harness.events("issued").is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_with_the_right_form_and_nothing_in_it_acts() {
    let stage = Stage::set().await;
    for (text, said) in [
        ("", "Whose?"),
        ("ada lovelace", "That is more than one word."),
        ("contact:@all", "No active contact has this id."),
        ("contact:adax", "Perhaps you mean: Ada Lovelace"),
    ] {
        let asked = stage.fake.slash(&alice(), &id("general"), "reset-link", text);
        let answer = asked.later(1, SOON).await.unwrap().remove(0);
        assert!(answer.text().contains(said) && !answer.calls_everybody(), "{text}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_second_person_approves_and_the_link_comes_by_direct_message() {
    let plan = Plan { hand_over: HandOver::Approve, mattermost_approvals: Some(id("approvals")), ..plan() };
    let stage = Stage::planned(plan).await;
    let answer = stage.types(&alice(), "reset-link", "ada").await.text();
    assert!(answer.contains("A second person must agree first"), "{answer}");
    let question = stage.fake.posts_at(&Place::Channel(id("approvals"))).remove(0);
    let own = stage.presses(&alice(), &question, "Approve").await;
    assert!(own.contains("This is your own request"), "{own}");
    let said = stage.presses(&bob(), &question, "Approve").await;
    assert!(said.contains("Approved: "), "{said}");
    let link = link_in(&stage.fake.direct_messages(&alice())[0].text()).unwrap();
    assert_eq!(stage.harness.open(&link).await.status, 200);
    let question = stage.fake.posts_at(&Place::Channel(id("approvals"))).remove(0);
    assert!(question.text().contains("Approved by ") && question.buttons().is_empty());
}

#[tokio::test]
async fn an_unanswered_question_lapses_and_whoever_asked_hears_so() {
    let plan = Plan { hand_over: HandOver::Approve, mattermost_approvals: Some(id("approvals")), ..plan() };
    let stage = Stage::planned(plan).await;
    stage.types(&alice(), "reset-link", "ada").await;
    stage.harness.clock.move_by(SignedDuration::from_mins(15));
    stage.harness.housekeeping().await;
    assert!(
        stage.fake.posts_at(&Place::Channel(id("approvals")))[0].text().contains("the request has lapsed.")
    );
    assert!(stage.fake.direct_messages(&alice())[0].text().contains("Nobody answered your request"));
}

#[tokio::test]
async fn a_mailed_link_can_be_had_in_hand_instead_by_whoever_had_it_mailed_alone() {
    let stage = Stage::planned(Plan { mail: true, hand_over_instead: true, ..plan() }).await;
    let answer = stage.types(&alice(), "reset-link", "ada").await;
    let action = answer.action_id("Hand me the link instead").unwrap();
    let pressed = stage.fake.press_stale(&answer, &action, &bob());
    assert_eq!(pressed.answered(SOON).await.unwrap().status, 401, "the button is alice's");
    let said = stage.presses(&alice(), &answer, "Hand me the link instead").await;
    assert!(said.contains("direct message") && !said.contains("v4.public."), "{said}");
    assert!(link_in(&stage.fake.direct_messages(&alice())[0].text()).is_some());
}

#[tokio::test]
async fn a_press_answers_with_no_link_where_no_direct_message_takes_it() {
    let stage = Stage::planned(Plan { mail: true, hand_over_instead: true, ..plan() }).await;
    let answer = stage.types(&alice(), "reset-link", "ada").await;
    stage.fake.takes_direct_messages(&alice(), false);
    let said = stage.presses(&alice(), &answer, "Hand me the link instead").await;
    assert!(said.contains("the link for `ada` is withdrawn") && !said.contains("v4.public."), "{said}");
}

#[tokio::test]
async fn each_event_is_told_in_a_line_of_the_audit_channel() {
    let stage = Stage::planned(Plan { mattermost_audit: Some(id("audit")), mail: true, ..plan() }).await;
    stage.types(&alice(), "reset-link", "ada").await;
    let place = Place::Channel(id("audit"));
    stage.fake.post_that(&place, SOON, |post| post.text().contains("was e-mailed to")).await.unwrap();
    let all: String =
        stage.fake.posts_at(&place).iter().map(reset_link_tests::fakes::mattermost::FakePost::text).collect();
    assert!(
        all.contains("issued a link for `ada`") && !all.contains("v4.public.") && !all.contains("ada@"),
        "{all}"
    );
}

#[tokio::test]
async fn two_hundred_commands_at_once_are_each_acknowledged_and_issued_once() {
    let stage = Stage::planned(Plan { mail: true, per_admin: 1000, per_contact: 1000, ..plan() }).await;
    let asked: Vec<_> = (0..200)
        .map(|number| {
            let admin = if number % 2 == 0 { alice() } else { bob() };
            stage.fake.slash(&admin, &id("general"), "reset-link", "contact:ada")
        })
        .collect();
    let mut slowest = std::time::Duration::ZERO;
    for asked in &asked {
        slowest = slowest.max(asked.acknowledged(SOON).await.unwrap().after);
        asked.later(1, SOON).await.unwrap();
    }
    println!("the slowest of 200 acknowledgements took {slowest:?}");
    let mut ids: Vec<_> =
        stage.harness.events("issued").iter().map(|line| line["link_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}
