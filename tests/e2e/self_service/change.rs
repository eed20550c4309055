//! A contact who knows their password sets another one, without a link.

use jiff::SignedDuration;
use reset_link_tests::harness::{Answer, Fault, Harness, OTHER_PASSWORD, PASSWORD, Plan, link_in};

use async_trait::async_trait;
use config::{AllInOne, Environment, Overrides};
use contacts::{DirectoryError, Lockout, PasswordCheck, PasswordChecker};
use keys::ContactId;
use redeem_server::ledger::AttemptLimits;
use reset_link::redeem_half::attempt_limits;
use zeroize::Zeroizing;

use super::{all_of, objection_in};

const WRONG: &str = "not the password of anybody";

async fn with_page() -> Harness {
    Harness::planned(Plan { mail: true, change: true, ..Plan::default() }).await
}

/// Ada has a password, by a link.
async fn ada_has_a_password(harness: &Harness) {
    harness.issue("ada").await;
    let link = link_in(harness.mailer.mails().last().unwrap()).unwrap();
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    harness.deliver_receipts().await.unwrap();
}

async fn changes(harness: &Harness, typed: &str, current: &str, new: &str) -> Answer {
    let fields = [("contact", typed), ("current", current), ("password", new), ("confirm", new)];
    harness.submit("/change", &fields).await
}

#[tokio::test]
async fn whoever_knows_the_password_sets_another_one_and_links_of_before_are_dead() {
    for typed in ["ada", "ADA", "ada@example.org"] {
        let harness = with_page().await;
        ada_has_a_password(&harness).await;
        harness.issue("ada").await;
        let outstanding = link_in(harness.mailer.mails().last().unwrap()).unwrap();
        assert_eq!(harness.visit("GET", "/change").await.status, 200);
        let answer = changes(&harness, typed, PASSWORD, OTHER_PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.headers["location"], "/change/done");
        assert_eq!(harness.visit("GET", "/change/done").await.status, 200);
        assert!(harness.signs_in("ada", OTHER_PASSWORD).await && !harness.signs_in("ada", PASSWORD).await);
        assert_eq!(harness.open(&outstanding).await.status, 410);
        harness.deliver_receipts().await.unwrap();
        let receipt = harness.events("receipt").pop().unwrap();
        assert_eq!((&receipt["outcome"], &receipt["contact"]), (&"changed".into(), &"ada".into()));
        let in_own_audit = harness.redeem_audit().pop().unwrap();
        assert_eq!(in_own_audit["outcome"], "changed");
        let notice = harness.mailer.mails().pop().unwrap();
        assert!(notice.text.contains("the password of your account ada was changed"), "{}", notice.text);
        let page = harness.visit("GET", &objection_in(&notice)).await;
        assert!(page.body.contains("a new password was set for your account"), "{}", page.body);
    }
}

#[tokio::test]
async fn nobody_learns_who_exists_and_nothing_is_changed() {
    let harness = with_page().await;
    ada_has_a_password(&harness).await;
    let mut seen = Vec::new();
    for typed in ["ada", "nobody", "bob", "ada@example.org", "carol@example.org", "no such@example.org"] {
        let answer = changes(&harness, typed, WRONG, OTHER_PASSWORD).await;
        assert_eq!(answer.status, 422);
        seen.push(
            all_of(&answer)
                .replace(typed, "…")
                .replace(&answer.headers["content-length"].to_str().unwrap().to_owned(), "…"),
        );
    }
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:#?}");
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert_eq!(harness.outbox().await, 0);
}

