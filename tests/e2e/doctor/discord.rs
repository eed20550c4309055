//! What can be wrong on Discord.

use std::time::Duration;

use config::MailSecurity;
use jiff::SignedDuration;
use reset_link_tests::fakes::discord::permissions::{ADMINISTRATOR, SEND_MESSAGES, VIEW_CHANNEL};
use reset_link_tests::fakes::discord::{
    FakeDiscord, FakeGuild, FakePortal, FakeSettings, FakeUser, Fault, Lasts, Overwrite, Refusal, Whom,
};
use reset_link_tests::fakes::smtp::Script;
use reset_link_tests::harness::binary::Process;

use super::{BOT_TOKEN, Checkup, MAIL_PASSWORD, Place, mail_section};

/// Only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const BOT: u64 = 9_002;
const GUILD: u64 = 100_000_000_000_000_001;
const OTHER_GUILD: u64 = 100_000_000_000_000_002;
const OPEN: u64 = 110_000_000_000_000_001;
const HIDDEN: u64 = 110_000_000_000_000_002;
const READ_ONLY: u64 = 110_000_000_000_000_003;
const VOICE: u64 = 110_000_000_000_000_004;
const ELSEWHERE: u64 = 110_000_000_000_000_005;
const HELP_DESK: u64 = 120_000_000_000_000_001;
const OWN_ROLE: u64 = 120_000_000_000_000_002;
const ALICE: u64 = 200_000_000_000_000_001;
const BOB: u64 = 200_000_000_000_000_002;
const NOBODY: u64 = 300_000_000_000_000_009;

const INVITATION: &str =
    "https://discord.com/oauth2/authorize?client_id=9001&scope=bot+applications.commands&permissions=3072";

fn home(bot_role: u64) -> FakeGuild {
    let denied = |deny| Overwrite { whom: Whom::Role(GUILD), allow: 0, deny };
    // Taken from everybody, given back to the bot alone.
    let for_the_bot = Overwrite { whom: Whom::Member(BOT), allow: VIEW_CHANNEL | SEND_MESSAGES, deny: 0 };
    FakeGuild::new(GUILD, "Example", ALICE)
        .role(HELP_DESK, "help desk", 0)
        .role(OWN_ROLE, "reset-link", bot_role)
        .channel_with(OPEN, "approvals", &[denied(VIEW_CHANNEL), for_the_bot])
        .channel_with(HIDDEN, "board", &[denied(VIEW_CHANNEL)])
        .channel_with(READ_ONLY, "news", &[denied(SEND_MESSAGES)])
        .voice_channel(VOICE, "lounge")
        .member(ALICE, &[HELP_DESK])
        .member(BOB, &[])
        .member(BOT, &[OWN_ROLE])
}

fn settings() -> FakeSettings {
    FakeSettings::new(BOT_TOKEN)
        .user(FakeUser::new(ALICE, "alice"))
        .user(FakeUser::new(BOB, "bob"))
        .guild(home(0))
        .guild(FakeGuild::new(OTHER_GUILD, "Other", ALICE).channel(ELSEWHERE, "general"))
}

async fn start(settings: FakeSettings) -> FakeDiscord {
    let fake = FakeDiscord::start(settings).await;
    fake.answers().await.unwrap();
    fake
}

fn section(fake: &FakeDiscord, more: &str) -> String {
    format!("[discord]\ntoken = \"{BOT_TOKEN}\"\napi_proxy = \"{}\"\n{more}\n", fake.rest_url())
}

fn usual(fake: &FakeDiscord) -> String {
    section(fake, &format!("guilds = [\"{GUILD}\"]\nallow_roles = [\"{HELP_DESK}\"]"))
}

