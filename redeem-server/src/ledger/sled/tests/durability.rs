//! What is on the disk when the ledger answers, and what a power cut leaves.

use keys::{BindingSecret, PasswordVersion, Receipt, ReceiptOutcome, VerifiedLink};

use super::*;
use crate::fakes::{Links, revocation};
use crate::ledger::{
    Claim, Claimed, FenceError, LedgerError, LinkState, MARK_MARGIN, Published, Settlement, Withdrawal,
};
use crate::outbox::OutboxError;

/// A ledger on a pretended disk, and genuine links for it.
struct OnDisk {
    place: LedgerFolder,
    disk: Arc<PretendedDisk>,
    ledger: Arc<SledLedger>,
    links: Links,
}

impl OnDisk {
    fn new() -> Self {
        let (place, disk) = (LedgerFolder::new(), PretendedDisk::new());
        let ledger = Arc::new(place.open(Arc::clone(&disk)).unwrap());
        let links = Links::of(ledger.ledger_epoch());
        Self { place, disk, ledger, links }
    }

    fn link(&self, number: u8) -> VerifiedLink {
        self.links.link(number, self.place.clock.now())
    }

    fn receipt(&self, link: &VerifiedLink, outcome: ReceiptOutcome) -> Receipt {
        Receipt {
            link_id: link.link_id(),
            contact: link.contact().clone(),
            key_id: None,
            outcome,
            at: self.place.clock.now(),
            client: None,
        }
    }

    async fn claim(&self, link: &VerifiedLink) -> Claim {
        match self.ledger.claim(link, Some(&PasswordVersion::new("v2")), None).await.unwrap() {
            Claimed::Ours(claim) => claim,
            Claimed::Not(state) => panic!("{state:?}"),
        }
    }

    /// What a ledger knows that begins after a power cut, as of now: where the link stands, and what waits in the outbox.
    async fn known_after_power_cut(&self, link: &VerifiedLink) -> (LinkState, Vec<ReceiptOutcome>) {
        known(&self.disk.after_power_cut(), &self.place.clock, link).await
    }
}

