//! What every ledger promises.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use contacts::DirectoryServer;
use jiff::SignedDuration;
use keys::{
    Binding, BindingSecret, ContactId, Keyring, LinkId, NewLink, PasswordVersion, Receipt, ReceiptOutcome,
    ResetLink, Revocation, SecretKey, UntrustedToken, VerifiedLink,
};
use redeem_server::ledger::{
    ATTEMPTS_PER_CLIENT_WINDOW, ATTEMPTS_PER_CONTACT_WINDOW, Attempt, AttemptLimits, Claim, Claimed,
    FenceError, Ledger, LinkState, MARK_MARGIN, Reserved, Settlement, Withdrawal,
};
use redeem_server::outbox::Outbox;
use reset_link_tests::harness::clock::MovableClock;

const URL: &str = "https://reset.example.com";

/// How long the ledgers under test lease a link.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(30);

const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

/// A ledger that can be closed, opened again, and lost.
#[async_trait]
pub(super) trait LedgerFixture: Send {
    /// The ledger, which keeps the outbox too: a spent link and its receipt are one write.
    type Ledger: Ledger + Outbox + 'static;
    /// The clock that the ledger asks.
    fn clock(&self) -> &MovableClock;
    /// Opens the ledger with [`LEASE`]; whoever had it open is gone, as after a crash.
    async fn open(&mut self) -> Arc<Self::Ledger>;
    /// Takes all that it knew away from it.
    fn lose(&mut self);
}

/// Holds a ledger to the whole contract, each part on a fresh one.
pub(super) async fn ledger_contract<F: LedgerFixture>(fresh: impl Fn() -> F) {
    sixty_four_redeemers_have_one_winner(fresh()).await;
    a_spent_link_stays_spent(fresh()).await;
    a_released_link_is_good_again(fresh()).await;
    a_late_holder_can_neither_spend_nor_release(fresh()).await;
    a_crash_leaves_a_claim_to_be_settled(fresh()).await;
    a_mark_outlives_the_link(fresh()).await;
    an_unsettled_claim_is_not_forgotten(fresh()).await;
    a_clock_that_steps_back_opens_nothing(fresh()).await;
    a_lost_ledger_fails_closed(&fresh).await;
    a_ledger_keeps_its_epoch_and_its_key(fresh()).await;
    a_withdrawn_link_stays_withdrawn(fresh()).await;
    a_link_withdrawn_while_it_is_claimed_is_not_good_again(fresh()).await;
    a_contact_withdrawn_up_to_a_time_has_no_link_from_before(fresh()).await;
    receipts_wait_until_they_are_acknowledged(fresh()).await;
    looking_changes_nothing(fresh()).await;
    attempts_are_counted_on_the_disk(fresh()).await;
    a_contact_is_counted_by_whichever_name_and_that_is_not_told(fresh()).await;
    a_clock_that_was_ahead_shuts_nobody_out_for_longer(fresh()).await;
}

fn keyring() -> Keyring {
    Keyring::new(SecretKey::from_seed(&[5; 32]), [])
}

fn contact() -> ContactId {
    ContactId::new("ada").expect("an id")
}

fn link_of(ledger: &dyn Ledger, contact: &ContactId, number: u8, clock: &MovableClock) -> VerifiedLink {
    let link_id = LinkId::from_random([number; 24]);
    let secret = BindingSecret::from_random(&[6; 32]);
    let new = NewLink {
        contact: contact.clone(),
        link_id,
        issued_at: clock.now(),
        lifetime: LIFETIME,
        binding: Binding::new(&secret, link_id, contact, &PasswordVersion::new("v1"), None),
        ledger_epoch: ledger.ledger_epoch(),
    };
    let link = ResetLink::mint(&keyring(), URL, &new).expect("a link");
    UntrustedToken::from_link(link.expose(), URL)
        .verify(keyring().trusted(), URL, clock.now())
        .expect("genuine")
}

fn link(ledger: &dyn Ledger, number: u8, clock: &MovableClock) -> VerifiedLink {
    link_of(ledger, &contact(), number, clock)
}

