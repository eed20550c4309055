//! What does not come from Mattermost, or comes twice: refused, nothing issued, one line in the audit.

use reset_link_tests::mattermost::id;
use serde_json::json;

use super::{SOON, Stage, alice, bob};

impl Stage {
    fn refusals(&self) -> Vec<String> {
        let why = |line: &serde_json::Value| line["why"].as_str().unwrap().to_owned();
        self.house.events("request_refused").iter().map(why).collect()
    }
}

#[tokio::test]
async fn a_command_without_its_token_is_refused_with_one_line() {
    let stage = Stage::set().await;
    let form = |text: &str| stage.fake.form(&alice(), &id("general"), "reset-link", text);
    let without = |name: &str| {
        let mut form = form("contact:ada");
        form.remove(name);
        form
    };
    assert_eq!(stage.fake.post_form(&form("contact:ada"), Some("Token wrong")).await.status, 401);
    assert_eq!(stage.fake.post_form(&without("token"), None).await.status, 401);
    let mut elsewhere = form("contact:ada");
    elsewhere.insert("response_url".to_owned(), "https://evil.example/hooks/commands/x".to_owned());
    assert_eq!(stage.fake.post_form(&elsewhere, None).await.status, 400);
    assert_eq!(stage.fake.post_form(&without("trigger_id"), None).await.status, 400);
    let url = stage.url("/mattermost/command");
    let kind = ("Content-Type", "application/json");
    assert_eq!(stage.fake.send_raw("POST", &url, &[kind], "{}").await.status, 415);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(stage.fake.send_raw("POST", &url, &[kind], "x".repeat(70_000)).await.status, 413);
    assert_eq!(
        stage.refusals(),
        ["tampered", "unsigned", "malformed", "malformed", "content_type", "oversized"]
    );
    stage.house.told().await;
    assert!(stage.house.events("issued").is_empty());
    // Where a proxy strips the header, the form's own token will do.
    assert_eq!(stage.fake.post_form(&form("contact:ada"), None).await.status, 200);
    stage.house.told().await;
    assert_eq!(stage.house.events("issued").len(), 1);
}

#[tokio::test]
async fn a_repeat_is_known_by_its_trigger_after_a_restart_too() {
    let mut stage = Stage::set().await;
    let asked = stage.fake.slash(&alice(), &id("general"), "reset-link", "contact:ada");
    asked.later(1, SOON).await.unwrap();
    asked.replay();
    assert_eq!(asked.acknowledgements(2, SOON).await.unwrap().last().unwrap().status, 409);
    stage.house.told().await;
    stage.restart().await;
    asked.replay();
    assert_eq!(asked.acknowledgements(3, SOON).await.unwrap().last().unwrap().status, 409);
    assert_eq!(stage.house.events("issued").len(), 1);
}

#[tokio::test]
async fn a_press_that_was_not_sealed_by_us_is_refused() {
    let stage = Stage::set().await;
    stage.types(&alice(), "reset-link", "ada").await;
    let direct = stage.fake.direct_messages(&alice()).remove(0);
    let action = direct.action_id("Revoke").unwrap();
    let genuine = direct.integration(&action).unwrap()["context"].clone();
    let url = stage.url("/mattermost/interactive");
    let press = |context: serde_json::Value, trigger: &str| json!({ "user_id": bob(), "trigger_id": trigger, "type": "button", "context": context });
    for (name, value) in
        [("contact", json!("bob")), ("expires", json!(4_000_000_000_i64)), ("mac", json!("AAAA"))]
    {
        let mut forged = genuine.clone();
        forged[name] = value;
        assert_eq!(stage.fake.press_forged(&url, &press(forged, "1")).await.status, 401, "{name}");
    }
    assert_eq!(stage.fake.press_forged(&url, &json!({ "user_id": bob() })).await.status, 400);
    assert_eq!(stage.refusals().len(), 4);
    assert!(stage.house.events("link_revoked").is_empty());
    assert_eq!(stage.fake.press_forged(&url, &press(genuine.clone(), "2")).await.status, 200);
    assert_eq!(stage.house.events("link_revoked").len(), 1);
    assert_eq!(stage.fake.press_forged(&url, &press(genuine, "2")).await.status, 409, "a replay");
}
