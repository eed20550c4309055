//! A link works once, and only while it is good.

use jiff::SignedDuration;
use reset_link_tests::harness::{Fault, Harness, LIFETIME, OTHER_PASSWORD, PASSWORD, Plan};

#[tokio::test]
async fn a_link_works_once() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    assert!(!harness.signs_in("ada", PASSWORD).await);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert!(harness.signs_in("ada", PASSWORD).await);

    let again = harness.redeem(&link, OTHER_PASSWORD).await;
    assert_eq!(again.status, 410);
    assert!(again.body.contains("already been used"), "{}", again.body);
    assert_eq!(harness.open(&link).await.status, 410);
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert!(!harness.signs_in("ada", OTHER_PASSWORD).await);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed", "refused_used"]);
}

#[tokio::test]
async fn the_rules_look_at_the_password_that_is_stored() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    // Stored as `password1234` and `Ada Lovelace`; and U+FDFA is eighteen letters then.
    for typed in ["ｐａｓｓｗｏｒｄ１２３４", "Ａｄａ\u{3000}Ｌｏｖｅｌａｃｅ", &"\u{fdfa}".repeat(60)]
    {
        assert_eq!(harness.redeem(&link, typed).await.status, 422, "{typed}");
    }
    let typed = "ｔｒｅｍｅｎｄｏｕｓ giraffe bongo";
    assert_eq!(harness.redeem(&link, typed).await.status, 200);
    assert!(harness.signs_in("ada", "tremendous giraffe bongo").await);
}

#[tokio::test]
async fn opening_a_link_does_not_use_it_up() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    for _ in 0..10 {
        assert_eq!(harness.visit("GET", &link).await.status, 200);
        let head = harness.visit("HEAD", &link).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    assert_eq!(harness.outbox().await, 0);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 410);
}

#[tokio::test]
async fn other_methods_do_nothing_to_a_link() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = harness.visit(method, &link).await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.headers["allow"].to_str().unwrap().contains("POST"), "{method}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{method}");
    }
    assert_eq!(harness.open(&link).await.status, 200);
}

#[tokio::test]
async fn of_two_redemptions_at_once_one_wins() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Waits);
    let first = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    let second = harness.redeem(&link, OTHER_PASSWORD).await;
    assert_eq!(second.status, 409);
    assert_eq!(harness.open(&link).await.status, 409);
    harness.directory.let_go();
    assert_eq!(first.await.unwrap().status, 200);
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
}

#[tokio::test]
async fn of_64_redemptions_at_once_one_wins() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let passwords: Vec<String> = (0..64).map(|number| format!("{PASSWORD} no. {number}")).collect();
    let redemptions: Vec<_> =
        passwords.iter().map(|password| harness.begin_redeeming(&link, password)).collect();
    let mut statuses = Vec::new();
    for redemption in redemptions {
        statuses.push(redemption.await.unwrap().status);
    }
    let winners: Vec<_> = statuses.iter().zip(&passwords).filter(|(status, _)| **status == 200).collect();
    let [(_, password)] = winners[..] else { panic!("{statuses:?}") };
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409 | 410)), "{statuses:?}");
    assert!(harness.signs_in("ada", password).await);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts().iter().filter(|outcome| *outcome == "redeemed").count(), 1);
}

