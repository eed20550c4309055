//! Commands, their answers, and where the link goes.

use std::time::Duration;

use reset_link_tests::fakes::discord::{Fault, Lasts, Place, Refusal};
use reset_link_tests::harness::{PASSWORD, Plan};

use super::{ALICE, BOB, GRETA, GUILD, MALLORY, OTHER_CHANNEL, OTHER_GUILD, SOON, Stage, link_in, plan};

#[tokio::test]
async fn the_commands_are_registered_once_for_the_guilds_in_every_language() {
    let stage = Stage::set().await;
    let link = stage.fake.registered(GUILD, "reset-link", SOON).await.unwrap();
    assert_eq!(link["name_localizations"]["de"], "reset-link");
    assert_eq!(
        link["description_localizations"]["de"],
        "Einen Link ausstellen, mit dem ein Kontakt sein Passwort neu setzt"
    );
    let option = &link["options"][0];
    assert_eq!((&option["name"], &option["required"]), (&"contact".into(), &true.into()));
    assert_eq!(option["name_localizations"]["de"], "kontakt");
    assert!(stage.fake.offers(MALLORY, GUILD, "reset-link"), "who may is not Discord's to say");
    for command in ["reset-status", "reset-revoke"] {
        stage.fake.registered(GUILD, command, SOON).await.unwrap();
    }
    assert!(stage.fake.commands(None).is_empty(), "no command outside guilds");

    // A new session says ready again.
    stage.fake.invalidate_sessions(false);
    stage.fake.gateway_that(SOON, |seen| seen.identified.len() == 2).await.unwrap();
    stage.fake.connected(SOON).await.unwrap();
    stage.types(ALICE, "reset-status", "ada").await;
    assert_eq!(stage.fake.registrations().len(), 2, "one for each guild");
    assert_eq!(stage.fake.gateway().identified[0].intents, 0);
}

#[tokio::test]
async fn a_link_that_cannot_be_mailed_comes_by_direct_message_and_works_once() {
    let stage = Stage::set().await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let text = answer.content();
    assert!(text.contains("no mail server is configured") && text.contains("direct message"), "{text}");
    assert!(!text.contains("v4.public."), "the link is in the direct message alone");

    let direct = stage.fake.direct_messages(ALICE);
    let [direct] = &direct[..] else { panic!("{direct:?}") };
    assert!(direct.has_no_previews() && direct.pings_nobody());
    let text = direct.content();
    assert!(text.contains("Ada Lovelace (`ada`)") && text.contains("To mend: "), "{text}");
    assert!(text.contains(":R>"), "until when, in the reader's own time: {text}");
    let link = link_in(direct).unwrap();
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);
    assert_eq!(stage.harness.open(&link).await.status, 410);

    let [shown] = &stage.harness.events("shown")[..] else { panic!() };
    assert_eq!(
        (&shown["way"], &shown["admin"]["user"]),
        (&"direct_message".into(), &ALICE.to_string().into())
    );
    stage.harness.deliver_receipts().await.unwrap();
    let told = stage
        .fake
        .message_that(Place::Direct(ALICE), SOON, |m| m.content().contains("has used your link"))
        .await;
    assert!(link_in(&told.unwrap()).is_none());
    assert!(stage.fake.public_messages().is_empty());
}

#[tokio::test]
async fn a_link_that_was_mailed_is_told_of_by_masked_address_server_and_time() {
    let stage = Stage::planned(Plan { mail: true, ..plan() }).await;
    let answer = stage.types(BOB, "reset-link", "ada").await;
    let text = answer.content();
    for part in ["a…\\@example.org", "mail.example.org", "<t:1795511700:R>", "Accepted is not delivered"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("v4.public."));
    assert!(stage.fake.direct_messages(BOB).is_empty());
    assert_eq!(stage.harness.mailer.mails().len(), 1);
}

