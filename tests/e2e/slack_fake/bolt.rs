//! The same fake, unmodified, driven by Slack's own Bolt: an independent client must agree with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reset_link_tests::fakes::slack::{BotUrls, FakeSlack, Fault, Lasts, Place, SlackSettings, signature};
use reset_link_tests::harness::clock;
use reset_link_tests::wait;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{ALICE, APP_TOKEN, BOB, BOT_TOKEN, GENERAL, SECRET, SOON, fake_with, settings};

/// Bolt looks at this machine's clock.
async fn fake() -> FakeSlack {
    fake_with(SlackSettings { now: clock::machine(), ..settings() }).await
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/slackbolt");
    assert!(folder.join("node_modules/@slack/bolt").is_dir(), "Bolt is absent: run tests/with-services");
    folder
}

/// How Bolt reaches the fake.
#[derive(Clone, Copy)]
enum Transport {
    /// By Slack's own names and TLS.
    Names,
    /// By `slackApiUrl`, in the clear.
    ApiUrl,
}

/// The app's process. It ends when its standard input does.
struct App {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    _authority: NamedTempFile,
}

impl App {
    /// # Panics
    ///
    /// Without Node, or before `npm ci` has been run in the app's folder.
    fn start(fake: &FakeSlack, transport: Transport, secrets: &[(&str, &str)]) -> Self {
        let authority = NamedTempFile::new().unwrap();
        std::fs::write(&authority, fake.authority()).unwrap();
        let mut command = Command::new("node");
        command
            .arg("app.mjs")
            .current_dir(folder())
            .env("NODE_EXTRA_CA_CERTS", authority.path())
            .env("SLACK_TLS", fake.address().to_string())
            .envs(secrets.iter().copied());
        if let Transport::ApiUrl = transport {
            command.env("SLACK_API", format!("{}/api/", fake.http_url()));
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, _authority: authority }
    }

    /// In HTTP mode, and the fake knows where.
    async fn listening(fake: &FakeSlack, transport: Transport, secret: &str) -> Self {
        let mut app =
            Self::start(fake, transport, &[("SLACK_BOT_TOKEN", BOT_TOKEN), ("SLACK_SIGNING_SECRET", secret)]);
        let ready = app.hears("ready").await;
        assert_eq!((&ready["team"], &ready["user"]), (&json!("T0FAKE001"), &json!("U0FAKEBOT")));
        fake.connect_at(BotUrls::all_at(&format!("http://127.0.0.1:{}/slack/events", ready["port"])));
        app
    }

    /// In Socket Mode.
    async fn connected(fake: &FakeSlack, transport: Transport) -> Self {
        let mut app =
            Self::start(fake, transport, &[("SLACK_BOT_TOKEN", BOT_TOKEN), ("SLACK_APP_TOKEN", APP_TOKEN)]);
        app.hears("ready").await;
        fake.connected(SOON).await.unwrap();
        app
    }

    /// The next event of this name; others on the way are passed over, failures are not.
    async fn hears(&mut self, event: &str) -> Value {
        wait::in_time(event, async {
            loop {
                let line = self.lines.next_line().await.unwrap();
                let said: Value = serde_json::from_str(&line.expect("the app still runs")).unwrap();
                let has_failed = said["event"] == "failed" || said["event"] == "refused";
                assert!(said["event"] == event || !has_failed, "{said}");
                if said["event"] == event {
                    return said;
                }
            }
        })
        .await
    }

    async fn ends(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().await.unwrap().success());
    }
}

/// A command, a button, a menu and a view, by whatever transport the app hears of them.
async fn drive(fake: &FakeSlack, app: &mut App) {
    let asked = fake.slash(ALICE, GENERAL, "/greet", "Ada");
    assert_eq!(asked.answer(SOON).await.unwrap().content(), "One moment.");
    let greeted = app.hears("greeted").await;
    let known = ["name", "user", "channel", "locale", "said"].map(|name| greeted[name].as_str().unwrap());
    assert_eq!(known, ["Ada", "alice", "general", "de-DE", "Hello, Ada"]);
    assert_eq!((&greeted["group"], &greeted["accepted"]), (&json!([BOB]), &json!(["chat:write"])));
    assert!(greeted["scopes"].as_array().unwrap().contains(&json!("commands")));
    let answer = asked.answer_that(SOON, |message| message.content() == "Done for Ada.").await.unwrap();
    assert!(answer.is_ephemeral());

    let direct = fake.direct_messages(ALICE).remove(0);
    assert_eq!(greeted["ts"], direct.ts);
    assert!(direct.has_no_previews());
    let pressed = fake.press(&direct, &direct.action_id("Wave").unwrap(), ALICE);
    let heard = app.hears("pressed").await;
    assert_eq!((&heard["value"], &heard["text"]), (&json!("Ada"), &json!("Hello, Ada")));
    assert_eq!(pressed.answer(SOON).await.unwrap().content(), "alice waved.");
    assert_eq!(fake.message(&direct.channel, &direct.ts).unwrap().shown(), "Waved.");

    fake.slash(BOB, GENERAL, "/greet", "form");
    let opened = app.hears("opened").await;
    let view = fake.view_that(BOB, SOON, |view| view.callback_id() == "greeting").await.unwrap();
    assert_eq!(opened["id"], view.id);
    let choices = fake.suggest(BOB, &view, "who", "Ad").choices(SOON).await.unwrap();
    assert_eq!((choices[0].text.as_str(), choices[0].value.as_str()), ("Ad!", "Ad"));
    fake.submit_view(&view, BOB, &[("who", "Nobody")]).acknowledged(SOON).await.unwrap();
    assert_eq!(fake.view(&view.id).unwrap().errors, Some(json!({ "whom": "Somebody, please." })));
    fake.submit_view(&view, BOB, &[("who", "Ad")]).acknowledged(SOON).await.unwrap();
    assert!(!fake.view(&view.id).unwrap().is_open);
    assert_eq!(app.hears("sent").await["who"], "Ad");
    let place = Place::Direct(BOB.to_owned());
    fake.message_that(&place, SOON, |message| message.content() == "Greeted Ad").await.unwrap();
    assert!(fake.public_messages().is_empty());
}