/// The checkup of a bot with usual settings, on a Discord like this.
async fn with(fake: FakeSettings) -> Checkup {
    let fake = start(fake).await;
    Place::new(&usual(&fake)).doctor()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_in_which_all_is_well_is_told_so_while_it_runs() {
    let fake = start(settings()).await;
    let server = Script::new(MailSecurity::StartTls).login("bot", MAIL_PASSWORD).start().await.unwrap();
    let more = format!(
        "{}[links]\nhand_over = \"approve\"\n[contacts]\nprotected = [\"ceo\"]\n{}[[admins]]\nname = \"Alice Example\"\ndiscord = \"{ALICE}\"\n",
        mail_section(&server, "starttls"),
        section(
            &fake,
            &format!(
                "guilds = [\"{GUILD}\", \"{OTHER_GUILD}\"]\nallow_roles = [\"{HELP_DESK}\"]\nallow_users = [\"{BOB}\"]\n\
                 approvals_channel = \"{OPEN}\"\nrequests_channel = \"{OPEN}\"\naudit_channel = \"{ELSEWHERE}\""
            )
        ),
    );
    let place = Place::new(&more);
    let checkup = place.doctor();
    assert_eq!(checkup.with("FAIL"), Vec::<&str>::new(), "{}", checkup.said);
    checkup.says("warn", "discord.commands", "registered when the bot connects");

    let _process = Process::configured(&place.config(), place.listen).await;
    for guild in [GUILD, OTHER_GUILD] {
        fake.registered(guild, "reset-link", SOON).await.unwrap();
    }
    let checkup = place.doctor_beside();
    let warned = ["organisation.mail_reply_to", "server.public_url"];
    assert_eq!(checkup.with("warn"), warned, "{}", checkup.said);
    assert_eq!((checkup.with("FAIL").len(), checkup.with("--").len()), (0, 0), "{}", checkup.said);
    for (subject, text) in [
        ("discord.token", "the bot is reset-link (9002)"),
        ("discord.application", "reset-link (9001)"),
        ("discord.gateway", "1000 of 1000"),
        ("discord.guilds", "\"Example\" (100000000000000001)"),
        ("discord.guilds", "\"Other\""),
        ("discord.commands", "\"Example\""),
        ("discord.allow_roles", "\"help desk\" (120000000000000001) is a role of \"Example\""),
        ("discord.allow_users", "is bob, in \"Example\""),
        ("admins.discord", "Alice Example (200000000000000001) is alice"),
        ("discord.approvals_channel", "#approvals in \"Example\""),
        ("discord.requests_channel", "#approvals in \"Example\""),
        ("discord.audit_channel", "#general in \"Other\""),
        ("clock", "agrees with Discord's"),
    ] {
        checkup.says("ok", subject, text);
    }
    assert!(checkup.said.contains(INVITATION), "{}", checkup.said);
    assert!(fake.public_messages().is_empty() && fake.direct_messages(ALICE).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_leaves_the_rest_unchecked() {
    let fake = start(settings()).await;
    fake.revoke_token();
    let place =
        Place::new(&format!("{}audit_channel = \"{OPEN}\"\nrequests_channel = \"{OPEN}\"\n", usual(&fake)));
    let checkup = place.doctor();
    checkup.says("FAIL", "discord.token", "Reset Token");
    let left_out =
        ["application", "gateway", "guilds", "commands", "allow_roles", "requests_channel", "audit_channel"];
    let left_out: Vec<String> = left_out.iter().map(|name| format!("discord.{name}")).collect();
    assert_eq!(checkup.with("--"), [left_out, vec!["clock".to_owned()]].concat(), "{}", checkup.said);
    assert!(checkup.said.contains("client_id=APPLICATION_ID&"), "{}", checkup.said);

    fake.break_route("GET", "/users/@me", Fault::Status(502), Lasts::UntilMended);
    place.doctor().says("FAIL", "discord.token", "Discord answered 502. To mend");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_developer_portal_has_wrong_is_told() {
    let portal = FakePortal {
        is_public: true,
        needs_code_grant: true,
        interactions_endpoint: Some("https://example.com/interactions".to_owned()),
        flags: 1 << 15,
    };
    let checkup = with(FakeSettings { portal, session_starts: 0, ..settings() }).await;
    checkup.says("FAIL", "discord.application", "Interactions Endpoint URL");
    checkup.says("warn", "discord.application", "Public Bot is on");
    checkup.says("warn", "discord.application", "OAuth2 code grant");
    checkup.says("warn", "discord.application", "Privileged Gateway Intents");
    checkup.says("FAIL", "discord.gateway", "none of 1000 connections");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_the_bot_is_not_in_is_told_with_the_invitation() {
    let fake = start(settings()).await;
    let more = format!(
        "guilds = [\"{GUILD}\", \"{NOBODY}\"]\nallow_roles = [\"{NOBODY}\", \"{HELP_DESK}\"]\nallow_users = [\"{BOB}\", \"{NOBODY}\"]\naudit_channel = \"{NOBODY}\""
    );
    let place = Place::new(&section(&fake, &more));
    let checkup = place.doctor();
    checkup.says("FAIL", "discord.guilds", INVITATION);
    checkup.says("FAIL", "discord.allow_roles", "is the role @everyone");
    checkup.says("ok", "discord.allow_roles", "help desk");
    checkup.says("ok", "discord.allow_users", "is bob");
    checkup.says("--", "discord.allow_users", "not every server");
    checkup.says("--", "discord.audit_channel", "not every server");

    fake.break_route(
        "GET",
        &format!("/guilds/{GUILD}"),
        Fault::Refused(Refusal::missing_access()),
        Lasts::Times(1),
    );
    let checkup = place.doctor();
    assert_eq!(checkup.with("FAIL").iter().filter(|subject| **subject == "discord.guilds").count(), 2);
    checkup.says("--", "discord.commands", "no server");
    // Invited without the scope for commands.
    let commands = format!("/applications/9001/guilds/{GUILD}/commands");
    fake.break_route("GET", &commands, Fault::Refused(Refusal::missing_access()), Lasts::Times(1));
    place.doctor().says("FAIL", "discord.commands", "invited without them");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_nobody_are_told() {
    let fake = start(settings()).await;
    let more = format!(
        "guilds = [\"{GUILD}\"]\nallow_roles = [\"{GUILD}\", \"{ALICE}\"]\nallow_users = [\"{NOBODY}\"]\naudit_channel = \"{NOBODY}\"\n\
         [[admins]]\nname = \"Zoe\"\ndiscord = \"{HELP_DESK}\""
    );
    let checkup = Place::new(&section(&fake, &more)).doctor();
    checkup.says("FAIL", "discord.allow_roles", "is the role @everyone");
    checkup.says("FAIL", "discord.allow_roles", &format!("has a role {ALICE}"));
    checkup.says("warn", "discord.allow_users", "Copy User ID");
    checkup.says("warn", "admins.discord", "Zoe");
    checkup.says("FAIL", "discord.audit_channel", "there is no channel");
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_must_be_the_bots_to_write_to() {
    let fake = start(settings()).await;
    for (channel, text) in [
        (HIDDEN, "the bot cannot see #board"),
        (READ_ONLY, "the bot may not write to #news"),
        (VOICE, "#lounge in \"Example\" is not a text channel"),
        (ELSEWHERE, "is not a channel of a server in discord.guilds"),
    ] {
        let more = format!(
            "{}audit_channel = \"{channel}\"\nrequests_channel = \"{channel}\"\napprovals_channel = \"{OPEN}\"\n",
            usual(&fake)
        );
        let checkup = Place::new(&more).doctor();
        checkup.says("FAIL", "discord.audit_channel", text);
        checkup.says("FAIL", "discord.requests_channel", text);
        checkup.says("ok", "discord.approvals_channel", "#approvals");
    }
    let fake = start(FakeSettings { guilds: vec![home(ADMINISTRATOR)], ..settings() }).await;
    let checkup = Place::new(&format!("{}audit_channel = \"{HIDDEN}\"\n", usual(&fake))).doctor();
    checkup.says("ok", "discord.audit_channel", "#board");
    checkup.says("warn", "discord.guilds", "administrator of \"Example\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_alone_cannot_approve() {
    let fake = start(settings()).await;
    let more = format!(
        "guilds = [\"{GUILD}\"]\nallow_users = [\"{BOB}\"]\napprovals_channel = \"{OPEN}\"\n[links]\nfor_protected = \"approve\"\n\
         [[admins]]\nname = \"Bob\"\ndiscord = \"{BOB}\""
    );
    let checkup = Place::new(&section(&fake, &more)).doctor();
    checkup.says("FAIL", "discord.approvals_channel", "only one is named");
    checkup.says("ok", "discord.approvals_channel", "#approvals");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_compared_with_discords() {
    for (ahead, verdict, text) in [
        (3, "ok", "agrees with Discord's"),
        (30, "warn", "s behind Discord's"),
        (-40, "warn", "s ahead of Discord's"),
        (-3600, "FAIL", "NTP"),
    ] {
        let date_ahead = SignedDuration::from_secs(ahead);
        let checkup = with(FakeSettings { date_ahead, ..settings() }).await;
        checkup.says(verdict, "clock", text);
    }
}