fn receipt(link: &VerifiedLink, outcome: ReceiptOutcome, clock: &MovableClock) -> Receipt {
    let key_id = Some(link.key_id().clone());
    Receipt {
        link_id: link.link_id(),
        contact: link.contact().clone(),
        key_id,
        outcome,
        at: clock.now(),
        client: None,
    }
}

async fn claimed(ledger: &dyn Ledger, link: &VerifiedLink) -> Claim {
    let server = DirectoryServer::new("ldaps://one.example.org");
    match ledger
        .claim(link, Some(&PasswordVersion::new("v2")), Some(&server))
        .await
        .expect("a ledger that answers")
    {
        Claimed::Ours(claim) => claim,
        Claimed::Not(state) => panic!("not ours: {state:?}"),
    }
}

async fn refused(ledger: &dyn Ledger, link: &VerifiedLink) -> LinkState {
    match ledger.claim(link, None, None).await.expect("a ledger that answers") {
        Claimed::Ours(_) => panic!("the link could be claimed"),
        Claimed::Not(state) => state,
    }
}

async fn spend(ledger: &dyn Ledger, link: &VerifiedLink, clock: &MovableClock) {
    let claim = claimed(ledger, link).await;
    ledger.spend(&claim, &receipt(link, ReceiptOutcome::Redeemed, clock)).await.expect("ours");
}

async fn look(ledger: &dyn Ledger, link: &VerifiedLink) -> LinkState {
    ledger.look(link).await.expect("a ledger that answers")
}

async fn sixty_four_redeemers_have_one_winner(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let link = link(&*ledger, 1, fixture.clock());
    let mut redeemers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (ledger, link) = (Arc::clone(&ledger), link.clone());
        redeemers.spawn(async move { ledger.claim(&link, None, None).await.expect("a ledger that answers") });
    }
    let outcomes = redeemers.join_all().await;
    let winners = outcomes.iter().filter(|outcome| matches!(outcome, Claimed::Ours(_))).count();
    let losers = outcomes.iter().filter(|outcome| **outcome == Claimed::Not(LinkState::Claimed)).count();
    assert_eq!((winners, losers), (1, 63));
}

async fn a_spent_link_stays_spent(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (link, other) = (link(&*ledger, 1, fixture.clock()), link(&*ledger, 2, fixture.clock()));
    let claim = claimed(&*ledger, &link).await;
    let done = receipt(&link, ReceiptOutcome::Redeemed, fixture.clock());
    ledger.spend(&claim, &done).await.expect("ours");
    for again in [ledger.spend(&claim, &done).await, ledger.release(&claim).await] {
        assert!(matches!(again, Err(FenceError::Lost)), "spent never goes back");
    }
    assert_eq!(refused(&*ledger, &link).await, LinkState::Spent);
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(look(&*ledger, &link).await, LinkState::Spent);
    assert_eq!(refused(&*ledger, &link).await, LinkState::Spent);
    assert_eq!(ledger.receipts(10).await.expect("answers"), [done]);
    claimed(&*ledger, &other).await;
}

async fn a_released_link_is_good_again(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let link = link(&*ledger, 1, fixture.clock());
    let first = claimed(&*ledger, &link).await;
    assert_eq!(look(&*ledger, &link).await, LinkState::Claimed);
    ledger.release(&first).await.expect("ours");
    assert_eq!(look(&*ledger, &link).await, LinkState::Unused);
    let second = claimed(&*ledger, &link).await;
    assert!(second.fence > first.fence, "fencing numbers grow");
    assert!(matches!(ledger.release(&first).await, Err(FenceError::Lost)), "an old fence opens nothing");
    assert_eq!(look(&*ledger, &link).await, LinkState::Claimed);
}

