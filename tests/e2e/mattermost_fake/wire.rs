//! What goes to a bot, byte for byte.

use reset_link_tests::fakes::mattermost::{FakeMattermost, id};
use reset_link_tests::wait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{COMMAND_TOKEN, SOON, alice, bob, fake, general};

/// Takes one request whole, and answers it with an empty object.
async fn overhear(listener: &TcpListener) -> (String, String) {
    let (mut socket, _) = wait::in_time("request", listener.accept()).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let count = wait::in_time("the rest of a request", socket.read_buf(&mut heard)).await.unwrap();
        assert!(count > 0, "the request ends early");
        let text = String::from_utf8_lossy(&heard).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n";
            socket.write_all(format!("{answer}{{\"text\": \"Yes\"}}").as_bytes()).await.unwrap();
            return (head, body.to_owned());
        }
    }
}

async fn listen(fake: &FakeMattermost) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    fake.connect(&url);
    (listener, url)
}

#[tokio::test]
async fn a_command_is_a_form_with_the_token_in_it_and_before_it() {
    let fake = fake().await;
    let (listener, _) = listen(&fake).await;
    let asked = fake.slash(&alice(), &general(), "reset", "@bob Grüße+~");
    let (head, body) = overhear(&listener).await;
    assert!(head.starts_with("post /mattermost/command http/1.1\r\n"), "{head}");
    for line in [
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        &format!("authorization: token {COMMAND_TOKEN}"),
    ] {
        assert!(head.lines().any(|said| said == line), "{line}");
    }
    let trigger = body.split('&').find(|pair| pair.starts_with("trigger_id=")).unwrap();
    let site = fake.url().replace(':', "%3A").replace('/', "%2F");
    let expected = format!(
        "channel_id={general}&channel_name=general&command=%2Freset&response_url={site}%2Fhooks%2Fcommands%2F{hook}\
         &root_id=&team_domain=example&team_id={team}&text=%40bob+Gr%C3%BC%C3%9Fe%2B~&token={COMMAND_TOKEN}&{trigger}\
         &user_id={alice}&user_mentions=bob&user_mentions_ids={bob}&user_name=alice",
        general = general(),
        hook = asked.id,
        team = id("the team"),
        alice = alice(),
        bob = bob(),
    );
    assert_eq!(body, expected);
    asked.acknowledged(SOON).await.unwrap();

    fake.sends_authorization(false);
    let asked = fake.slash(&alice(), &general(), "reset", "");
    let (head, _) = overhear(&listener).await;
    assert!(!head.contains("authorization:"), "{head}");
    asked.acknowledged(SOON).await.unwrap();
}

#[tokio::test]
async fn a_press_is_json_without_any_proof() {
    let fake = fake().await;
    let (listener, url) = listen(&fake).await;
    let action = json!({
        "id": "yes", "name": "Yes", "type": "button",
        "integration": { "url": format!("{url}/mattermost/interactive?x=1"), "context": { "a": [1, null] } },
    });
    let answer = json!({ "text": "Sure?", "attachments": [{ "actions": [action] }] });
    let direct = fake.direct_channel(&alice());
    let body = json!({ "channel_id": direct, "message": "Sure?", "props": { "attachments": answer["attachments"] } });
    super::bot::call(fake.url(), reqwest::Method::POST, "/api/v4/posts", Some(&body)).await.unwrap();
    let post = fake.direct_messages(&alice()).remove(0);
    let press = fake.press(&post, "yes", &alice());
    let (head, body) = overhear(&listener).await;
    assert!(head.starts_with("post /mattermost/interactive?x=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json") && !head.contains("authorization:"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body, press.payload());
    assert_eq!(body["context"], json!({ "a": [1, null] }));
    let mut names = [id("the bot"), alice()];
    names.sort_unstable();
    assert_eq!(body["channel_name"], names.join("__"));
    press.answered(SOON).await.unwrap();
}