#[tokio::test]
#[ignore = "needs Node and Bolt: run tests/with-services"]
async fn bolt_agrees_with_the_fake_where_it_listens() {
    for transport in [Transport::Names, Transport::ApiUrl] {
        let fake = fake().await;
        let mut app = App::listening(&fake, transport, SECRET).await;
        drive(&fake, &mut app).await;
        app.ends().await;
    }
}

#[tokio::test]
#[ignore = "needs Node and Bolt: run tests/with-services"]
async fn bolt_agrees_with_the_fake_in_socket_mode_and_comes_back() {
    for transport in [Transport::Names, Transport::ApiUrl] {
        let fake = fake().await;
        let mut app = App::connected(&fake, transport).await;
        drive(&fake, &mut app).await;
        fake.ask_to_go("warning");
        fake.sockets_that(SOON, |seen| seen.opened >= 2 && seen.standing == 1).await.unwrap();
        fake.slash(ALICE, GENERAL, "/greet", "Grace");
        assert_eq!(app.hears("greeted").await["name"], "Grace");
        app.ends().await;
        fake.disconnected(SOON).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs Node and Bolt: run tests/with-services"]
async fn bolt_refuses_what_is_wrongly_signed_and_is_told_no_in_words_that_it_knows() {
    let fake = fake().await;
    let app = App::listening(&fake, Transport::Names, "another secret").await;
    assert_eq!(fake.slash(ALICE, GENERAL, "/greet", "Ada").acknowledged(SOON).await.unwrap().status, 401);
    app.ends().await;

    let mut app = App::listening(&fake, Transport::Names, SECRET).await;
    let asked = fake.slash(ALICE, GENERAL, "/greet", "Ada");
    app.hears("greeted").await;
    assert_eq!(asked.acknowledged(SOON).await.unwrap().status, 200);

    fake.break_method("chat.postMessage", Fault::rate_limited(Duration::from_secs(1)), Lasts::Times(1));
    fake.slash(ALICE, GENERAL, "/greet", "Grace");
    assert_eq!(app.hears("greeted").await["name"], "Grace");
    assert_eq!(fake.direct_messages(ALICE).len(), 2);

    fake.grant(&["commands"]);
    fake.slash(ALICE, GENERAL, "/greet", "Edsger");
    let told = app.hears("failed").await;
    assert_eq!(told["data"]["error"], "missing_scope");
    assert_eq!(
        (&told["data"]["needed"], &told["data"]["provided"]),
        (&json!("im:write"), &json!("commands"))
    );
    app.ends().await;
}

#[tokio::test]
#[ignore = "needs Node and Bolt: run tests/with-services"]
async fn bolt_is_refused_with_a_wrong_token() {
    let fake = fake().await;
    let secrets = [("SLACK_BOT_TOKEN", "xoxb-other"), ("SLACK_SIGNING_SECRET", SECRET)];
    let mut app = App::start(&fake, Transport::Names, &secrets);
    assert_eq!(app.hears("refused").await["error"], "invalid_auth");
    assert!(!app.child.wait().await.unwrap().success());
}

/// What Bolt's own verifier says of each.
pub(crate) async fn verified(cases: &[Value]) -> Vec<bool> {
    let mut child = Command::new("node")
        .arg("verify.mjs")
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["valid"] == true).collect()
}

#[tokio::test]
#[ignore = "needs Node and Bolt: run tests/with-services"]
async fn bolts_verifier_takes_what_is_signed_here_and_nothing_else() {
    let now = 1_531_420_618;
    let case = |body: &str, timestamp: i64, signature: &str| json!({ "secret": SECRET, "timestamp": timestamp, "signature": signature, "body": body, "now": now });
    let bodies = ["", "text=Gr%C3%BC%C3%9Fe", "payload=%7B%22a%22%3A1%7D", "Grüße ✓", "a:b=c:d"];
    let signed: Vec<_> =
        bodies.iter().map(|body| case(body, now, &signature(SECRET, now, body.as_bytes()))).collect();
    assert_eq!(verified(&signed).await, [true; 5]);
    let good = signature(SECRET, now, b"text=one");
    let (head, tail) = good.split_at(good.len() - 1);
    let other = format!("{head}{}", if tail == "0" { "1" } else { "0" });
    let refused = [
        case("text=two", now, &good),
        case("text=one", now + 1, &good),
        case("text=one", now, &other),
        case("text=one", now, &good.replace("v0=", "v1=")),
        case("text=one", now, &good.to_uppercase()),
        case("text=one", now, &signature("another secret", now, b"text=one")),
        case("text=one", now - 301, &signature(SECRET, now - 301, b"text=one")),
    ];
    assert_eq!(verified(&refused).await, [false; 7]);
    assert_eq!(
        verified(&[case("text=one", now - 300, &signature(SECRET, now - 300, b"text=one"))]).await,
        [true]
    );
}
