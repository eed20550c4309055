//! The same fake, unmodified, driven by Mattermost's own client: an independent client must agree with it.

use std::path::{Path, PathBuf};
use std::process::Output;

use reset_link_tests::fakes::mattermost::{FakeMattermost, Fault, Lasts, Place, Refusal, id};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{SOON, TOKEN, alice, fake, general};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("services/mattermostjs")
}

/// Runs the bot to its end, and gives what it said, by event.
///
/// # Panics
///
/// Without Node, or before `npm ci` has been run in the bot's folder.
async fn run(fake: &FakeMattermost, token: &str) -> (bool, Vec<Value>) {
    assert!(
        folder().join("node_modules/@mattermost/client").is_dir(),
        "Mattermost's client is absent: run tests/with-services"
    );
    let bot = Command::new("node")
        .arg("bot.mjs")
        .current_dir(folder())
        .env("MATTERMOST_URL", fake.url())
        .env("MATTERMOST_TOKEN", token)
        .env("MATTERMOST_USER", alice())
        .env("MATTERMOST_CHANNEL", general())
        .env("MATTERMOST_TEAM", id("the team"))
        .kill_on_drop(true)
        .output();
    let Output { status, stdout, stderr } = tokio::time::timeout(SOON, bot).await.unwrap().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    (status.success(), said)
}

fn event<'a>(said: &'a [Value], name: &str) -> &'a Value {
    said.iter().find(|event| event["event"] == *name).unwrap_or_else(|| panic!("no {name}: {said:?}"))
}

#[tokio::test]
#[ignore = "needs Node and Mattermost's client: run tests/with-services"]
async fn mattermosts_client_reads_writes_and_is_told_no_in_words_that_it_knows() {
    let fake = fake().await;
    fake.may_post_ephemeral(true);
    let (is_done, said) = run(&fake, TOKEN).await;
    assert!(is_done, "{said:?}");
    let ready = event(&said, "ready");
    assert_eq!(ready["me"], json!({ "id": id("the bot"), "bot": true }));
    assert_eq!(ready["user"], json!({ "username": "alice", "locale": "de" }));
    assert_eq!(ready["member"], json!({ "user": alice(), "roles": "team_user" }));
    assert_eq!((&ready["channel"], &ready["own"]), (&json!("general"), &json!(id("the bot"))));
    assert!(ready["version"].as_str().unwrap().starts_with("10."), "{ready}");

    let written = event(&said, "written");
    let direct = fake.direct_messages(&alice()).remove(0);
    assert_eq!(written["direct"]["type"], "D");
    assert_eq!(written["post"]["id"], direct.id);
    let action = json!({ "id": "wave", "name": "Wave", "type": "button", "style": "primary" });
    assert_eq!(written["post"]["actions"], json!([action]), "where it leads is told to nobody");
    assert_eq!(written["patched"], json!({ "message": "Hello again", "edited": true, "attachments": 1 }));
    assert_eq!((&written["read"], direct.edits()), (&json!("Hello again"), 1));
    assert_eq!(direct.integration("wave").unwrap()["context"], json!({ "seal": "secret" }));

    let whispered = event(&said, "whispered");
    assert_eq!((&whispered["type"], &whispered["deleted"]), (&json!("system_ephemeral"), &json!("OK")));
    assert_eq!(fake.ephemeral_messages(&alice())[0].message, "Psst");
    assert!(fake.posts_at(&Place::Channel(general()))[0].deleted);

    let refused = event(&said, "refused");
    for (what, status, error) in [
        ("user", 404, "app.user.missing_account.const"),
        ("channel", 404, "app.channel.get.existing.app_error"),
        ("post", 403, "api.context.permissions.app_error"),
        ("long", 400, "model.post.is_valid.message_length.app_error"),
    ] {
        assert_eq!((&refused[what]["status"], &refused[what]["id"]), (&json!(status), &json!(error)));
    }
    assert_eq!(fake.take_violations().len(), 1, "the message that is too long");
}

#[tokio::test]
#[ignore = "needs Node and Mattermost's client: run tests/with-services"]
async fn mattermosts_client_is_refused_with_a_wrong_token_and_where_it_may_not_write() {
    let fake = fake().await;
    let (is_done, said) = run(&fake, "another").await;
    let failed = event(&said, "failed");
    assert_eq!((is_done, &failed["status"]), (false, &json!(401)));
    assert_eq!(failed["id"], "api.context.session_expired.app_error");

    fake.break_route("POST", "/posts", Fault::Refused(Refusal::not_permitted()), Lasts::Times(1));
    let (_, said) = run(&fake, TOKEN).await;
    assert_eq!(event(&said, "failed")["id"], "api.context.permissions.app_error");
    fake.takes_direct_messages(&alice(), false);
    let (_, said) = run(&fake, TOKEN).await;
    let message = "You do not have the appropriate permissions.";
    assert_eq!(event(&said, "failed")["message"], message);
    assert!(fake.direct_messages(&alice()).is_empty());
}
