//! What happens between two steps of a redemption.

use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn what_changes_between_the_first_look_and_the_claim_closes_the_link() {
    type Change = fn(&FakeDirectory);
    let changes: [(&str, Change); 3] = [
        ("e-mail", |directory| directory.change_email("other@example.org")),
        ("password", |directory| directory.change_password("hers, by another way")),
        ("gone", FakeDirectory::remove_ada),
    ];
    for (name, change) in changes {
        for directory in [FakeDirectory::conditional(), FakeDirectory::unconditional()] {
            let redeeming = Redeeming::at(directory);
            let link = redeeming.link(1);
            redeeming.directory.before_next(Call::Prepare, change);
            let outcome = redeeming.redeem(&link, GOOD).await;
            assert!(matches!(outcome, Outcome::Closed { why: Closed::Overtaken, .. }), "{name}: {outcome:?}");
            assert!(!redeeming.directory.calls().contains(&Call::Set), "{name}: nothing is written");
            assert_eq!(redeeming.state(&link).await, LinkState::Unused, "{name}: it is not used up");
            assert_eq!(redeeming.reported().await, [ReceiptOutcome::RefusedOvertaken], "{name}");
        }
    }
}

#[tokio::test]
async fn what_changes_between_the_second_look_and_the_write_stays_where_writes_are_conditional() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    redeeming.directory.before_next(Call::Set, |directory| directory.change_password("hers, by another way"));
    assert!(is_closed(&redeeming.redeem(&link, GOOD).await, Closed::Overtaken));
    assert_eq!(redeeming.directory.password(), "hers, by another way");
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::RefusedOvertaken]);
    assert_eq!(redeeming.state(&link).await, LinkState::Unused);
}

#[tokio::test]
async fn no_write_begins_that_may_outlast_the_lease() {
    let needed = SignedDuration::try_from(DIRECTORY_TIMEOUT).unwrap();
    let millisecond = SignedDuration::from_millis(1);
    for (passes, is_written) in
        [(LEASE - needed - millisecond, true), (LEASE - needed, false), (LEASE, false)]
    {
        let redeeming = Redeeming::new();
        let link = redeeming.link(1);
        let clock = redeeming.clock.clone();
        // At the second look, the one behind the claim.
        redeeming.directory.before_later(1, Call::Read, move |_| clock.move_by(passes));
        let outcome = redeeming.redeem(&link, GOOD).await;
        assert_eq!(redeeming.directory.calls().contains(&Call::Set), is_written, "{passes:?}");
        if is_written {
            assert!(matches!(outcome, Outcome::Done), "{passes:?}: {outcome:?}");
            continue;
        }
        assert!(matches!(outcome, Outcome::Busy { retry_after_seconds: 5 }), "{passes:?}: {outcome:?}");
        assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done), "{passes:?}: it is good again");
    }
}

#[tokio::test]
async fn a_lease_that_ends_while_the_password_is_written_loses_neither_the_answer_nor_the_receipt() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    let clock = redeeming.clock.clone();
    redeeming.directory.before_next(Call::Set, move |_| clock.move_by(LEASE));
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
    let receipts = redeeming.receipts().await;
    assert_eq!((receipts.len(), receipts[0].outcome), (1, ReceiptOutcome::Redeemed));
    assert_eq!(redeeming.state(&link).await, LinkState::Spent, "settled at once");
    assert!(redeeming.is_told_of_receipts().await);
}

/// A redemption that stands still where a call of its directory begins, until it is let go.
struct Held {
    redeeming: Arc<Redeeming>,
    link: VerifiedLink,
    go_on: std::sync::mpsc::Sender<()>,
    task: tokio::task::JoinHandle<Outcome>,
}

