//! The same fake, unmodified, driven by discord.js: an independent client must agree with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reset_link_tests::fakes::discord::{FakeDiscord, Fault, Lasts, Place};
use reset_link_tests::wait;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{ALICE, BOB, GUILD, HELPERS, SOON, TOKEN, fake};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("services/discordjs")
}

/// The bot's process. It ends when its standard input does.
struct Bot {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Bot {
    /// # Panics
    ///
    /// Without Node, or before `npm ci` has been run in the bot's folder.
    fn start(fake: &FakeDiscord, token: &str) -> Self {
        assert!(
            folder().join("node_modules/discord.js").is_dir(),
            "discord.js is absent: run tests/with-services"
        );
        let mut child = Command::new("node")
            .arg("bot.mjs")
            .current_dir(folder())
            .env("DISCORD_API", format!("{}/api", fake.rest_url()))
            .env("DISCORD_TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next event of this name; others on the way are passed over, failures are not.
    async fn hears(&mut self, event: &str) -> Value {
        wait::in_time(event, async {
            loop {
                let line = self.lines.next_line().await.unwrap();
                let said: Value = serde_json::from_str(&line.expect("the bot still runs")).unwrap();
                assert!(said["event"] == event || said["event"] != "failed", "{said}");
                if said["event"] == event {
                    return said;
                }
            }
        })
        .await
    }
}

#[tokio::test]
#[ignore = "needs Node and discord.js: run tests/with-services"]
async fn discord_js_registers_answers_writes_and_handles_a_button() {
    let fake = fake().await;
    let mut bot = Bot::start(&fake, TOKEN);
    let ready = bot.hears("ready").await;
    assert_eq!(ready["guilds"], json!([{ "id": "1000", "name": "Example", "channels": 3, "roles": 2 }]));
    assert_eq!(ready["commands"], json!([{ "name": "greet", "german": "Grüßt jemanden" }]));
    assert!(fake.gateway().identified[0].library.starts_with("@discordjs/ws"));

    let choices = fake.autocomplete(ALICE, GUILD, "greet", "name", "Ad").choices(SOON).await.unwrap();
    assert_eq!(choices[0].name, "Ad!");

    let asked = fake.slash(BOB, GUILD, "greet", &[("name", "Ada")]);
    let acknowledged = asked.acknowledged(SOON).await.unwrap();
    assert_eq!((acknowledged.kind, acknowledged.ephemeral), (5, true));
    let greeted = bot.hears("greeted").await;
    assert_eq!((&greeted["guild"], &greeted["locale"]), (&json!("Example"), &json!("en-GB")));
    assert!(greeted["roles"].as_array().unwrap().contains(&json!(HELPERS.to_string())));
    assert_eq!(greeted["maySend"], true);
    assert_eq!(greeted["answer"], json!({ "content": "Done for Ada.", "ephemeral": true }));
    assert_eq!(asked.answer(SOON).await.unwrap().content(), "Done for Ada.");
    assert!(asked.follow_ups(1, SOON).await.unwrap()[0].is_ephemeral());

    let direct = fake.direct_messages(BOB).remove(0);
    assert_eq!(greeted["direct"]["id"], direct.id.to_string());
    assert!(direct.has_no_previews() && direct.pings_nobody());
    fake.press_button(&direct, &direct.custom_id("Wave").unwrap(), BOB);
    let pressed = bot.hears("pressed").await;
    assert_eq!((&pressed["inGuild"], &pressed["content"]), (&json!(false), &json!("Waved.")));
    fake.message_that(Place::Direct(BOB), SOON, |message| message.content() == "Waved.").await.unwrap();

    drop(bot.child.stdin.take());
    assert!(bot.child.wait().await.unwrap().success());
    fake.disconnected(SOON).await.unwrap();
}

#[tokio::test]
#[ignore = "needs Node and discord.js: run tests/with-services"]
async fn discord_js_resumes_waits_and_is_told_no_in_words_that_it_knows() {
    let fake = fake().await;
    let mut bot = Bot::start(&fake, TOKEN);
    bot.hears("ready").await;

    fake.cut_gateway();
    bot.hears("resumed").await;
    fake.ask_to_reconnect();
    bot.hears("resumed").await;
    assert_eq!((fake.gateway().resumed, fake.gateway().identified.len()), (2, 1));
    fake.ask_for_heartbeat();
    fake.gateway_that(SOON, |seen| seen.heartbeats > 0).await.unwrap();

    fake.takes_direct_messages(BOB, false);
    fake.slash(BOB, GUILD, "greet", &[("name", "Ada")]);
    assert_eq!(
        bot.hears("greeted").await["direct"],
        json!({ "code": 50007, "message": "Cannot send messages to this user" })
    );

    let retry_after = Duration::from_millis(200);
    let limited = Fault::rate_limited(retry_after);
    fake.break_route("POST", "/channels/*/messages", limited, Lasts::Times(1));
    fake.slash(ALICE, GUILD, "greet", &[("name", "Grace")]);
    bot.hears("greeted").await;
    assert_eq!(fake.direct_messages(ALICE).len(), 1);

    fake.invalidate_sessions(false);
    fake.gateway_that(SOON, |seen| seen.identified.len() == 2).await.unwrap();
    fake.connected(SOON).await.unwrap();
    fake.slash(ALICE, GUILD, "greet", &[("name", "Edsger")]);
    assert_eq!(bot.hears("greeted").await["name"], "Edsger");
}

#[tokio::test]
#[ignore = "needs Node and discord.js: run tests/with-services"]
async fn discord_js_is_refused_with_a_wrong_token() {
    let fake = fake().await;
    let mut bot = Bot::start(&fake, "MTIz.another.token");
    let refused = bot.hears("refused").await;
    assert_eq!(refused["code"], "TokenInvalid");
    assert!(!bot.child.wait().await.unwrap().success());
}
