//! A link works once, and only while it is good.

use jiff::SignedDuration;
use reset_link_tests::harness::{Fault, House, LIFETIME, OTHER_PASSWORD, PASSWORD, Plan};

#[tokio::test]
async fn a_link_works_once() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    assert!(!house.signs_in("ada", PASSWORD).await);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
    assert!(house.signs_in("ada", PASSWORD).await);

    let again = house.redeem(&link, OTHER_PASSWORD).await;
    assert_eq!(again.status, 410);
    assert!(again.body.contains("already been used"), "{}", again.body);
    assert_eq!(house.open(&link).await.status, 410);
    assert!(house.signs_in("ada", PASSWORD).await);
    assert!(!house.signs_in("ada", OTHER_PASSWORD).await);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed", "refused_used"]);
}

#[tokio::test]
async fn the_rules_look_at_the_password_that_is_stored() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    // Stored as `password1234` and `Ada Lovelace`; and U+FDFA is eighteen letters then.
    for typed in ["ｐａｓｓｗｏｒｄ１２３４", "Ａｄａ\u{3000}Ｌｏｖｅｌａｃｅ", &"\u{fdfa}".repeat(60)]
    {
        assert_eq!(house.redeem(&link, typed).await.status, 422, "{typed}");
    }
    let typed = "ｔｒｅｍｅｎｄｏｕｓ giraffe bongo";
    assert_eq!(house.redeem(&link, typed).await.status, 200);
    assert!(house.signs_in("ada", "tremendous giraffe bongo").await);
}

#[tokio::test]
async fn opening_a_link_does_not_use_it_up() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    for _ in 0..10 {
        assert_eq!(house.visit("GET", &link).await.status, 200);
        let head = house.visit("HEAD", &link).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    assert_eq!(house.outbox().await, 0);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 410);
}

#[tokio::test]
async fn other_methods_do_nothing_to_a_link() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = house.visit(method, &link).await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.headers["allow"].to_str().unwrap().contains("POST"), "{method}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{method}");
    }
    assert_eq!(house.open(&link).await.status, 200);
}

#[tokio::test]
async fn of_two_redemptions_at_once_one_wins() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    house.directory.next(Fault::Waits);
    let first = house.begin_redeeming(&link, PASSWORD);
    house.directory.reached().await;
    let second = house.redeem(&link, OTHER_PASSWORD).await;
    assert_eq!(second.status, 409);
    assert_eq!(house.open(&link).await.status, 409);
    house.directory.let_go();
    assert_eq!(first.await.unwrap().status, 200);
    assert!(house.signs_in("ada", PASSWORD).await);
    assert_eq!(house.redeem(&link, OTHER_PASSWORD).await.status, 410);
}

#[tokio::test]
async fn of_64_redemptions_at_once_one_wins() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    let passwords: Vec<String> = (0..64).map(|number| format!("{PASSWORD} no. {number}")).collect();
    let redemptions: Vec<_> =
        passwords.iter().map(|password| house.begin_redeeming(&link, password)).collect();
    let mut statuses = Vec::new();
    for redemption in redemptions {
        statuses.push(redemption.await.unwrap().status);
    }
    let winners: Vec<_> = statuses.iter().zip(&passwords).filter(|(status, _)| **status == 200).collect();
    let [(_, password)] = winners[..] else { panic!("{statuses:?}") };
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409 | 410)), "{statuses:?}");
    assert!(house.signs_in("ada", password).await);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts().iter().filter(|outcome| *outcome == "redeemed").count(), 1);
}

