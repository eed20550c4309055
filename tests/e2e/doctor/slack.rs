//! What can be wrong on Slack. The executable's Slack is the real one, so that the examination itself is asked about it.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use bot::Clock;
use bot::chat::listening::listener;
use bot::chat::slack::doctor::examine;
use bot::chat::{Diagnosis, mattermost, slack};
use bot::doctor::{Finding, Verdict};
use config::{ConfiguredAdmin, Secret};
use jiff::{SignedDuration, Timestamp};
use reset_link_tests::fakes::slack::{FakeSlack, Fault, Lasts, SlackChannel, SlackSettings, SlackUser};
use reset_link_tests::harness::binary::{executable, free_address};
use reset_link_tests::harness::{APP, Harness, Plan};

use super::outside::answering;
use super::{Checkup, Place};

const TEAM: &str = "T0FAKE001";
const APPROVALS: &str = "C0APPROVE";
const REQUESTS: &str = "C0REQUEST";
const AUDIT: &str = "C0AUDIT00";
const ELSEWHERE: &str = "C0ELSEWHR";
const CLOSED: &str = "C0CLOSED0";
const BOARD: &str = "C0BOARD00";
const HELP_DESK: &str = "S0HELPDES";
const EMPTY: &str = "S0EMPTY00";
const ALICE: &str = "U0ALICE00";
const BOB: &str = "U0BOB0000";
const GONE: &str = "U0GONE000";

fn workspace() -> SlackSettings {
    let [bot_token, app_token, signing_secret] = APP;
    let channel = |id: &str, name: &str| SlackChannel {
        id: id.to_owned(),
        name: name.to_owned(),
        is_private: true,
        is_archived: false,
        has_bot: false,
    };
    SlackSettings::new(bot_token, app_token, signing_secret)
        .user(SlackUser::new(ALICE, "alice"))
        .user(SlackUser::new(BOB, "bob"))
        .user(SlackUser { is_deleted: true, ..SlackUser::new(GONE, "gone") })
        .group(HELP_DESK, "help-desk", &[ALICE, BOB])
        .group(EMPTY, "empty", &[])
        .channel(APPROVALS, "approvals", true)
        .channel(REQUESTS, "requests", true)
        .channel(AUDIT, "audit", true)
        .channel(ELSEWHERE, "elsewhere", false)
        .channel_with(SlackChannel { is_private: false, is_archived: true, ..channel(CLOSED, "closed") })
        .channel_with(channel(BOARD, "board"))
}

fn configured() -> config::Slack {
    config::Slack {
        bot_token: Secret::new(APP[0]),
        hearing: config::SlackHearing::Requests(Secret::new(APP[2])),
        search: true,
        team: TEAM.to_owned(),
        allow_groups: vec![HELP_DESK.to_owned()],
        allow_users: vec![BOB.to_owned()],
        approvals_channel: Some(APPROVALS.to_owned()),
        requests_channel: Some(REQUESTS.to_owned()),
        audit_channel: Some(AUDIT.to_owned()),
    }
}

fn person(name: &str, slack: &str) -> ConfiguredAdmin {
    ConfiguredAdmin {
        name: name.to_owned(),
        console: None,
        discord: None,
        slack: Some(slack.to_owned()),
        mattermost: None,
    }
}

#[expect(clippy::disallowed_methods, reason = "the fake's answers carry this machine's own time")]
fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

async fn examined(fake: &FakeSlack, settings: &config::Slack) -> Diagnosis {
    let diagnosis = examine(settings, &[person("Alice Example", ALICE)], fake.client(), &clock()).await;
    for finding in &diagnosis.findings {
        for secret in APP {
            assert!(!finding.to_string().contains(secret), "{finding}");
        }
        let needs_a_cure = matches!(finding.verdict, Verdict::Warn | Verdict::Fail);
        assert_eq!(finding.cure.is_some(), needs_a_cure, "{finding}");
    }
    diagnosis
}

