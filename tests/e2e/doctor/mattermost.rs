//! What doctor finds on Mattermost.

use bot::chat::mattermost::doctor::examine;
use bot::doctor::{Finding, Verdict};
use config::{ConfiguredAdmin, Secret};
use reset_link_tests::fakes::mattermost::{
    FakeChannel, FakeMattermost, FakeUser, MattermostSettings, SiteUrl, id,
};
use reset_link_tests::harness::MATTERMOST;
use reset_link_tests::harness::binary::free_address;

use super::Place;

fn configured(fake: &FakeMattermost) -> config::Mattermost {
    config::Mattermost {
        server_url: fake.url().to_owned(),
        bot_token: Secret::new(MATTERMOST[0]),
        command_tokens: vec![Secret::new(MATTERMOST[1])],
        callback_url: "http://127.0.0.1:8081".to_owned(),
        team: id("the team"),
        allow_users: vec![id("bob"), id("gone")],
        approvals_channel: Some(id("approvals")),
        requests_channel: Some(id("requests")),
        audit_channel: Some(id("elsewhere")),
    }
}

async fn found(settings: &config::Mattermost) -> Vec<Finding> {
    let alice = ConfiguredAdmin {
        name: "Alice Example".to_owned(),
        console: None,
        discord: None,
        slack: None,
        mattermost: Some(id("alice")),
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let findings = examine(settings, &[alice], client).await;
    for finding in &findings {
        assert!(MATTERMOST.iter().all(|secret| !finding.to_string().contains(secret)), "{finding}");
    }
    findings
}

async fn server() -> FakeMattermost {
    server_at(SiteUrl::OwnAddress).await
}

async fn server_at(site_url: SiteUrl) -> FakeMattermost {
    let gone = FakeUser { is_in_team: false, ..FakeUser::new(&id("gone"), "gone") };
    let elsewhere = FakeChannel { bot_is_member: false, ..FakeChannel::new(&id("elsewhere"), "elsewhere") };
    let settings = MattermostSettings { site_url, ..MattermostSettings::new(MATTERMOST[0], MATTERMOST[1]) }
        .user(FakeUser::new(&id("alice"), "alice"))
        .user(FakeUser::new(&id("bob"), "bob"))
        .user(gone)
        .channel(FakeChannel::new(&id("approvals"), "approvals"))
        .channel(FakeChannel::new(&id("requests"), "requests"))
        .channel(elsewhere);
    let fake = FakeMattermost::start(settings).await;
    fake.answers().await.unwrap();
    fake
}

#[tokio::test(flavor = "multi_thread")]
async fn each_setting_is_told_of_and_nothing_is_written() {
    let fake = server().await;
    let findings = found(&configured(&fake)).await;
    let told: Vec<(Verdict, &str)> =
        findings.iter().map(|finding| (finding.verdict, finding.subject)).collect();
    assert_eq!(
        told,
        [
            (Verdict::Ok, "mattermost.bot_token"),
            (Verdict::Ok, "mattermost.server_url"),
            (Verdict::Ok, "mattermost.team"),
            (Verdict::Ok, "mattermost.allow_users"),
            (Verdict::Warn, "mattermost.allow_users"),
            (Verdict::Ok, "admins.mattermost"),
            (Verdict::Ok, "mattermost.approvals_channel"),
            (Verdict::Ok, "mattermost.requests_channel"),
            (Verdict::Fail, "mattermost.audit_channel"),
        ]
    );
    assert!(fake.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_must_be_where_the_help_desk_is_asked() {
    let fake = server().await;
    let settings = config::Mattermost { requests_channel: Some(id("elsewhere")), ..configured(&fake) };
    let findings = found(&settings).await;
    let finding = findings.iter().find(|finding| finding.subject == "mattermost.requests_channel").unwrap();
    assert!(
        finding.verdict == Verdict::Fail && finding.to_string().contains("the bot is not in the channel"),
        "{finding}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_taken_leaves_the_rest_unchecked() {
    let fake = server().await;
    fake.revoke_token();
    let findings = found(&configured(&fake)).await;
    let (first, rest) = findings.split_first().unwrap();
    assert!(
        first.verdict == Verdict::Fail && first.to_string().contains("does not take the bot's token (401)")
    );
    assert!(rest.len() == 8 && rest.iter().all(|finding| finding.verdict == Verdict::NotChecked));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_by_which_address_the_server_is_known() {
    for (site_url, verdict, said) in [
        (
            SiteUrl::At("https://chat.example.org".to_owned()),
            Verdict::Ok,
            "the server calls itself https://chat.example.org: commands name that, and answers go to http://127.0.0.1",
        ),
        (SiteUrl::Unset, Verdict::Warn, "the server has no Site URL"),
        (SiteUrl::At("chat.example.org".to_owned()), Verdict::Warn, "is no address (chat.example.org)"),
    ] {
        let fake = server_at(site_url).await;
        let findings = found(&configured(&fake)).await;
        let finding = findings.iter().find(|finding| finding.subject == "mattermost.server_url").unwrap();
        assert!(finding.verdict == verdict && finding.to_string().contains(said), "{finding}");
    }
}

#[test]
fn what_needs_no_mattermost_is_checked_without_it() {
    let (nowhere, listen) = (free_address(), free_address());
    let section = |allowed: &str| {
        format!(
            "[links]\nfor_protected = \"approve\"\n[bot]\nlisten = \"{listen}\"\n\
             [mattermost]\nserver_url = \"http://{nowhere}\"\nbot_token = \"{}\"\ncommand_token = \"{}\"\n\
             callback_url = \"http://{listen}\"\nteam = \"{}\"\nallow_users = [{allowed}]\napprovals_channel = \"{}\"",
            MATTERMOST[0],
            MATTERMOST[1],
            id("the team"),
            id("approvals")
        )
    };
    let (bob, carol) = (id("bob"), id("carol"));
    let place = Place::new(&section(&format!("\"{bob}\"")));
    place.set_mode("reset-link.toml", 0o600);
    let checkup = place.doctor();
    checkup.says("ok", "config", "on: Mattermost");
    checkup.says("ok", "admins", "1 user on Mattermost");
    checkup.says("FAIL", "mattermost.approvals_channel", "only one is named on Mattermost");
    checkup.says("FAIL", "mattermost.bot_token", "Mattermost could not be reached");
    checkup.says("warn", "bot.listen", "start `reset-link run`");

    place.configure(&format!("http://{}", place.listen), &section(&format!("\"{bob}\", \"{carol}\"")));
    place.set_mode("reset-link.toml", 0o600);
    let checkup = place.doctor();
    checkup.says("ok", "admins", "2 users on Mattermost");
    assert!(!checkup.said.contains("only one is named"), "{}", checkup.said);
}