#[tokio::test]
async fn a_link_is_good_until_its_expiry_and_not_one_millisecond_longer() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    house.clock.move_by(LIFETIME - SignedDuration::from_millis(1));
    assert_eq!(house.open(&link).await.status, 200);
    house.clock.move_by(SignedDuration::from_millis(1));
    let dead = house.open(&link).await;
    assert_eq!(dead.status, 410);
    assert!(dead.body.contains("expired"), "{}", dead.body);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 410);
    assert!(!house.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn a_link_is_dead_once_the_password_has_changed() {
    let house = House::start().await;
    let (older, newer) = (house.link_for("ada").await, house.link_for("ada").await);
    assert_ne!(older, newer);
    assert_eq!(house.redeem(&newer, PASSWORD).await.status, 200);
    let shown = house.open(&older).await;
    assert_eq!(shown.status, 410);
    assert!(shown.body.contains("out of date"), "{}", shown.body);
    assert_eq!(house.redeem(&older, OTHER_PASSWORD).await.status, 410);
    assert!(house.signs_in("ada", PASSWORD).await);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed", "refused_overtaken"]);
}

#[tokio::test]
async fn a_link_is_dead_once_the_email_has_changed() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    let ada = |email: &str| {
        let id = keys::ContactId::new("ada").unwrap();
        vec![contacts::ContactEntry::new(id, "Ada Lovelace").with_email(email).with_language("en")]
    };
    house.put(ada(" ADA@Example.org ")).await;
    assert_eq!(house.open(&link).await.status, 200, "the same address, written otherwise");
    house.put(ada("countess@example.org")).await;
    assert_eq!(house.open(&link).await.status, 410);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 410);
    assert!(!house.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn a_change_between_the_look_and_the_claim_is_seen() {
    let house = House::start().await;
    let (older, newer) = (house.link_for("ada").await, house.link_for("ada").await);
    house.directory.next(Fault::Waits);
    let late = house.begin_redeeming(&older, OTHER_PASSWORD);
    house.directory.reached().await;
    assert_eq!(house.redeem(&newer, PASSWORD).await.status, 200);
    house.directory.let_go();
    assert_eq!(late.await.unwrap().status, 410);
    assert!(house.signs_in("ada", PASSWORD).await);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed", "refused_overtaken"]);
}

#[tokio::test]
async fn a_weak_password_leaves_the_link_good() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    for weak in ["short", "passwordpassword", "ada lovelace ada"] {
        let answer = house.redeem(&link, weak).await;
        assert_eq!(answer.status, 422, "{weak}");
        assert!(!answer.body.contains(&format!("value=\"{weak}\"")), "the page must not give it back");
    }
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_that_the_directory_refuses_leaves_the_link_good() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    house.directory.next(Fault::Refuses("it is one of your last ten"));
    let answer = house.redeem(&link, OTHER_PASSWORD).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("it is one of your last ten"), "{}", answer.body);
    assert!(!house.signs_in("ada", OTHER_PASSWORD).await);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed", "refused_by_directory"]);
}

#[tokio::test]
async fn a_directory_that_is_away_leaves_the_link_good() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    house.directory.is_away(true);
    assert_eq!(house.open(&link).await.status, 503);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 503);
    house.directory.is_away(false);
    // Away between the claim and the write: nothing was written, and it said so.
    house.directory.next(Fault::Unreachable);
    let answer = house.redeem(&link, PASSWORD).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.body.contains("it went away"), "the log has the detail, the page has not");
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_damaged_link_is_told_from_a_dead_one() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    let cut: String = link.chars().take(link.chars().count() - 3).collect();
    for damaged in [cut, format!("{link}A"), link.replace("v4.public.", "v4.Public.")] {
        let answer = house.open(&damaged).await;
        assert_eq!(answer.status, 400);
        assert_eq!(house.redeem(&damaged, PASSWORD).await.status, 400);
    }
    // A dot that a mail program took for a part of the link is none.
    assert_eq!(house.open(&format!("{link}.")).await.status, 200);
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_may_be_any_unicode() {
    let house = House::planned(Plan { mail: false, ..Plan::default() }).await;
    let link = house.link_for("さくら").await;
    let page = house.open(&link).await;
    assert!(page.body.contains("さくら"), "{}", page.body);
    let password = "пингвин & 七つの傘=100% +grün";
    assert_eq!(house.redeem(&link, password).await.status, 200);
    assert!(house.signs_in("さくら", password).await);
}

#[tokio::test]
async fn a_browser_that_has_set_a_password_sees_so_again_even_after_a_restart() {
    let mut house = House::start().await;
    let link = house.link_for("ada").await;
    let done = house.redeem(&link, PASSWORD).await;
    assert!(
        done.body.contains("Your new password is set") && done.body.contains("Ada Lovelace"),
        "{}",
        done.body
    );
    let cookie = done.cookie.unwrap();
    house.kill_and_restart().await;
    let again = house.open_with(&link, &cookie).await;
    assert_eq!((again.status, again.headers["location"].to_str().unwrap()), (303, "/done"));
    let page = house.open_with("/done", &cookie).await;
    assert!(page.body.contains("Ada Lovelace"), "{}", page.body);
    assert_eq!(house.open(&link).await.status, 410, "for everybody else it is used");
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed"]);
}
