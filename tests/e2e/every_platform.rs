//! One executable on Discord, Slack and Mattermost at once: one bot, one listener, one policy.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use reset_link_tests::fakes::discord::{FakeDiscord, FakeGuild, FakeSettings};
use reset_link_tests::fakes::kit::proxy;
use reset_link_tests::fakes::mattermost::{FakeChannel, FakeMattermost, MattermostSettings, id};
use reset_link_tests::fakes::slack::{FakeSlack, SlackSettings, SlackUser};
use reset_link_tests::fakes::{discord, mattermost};
use reset_link_tests::harness::binary::{Process, command, free_address};
use reset_link_tests::harness::clock::machine;
use reset_link_tests::harness::{APP, MATTERMOST, TOKEN};
use tempfile::TempDir;

use crate::process::get;

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const GUILD: u64 = 100_000_000_000_000_001;
const DISCORD_CHANNEL: u64 = 110_000_000_000_000_001;
const ON_DISCORD: u64 = 200_000_000_000_000_001;
const TEAM: &str = "T0FAKE001";
const SLACK_CHANNEL: &str = "C0GENERAL";
const ON_SLACK: &str = "U0ALICE00";

async fn fake_discord() -> FakeDiscord {
    let guild =
        FakeGuild::new(GUILD, "Example", 1).channel(DISCORD_CHANNEL, "general").member(ON_DISCORD, &[]);
    let mut settings =
        FakeSettings::new(TOKEN).user(discord::FakeUser::new(ON_DISCORD, "alice")).guild(guild);
    settings.now = machine();
    settings.acknowledge_within = SOON;
    FakeDiscord::start(settings).await
}

async fn fake_slack() -> FakeSlack {
    let [bot_token, app_token, signing_secret] = APP;
    let mut settings = SlackSettings::new(bot_token, app_token, signing_secret)
        .user(SlackUser::new(ON_SLACK, "alice"))
        .channel(SLACK_CHANNEL, "general", false);
    settings.now = machine();
    settings.acknowledge_within = SOON;
    FakeSlack::start(settings).await
}

async fn fake_mattermost() -> FakeMattermost {
    let [bot_token, command_token] = MATTERMOST;
    let mut settings = MattermostSettings::new(bot_token, command_token)
        .user(mattermost::FakeUser::new(&id("alice"), "alice"))
        .channel(FakeChannel::new(&id("general"), "general"));
    settings.now = machine();
    FakeMattermost::start(settings).await
}

/// Alice has an account on each platform, and three links in an hour.
async fn running(
    folder: &TempDir,
    discord: &FakeDiscord,
    slack: &FakeSlack,
    mattermost: &FakeMattermost,
) -> Process {
    let (listen, bot_listen) = (free_address(), free_address());
    let made = command(["init", "--dir", folder.path().to_str().unwrap()], "");
    assert!(made.status.success(), "{made:?}");
    let authority = folder.path().join("ca.pem");
    fs::write(&authority, slack.authority()).unwrap();
    let ([slack_token, _, signing_secret], [mattermost_token, command_token]) = (APP, MATTERMOST);
    for (name, secret) in [
        ("discord-token", TOKEN),
        ("slack-bot-token", slack_token),
        ("slack-signing-secret", signing_secret),
        ("mattermost-bot-token", mattermost_token),
        ("mattermost-command-tokens", command_token),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, secret).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
    let (team, alice) = (id("the team"), id("alice"));
    let (rest_url, server_url) = (discord.rest_url(), mattermost.url());
    let text = format!(
        "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\n\
         [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n\
         [bot]\nlisten = \"{bot_listen}\"\n\
         [limits]\nlinks_per_admin_and_hour = 3\n\
         [discord]\ntoken_file = \"discord-token\"\nguilds = [\"{GUILD}\"]\napi_proxy = \"{rest_url}\"\n\
         [slack]\nbot_token_file = \"slack-bot-token\"\nsigning_secret_file = \"slack-signing-secret\"\nteam = \"{TEAM}\"\n\
         [mattermost]\nserver_url = \"{server_url}\"\nbot_token_file = \"mattermost-bot-token\"\n\
         command_token_file = \"mattermost-command-tokens\"\ncallback_url = \"http://{bot_listen}\"\nteam = \"{team}\"\n\
         [[admins]]\nname = \"Alice Example\"\ndiscord = \"{ON_DISCORD}\"\nslack = \"{ON_SLACK}\"\nmattermost = \"{alice}\"\n"
    );
    let config = folder.path().join("reset-link.toml");
    fs::write(&config, text).unwrap();
    let csv = folder.path().join("contacts.csv");
    fs::write(&csv, "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\n").unwrap();
    let imported =
        command(["contacts", "import", csv.to_str().unwrap(), "--config", config.to_str().unwrap()], "");
    assert!(imported.status.success(), "{imported:?}");
    let to_slack = proxy::to(slack.address()).await;
    let variables = [
        ("HTTPS_PROXY", to_slack.as_str()),
        ("https_proxy", &to_slack),
        ("SSL_CERT_FILE", authority.to_str().unwrap()),
    ];
    let process = Process::configured_with(&config, listen, &variables).await;
    discord.registered(GUILD, "reset-link", SOON).await.unwrap();
    discord.connected(SOON).await.unwrap();
    let url = format!("http://{bot_listen}");
    slack.connect(&url);
    mattermost.connect(&url);
    process
}

/// What is handed over stands alone in a block of code.
fn link_in(text: &str) -> &str {
    let alone = text.split(['`', '\n']).find(|part| part.contains("/r/v4.public."));
    alone.unwrap_or_else(|| panic!("no link: {text}"))
}

#[tokio::test]
async fn one_person_has_links_on_each_and_one_limit_for_all() {
    let folder = TempDir::new().unwrap();
    let (discord, slack, mattermost) = (fake_discord().await, fake_slack().await, fake_mattermost().await);
    let mut process = running(&folder, &discord, &slack, &mattermost).await;

    discord.slash(ON_DISCORD, GUILD, "reset-link", &[("contact", "ada")]).answer(SOON).await.unwrap();
    let on_discord = discord.direct_messages(ON_DISCORD).remove(0);
    let typed = slack.slash(ON_SLACK, SLACK_CHANNEL, "/reset-link", "contact:ada");
    typed.answer_that(SOON, |message| message.shown().contains("direct message")).await.unwrap();
    let on_slack = slack.direct_messages(ON_SLACK).remove(0).shown();
    let typed = mattermost.slash(&id("alice"), &id("general"), "reset-link", "contact:ada");
    typed.later(1, SOON).await.unwrap();
    let on_mattermost = mattermost.direct_messages(&id("alice")).remove(0).text();
    let links = [link_in(on_discord.content()), link_in(&on_slack), link_in(&on_mattermost)];
    for link in links {
        assert_eq!(get(link).await, 200, "{link}");
    }
    assert!(links[0] != links[1] && links[1] != links[2]);

    let fourth = discord.slash(ON_DISCORD, GUILD, "reset-link", &[("contact", "ada")]);
    let fourth = fourth.answer(SOON).await.unwrap();
    assert!(fourth.content().contains("3 links"), "{}", fourth.content());
    let status = slack.slash(ON_SLACK, SLACK_CHANNEL, "/reset-status", "contact:ada");
    let status = status.answer_that(SOON, |message| !message.shown().contains("On it")).await.unwrap();
    assert_eq!(status.shown().matches("Alice Example").count(), 3, "{}", status.shown());
    assert!(process.terminate().await.success());
}
