//! The executable on Discord, from outside: what it answers, logs and exits with.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use reset_link_tests::fakes::discord::Place::{Channel, Direct};
use reset_link_tests::fakes::discord::{FakeDiscord, FakeMessage, Fault, Lasts, Refusal};
use reset_link_tests::harness::binary::{Process, command, free_address};
use reset_link_tests::harness::clock::MovableClock;
use reset_link_tests::harness::{PASSWORD, TOKEN};
use serde_json::json;
use tempfile::TempDir;

use super::{AUDIT, BOB, GUILD, SOON, link_in, settings};
use crate::process::{client, post};

/// As when the disk or the network fails.
const FAILED: Option<i32> = Some(5);

/// The token of an interaction that nobody understands.
const UNKNOWN: &str = "token-of-an-unknown-interaction";

/// A config with a bot on the fake; nothing runs yet.
struct Place {
    folder: TempDir,
    listen: SocketAddr,
    fake: FakeDiscord,
}

impl Place {
    async fn new() -> Self {
        let fake = FakeDiscord::start(settings(&MovableClock::at("2026-11-24T09:00:00Z"))).await;
        let place = Self { folder: TempDir::new().unwrap(), listen: free_address(), fake };
        let made = command(["init", "--dir", place.folder.path().to_str().unwrap()], "");
        assert!(made.status.success(), "{made:?}");
        let (listen, proxy) = (place.listen, place.fake.rest_url());
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\n\
             [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n\
             [discord]\ntoken_file = \"discord-token\"\nguilds = [\"{GUILD}\"]\nallow_users = [\"{BOB}\"]\napi_proxy = \"{proxy}\"\n"
        );
        fs::write(place.config(), config).unwrap();
        let token = place.folder.path().join("discord-token");
        fs::write(&token, format!("{TOKEN}\n")).unwrap();
        fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
        let csv = place.folder.path().join("contacts.csv");
        fs::write(&csv, "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\n").unwrap();
        let config = place.config();
        let imported =
            command(["contacts", "import", csv.to_str().unwrap(), "--config", config.to_str().unwrap()], "");
        assert!(imported.status.success(), "{imported:?}");
        place
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("reset-link.toml")
    }

    /// Everything is logged that ever is.
    async fn run(&self) -> Process {
        let process = Process::configured_with(&self.config(), self.listen, &[("RUST_LOG", "trace")]).await;
        self.fake.registered(GUILD, "reset-link", SOON).await.unwrap();
        process
    }
}

#[tokio::test]
async fn a_command_leads_to_a_link_whose_page_opens_and_no_secret_is_logged() {
    let place = Place::new().await;
    let mut process = place.run().await;
    let asked = place.fake.slash(BOB, GUILD, "reset-link", &[("contact", "ada")]);
    asked.answer(SOON).await.unwrap();
    let [direct] = &place.fake.direct_messages(BOB)[..] else { panic!() };
    let link = link_in(direct).unwrap();
    let page = client().get(&link).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<form"));

    // What else is logged: trouble of every kind.
    place.fake.cut_gateway();
    place.fake.gateway_that(SOON, |seen| seen.resumed == 1).await.unwrap();
    let mut tokens = vec![TOKEN.to_owned(), asked.token(), UNKNOWN.to_owned()];
    let unknown = json!({ "id": "1", "type": 99, "token": UNKNOWN, "data": { "custom_id": UNKNOWN } });
    place.fake.dispatch(GUILD, "INTERACTION_CREATE", &unknown);
    place.fake.dispatch(GUILD, "SOMETHING_NEW", &unknown);
    process.logged("in a form that is not known here").await;
    for (method, route, fault) in [
        ("POST", "/channels/*/messages", Fault::Refused(Refusal::cannot_message_user())),
        ("POST", "/users/@me/channels", Fault::Reset),
        ("PATCH", "/webhooks/*/*/messages/@original", Fault::Status(502)),
        ("PATCH", "/webhooks/*/*/messages/@original", Fault::Reset),
        ("POST", "/interactions/*/*/callback", Fault::Reset),
    ] {
        place.fake.break_route(method, route, fault, Lasts::Times(1));
        let asked = place.fake.slash(BOB, GUILD, "reset-link", &[("contact", "ada")]);
        asked.answer(SOON).await.unwrap();
        tokens.push(asked.token());
    }
    place.fake.break_route("PATCH", "/webhooks/*/*/messages/@original", Fault::Reset, Lasts::Times(3));
    tokens.push(place.fake.slash(BOB, GUILD, "reset-status", &[("contact", "ada")]).token());
    process.logged("an answer did not arrive").await;
    let lapsed = place.fake.slash(BOB, GUILD, "reset-status", &[("contact", "ada")]);
    lapsed.lapse();
    tokens.push(lapsed.token());
    assert_eq!(post(&link, PASSWORD).await, 200);
    place.fake.message_that(Direct(BOB), SOON, |m| m.content().contains("has used")).await.unwrap();

    assert!(process.terminate().await.success());
    let logged = process.stderr();
    assert!(
        logged.contains("connected to Discord again") && logged.contains("no direct message"),
        "{logged}"
    );
    tokens.push("v4.public.".to_owned());
    tokens.push("ada@example.org".to_owned());
    for secret in tokens {
        assert!(!logged.contains(&secret), "{secret} is in the log: {logged}");
    }
}

