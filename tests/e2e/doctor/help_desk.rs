//! Whether the help desk can be asked about contacts who forgot their password.

use reset_link_tests::harness::binary::Process;

use super::Place;

const NOBODY_HEARS: &str = "no chat has a place where the help desk is asked";

const DISCORD: &str = "[discord]\ntoken = \"a token\"\napi_proxy = \"http://127.0.0.1:1\"\n\
    guilds = [\"100000000000000001\"]\nallow_users = [\"200000000000000001\"]\n";

fn with_mail_pages(more: &str) -> Place {
    let place = Place::new(&format!("{more}\n[self_service]\nforgot = \"mail\"\n"));
    place.set_mode("reset-link.toml", 0o600);
    place
}

#[test]
fn where_the_help_desk_is_asked_is_told() {
    for (more, verdict, text) in [
        ("", "warn", NOBODY_HEARS),
        (DISCORD, "warn", NOBODY_HEARS),
        (
            &format!("{DISCORD}requests_channel = \"110000000000000001\""),
            "ok",
            "the help desk is asked on: Discord",
        ),
        (
            &format!("{DISCORD}approvals_channel = \"110000000000000001\""),
            "ok",
            "the help desk is asked on: Discord",
        ),
        ("enabled = true", "ok", "the help desk is asked on: the console"),
    ] {
        with_mail_pages(more).doctor().says(verdict, "self_service.forgot", text);
    }
    let checkup = Place::new("").doctor();
    assert!(!checkup.said.contains("self_service"), "there is no such page: {}", checkup.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_help_desk_says_so_and_goes_on() {
    let place = with_mail_pages("");
    let mut process = Process::configured(&place.config(), place.listen).await;
    let logged = process.logged("the redeem server listens").await;
    assert!(logged.contains(NOBODY_HEARS) && logged.contains("set requests_channel of a chat"), "{logged}");
    let place = with_mail_pages("enabled = true");
    let mut process = Process::configured(&place.config(), place.listen).await;
    let logged = process.logged("the redeem server listens").await;
    assert!(!logged.contains(NOBODY_HEARS), "{logged}");
}