async fn known(
    (_kept, folder): &(TempDir, PathBuf),
    clock: &MovableClock,
    link: &VerifiedLink,
) -> (LinkState, Vec<ReceiptOutcome>) {
    let ledger = open(folder.clone(), PretendedDisk::new(), clock).unwrap();
    let mut receipts: Vec<_> =
        ledger.receipts(10).await.unwrap().iter().map(|receipt| receipt.outcome).collect();
    receipts.sort();
    let beside = std::fs::read_dir(folder.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing is moved aside as damaged");
    (ledger.look(link).await.unwrap(), receipts)
}

#[tokio::test]
async fn what_the_ledger_answers_is_on_the_disk() {
    use ReceiptOutcome::{Redeemed, RefusedUsed, Revoked, Unsettled};
    let on = OnDisk::new();
    let [spent, released, withdrawn, refused, lapsed, of_bob] =
        [1, 2, 3, 4, 5, 6].map(|number| on.link(number));

    let claim = on.claim(&spent).await;
    assert_eq!(on.known_after_power_cut(&spent).await, (LinkState::Claimed, vec![]));
    on.ledger.spend(&claim, &on.receipt(&spent, Redeemed)).await.unwrap();
    assert_eq!(on.known_after_power_cut(&spent).await, (LinkState::Spent, vec![Redeemed]));

    let claim = on.claim(&released).await;
    on.ledger.release(&claim).await.unwrap();
    assert_eq!(on.known_after_power_cut(&released).await.0, LinkState::Unused);

    assert_eq!(on.ledger.revoke(&revocation(&withdrawn)).await.unwrap(), Withdrawal::Done);
    let known = on.known_after_power_cut(&withdrawn).await;
    assert_eq!(known, (LinkState::Withdrawn, vec![Redeemed, Revoked]));

    on.ledger.record(&on.receipt(&refused, RefusedUsed)).await.unwrap();
    assert_eq!(on.known_after_power_cut(&refused).await.1, [Redeemed, RefusedUsed, Revoked]);
    on.ledger.acknowledge(&on.ledger.receipts(10).await.unwrap()).await.unwrap();
    assert_eq!(on.known_after_power_cut(&refused).await, (LinkState::Unused, vec![]));

    let claim = on.claim(&lapsed).await;
    on.place.clock.move_by(LEASE);
    let settlement = Settlement::Spent(on.receipt(&lapsed, Unsettled));
    assert!(on.ledger.settle(&claim, &settlement).await.unwrap());
    assert_eq!(on.known_after_power_cut(&lapsed).await, (LinkState::Spent, vec![Unsettled]));

    let contact = of_bob.contact().clone();
    let all = Revocation::Contact { contact, issued_up_to: of_bob.issued_at() };
    assert_eq!(on.ledger.revoke(&all).await.unwrap(), Withdrawal::Done);
    assert_eq!(on.known_after_power_cut(&of_bob).await.0, LinkState::Withdrawn);
}

#[tokio::test]
async fn a_claim_that_nobody_settled_is_not_forgotten() {
    let on = OnDisk::new();
    let [spent, left] = [1, 2].map(|number| on.link(number));
    let claim = on.claim(&spent).await;
    on.ledger.spend(&claim, &on.receipt(&spent, ReceiptOutcome::Redeemed)).await.unwrap();
    let claim = on.claim(&left).await;
    on.place.clock.move_by(SignedDuration::from_hours(2));
    assert_eq!(on.ledger.prune().await.unwrap(), 0);
    let settlement = Settlement::Spent(on.receipt(&left, ReceiptOutcome::Unsettled));
    assert!(on.ledger.settle(&claim, &settlement).await.unwrap());
    assert_eq!(on.ledger.prune().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_answered_before_the_disk_has_what_they_wrote() {
    let on = OnDisk::new();
    let [claimed, recorded] = [1, 2].map(|number| on.link(number));
    on.disk.asked();
    on.disk.hold();
    let receipt = on.receipt(&recorded, ReceiptOutcome::RefusedUsed);
    let ledger = Arc::clone(&on.ledger);
    let mut claims = tokio::spawn(async move { ledger.claim(&claimed, None, None).await });
    tokio::task::block_in_place(|| on.disk.wait_until_held());
    let ledger = Arc::clone(&on.ledger);
    let mut records = tokio::spawn(async move { ledger.record(&receipt).await });
    for waits in [
        tokio::time::timeout(std::time::Duration::from_millis(50), &mut claims).await.is_err(),
        tokio::time::timeout(std::time::Duration::from_millis(50), &mut records).await.is_err(),
    ] {
        assert!(waits);
    }
    on.disk.let_go();
    assert!(matches!(claims.await.unwrap().unwrap(), Claimed::Ours(_)));
    records.await.unwrap().unwrap();
    // Flushed and synced once for each: the second came while the first was under way.
    assert_eq!(on.disk.asked(), ["flush", "sync db", "flush", "sync db"]);
}

#[tokio::test]
async fn once_the_disk_has_failed_the_ledger_answers_nothing_until_a_restart() {
    for step in ["flush", "sync db"] {
        let on = OnDisk::new();
        let [first, second] = [1, 2].map(|number| on.link(number));
        on.disk.fail_next(step);
        let failed = on.ledger.claim(&first, None, None).await.unwrap_err();
        assert!(
            matches!(&failed, LedgerError::Stopped(cause) if cause.contains("the disk is broken")),
            "{failed}"
        );
        let claim = Claim {
            link_id: first.link_id(),
            contact: first.contact().clone(),
            key_id: first.key_id().clone(),
            binding: first.binding(),
            intended_version: None,
            server: None,
            expires_at: first.expires_at(),
            lease_until: on.place.clock.now() + LEASE,
            fence: 1 << 32,
        };
        let receipt = on.receipt(&first, ReceiptOutcome::Redeemed);
        let stopped = |error: &LedgerError| matches!(error, LedgerError::Stopped(_));
        assert!(stopped(&on.ledger.claim(&second, None, None).await.unwrap_err()));
        assert!(stopped(&on.ledger.look(&second).await.unwrap_err()));
        assert!(stopped(&on.ledger.unsettled().await.unwrap_err()));
        assert!(stopped(&on.ledger.settle(&claim, &Settlement::Usable).await.unwrap_err()));
        assert!(stopped(&on.ledger.revoke(&revocation(&second)).await.unwrap_err()));
        assert!(stopped(&on.ledger.record(&receipt).await.unwrap_err()));
        assert!(stopped(&on.ledger.prune().await.unwrap_err()));
        for ended in [on.ledger.spend(&claim, &receipt).await, on.ledger.release(&claim).await] {
            assert!(matches!(ended.unwrap_err(), FenceError::Ledger(LedgerError::Stopped(_))));
        }
        let error: OutboxError = on.ledger.acknowledge(&[receipt]).await.unwrap_err();
        assert!(error.to_string().contains("has stopped"), "{error}");
        let unwell = on.ledger.condition().unwrap_err();
        assert!(matches!(unwell, Unwell::Stopped(_)) && !on.ledger.is_sound());
        let (place, link) = (on.place.clone(), second.clone());
        drop(on);
        let ledger = place.reopen().unwrap();
        assert!(matches!(ledger.claim(&link, None, None).await.unwrap(), Claimed::Ours(_)), "{step}");
    }
}

#[tokio::test]
async fn where_the_power_goes_while_a_write_is_under_way_the_former_state_is_left_and_is_no_damage() {
    let on = OnDisk::new();
    let link = on.link(1);
    let claim = on.claim(&link).await;
    let syncs = on.disk.syncs();
    on.ledger.spend(&claim, &on.receipt(&link, ReceiptOutcome::Redeemed)).await.unwrap();
    let before = on.disk.before_sync(syncs);
    assert_eq!(known(&before, &on.place.clock, &link).await, (LinkState::Claimed, vec![]));
    let after = on.disk.after_sync(syncs);
    let spent = (LinkState::Spent, vec![ReceiptOutcome::Redeemed]);
    assert_eq!(known(&after, &on.place.clock, &link).await, spent);
}

#[tokio::test]
async fn a_database_that_has_lost_what_was_synced_is_a_damaged_one() {
    let on = OnDisk::new();
    let link = on.link(1);
    on.claim(&link).await;
    let early = on.disk.syncs() - 1;
    let (_kept, lost) = on.disk.before_sync(early);
    // The witness is as the last flush left it, the database is older.
    std::fs::copy(on.place.ledger().join("witness"), lost.join("witness")).unwrap();
    let ledger = open(lost.clone(), PretendedDisk::new(), &on.place.clock).unwrap();
    assert_eq!(std::fs::read_dir(lost.parent().unwrap()).unwrap().count(), 2, "it was moved aside");
    assert_eq!(
        ledger.look(&link).await.unwrap(),
        LinkState::Unused,
        "the fixed entropy gives it the same epoch"
    );
}

#[tokio::test]
async fn a_ledger_and_its_epoch_are_on_the_disk_before_anybody_hears_of_them() {
    let (place, disk) = (LedgerFolder::new(), PretendedDisk::new());
    let ledger = place.open(Arc::clone(&disk)).unwrap();
    let asked = disk.asked();
    let beside = place.folder.path().file_name().unwrap().to_string_lossy().into_owned();
    let names = ["flush", "sync folder ledger", &format!("sync folder {beside}")];
    assert_eq!(asked[..3], names, "the folder's own name too");
    assert_eq!(asked[3..], ["flush", "sync db"]);
    let (_kept, left) = disk.after_power_cut();
    let random: Entropy = Arc::new(|buffer| buffer.fill(9));
    let settings = SledSettings { folder: left, cache_bytes: 1 << 20, lease: LEASE };
    let again = SledLedger::open_on(PretendedDisk::new(), &settings, place.clock.as_fn(), &random).unwrap();
    assert_eq!(again.ledger_epoch(), ledger.ledger_epoch());
    assert_eq!(again.done_page_key(), ledger.done_page_key());
    let other = SledSettings { folder: place.folder.path().join("other"), ..settings };
    let other = SledLedger::open_on(PretendedDisk::new(), &other, place.clock.as_fn(), &random).unwrap();
    assert_eq!(other.done_page_key(), [9; 32], "each ledger draws its own");

    let secret = BindingSecret::from_random(&[6; 32]);
    let published = ledger.publish(&secret).unwrap();
    let bytes = std::fs::metadata(place.ledger().join("epoch.json")).unwrap().len();
    assert_eq!(
        disk.asked(),
        [
            format!("sync .epoch.json.new-process ({bytes} bytes)"),
            "rename .epoch.json.new-process to epoch.json".to_owned(),
            "sync folder ledger".to_owned(),
        ]
    );
    assert_eq!(Published::read(&place.ledger()).unwrap(), published);
    for step in ["sync .epoch", "rename", "sync folder"] {
        disk.fail_next(step);
        assert!(ledger.publish(&secret).is_err(), "{step}");
        assert_eq!(Published::read(&place.ledger()).unwrap(), published, "{step}");
    }
}

#[tokio::test]
async fn a_ledger_whose_beginning_cannot_be_made_durable_is_not_opened() {
    for step in ["flush", "sync folder ledger", "sync db"] {
        let (place, disk) = (LedgerFolder::new(), PretendedDisk::new());
        disk.fail_next(step);
        let error = place.open(disk).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Io { .. }), "{step}: {error}");
    }
}

#[tokio::test]
async fn receipts_of_a_damaged_ledger_are_on_the_disk_before_it_is_marked_as_taken_over() {
    let place = LedgerFolder::new();
    place.begin().await;
    let disk = PretendedDisk::whose_opens_fail(3);
    drop(place.open(Arc::clone(&disk)).unwrap());
    let asked = disk.asked();
    let beside = place.folder.path().file_name().unwrap().to_string_lossy().into_owned();
    let marked = asked.iter().position(|step| step.contains("receipts-taken-over")).unwrap();
    let aside = place.aside().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(
        asked[marked - 4..marked],
        ["flush", "sync db", "sync folder ledger", &format!("sync folder {beside}")]
    );
    assert_eq!(asked[marked + 1], "link .receipts-taken-over.new-process as receipts-taken-over");
    assert_eq!(asked[marked + 2], format!("sync folder {aside}"));
    let (_kept, left) = disk.after_sync(0);
    let ledger = open(left, PretendedDisk::new(), &place.clock).unwrap();
    assert_eq!(ledger.receipts(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_floor_is_on_the_disk_before_anything_is_forgotten() {
    let on = OnDisk::new();
    let (link, issued_at) = (on.link(1), on.place.clock.now());
    let claim = on.claim(&link).await;
    on.ledger.spend(&claim, &on.receipt(&link, ReceiptOutcome::Redeemed)).await.unwrap();
    on.ledger.acknowledge(&on.ledger.receipts(10).await.unwrap()).await.unwrap();
    on.place.clock.move_by(SignedDuration::from_mins(16) + LEASE + MARK_MARGIN);
    let syncs = on.disk.syncs();
    assert_eq!(on.ledger.prune().await.unwrap(), 1);
    assert_eq!(on.disk.syncs() - syncs, 2, "the floor, then what is forgotten");
    let floor = on.disk.after_sync(syncs);
    assert_eq!(known(&floor, &on.place.clock, &link).await.0, LinkState::Spent, "it is still known");
    let error = open(floor.1.clone(), PretendedDisk::new(), &MovableClock::at(NOON)).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::FloorAhead { .. }), "the clock is back at {issued_at}: {error}");
    let forgotten = on.disk.after_power_cut();
    assert_eq!(known(&forgotten, &on.place.clock, &link).await.0, LinkState::Expired);
}

#[tokio::test]
async fn a_withdrawal_is_forgotten_behind_a_floor_of_its_own() {
    let on = OnDisk::new();
    let link = on.link(1);
    let all = Revocation::Contact { contact: link.contact().clone(), issued_up_to: link.issued_at() };
    on.ledger.revoke(&all).await.unwrap();
    on.place.clock.move_by(SignedDuration::from_mins(62));
    assert_eq!(on.ledger.prune().await.unwrap(), 0);
    on.place.clock.set(NOON);
    assert_eq!(on.ledger.look(&link).await.unwrap(), LinkState::Withdrawn, "a link may live for an hour");
    on.place.clock.move_by(SignedDuration::from_mins(62) + SignedDuration::from_millis(1));
    let syncs = on.disk.syncs();
    assert_eq!(on.ledger.prune().await.unwrap(), 0, "no marks are dropped");
    assert_eq!(on.disk.syncs() - syncs, 2, "the floor, then what is forgotten");
    let left = open(on.disk.after_power_cut().1, PretendedDisk::new(), &on.place.clock).map(|_| ());
    assert!(left.is_ok());
    on.place.clock.set(NOON);
    assert_eq!(
        on.ledger.look(&link).await.unwrap(),
        LinkState::Expired,
        "nor does a clock that steps back open it"
    );
}