impl Held {
    async fn before(call: Call) -> Self {
        let redeeming = Arc::new(Redeeming::new());
        let link = redeeming.link(1);
        let (go_on, may_go_on) = std::sync::mpsc::channel();
        let stands = Arc::new(Notify::new());
        let stands_there = Arc::clone(&stands);
        redeeming.directory.before_next(call, move |_| {
            stands_there.notify_one();
            tokio::task::block_in_place(|| may_go_on.recv_timeout(DEADLINE)).expect("it is let go");
        });
        let task = tokio::spawn({
            let (redeeming, link) = (Arc::clone(&redeeming), link.clone());
            async move { redeeming.redeem(&link, GOOD).await }
        });
        tokio::time::timeout(DEADLINE, stands.notified()).await.expect("it begins");
        Self { redeeming, link, go_on, task }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn one_link_is_redeemed_by_one_visitor_at_a_time() {
    let held = Held::before(Call::Prepare).await;
    let second = held.redeeming.redeem(&held.link, GOOD).await;
    assert!(
        matches!(&second, Outcome::InProgress { language: Some(language) } if language == "de"),
        "{second:?}"
    );
    held.go_on.send(()).unwrap();
    assert!(matches!(held.task.await.unwrap(), Outcome::Done));
    assert!(
        is_closed(&held.redeeming.redeem(&held.link, GOOD).await, Closed::Used),
        "it is no longer under way"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_redemption_that_is_slow_is_not_settled_over_its_head() {
    let held = Held::before(Call::Set).await;
    held.redeeming.clock.move_by(LEASE);
    assert_eq!(held.redeeming.redeemer.settle_all().await.unwrap(), 0);
    assert!(matches!(held.redeeming.state(&held.link).await, LinkState::Lapsed(_)));
    let second = held.redeeming.redeem(&held.link, GOOD).await;
    assert!(matches!(second, Outcome::InProgress { .. }), "{second:?}");
    assert!(matches!(held.redeeming.state(&held.link).await, LinkState::Lapsed(_)), "nor by another visitor");
    held.go_on.send(()).unwrap();
    assert!(matches!(held.task.await.unwrap(), Outcome::Done));
    assert_eq!(held.redeeming.reported().await, [ReceiptOutcome::Redeemed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_redemption_goes_on_without_its_visitor_and_a_shutdown_waits_for_it() {
    let held = Held::before(Call::Set).await;
    held.task.abort();
    assert!(held.task.await.unwrap_err().is_cancelled());
    let redeemer = held.redeeming.redeemer.clone();
    let mut drained = tokio::spawn(async move { redeemer.drain().await });
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut drained).await.is_err(), "it waits");
    held.go_on.send(()).unwrap();
    tokio::time::timeout(DEADLINE, drained).await.expect("it ends").unwrap();
    assert_eq!(
        (held.redeeming.directory.password().as_str(), held.redeeming.reported().await),
        (GOOD, vec![ReceiptOutcome::Redeemed])
    );
}

#[tokio::test(start_paused = true)]
async fn only_so_many_passwords_are_hashed_at_once() {
    let redeeming = Arc::new(Redeeming::new());
    let [first, second] = [1, 2].map(|number| redeeming.link(number));
    let begins = Arc::new(Notify::new());
    let begins_there = Arc::clone(&begins);
    redeeming.directory.before_next(Call::Prepare, move |_| begins_there.notify_one());
    redeeming.directory.fail_next(Call::Prepare, Fault::Hangs);
    let hashing = tokio::spawn({
        let redeeming = Arc::clone(&redeeming);
        async move { redeeming.redeem(&first, GOOD).await }
    });
    tokio::time::timeout(DEADLINE, begins.notified()).await.expect("it begins");
    let began = tokio::time::Instant::now();
    let outcome = tokio::time::timeout(DEADLINE, redeeming.redeem(&second, GOOD)).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Busy { retry_after_seconds: 5 }), "{outcome:?}");
    assert_eq!(began.elapsed(), SLOT_WAIT);
    assert_eq!(redeeming.state(&second).await, LinkState::Unused, "it may come back");
    hashing.abort();
}
