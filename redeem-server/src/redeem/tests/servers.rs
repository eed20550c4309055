//! A directory on several servers that copy each other, and lag behind.

use contacts::DirectoryServer;

use super::*;
use crate::fakes::{FakeServer, FakeServers};
use crate::ledger::Claimed;

const ONE: &str = "ldaps://one.example.org";
const OTHER: &str = "ldaps://other.example.org";

struct TwoServers {
    redeeming: Redeeming,
    servers: FakeServers,
    one: FakeServer,
    other: FakeServer,
}

impl TwoServers {
    fn new() -> Self {
        let servers = FakeServers::at([ONE, OTHER]);
        let [one, other] = servers.servers() else { panic!("two") };
        let (one, other) = (one.clone(), other.clone());
        let redeeming = Redeeming::on(Arc::new(servers.clone()), Arc::clone(&one.directory));
        Self { redeeming, servers, one, other }
    }

    /// A link whose redemption has left a claim at the first server, which goes away then; its lease has ended, and the other server has heard of nothing.
    async fn with_lapsed_claim(is_written: bool) -> (Self, VerifiedLink) {
        let two = Self::new();
        let link = two.redeeming.link(1);
        two.one.directory.fail_next(Call::Set, Fault::OutcomeUnknown { is_written });
        let outcome = two.redeeming.redeem(&link, GOOD).await;
        assert!(matches!(outcome, Outcome::Unavailable { .. }), "{outcome:?}");
        two.one.directory.is_away(true);
        two.redeeming.clock.move_by(LEASE);
        let LinkState::Lapsed(claim) = two.redeeming.state(&link).await else { panic!("it has lapsed") };
        assert_eq!(claim.server, Some(DirectoryServer::new(ONE)));
        (two, link)
    }

    async fn stays_closed(&self, link: &VerifiedLink) {
        let redeeming = &self.redeeming;
        assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 0);
        for outcome in [redeeming.redeemer.show(link).await, redeeming.redeem(link, GOOD).await] {
            assert!(matches!(outcome, Outcome::Unavailable { .. }), "{outcome:?}");
        }
        assert!(matches!(redeeming.state(link).await, LinkState::Lapsed(_)));
        assert!(!self.other.directory.calls().contains(&Call::Set));
    }

    /// Nobody can tell any more, and nobody can use it.
    async fn is_used_once_it_has_expired(&self, link: &VerifiedLink) {
        let left = link.expires_at().duration_since(self.redeeming.clock.now());
        self.redeeming.clock.move_by(left - SignedDuration::from_millis(1));
        assert_eq!(self.redeeming.redeemer.settle_all().await.unwrap(), 0);
        self.redeeming.clock.move_by(SignedDuration::from_millis(1));
        assert_eq!(self.redeeming.redeemer.settle_all().await.unwrap(), 1);
        assert_eq!(self.redeeming.state(link).await, LinkState::Spent);
        assert_eq!(self.redeeming.reported().await, [ReceiptOutcome::Unsettled]);
    }
}

#[tokio::test]
async fn all_steps_of_one_redemption_are_at_the_server_of_its_first_look() {
    let two = TwoServers::new();
    let link = two.redeeming.link(1);
    two.one.directory.fail_next(Call::Read, Fault::Unreachable);
    // The first server answers again as soon as it was passed over.
    assert!(matches!(two.redeeming.redeem(&link, GOOD).await, Outcome::Done));
    assert_eq!(two.one.directory.calls(), [Call::Read, Call::Prepare]);
    assert_eq!(two.other.directory.calls(), [Call::Read, Call::Read, Call::Set]);
    assert_eq!(
        (two.one.directory.password(), two.other.directory.password()),
        ("the old one".into(), GOOD.into())
    );
}

#[tokio::test]
async fn a_server_that_goes_away_between_two_steps_is_not_replaced_by_another() {
    for (call, behind) in [(Call::Read, 1), (Call::Set, 0)] {
        let two = TwoServers::new();
        let link = two.redeeming.link(1);
        two.one.directory.fail_later(behind, call, Fault::Unreachable);
        let outcome = two.redeeming.redeem(&link, GOOD).await;
        assert!(matches!(outcome, Outcome::Unavailable { .. }), "{call:?}: {outcome:?}");
        assert_eq!(two.other.directory.calls(), [], "{call:?}");
        assert_eq!(two.redeeming.state(&link).await, LinkState::Unused, "{call:?}: nothing was written");
        assert!(matches!(two.redeeming.redeem(&link, GOOD).await, Outcome::Done), "{call:?}");
    }
}

#[tokio::test]
async fn a_link_that_was_used_at_a_server_that_is_away_cannot_be_used_at_one_that_lags_behind() {
    let (two, link) = TwoServers::with_lapsed_claim(true).await;
    two.stays_closed(&link).await;
    two.one.directory.is_away(false);
    assert_eq!(two.redeeming.redeemer.settle_all().await.unwrap(), 1);
    assert_eq!(two.redeeming.state(&link).await, LinkState::Spent, "and not good again");
    assert!(is_closed(&two.redeeming.redeem(&link, GOOD).await, Closed::Used));
}

#[tokio::test]
async fn a_link_with_which_nothing_was_written_is_good_again_once_its_server_says_so() {
    let (two, link) = TwoServers::with_lapsed_claim(false).await;
    two.stays_closed(&link).await;
    two.one.directory.is_away(false);
    assert!(matches!(two.redeeming.redeemer.show(&link).await, Outcome::Form(_)));
    assert!(matches!(two.redeeming.redeem(&link, GOOD).await, Outcome::Done));
}

#[tokio::test]
async fn where_its_server_never_comes_back_a_link_is_used_once_it_has_expired() {
    let (two, link) = TwoServers::with_lapsed_claim(true).await;
    two.stays_closed(&link).await;
    two.is_used_once_it_has_expired(&link).await;
}

#[tokio::test]
async fn where_the_settings_no_longer_name_its_server_a_link_is_used_once_it_has_expired() {
    let (mut two, link) = TwoServers::with_lapsed_claim(false).await;
    two.one.directory.is_away(false);
    two.redeeming.with_settings(Arc::new(two.servers.without(ONE)));
    two.stays_closed(&link).await;
    two.is_used_once_it_has_expired(&link).await;
}

/// As an earlier release left it.
#[tokio::test]
async fn a_claim_that_names_no_server_is_settled_at_whichever_answers() {
    let two = TwoServers::new();
    let link = two.redeeming.link(1);
    let claimed = two.redeeming.ledger.claim(&link, None, None).await.unwrap();
    assert!(matches!(claimed, Claimed::Ours(_)));
    two.redeeming.clock.move_by(LEASE);
    two.one.directory.is_away(true);
    assert_eq!(two.redeeming.redeemer.settle_all().await.unwrap(), 1);
    assert_eq!(two.redeeming.state(&link).await, LinkState::Unused);
}