#[tokio::test]
async fn a_link_is_good_until_its_expiry_and_not_one_millisecond_longer() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.clock.move_by(LIFETIME - SignedDuration::from_millis(1));
    assert_eq!(harness.open(&link).await.status, 200);
    harness.clock.move_by(SignedDuration::from_millis(1));
    let dead = harness.open(&link).await;
    assert_eq!(dead.status, 410);
    assert!(dead.body.contains("expired"), "{}", dead.body);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 410);
    assert!(!harness.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn a_link_is_dead_once_the_password_has_changed() {
    let harness = Harness::start().await;
    let (older, newer) = (harness.link_for("ada").await, harness.link_for("ada").await);
    assert_ne!(older, newer);
    assert_eq!(harness.redeem(&newer, PASSWORD).await.status, 200);
    let shown = harness.open(&older).await;
    assert_eq!(shown.status, 410);
    assert!(shown.body.contains("out of date"), "{}", shown.body);
    assert_eq!(harness.redeem(&older, OTHER_PASSWORD).await.status, 410);
    assert!(harness.signs_in("ada", PASSWORD).await);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed", "refused_overtaken"]);
}

#[tokio::test]
async fn a_link_is_dead_once_the_email_has_changed() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let ada = |email: &str| {
        let id = keys::ContactId::new("ada").unwrap();
        vec![contacts::ContactEntry::new(id, "Ada Lovelace").with_email(email).with_language("en")]
    };
    harness.put(ada(" ADA@Example.org ")).await;
    assert_eq!(harness.open(&link).await.status, 200, "the same address, written otherwise");
    harness.put(ada("countess@example.org")).await;
    assert_eq!(harness.open(&link).await.status, 410);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 410);
    assert!(!harness.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn a_change_between_the_look_and_the_claim_is_seen() {
    let harness = Harness::start().await;
    let (older, newer) = (harness.link_for("ada").await, harness.link_for("ada").await);
    harness.directory.next(Fault::Waits);
    let late = harness.begin_redeeming(&older, OTHER_PASSWORD);
    harness.directory.reached().await;
    assert_eq!(harness.redeem(&newer, PASSWORD).await.status, 200);
    harness.directory.let_go();
    assert_eq!(late.await.unwrap().status, 410);
    assert!(harness.signs_in("ada", PASSWORD).await);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed", "refused_overtaken"]);
}

#[tokio::test]
async fn a_weak_password_leaves_the_link_good() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    for weak in ["short", "passwordpassword", "ada lovelace ada"] {
        let answer = harness.redeem(&link, weak).await;
        assert_eq!(answer.status, 422, "{weak}");
        assert!(!answer.body.contains(&format!("value=\"{weak}\"")), "the page must not give it back");
    }
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_that_the_directory_refuses_leaves_the_link_good() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Refuses("it is one of your last ten"));
    let answer = harness.redeem(&link, OTHER_PASSWORD).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("it is one of your last ten"), "{}", answer.body);
    assert!(!harness.signs_in("ada", OTHER_PASSWORD).await);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed", "refused_by_directory"]);
}

#[tokio::test]
async fn a_directory_that_is_away_leaves_the_link_good() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.is_away(true);
    assert_eq!(harness.open(&link).await.status, 503);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 503);
    harness.directory.is_away(false);
    // Away between the claim and the write: nothing was written, and it said so.
    harness.directory.next(Fault::Unreachable);
    let answer = harness.redeem(&link, PASSWORD).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.body.contains("it went away"), "the log has the detail, the page has not");
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_damaged_link_is_told_from_a_dead_one() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let cut: String = link.chars().take(link.chars().count() - 3).collect();
    for damaged in [cut, format!("{link}A"), link.replace("v4.public.", "v4.Public.")] {
        let answer = harness.open(&damaged).await;
        assert_eq!(answer.status, 400);
        assert_eq!(harness.redeem(&damaged, PASSWORD).await.status, 400);
    }
    // A dot that a mail program took for a part of the link is none.
    assert_eq!(harness.open(&format!("{link}.")).await.status, 200);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_may_be_any_unicode() {
    let harness = Harness::planned(Plan { mail: false, ..Plan::default() }).await;
    let link = harness.link_for("さくら").await;
    let page = harness.open(&link).await;
    assert!(page.body.contains("さくら"), "{}", page.body);
    let password = "пингвин & 七つの傘=100% +grün";
    assert_eq!(harness.redeem(&link, password).await.status, 200);
    assert!(harness.signs_in("さくら", password).await);
}

#[tokio::test]
async fn a_browser_that_has_set_a_password_sees_so_again_even_after_a_restart() {
    let mut harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let done = harness.redeem(&link, PASSWORD).await;
    assert!(
        done.body.contains("Your new password is set") && done.body.contains("Ada Lovelace"),
        "{}",
        done.body
    );
    let cookie = done.cookie.unwrap();
    harness.kill_and_restart().await;
    let again = harness.open_with(&link, &cookie).await;
    assert_eq!((again.status, again.headers["location"].to_str().unwrap()), (303, "/done"));
    let page = harness.open_with("/done", &cookie).await;
    assert!(page.body.contains("Ada Lovelace"), "{}", page.body);
    assert_eq!(harness.open(&link).await.status, 410, "for everybody else it is used");
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
}
