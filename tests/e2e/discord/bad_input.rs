//! What people type and are called, at its worst.

use contacts::ContactEntry;
use keys::ContactId;

use super::{ALICE, Stage, link_in};

#[tokio::test]
async fn whatever_is_typed_is_answered_with_what_to_do() {
    let stage = Stage::set().await;
    let emoji = "😀".repeat(6_000);
    for (typed, said) in [
        (emoji.as_str(), "That is longer than any contact's id."),
        ("   ", "Whose?"),
        ("\u{202e}nobody\u{200f}", "No active contact has this id."),
        ("ada' OR 1=1 --", "No active contact has this id."),
        ("<@1> @everyone `x` [a](https://evil.example)", "No active contact has this id."),
    ] {
        let answer = stage.types(ALICE, "reset-link", typed).await;
        assert!(answer.content().starts_with(said), "{typed}: {}", answer.content());
        assert!(!answer.content().contains("evil.example") && !answer.content().contains("@everyone"));
    }
    assert!(stage.harness.events("issued").is_empty());
}

#[tokio::test]
async fn a_name_that_wants_to_do_something_is_shown_and_does_nothing() {
    let stage = Stage::set().await;
    let names = [
        "@everyone <@200000000000000002> **bold** [click](https://evil.example)".to_owned(),
        format!("Z{}algo", "\u{301}\u{489}".repeat(1_000)),
        format!("{}\u{202e}gnp.exe", "😀".repeat(6_000)),
        "```\nhttps://evil.example/r/v4.public.x\n```".to_owned(),
    ];
    for (number, name) in names.into_iter().enumerate() {
        let id = ContactId::new(format!("*_{number}_*")).unwrap();
        stage.harness.put(vec![ContactEntry::new(id.clone(), name)]).await;
        stage.types(ALICE, "reset-link", id.as_str()).await;
        let direct = stage.fake.direct_messages(ALICE).pop().unwrap();
        let content = direct.content();
        assert!(content.chars().count() <= 2000 && direct.pings_nobody() && direct.has_no_previews());
        assert!(link_in(&direct).unwrap().starts_with("https://reset.example.org/r/"), "{content}");
        for active in ["(https://", "**bold**", " @everyone", " <@2", "\u{202e}", "\u{301}\u{301}\u{301}"] {
            assert!(!content.contains(active), "{active:?} in {content}");
        }
        assert_eq!(content.matches("```").count(), 2, "one block, the link's: {content}");
    }
}
