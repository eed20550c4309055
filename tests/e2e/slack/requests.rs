//! What does not come from Slack, or comes twice: refused, nothing issued, one line in the audit.

use super::{ALICE, GENERAL, SOON, Stage};

type Headers = Vec<(String, String)>;

fn form(trigger: &str) -> String {
    let fields = [
        ("team_id", super::TEAM),
        ("user_id", ALICE),
        ("channel_id", GENERAL),
        ("command", "/reset-link"),
        ("text", "contact:ada"),
        ("response_url", "https://hooks.slack.com/commands/T0FAKE001/1/x"),
        ("trigger_id", trigger),
    ];
    reqwest::Url::parse_with_params("x:", fields).unwrap().query().unwrap().to_owned()
}

impl Stage {
    async fn post(&self, headers: &[(String, String)], body: impl Into<Vec<u8>>) -> u16 {
        self.fake.post_raw(&self.url("/slack/command"), headers, body).await.unwrap().status
    }

    fn second(&self) -> i64 {
        self.harness.clock.now().as_second()
    }

    fn signed_at(&self, at: i64, body: &str) -> Vec<(String, String)> {
        let header = |name: &str, value: String| (name.to_owned(), value);
        vec![
            header("content-type", "application/x-www-form-urlencoded".to_owned()),
            header("x-slack-request-timestamp", at.to_string()),
            header("x-slack-signature", self.fake.sign(at, body.as_bytes())),
        ]
    }

    fn refusals(&self) -> Vec<String> {
        let why = |line: &serde_json::Value| line["why"].as_str().unwrap().to_owned();
        self.harness.events("request_refused").iter().map(why).collect()
    }
}

#[tokio::test]
async fn what_slack_did_not_sign_is_refused_with_one_line() {
    let stage = Stage::set().await;
    let body = form("1.2.3");
    let now = stage.second();
    let good = stage.signed_at(now, &body);
    let without = |name: &str| good.iter().filter(|(key, _)| key != name).cloned().collect::<Vec<_>>();
    let mut other_type = without("content-type");
    other_type.push(("content-type".to_owned(), "application/json".to_owned()));
    let long = format!("{body}&more={}", "x".repeat(70_000));
    let cases: Vec<(Headers, String, u16, &str)> = vec![
        (good.clone(), body.replace("ada", "bob"), 401, "tampered"),
        (stage.signed_at(now - 301, &body), body.clone(), 401, "stale"),
        (stage.signed_at(now + 301, &body), body.clone(), 401, "stale"),
        (without("x-slack-signature"), body.clone(), 401, "unsigned"),
        (without("x-slack-request-timestamp"), body.clone(), 401, "unsigned"),
        (other_type, body.clone(), 415, "content_type"),
        (stage.signed_at(now, &long), long.clone(), 413, "oversized"),
        (stage.signed_at(now, "x=1"), "x=1".to_owned(), 400, "malformed"),
    ];
    for (number, (headers, body, status, why)) in cases.into_iter().enumerate() {
        assert_eq!(stage.post(&headers, body).await, status, "{why}");
        assert_eq!(stage.refusals().len(), number + 1, "{why}");
        assert_eq!(stage.refusals()[number], why);
    }
    stage.harness.finish_notices().await;
    assert!(stage.harness.events("issued").is_empty() && stage.harness.events("taken").is_empty());
    assert_eq!(stage.post(&good, body).await, 200, "and the genuine one is taken");
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn an_answer_is_sent_nowhere_but_to_slack() {
    let stage = Stage::set().await;
    for url in
        ["https://evil.example/x", "http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x"]
    {
        let body = form("4.5.6").replace(
            "https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT0FAKE001%2F1%2Fx",
            &url.replace(':', "%3A").replace('/', "%2F"),
        );
        assert!(body.contains("evil") || body.contains("http%3A"));
        let headers = stage.signed_at(stage.second(), &body);
        assert_eq!(stage.post(&headers, body).await, 400, "{url}");
    }
    stage.harness.finish_notices().await;
    assert!(stage.harness.events("issued").is_empty());
}

#[tokio::test]
async fn a_repeat_is_known_by_its_trigger_after_a_restart_too() {
    let mut stage = Stage::set().await;
    let asked = stage.fake.slash(ALICE, GENERAL, "/reset-link", "contact:ada");
    asked.answer_that(SOON, |message| message.shown().contains("direct message")).await.unwrap();
    asked.replay();
    let acknowledged = asked.acknowledgements_that(2, SOON).await.unwrap();
    assert_eq!(acknowledged.last().unwrap().status, 409);
    stage.harness.finish_notices().await;
    stage.restart().await;
    asked.replay();
    let acknowledged = asked.acknowledgements_that(3, SOON).await.unwrap();
    assert_eq!(acknowledged.last().unwrap().status, 409);
    stage.harness.finish_notices().await;
    assert_eq!(stage.refusals(), ["replayed", "replayed"]);
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn slack_may_look_whether_our_certificate_is_good() {
    let stage = Stage::set().await;
    for route in ["/slack/command", "/slack/interactive", "/slack/options"] {
        assert_eq!(stage.fake.ssl_check(&stage.url(route)).await.unwrap().status, 200, "{route}");
        assert_eq!(stage.fake.ssl_check_by_get(&stage.url(route)).await.unwrap().status, 200, "{route}");
    }
    // Nothing else in it is read: it is not signed.
    let kind = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    assert_eq!(stage.post(&kind, format!("ssl_check=1&{}", form("1.2.3"))).await, 200);
    stage.harness.finish_notices().await;
    for event in ["taken", "issued", "request_refused"] {
        assert!(stage.harness.events(event).is_empty(), "{event}");
    }
}

#[tokio::test]
async fn neither_links_nor_response_urls_nor_triggers_stand_in_the_audit() {
    let stage = Stage::set().await;
    let asked = stage.fake.slash(ALICE, GENERAL, "/reset-link", "contact:ada");
    asked.answer_that(SOON, |message| message.shown().contains("direct message")).await.unwrap();
    stage.harness.finish_notices().await;
    let audit = std::fs::read_to_string(stage.harness.audit_file()).unwrap();
    assert!(
        !audit.contains("hooks.slack.com")
            && !audit.contains(&asked.trigger_id())
            && !audit.contains("v4.public")
    );
}
