//! Contacts are offered while an admin types, and only to admins.

use bot::policy::Allowed;
use contacts::ContactEntry;
use jiff::SignedDuration;
use keys::ContactId;
use reset_link_tests::harness::Plan;

use super::{ALICE, GUILD, MALLORY, SOON, Stage, allowed, plan};

impl Stage {
    async fn offered(&self, user: u64, typed: &str) -> Vec<(String, String)> {
        let typing = self.fake.autocomplete(user, GUILD, "reset-link", "contact", typed);
        let choices = typing.choices(SOON).await.unwrap();
        choices.into_iter().map(|choice| (choice.name, choice.value.as_str().unwrap().to_owned())).collect()
    }
}

#[tokio::test]
async fn the_beginning_of_a_name_an_id_or_an_address_offers_contacts_with_masked_addresses() {
    let stage = Stage::set().await;
    for typed in ["ada", "Love", "ADA L", "ada@ex"] {
        let offered = stage.offered(ALICE, typed).await;
        assert_eq!(
            offered[0],
            ("Ada Lovelace (ada) · a…@example.org".to_owned(), "ada".to_owned()),
            "{typed}"
        );
    }
    assert!(stage.offered(ALICE, "zzz").await.is_empty());
    assert!(stage.offered(MALLORY, "ada").await.is_empty(), "only admins are offered anybody");
    stage.harness.clock.move_by(SignedDuration::from_mins(1));
    stage.harness.housekeeping().await;
    let mut lines = stage.harness.events("searched");
    lines.sort_by_key(|line| line["searches"].as_u64());
    let [of_mallory, of_alice] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&of_alice["searches"], &of_alice["refused"]), (&5.into(), &0.into()));
    assert_eq!((&of_mallory["searches"], &of_mallory["refused"]), (&1.into(), &1.into()));
}

#[tokio::test]
async fn at_most_25_are_offered_and_each_fits_discords_limits() {
    let stage = Stage::set().await;
    let name = |number: usize| match number % 3 {
        0 => format!("Zed {}", "😀".repeat(300)),
        1 => format!("Zed Z{}", "\u{301}".repeat(300)),
        _ => format!("Zed \u{202e}{number} @everyone"),
    };
    let many = (0..40).map(|number| {
        ContactEntry::new(ContactId::new(format!("z{number:02}-{}", "x".repeat(60))).unwrap(), name(number))
    });
    stage.harness.put(many.collect()).await;
    let offered = stage.offered(ALICE, "zed").await;
    assert_eq!(offered.len(), 25);
    assert!(offered.iter().all(|(name, id)| name.chars().count() <= 100 && id.len() == 64));
    assert!(offered.iter().all(|(name, _)| !name.contains('\u{202e}')));
    // What is chosen is resolved again.
    let answer = stage.types(ALICE, "reset-status", &offered[0].1).await;
    assert!(answer.content().contains("no link has been issued yet"), "{}", answer.content());
}

#[tokio::test]
async fn who_types_too_fast_is_offered_nothing_until_the_minute_is_over() {
    let stage = Stage::planned(Plan { searches: 2, ..plan() }).await;
    assert_eq!(stage.offered(ALICE, "a").await.len(), stage.offered(ALICE, "a").await.len());
    assert!(stage.offered(ALICE, "ada").await.is_empty());
    stage.harness.clock.move_by(SignedDuration::from_mins(1));
    assert!(!stage.offered(ALICE, "ada").await.is_empty());
}

#[tokio::test]
async fn where_names_must_not_leave_nothing_is_offered_and_nobody_near_is_named() {
    let discord = Some(Allowed { search: false, ..allowed() });
    let stage = Stage::planned(Plan { discord, ..plan() }).await;
    let command = stage.fake.registered(GUILD, "reset-link", SOON).await.unwrap();
    assert_ne!(command["options"][0]["autocomplete"], true);
    let answer = stage.types(ALICE, "reset-link", "adah").await;
    assert!(!answer.content().contains("Lovelace"), "{}", answer.content());
}

#[tokio::test]
async fn an_id_that_is_not_there_offers_those_who_are_near() {
    let stage = Stage::set().await;
    let answer = stage.types(ALICE, "reset-link", "adax").await;
    let text = answer.content();
    assert!(text.starts_with("No active contact has this id."), "{text}");
    assert!(text.contains("Perhaps you mean: Ada Lovelace (`ada`)"), "{text}");
    let refused = stage.types(MALLORY, "reset-link", "adax").await;
    assert!(!refused.content().contains("Lovelace"));
}