/// Makes sure that there is a finding of this verdict about this subject, with this text or cure in it.
#[track_caller]
fn says(diagnosis: &Diagnosis, verdict: Verdict, subject: &str, text: &str) {
    let is_it = |finding: &Finding| {
        finding.verdict == verdict && finding.subject == subject && finding.to_string().contains(text)
    };
    let all: Vec<String> = diagnosis.findings.iter().map(ToString::to_string).collect();
    assert!(
        diagnosis.findings.iter().any(is_it),
        "no {verdict:?} {subject} {text:?} in:\n{}",
        all.join("\n")
    );
}

fn with(diagnosis: &Diagnosis, verdict: Verdict) -> Vec<&'static str> {
    let of = diagnosis.findings.iter().filter(|finding| finding.verdict == verdict);
    of.map(|finding| finding.subject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_as_it_should_be_is_told_so_and_nothing_is_written() {
    let fake = FakeSlack::start(workspace()).await;
    let diagnosis = examined(&fake, &configured()).await;
    for (subject, text) in [
        ("slack.bot_token", "the bot is reset-link (U0FAKEBOT)"),
        ("slack.team", "\"Example\" (T0FAKE001)"),
        ("slack.scopes", "commands, chat:write, im:write"),
        ("slack.allow_groups", "S0HELPDES has 2 members"),
        ("slack.allow_users", "U0BOB0000 is bob"),
        ("admins.slack", "Alice Example (U0ALICE00) is alice"),
        ("slack.approvals_channel", "the app is in #approvals"),
        ("slack.requests_channel", "the app is in #requests"),
        ("slack.audit_channel", "the app is in #audit"),
    ] {
        says(&diagnosis, Verdict::Ok, subject, text);
    }
    assert_eq!(with(&diagnosis, Verdict::Ok).len(), diagnosis.findings.len());
    let asked: Vec<String> = fake.requests().into_iter().map(|request| request.route).collect();
    for method in &asked {
        let only_reads = ["auth.test", "conversations.info", "usergroups.users.list", "users.info"];
        assert!(only_reads.contains(&method.as_str()), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_slack_does_not_take_leaves_the_rest_unchecked() {
    let fake = FakeSlack::start(workspace()).await;
    let app_token = config::Slack { bot_token: Secret::new(APP[1]), ..configured() };
    says(&examined(&fake, &app_token).await, Verdict::Fail, "slack.bot_token", "not a bot user's");

    fake.revoke_token();
    let diagnosis = examined(&fake, &configured()).await;
    says(
        &diagnosis,
        Verdict::Fail,
        "slack.bot_token",
        "Slack refused (invalid_auth). To mend: copy the Bot User OAuth Token",
    );
    let left_out = [
        "slack.scopes",
        "slack.allow_groups",
        "slack.allow_users",
        "admins.slack",
        "slack.approvals_channel",
        "slack.requests_channel",
        "slack.audit_channel",
    ];
    assert_eq!(with(&diagnosis, Verdict::NotChecked), left_out);

    fake.break_method("auth.test", Fault::Status(503), Lasts::UntilMended);
    let diagnosis = examined(&fake, &configured()).await;
    says(&diagnosis, Verdict::Fail, "slack.bot_token", "Slack answered 503. To mend: run doctor again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_workspace_is_told_with_its_name() {
    let fake = FakeSlack::start(workspace()).await;
    let elsewhere = config::Slack { team: "T0ANOTHER".to_owned(), ..configured() };
    let diagnosis = examined(&fake, &elsewhere).await;
    says(&diagnosis, Verdict::Fail, "slack.team", "\"Example\" (T0FAKE001), not of T0ANOTHER");
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_that_are_missing_or_too_many_are_named() {
    let fake = FakeSlack::start(workspace()).await;
    fake.grant(&["commands", "chat:write"]);
    let diagnosis = examined(&fake, &configured()).await;
    says(
        &diagnosis,
        Verdict::Fail,
        "slack.scopes",
        "the app lacks im:write, usergroups:read. To mend: OAuth & Permissions",
    );
    says(&diagnosis, Verdict::NotChecked, "slack.allow_groups", "usergroups:read");

    // All that the bot itself needs: what else could be checked is said, and fails nothing.
    fake.grant(&["commands", "chat:write", "im:write", "usergroups:read"]);
    let diagnosis = examined(&fake, &configured()).await;
    says(&diagnosis, Verdict::Ok, "slack.scopes", "im:write");
    says(&diagnosis, Verdict::NotChecked, "slack.allow_users", "users:read");
    says(&diagnosis, Verdict::NotChecked, "admins.slack", "users:read");
    says(&diagnosis, Verdict::NotChecked, "slack.audit_channel", "channels:read");
    assert_eq!(with(&diagnosis, Verdict::Fail), Vec::<&str>::new());

    // Who names no user group needs no scope for them.
    fake.grant(&["commands", "chat:write", "im:write", "channels:history"]);
    let without_groups = config::Slack { allow_groups: Vec::new(), ..configured() };
    says(&examined(&fake, &without_groups).await, Verdict::Warn, "slack.scopes", "channels:history");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_nobody_are_told() {
    let fake = FakeSlack::start(workspace()).await;
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
    let settings = config::Slack {
        allow_groups: ids(&["S0NOBODY0", EMPTY]),
        allow_users: ids(&["U0NOBODY0", GONE]),
        ..configured()
    };
    let diagnosis = examined(&fake, &settings).await;
    says(&diagnosis, Verdict::Fail, "slack.allow_groups", "there is no user group S0NOBODY0");
    says(&diagnosis, Verdict::Warn, "slack.allow_groups", "nobody is in the user group S0EMPTY00");
    says(&diagnosis, Verdict::Warn, "slack.allow_users", "U0NOBODY0 is nobody in this workspace");
    says(&diagnosis, Verdict::Warn, "slack.allow_users", "U0GONE000 is deactivated");
    fake.break_method("usergroups.users.list", Fault::error("plan_upgrade_required"), Lasts::UntilMended);
    let diagnosis = examined(&fake, &configured()).await;
    says(&diagnosis, Verdict::Fail, "slack.allow_groups", "plan has no user groups");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_must_be_in_its_channels() {
    let fake = FakeSlack::start(workspace()).await;
    for (channel, text) in [
        (ELSEWHERE, "the app is not in #elsewhere. To mend: type `/invite @reset-link`"),
        (CLOSED, "#closed is archived"),
        ("C0NOWHERE", "not found; a private channel"),
        (BOARD, "not found; a private channel"),
    ] {
        let settings = config::Slack { audit_channel: Some(channel.to_owned()), ..configured() };
        let diagnosis = examined(&fake, &settings).await;
        let verdict = if text.contains("not found") { Verdict::NotChecked } else { Verdict::Fail };
        says(&diagnosis, verdict, "slack.audit_channel", text);
        let settings = config::Slack { requests_channel: Some(channel.to_owned()), ..configured() };
        says(&examined(&fake, &settings).await, verdict, "slack.requests_channel", text);
        says(&diagnosis, Verdict::Ok, "slack.approvals_channel", "#approvals");
    }
    fake.grant(&["commands", "chat:write", "im:write", "usergroups:read", "channels:read", "groups:read"]);
    let settings = config::Slack { audit_channel: Some(BOARD.to_owned()), ..configured() };
    let diagnosis = examined(&fake, &settings).await;
    says(&diagnosis, Verdict::Fail, "slack.audit_channel", "it is private and the app is not in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn slacks_clock_is_read() {
    for ahead in [0, 40, -3600] {
        let date_ahead = SignedDuration::from_secs(ahead);
        let fake = FakeSlack::start(SlackSettings { date_ahead, ..workspace() }).await;
        let time = examined(&fake, &configured()).await.time.unwrap();
        let off = time.ahead() + date_ahead;
        assert!(off.abs() <= SignedDuration::from_secs(5), "{off}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_where_slack_is_to_call_is_told() {
    let harness = Harness::planned(Plan::default()).await;
    let fake = FakeSlack::start(workspace()).await;
    let bot = harness.on_slack(&fake, TEAM).await;
    let client = fake.client();
    let ours: SocketAddr = bot.url.trim_start_matches("http://").parse().unwrap();
    let found = listener(ours, &[slack::COMMAND_ROUTE], &client).await;
    assert_eq!(
        (found.verdict, found.text),
        (Verdict::Ok, format!("reset-link runs, and hears Slack at {ours}"))
    );
    let found = listener(ours, &[slack::COMMAND_ROUTE, mattermost::COMMAND_ROUTE], &client).await;
    assert!(
        found.verdict == Verdict::Fail && found.text.contains("does not hear Mattermost (404"),
        "{found}"
    );
    assert_eq!(listener(free_address(), &[slack::COMMAND_ROUTE], &client).await.verdict, Verdict::Warn);
    for answer in ["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n"] {
        let finding = listener(answering(answer), &[slack::COMMAND_ROUTE], &client).await;
        assert_eq!(finding.verdict, Verdict::Fail, "{finding}");
    }
}

/// What stands in the guide's manifest behind this, one a line.
fn in_the_manifest(begin: &str) -> Vec<String> {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/slack.md");
    let guide = fs::read_to_string(guide).unwrap();
    let (_, manifest) = guide.split_once("```yaml\n").unwrap();
    let (manifest, _) = manifest.split_once("```").unwrap();
    manifest.lines().filter_map(|line| line.strip_prefix(begin)).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_in_the_guide_asks_for_what_is_needed_and_no_more() {
    let fake = FakeSlack::start(workspace()).await;
    let scopes = in_the_manifest("      - ");
    for left_out in &scopes {
        let granted: Vec<&str> =
            scopes.iter().filter(|scope| *scope != left_out).map(String::as_str).collect();
        fake.grant(&granted);
        says(&examined(&fake, &configured()).await, Verdict::Fail, "slack.scopes", left_out);
    }
    fake.grant(&scopes.iter().map(String::as_str).collect::<Vec<_>>());
    says(&examined(&fake, &configured()).await, Verdict::Ok, "slack.scopes", "usergroups:read");
    assert_eq!(in_the_manifest("    - command: "), ["/reset-link", "/reset-status", "/reset-revoke"]);
}

#[test]
fn what_needs_no_slack_is_checked_without_it() {
    let listen = free_address();
    let section = |token: &str, allowed: &str| {
        format!(
            "[links]\nfor_protected = \"approve\"\n[bot]\nlisten = \"{listen}\"\n\
             [slack]\n{token}\nsigning_secret = \"{}\"\nteam = \"{TEAM}\"\n{allowed}\napprovals_channel = \"{APPROVALS}\"",
            APP[2]
        )
    };
    let here = format!("bot_token = \"{}\"", APP[0]);
    let place = Place::new(&section(&here, &format!("allow_users = [\"{BOB}\"]")));
    let doctor = || {
        let mut doctor = Command::new(executable());
        doctor.args(["doctor", "--config", place.config().to_str().unwrap()]);
        // Nothing is behind this proxy: Slack is not there.
        let output = doctor.env("HTTPS_PROXY", format!("http://{}", free_address())).output().unwrap();
        Checkup::new(output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    place.set_mode("reset-link.toml", 0o600);
    let checkup = doctor();
    checkup.says("ok", "config", "on: Slack");
    checkup.says("ok", "admins", "1 user on Slack");
    checkup.says("FAIL", "slack.approvals_channel", "only one is named on Slack");
    checkup.says("FAIL", "slack.bot_token", "Slack could not be reached");
    checkup.says("--", "slack.allow_users", "Slack could not be asked");
    checkup.says("warn", "bot.listen", "start `reset-link run`");
    checkup.says("--", "clock", "nobody was there");

    let url = format!("http://{}", place.listen);
    place.configure(&url, &section(&here, &format!("allow_groups = [\"{HELP_DESK}\"]")));
    place.set_mode("reset-link.toml", 0o644);
    let checkup = doctor();
    checkup.says("FAIL", "config", "slack.bot_token stands in it");
    checkup.says("ok", "admins", "1 user group on Slack");
    assert!(!checkup.said.contains("only one is named"), "{}", checkup.said);
}