async fn a_late_holder_can_neither_spend_nor_release(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let link = link(&*ledger, 1, fixture.clock());
    let late = claimed(&*ledger, &link).await;
    let done = receipt(&link, ReceiptOutcome::Redeemed, fixture.clock());
    fixture.clock().move_by(LEASE);
    assert!(matches!(ledger.spend(&late, &done).await, Err(FenceError::Lost)));
    assert!(matches!(ledger.release(&late).await, Err(FenceError::Lost)));
    assert_eq!(look(&*ledger, &link).await, LinkState::Lapsed(Box::new(late.clone())));
    assert_eq!(
        refused(&*ledger, &link).await,
        LinkState::Lapsed(Box::new(late.clone())),
        "settled first, then claimed"
    );
    assert_eq!(ledger.unsettled().await.expect("answers"), std::slice::from_ref(&late));
    assert!(ledger.settle(&late, &Settlement::Usable).await.expect("answers"));
    let next = claimed(&*ledger, &link).await;
    assert!(next.fence > late.fence);
    assert!(matches!(ledger.spend(&late, &done).await, Err(FenceError::Lost)));
    assert!(!ledger.settle(&late, &Settlement::Usable).await.expect("answers"), "settled once");
    ledger.spend(&next, &done).await.expect("ours");
    assert_eq!(ledger.receipts(10).await.expect("answers").len(), 1);
}

async fn a_crash_leaves_a_claim_to_be_settled(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (good, used) = (link(&*ledger, 1, fixture.clock()), link(&*ledger, 2, fixture.clock()));
    let (good_claim, used_claim) = (claimed(&*ledger, &good).await, claimed(&*ledger, &used).await);
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(look(&*ledger, &good).await, LinkState::Claimed);
    let unsettled = ledger.unsettled().await.expect("answers");
    assert_eq!(unsettled.len(), 2, "what a former process left behind needs no lease to end");
    assert!(unsettled.iter().all(|claim| claim.intended_version == Some(PasswordVersion::new("v2"))));
    let server = Some(DirectoryServer::new("ldaps://one.example.org"));
    assert!(unsettled.iter().all(|claim| claim.server == server), "that one alone can settle it");
    assert!(
        !ledger.settle(&good_claim, &Settlement::Usable).await.expect("answers"),
        "not before the lease has ended"
    );
    assert_eq!(look(&*ledger, &good).await, LinkState::Claimed);
    let done = receipt(&used, ReceiptOutcome::Redeemed, fixture.clock());
    assert!(ledger.settle(&used_claim, &Settlement::Spent(done.clone())).await.expect("answers"));
    assert_eq!(look(&*ledger, &used).await, LinkState::Spent);
    assert_eq!(ledger.receipts(10).await.expect("answers"), [done]);
    fixture.clock().move_by(LEASE);
    assert!(ledger.settle(&good_claim, &Settlement::Usable).await.expect("answers"));
    let again = claimed(&*ledger, &good).await;
    assert!(again.fence > good_claim.fence, "fencing numbers grow over restarts");
}

async fn a_mark_outlives_the_link(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let link = link(&*ledger, 1, fixture.clock());
    spend(&*ledger, &link, fixture.clock()).await;
    fixture.clock().move_by(LIFETIME + LEASE + MARK_MARGIN - MILLISECOND);
    assert_eq!(ledger.prune().await.expect("answers"), 0);
    assert_eq!(
        look(&*ledger, &link).await,
        LinkState::Spent,
        "more is known of it than that its time is over"
    );
    // Marks go by the minute: the last one of a minute keeps the others.
    fixture.clock().move_by(SignedDuration::from_secs(61));
    assert_eq!(ledger.prune().await.expect("answers"), 1);
    assert_eq!(look(&*ledger, &link).await, LinkState::Expired);
    assert_eq!(refused(&*ledger, &link).await, LinkState::Expired);
    assert_eq!(
        ledger.receipts(10).await.expect("answers").len(),
        1,
        "receipts wait, whatever the link's expiry"
    );
}

