//! What does not come from Mattermost, or comes twice: refused, nothing issued, one line in the audit.

use reset_link_tests::fakes::mattermost::{Fault, Lasts, SiteUrl, id};
use serde_json::json;

use super::{SOON, Stage, alice, bob};

impl Stage {
    fn refusals(&self) -> Vec<String> {
        let why = |line: &serde_json::Value| line["why"].as_str().unwrap().to_owned();
        self.harness.events("request_refused").iter().map(why).collect()
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
    assert_eq!(stage.fake.post_form(&without("trigger_id"), None).await.status, 400);
    let url = stage.url("/mattermost/command");
    let kind = ("Content-Type", "application/json");
    assert_eq!(stage.fake.send_raw("POST", &url, &[kind], "{}").await.status, 415);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(stage.fake.send_raw("POST", &url, &[kind], "x".repeat(70_000)).await.status, 413);
    assert_eq!(stage.refusals(), ["tampered", "unsigned", "malformed", "content_type", "oversized"]);
    stage.harness.finish_notices().await;
    assert!(stage.harness.events("issued").is_empty());
    // Where a proxy strips the header, the form's own token will do.
    assert_eq!(stage.fake.post_form(&form("contact:ada"), None).await.status, 200);
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn a_repeat_is_known_by_its_trigger_after_a_restart_too() {
    let mut stage = Stage::set().await;
    let asked = stage.fake.slash(&alice(), &id("general"), "reset-link", "contact:ada");
    asked.later(1, SOON).await.unwrap();
    asked.replay();
    assert_eq!(asked.acknowledgements(2, SOON).await.unwrap().last().unwrap().status, 409);
    stage.harness.finish_notices().await;
    stage.restart().await;
    asked.replay();
    assert_eq!(asked.acknowledgements(3, SOON).await.unwrap().last().unwrap().status, 409);
    assert_eq!(stage.harness.events("issued").len(), 1);
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
    assert!(stage.harness.events("link_revoked").is_empty());
    assert_eq!(stage.fake.press_forged(&url, &press(genuine.clone(), "2")).await.status, 200);
    assert_eq!(stage.harness.events("link_revoked").len(), 1);
    assert_eq!(stage.fake.press_forged(&url, &press(genuine, "2")).await.status, 409, "a replay");
}

#[tokio::test]
async fn an_answer_goes_to_the_hook_of_the_command_and_to_no_other_address() {
    let stage = Stage::set().await;
    let genuine = stage.fake.form(&alice(), &id("general"), "reset-link", "contact:ada");
    let url = genuine["response_url"].clone();
    let (server, hook) = url.rsplit_once("/hooks/commands/").unwrap();
    let forged = [
        format!("https://evil.example/hooks/commands/{hook}"),
        // An incoming webhook writes into a channel.
        format!("{server}/hooks/{hook}"),
        format!("{server}/hooks/commands/../{hook}"),
        format!("{server}/hooks/commands/%2e%2e/{hook}"),
        format!("{server}/hooks/commands/%2E%2E%2F{hook}"),
        format!("{server}/x/../hooks/commands/{hook}"),
        format!("{server}/hooks/commands/{hook}/../../{hook}"),
        format!("{server}@evil.example/hooks/commands/{hook}"),
        String::new(),
    ];
    for url in &forged {
        let form = [genuine.clone(), [("response_url".to_owned(), url.clone())].into()].into_iter().flatten();
        assert_eq!(stage.fake.post_form(&form.collect(), None).await.status, 400, "{url}");
    }
    stage.harness.finish_notices().await;
    assert_eq!(stage.refusals(), vec!["malformed"; forged.len()]);
    assert!(stage.harness.events("issued").is_empty());
    assert_eq!(stage.fake.post_form(&genuine, None).await.status, 200);
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn a_server_that_people_reach_by_another_name_is_answered_where_it_is_configured() {
    for path in ["", "/team/chat"] {
        let stage = Stage::at(SiteUrl::At(format!("https://chat.example.org{path}"))).await;
        let answer = stage.types(&alice(), "reset-link", "ada").await.text();
        assert!(answer.contains("no mail server is configured"), "{answer}");
        for _ in 0..3 {
            stage.types(&alice(), "reset-status", "ada").await;
        }
        assert_eq!(stage.fake.count("GET", "/config/client"), 1, "the server is asked once");
    }
}

#[tokio::test]
async fn where_the_server_does_not_say_by_which_name_it_is_known_nothing_is_begun() {
    let stage = Stage::at(SiteUrl::At("https://chat.example.org".to_owned())).await;
    stage.fake.break_route("GET", "/config/client", Fault::Status(502), Lasts::UntilMended);
    let asked = stage.fake.slash(&alice(), &id("general"), "reset-link", "contact:ada");
    let acknowledged = asked.acknowledged(SOON).await.unwrap();
    assert!(acknowledged.status == 200 && acknowledged.is_ephemeral(), "{acknowledged:?}");
    assert!(acknowledged.text().contains("Try again in a minute"), "{acknowledged:?}");
    stage.harness.finish_notices().await;
    assert!(stage.harness.events("issued").is_empty() && stage.refusals().is_empty());
    stage.fake.mend();
    stage.types(&alice(), "reset-link", "ada").await;
}

#[tokio::test]
async fn a_server_that_was_never_told_its_name_is_known_by_the_configured_one() {
    let stage = Stage::at(SiteUrl::Unset).await;
    stage.types(&alice(), "reset-link", "ada").await;
    let mut elsewhere = stage.fake.form(&alice(), &id("general"), "reset-link", "contact:ada");
    let url = elsewhere["response_url"].replace(stage.fake.url(), "https://chat.example.org");
    elsewhere.insert("response_url".to_owned(), url);
    assert_eq!(stage.fake.post_form(&elsewhere, None).await.status, 400);
}