#[tokio::test]
async fn whatever_keeps_discord_from_a_direct_message_the_link_comes_in_the_answer() {
    let stage = Stage::set().await;
    for (route, fault) in [
        ("/channels/*/messages", Fault::Refused(Refusal::cannot_message_user())),
        ("/users/@me/channels", Fault::Refused(Refusal::cannot_message_user())),
        ("/channels/*/messages", Fault::Status(503)),
        ("/channels/*/messages", Fault::Reset),
        ("/users/@me/channels", Fault::Status(500)),
    ] {
        let seen = stage.harness.events("shown").len();
        stage.fake.break_route("POST", route, fault.clone(), Lasts::UntilMended);
        let answer = stage.types(ALICE, "reset-link", "ada").await;
        assert!(answer.content().starts_with("Discord did not deliver a direct message"), "{fault:?}");
        assert!(answer.has_no_previews());
        let link = link_in(&answer).unwrap();
        assert_eq!(stage.harness.open(&link).await.status, 200, "{fault:?}");
        stage.harness.finish_notices().await;
        assert_eq!(stage.harness.events("shown")[seen]["way"], "private_answer");
        stage.fake.mend();
    }
    assert!(stage.fake.direct_messages(ALICE).is_empty());
    assert!(stage.fake.public_messages().is_empty());
}

#[tokio::test]
async fn a_direct_message_that_takes_too_long_is_not_waited_for() {
    let stage = Stage::planned(Plan { patience: Duration::from_millis(200), ..plan() }).await;
    stage.fake.break_route("POST", "/channels/*/messages", Fault::Hang, Lasts::UntilMended);
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    assert_eq!(stage.harness.open(&link_in(&answer).unwrap()).await.status, 200);
}

#[tokio::test]
async fn who_is_not_allowed_is_told_so_politely_and_the_attempt_is_in_the_audit() {
    let stage = Stage::set().await;
    for command in ["reset-link", "reset-status", "reset-revoke"] {
        let answer = stage.types(MALLORY, command, "ada").await;
        assert!(answer.content().starts_with("You may not do this here."));
    }
    // The right people in the wrong guild.
    for user in [ALICE, BOB] {
        let asked =
            stage.fake.slash_in(user, OTHER_GUILD, OTHER_CHANNEL, "reset-link", &[("contact", "ada")]);
        let answer = asked.answer(SOON).await.unwrap();
        assert!(answer.is_ephemeral() && answer.content().starts_with("You may not do this here."));
    }
    let denied = stage.harness.events("denied");
    assert_eq!(denied.len(), 5);
    assert!(denied.iter().all(|line| line["why"] == "not_allowed" && line["admin"]["platform"] == "discord"));
    assert!(stage.harness.events("issued").is_empty());
    assert!(stage.fake.messages_that(|message| link_in(message).is_some()).is_empty());
}

#[tokio::test]
async fn an_admin_is_answered_in_the_language_of_their_client() {
    let stage = Stage::set().await;
    let answer = stage.types(GRETA, "reset-link", "nobody").await;
    assert!(answer.content().starts_with("Kein aktiver Kontakt"), "{}", answer.content());
}

#[tokio::test]
async fn an_interaction_that_is_told_twice_is_taken_up_once() {
    let stage = Stage::set().await;
    let asked = stage.fake.slash(ALICE, GUILD, "reset-link", &[("contact", "ada")]);
    asked.answer(SOON).await.unwrap();
    asked.replay();
    stage.types(ALICE, "reset-status", "ada").await;
    stage.harness.finish_notices().await;
    assert_eq!(asked.callbacks(), 1);
    assert_eq!(stage.harness.events("issued").len(), 1);
    assert_eq!(stage.fake.direct_messages(ALICE).len(), 1);
}

#[tokio::test]
async fn an_acknowledgement_whose_answer_is_lost_holds_nothing_up() {
    let stage = Stage::set().await;
    stage.fake.break_route("POST", "/interactions/*/*/callback", Fault::LostAnswer, Lasts::Times(1));
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    assert!(answer.content().contains("direct message"));
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn where_discord_takes_no_acknowledgement_nothing_is_issued() {
    let stage = Stage::set().await;
    stage.fake.break_route("POST", "/interactions/*/*/callback", Fault::Status(500), Lasts::Times(2));
    let asked = stage.fake.slash(ALICE, GUILD, "reset-link", &[("contact", "ada")]);
    stage
        .fake
        .requests_that(2, "POST", "/interactions/{interaction_id}/{interaction_token}/callback", SOON)
        .await
        .unwrap();
    stage.types(ALICE, "reset-status", "ada").await;
    stage.harness.finish_notices().await;
    assert!(asked.answer_now().is_none());
    assert!(stage.harness.events("issued").is_empty());
}