async fn an_unsettled_claim_is_not_forgotten(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let link = link(&*ledger, 1, fixture.clock());
    let claim = claimed(&*ledger, &link).await;
    fixture.clock().move_by(SignedDuration::from_hours(24));
    assert_eq!(ledger.prune().await.expect("answers"), 0);
    let done = receipt(&link, ReceiptOutcome::Redeemed, fixture.clock());
    assert!(ledger.settle(&claim, &Settlement::Spent(done)).await.expect("answers"));
    assert_eq!(ledger.prune().await.expect("answers"), 1);
}

async fn a_clock_that_steps_back_opens_nothing(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (used, unused) = (link(&*ledger, 1, fixture.clock()), link(&*ledger, 2, fixture.clock()));
    spend(&*ledger, &used, fixture.clock()).await;
    let ahead = LIFETIME + LEASE + MARK_MARGIN + SignedDuration::from_secs(61);
    fixture.clock().move_by(ahead);
    assert_eq!(ledger.prune().await.expect("answers"), 1);
    fixture.clock().move_by(-ahead);
    for link in [&used, &unused] {
        assert_eq!(look(&*ledger, link).await, LinkState::Expired);
        assert_eq!(refused(&*ledger, link).await, LinkState::Expired);
    }
}

async fn a_lost_ledger_fails_closed<F: LedgerFixture>(fresh: &impl Fn() -> F) {
    // A time is no epoch: the clock may have been ahead when the links were made, and be right again.
    for step in [MILLISECOND, SignedDuration::from_hours(2), SignedDuration::from_hours(-2)] {
        let mut fixture = fresh();
        let ledger = fixture.open().await;
        let (used, unused, withdrawn) = (
            link(&*ledger, 1, fixture.clock()),
            link(&*ledger, 2, fixture.clock()),
            link(&*ledger, 3, fixture.clock()),
        );
        spend(&*ledger, &used, fixture.clock()).await;
        let revocation = Revocation::Link {
            link_id: withdrawn.link_id(),
            contact: contact(),
            expires_at: withdrawn.expires_at(),
        };
        assert_eq!(ledger.revoke(&revocation).await.expect("answers"), Withdrawal::Done);
        let epoch = ledger.ledger_epoch();
        drop(ledger);
        fixture.lose();
        fixture.clock().move_by(step);
        let ledger = fixture.open().await;
        assert_ne!(ledger.ledger_epoch(), epoch);
        fixture.clock().move_by(-step);
        for link in [&used, &unused, &withdrawn] {
            assert_eq!(look(&*ledger, link).await, LinkState::LedgerIsYounger);
            assert_eq!(refused(&*ledger, link).await, LinkState::LedgerIsYounger);
        }
        fixture.clock().move_by(step);
        let new = link(&*ledger, 4, fixture.clock());
        drop(ledger);
        fixture.clock().move_by(MILLISECOND);
        let ledger = fixture.open().await;
        claimed(&*ledger, &new).await;
    }
}

async fn a_ledger_keeps_its_epoch_and_its_key(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (epoch, key) = (ledger.ledger_epoch(), ledger.done_page_key());
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!((ledger.ledger_epoch(), ledger.done_page_key()), (epoch, key));
    drop(ledger);
    fixture.lose();
    let ledger = fixture.open().await;
    assert!(ledger.ledger_epoch() != epoch && ledger.done_page_key() != key);
}

async fn a_withdrawn_link_stays_withdrawn(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (withdrawn, used) = (link(&*ledger, 1, fixture.clock()), link(&*ledger, 2, fixture.clock()));
    spend(&*ledger, &used, fixture.clock()).await;
    let revoke = |link: &VerifiedLink| Revocation::Link {
        link_id: link.link_id(),
        contact: contact(),
        expires_at: link.expires_at(),
    };
    assert_eq!(ledger.revoke(&revoke(&used)).await.expect("answers"), Withdrawal::AlreadyRedeemed);
    for _ in 0..2 {
        assert_eq!(ledger.revoke(&revoke(&withdrawn)).await.expect("answers"), Withdrawal::Done);
    }
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(look(&*ledger, &withdrawn).await, LinkState::Withdrawn);
    assert_eq!(refused(&*ledger, &withdrawn).await, LinkState::Withdrawn);
    assert_eq!(look(&*ledger, &used).await, LinkState::Spent);
    let outcomes: HashSet<_> =
        ledger.receipts(10).await.expect("answers").iter().map(|receipt| receipt.outcome).collect();
    assert_eq!(outcomes, HashSet::from([ReceiptOutcome::Redeemed, ReceiptOutcome::Revoked]));
}