#[tokio::test]
async fn protection_that_protects_nobody_is_told_at_each_start_and_refuses_it_where_that_is_wanted() {
    let place = Place::new().await;
    let config = fs::read_to_string(place.config()).unwrap();
    let with = |more: &str| {
        let more = format!(
            "audit_channel = \"{AUDIT}\"\n[contacts]\nprotected = [\"ADA\", \"a\u{200b}da\", \"cfo\"]\n{more}"
        );
        fs::write(place.config(), format!("{config}{more}")).unwrap();
    };
    with("");
    let mut told: Vec<FakeMessage> = Vec::new();
    for _ in 0..2 {
        let mut process = place.run().await;
        process.logged("contacts.protected names nobody here").await;
        let is_new = |message: &FakeMessage| {
            let says_so = message.content().contains("names `cfo`, and no contact has this id");
            says_so && told.iter().all(|before| before.id != message.id)
        };
        let message = place.fake.message_that(Channel(AUDIT), SOON, is_new).await.unwrap();
        told.push(message);
        assert!(process.terminate().await.success());
        assert!(!process.stderr().contains("ADA"), "{}", process.stderr());
    }
    let audit = fs::read_to_string(place.folder.path().join("data/audit.jsonl")).unwrap();
    assert_eq!(audit.matches(r#""event":"protects_nobody","entry":"cfo""#).count(), 2, "{audit}");

    with("protected_strict = true\n");
    let refused = command(["run", "--config", place.config().to_str().unwrap()], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(
        said.contains("contacts.protected: no contact has the id cfo") && said.contains("protected_strict"),
        "{said}"
    );
}

fn says_what_to_do(said: &str) {
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("Discord does not take the bot's token"), "{said}");
    assert!(last.contains("To mend: copy the token") && last.contains("discord.token_file"), "{said}");
    assert!(!said.contains(TOKEN), "{said}");
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_the_process_with_a_cure() {
    let place = Place::new().await;
    let mut process = place.run().await;
    place.fake.revoke_token();
    place.fake.close_gateway(4004);
    assert_eq!(process.ended().await.code(), FAILED);
    says_what_to_do(&process.stderr());
}

#[tokio::test]
async fn a_wrong_token_ends_the_process_at_its_start_with_a_cure() {
    let place = Place::new().await;
    place.fake.revoke_token();
    let config = place.config();
    let ran = tokio::task::spawn_blocking(move || command(["run", "--config", config.to_str().unwrap()], ""));
    let ran = ran.await.unwrap();
    assert_eq!(ran.status.code(), FAILED);
    says_what_to_do(&String::from_utf8(ran.stderr).unwrap());
}

#[tokio::test]
async fn a_process_that_cannot_reach_discord_ends_orderly_when_it_is_told_to() {
    let place = Place::new().await;
    place.fake.break_route("GET", "/gateway/bot", Fault::Status(503), Lasts::UntilMended);
    let mut process = Process::configured(&place.config(), place.listen).await;
    process.logged("Discord does not name its gateway").await;
    assert!(process.terminate().await.success());
}