#[tokio::test]
async fn a_contact_may_be_tried_five_times_in_a_quarter_hour_by_whichever_name_and_after_a_restart_too() {
    let mut harness = with_page().await;
    ada_has_a_password(&harness).await;
    for typed in ["ada", "ADA", "ada@example.org", "Ada@Example.org"] {
        assert_eq!(changes(&harness, typed, WRONG, OTHER_PASSWORD).await.status, 422, "{typed}");
    }
    harness.kill_and_restart().await;
    assert_eq!(changes(&harness, "ada", WRONG, OTHER_PASSWORD).await.status, 422);
    // Not even the right one is checked; and by this name there were three, so that nobody is told of a wait that others' names brought about.
    assert_eq!(changes(&harness, "ada", PASSWORD, OTHER_PASSWORD).await.status, 422);
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert_eq!(changes(&harness, "bob", WRONG, OTHER_PASSWORD).await.status, 422, "others are not shut out");
    harness.clock.move_by(SignedDuration::from_mins(15));
    assert_eq!(changes(&harness, "ada", PASSWORD, OTHER_PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_name_that_was_typed_five_times_waits_whoever_it_is_and_the_wait_is_told() {
    let harness = Harness::planned(Plan { mail: true, change: true, ..Plan::default() }).await;
    ada_has_a_password(&harness).await;
    for typed in ["ada", "nobody"] {
        for _ in 0..5 {
            assert_eq!(changes(&harness, typed, WRONG, OTHER_PASSWORD).await.status, 422);
        }
        let wait = changes(&harness, typed, PASSWORD, OTHER_PASSWORD).await;
        assert_eq!(wait.status, 429, "{typed}");
        assert!(wait.body.contains("Try again in 15 minutes"), "{}", wait.body);
    }
    assert!(harness.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn one_client_may_try_so_often_in_an_hour() {
    let harness = with_page().await;
    for number in 0..20 {
        assert_eq!(changes(&harness, &format!("x{number}"), WRONG, OTHER_PASSWORD).await.status, 422);
    }
    assert_eq!(changes(&harness, "y", WRONG, OTHER_PASSWORD).await.status, 429);
    harness.clock.move_by(SignedDuration::from_hours(1));
    assert_eq!(changes(&harness, "y", WRONG, OTHER_PASSWORD).await.status, 422);
}

#[tokio::test]
async fn a_new_password_that_breaks_a_rule_costs_no_attempt_and_what_is_wrong_is_told() {
    let harness = with_page().await;
    ada_has_a_password(&harness).await;
    for _ in 0..6 {
        let answer = changes(&harness, "ada", PASSWORD, "short").await;
        assert_eq!(answer.status, 422);
        assert!(
            answer.body.contains("Too short") && answer.body.contains("value=\"ada\""),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains(PASSWORD) && !answer.body.contains("value=\"short\""));
    }
    let same = changes(&harness, "ada", PASSWORD, PASSWORD).await;
    assert!(same.body.contains("You have had this password before"), "{}", same.body);
    let own = changes(&harness, "ada", PASSWORD, "Ada Lovelace Ada Lovelace").await;
    assert!(own.body.contains("your own name"), "{}", own.body);
    let empty = changes(&harness, "", PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(empty.status, 422);
    assert_eq!(changes(&harness, "ada", PASSWORD, OTHER_PASSWORD).await.status, 303);
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let harness = with_page().await;
    ada_has_a_password(&harness).await;
    let third = "entirely different meadow lantern";
    let (one, other) = tokio::join!(
        changes(&harness, "ada", PASSWORD, OTHER_PASSWORD),
        changes(&harness, "ada", PASSWORD, third)
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    // Whoever comes second is told that it has just been changed, or that the password is not the one any more.
    assert!(statuses == [303, 409] || statuses == [303, 422], "{statuses:?}");
    let kept = if one.status == 303 { OTHER_PASSWORD } else { third };
    assert!(harness.signs_in("ada", kept).await);
    harness.deliver_receipts().await.unwrap();
    let changed = harness.receipts().into_iter().filter(|outcome| outcome == "changed").count();
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn password_managers_are_led_there_and_where_it_is_off_there_is_no_page() {
    let harness = with_page().await;
    let led = harness.visit("GET", "/.well-known/change-password").await;
    assert_eq!((led.status, led.headers["location"].to_str().unwrap()), (303, "/change"));
    let harness = Harness::start().await;
    assert_eq!(harness.visit("GET", "/change").await.status, 404);
    assert_eq!(changes(&harness, "ada", PASSWORD, OTHER_PASSWORD).await.status, 404);
}

#[tokio::test]
async fn a_process_that_dies_in_the_middle_leaves_no_password_that_nobody_tells_of() {
    for (fault, is_changed) in [(Fault::HangsBeforeWriting, false), (Fault::HangsAfterWriting, true)] {
        let mut harness = with_page().await;
        ada_has_a_password(&harness).await;
        harness.directory.next(fault);
        let fields = [
            ("contact", "ada"),
            ("current", PASSWORD),
            ("password", OTHER_PASSWORD),
            ("confirm", OTHER_PASSWORD),
        ];
        let waiting = harness.begin_submitting("/change", &fields);
        harness.directory.reached().await;
        harness.kill_and_restart().await;
        assert!(waiting.await.is_err());
        assert_eq!(harness.settle().await, 0, "what was sent may land yet");
        harness.clock.move_by(SignedDuration::from_mins(1));
        assert_eq!(harness.settle().await, 1);
        assert_eq!(harness.settle().await, 0);
        assert_eq!(harness.signs_in("ada", OTHER_PASSWORD).await, is_changed);
        harness.deliver_receipts().await.unwrap();
        let changed = harness.receipts().into_iter().filter(|outcome| outcome == "changed").count();
        assert_eq!(changed, usize::from(is_changed));
        let mails = harness.mailer.mails();
        let notices = mails.iter().filter(|mail| mail.text.contains("was changed at")).count();
        assert_eq!(notices, 1 + changed, "the contact hears of it");
    }
}

#[tokio::test]
async fn a_directory_that_falls_silent_is_looked_at_and_what_it_did_is_told() {
    for (fault, is_changed) in [(Fault::SilentBeforeWriting, false), (Fault::SilentAfterWriting, true)] {
        let harness = with_page().await;
        ada_has_a_password(&harness).await;
        harness.directory.next(fault);
        assert_eq!(changes(&harness, "ada", PASSWORD, OTHER_PASSWORD).await.status, 503);
        harness.clock.move_by(SignedDuration::from_mins(1));
        assert_eq!(harness.settle().await, 1);
        assert_eq!(harness.signs_in("ada", OTHER_PASSWORD).await, is_changed);
        harness.deliver_receipts().await.unwrap();
        assert_eq!(harness.receipts().contains(&"changed".to_owned()), is_changed);
    }
}

/// A directory that locks people out.
struct Locks(Lockout);

#[async_trait]
impl PasswordChecker for Locks {
    async fn check(&self, _: &ContactId, _: Zeroizing<String>) -> Result<PasswordCheck, DirectoryError> {
        Ok(PasswordCheck::Differs)
    }

    async fn lockout(&self) -> Lockout {
        self.0.clone()
    }
}

#[tokio::test]
async fn attempts_stay_two_below_the_directorys_own_lock_out_and_where_that_cannot_be_the_start_is_refused() {
    let settings = |set: &str| {
        let text = format!(
            "[organisation]\nname = \"X\"\nsupport = \"Y\"\n[server]\npublic_url = \"https://reset.example.org\"\n\
             [console]\nallow = [\"alice\"]\n[self_service]\nchange = true\n{set}"
        );
        let config: AllInOne =
            config::from_text("reset-link.toml", &text, &Environment::default(), &Overrides::default())
                .unwrap();
        config.redeem_server
    };
    let unknown = || Lockout::Unknown("it does not say".to_owned());
    for (set, lockout, expected) in [
        ("", Lockout::Never, Ok(5)),
        ("", Lockout::After(1_000), Ok(5)),
        ("", Lockout::After(7), Ok(5)),
        ("", Lockout::After(5), Ok(3)),
        ("", Lockout::After(3), Ok(1)),
        ("", Lockout::After(2), Err("after 2 failed sign-ins")),
        ("", unknown(), Err("self_service.lockout_after")),
        ("lockout_after = 0", unknown(), Ok(5)),
        ("lockout_after = 4", Lockout::Never, Ok(2)),
        ("lockout_after = 1", Lockout::Never, Err("after 1 failed sign-ins")),
    ] {
        let limits = attempt_limits(&settings(set), &Locks(lockout)).await;
        match (limits, expected) {
            (Ok(AttemptLimits { per_contact, .. }), Ok(expected)) => {
                assert_eq!(per_contact, expected, "{set}")
            }
            (Err(error), Err(expected)) => {
                let error = format!("{:#}", error.error);
                assert!(error.contains(expected), "{error}");
            }
            (limits, expected) => {
                panic!("{set}: {:?} {expected:?}", limits.map(|limits| limits.per_contact).ok())
            }
        }
    }
}