async fn a_link_withdrawn_while_it_is_claimed_is_not_good_again(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (released, finished) = (link(&*ledger, 1, fixture.clock()), link(&*ledger, 2, fixture.clock()));
    let revoke = |link: &VerifiedLink| Revocation::Link {
        link_id: link.link_id(),
        contact: contact(),
        expires_at: link.expires_at(),
    };
    let claim = claimed(&*ledger, &released).await;
    assert_eq!(ledger.revoke(&revoke(&released)).await.expect("answers"), Withdrawal::InProgress);
    ledger.release(&claim).await.expect("ours");
    assert_eq!(refused(&*ledger, &released).await, LinkState::Withdrawn);
    let claim = claimed(&*ledger, &finished).await;
    assert_eq!(ledger.revoke(&revoke(&finished)).await.expect("answers"), Withdrawal::InProgress);
    ledger.spend(&claim, &receipt(&finished, ReceiptOutcome::Redeemed, fixture.clock())).await.expect("ours");
    assert_eq!(refused(&*ledger, &finished).await, LinkState::Spent);
}

async fn a_contact_withdrawn_up_to_a_time_has_no_link_from_before(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let bob = ContactId::new("bob").expect("an id");
    let (before, others) = (link(&*ledger, 1, fixture.clock()), link_of(&*ledger, &bob, 2, fixture.clock()));
    let claim = claimed(&*ledger, &link(&*ledger, 4, fixture.clock())).await;
    let revocation = Revocation::Contact { contact: contact(), issued_up_to: fixture.clock().now() };
    assert_eq!(ledger.revoke(&revocation).await.expect("answers"), Withdrawal::InProgress);
    ledger.release(&claim).await.expect("ours");
    assert_eq!(ledger.revoke(&revocation).await.expect("answers"), Withdrawal::Done);
    fixture.clock().move_by(MILLISECOND);
    let after = link(&*ledger, 3, fixture.clock());
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(look(&*ledger, &before).await, LinkState::Withdrawn);
    assert_eq!(refused(&*ledger, &before).await, LinkState::Withdrawn);
    claimed(&*ledger, &after).await;
    claimed(&*ledger, &others).await;
    fixture.clock().move_by(SignedDuration::from_hours(3));
    ledger.prune().await.expect("answers");
    let much_later = link(&*ledger, 5, fixture.clock());
    claimed(&*ledger, &much_later).await;
}

async fn receipts_wait_until_they_are_acknowledged(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let (first, second) = (link(&*ledger, 1, fixture.clock()), link(&*ledger, 2, fixture.clock()));
    let one = receipt(&first, ReceiptOutcome::RefusedUsed, fixture.clock());
    fixture.clock().move_by(MILLISECOND);
    let two = receipt(&second, ReceiptOutcome::RefusedUsed, fixture.clock());
    for receipt in [&two, &one, &one] {
        ledger.record(receipt).await.expect("answers");
    }
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(
        ledger.receipts(10).await.expect("answers"),
        [one.clone(), two.clone()],
        "each once, oldest first"
    );
    assert_eq!(ledger.receipts(1).await.expect("answers"), std::slice::from_ref(&one));
    ledger.acknowledge(&[one]).await.expect("answers");
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(ledger.receipts(10).await.expect("answers"), [two]);
}

async fn looking_changes_nothing(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let link = link(&*ledger, 1, fixture.clock());
    for _ in 0..10 {
        assert_eq!(look(&*ledger, &link).await, LinkState::Unused);
    }
    claimed(&*ledger, &link).await;
    fixture.clock().move_by(LIFETIME);
    let late = self::link(&*ledger, 2, fixture.clock());
    fixture.clock().move_by(LIFETIME);
    assert_eq!(look(&*ledger, &late).await, LinkState::Expired, "by the ledger's own clock");
    assert_eq!(refused(&*ledger, &late).await, LinkState::Expired);
}

const LIMITS: AttemptLimits = AttemptLimits { per_contact: 2, per_client: 3 };

async fn tries(ledger: &dyn Ledger, typed: &str, client: &str) -> Reserved {
    ledger.reserve_attempt(&Attempt { typed, contact: None, client }, LIMITS).await.unwrap()
}

/// A contact who is tried by several names is not checked beyond the limit, and nobody is told so: each name is counted and told as anybody's.
async fn a_contact_is_counted_by_whichever_name_and_that_is_not_told(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let ada = ContactId::new("ada").unwrap();
    let tries = async |typed: &'static str, client: &'static str| {
        ledger.reserve_attempt(&Attempt { typed, contact: Some(&ada), client }, LIMITS).await.unwrap()
    };
    assert_eq!(tries("ada", "one").await, Reserved::Yes);
    assert_eq!(tries("ada@example.org", "one").await, Reserved::Yes);
    assert_eq!(tries("ada", "two").await, Reserved::Unchecked);
    assert!(matches!(tries("ada", "two").await, Reserved::Wait { .. }), "as for anybody");
    assert_eq!(tries("ada@example.org", "two").await, Reserved::Unchecked);
    fixture.clock().move_by(ATTEMPTS_PER_CONTACT_WINDOW);
    assert_eq!(tries("ada", "three").await, Reserved::Yes);
}

/// Of one contact and of one network only so many are taken within their windows, whoever has opened the ledger meanwhile; what is refused counts for nobody.
async fn attempts_are_counted_on_the_disk(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    assert_eq!(tries(&*ledger, "ada", "one").await, Reserved::Yes);
    drop(ledger);
    let ledger = fixture.open().await;
    assert_eq!(tries(&*ledger, "ada", "two").await, Reserved::Yes);
    let until = fixture.clock().now() + ATTEMPTS_PER_CONTACT_WINDOW;
    for client in ["one", "three"] {
        assert_eq!(tries(&*ledger, "ada", client).await, Reserved::Wait { until });
    }
    assert_eq!(tries(&*ledger, "bob", "one").await, Reserved::Yes);
    assert_eq!(tries(&*ledger, "carol", "one").await, Reserved::Yes);
    let until = fixture.clock().now() + ATTEMPTS_PER_CLIENT_WINDOW;
    assert_eq!(tries(&*ledger, "dora", "one").await, Reserved::Wait { until });
    assert_eq!(tries(&*ledger, "dora", "three").await, Reserved::Yes, "what was refused is not counted");
    fixture.clock().move_by(ATTEMPTS_PER_CONTACT_WINDOW);
    ledger.prune().await.unwrap();
    assert_eq!(tries(&*ledger, "ada", "two").await, Reserved::Yes);
    assert!(matches!(tries(&*ledger, "ada", "one").await, Reserved::Wait { .. }), "its hour is not over");
    fixture.clock().move_by(ATTEMPTS_PER_CLIENT_WINDOW);
    ledger.prune().await.unwrap();
    assert_eq!(tries(&*ledger, "dora", "one").await, Reserved::Yes);
}

async fn a_clock_that_was_ahead_shuts_nobody_out_for_longer(mut fixture: impl LedgerFixture) {
    let ledger = fixture.open().await;
    let day = SignedDuration::from_hours(24);
    fixture.clock().move_by(day);
    assert_eq!(tries(&*ledger, "ada", "one").await, Reserved::Yes);
    assert_eq!(tries(&*ledger, "ada", "one").await, Reserved::Yes);
    fixture.clock().move_by(-day);
    let until = fixture.clock().now() + ATTEMPTS_PER_CONTACT_WINDOW;
    assert_eq!(tries(&*ledger, "ada", "one").await, Reserved::Wait { until }, "it counts still");
}
