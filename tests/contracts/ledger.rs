//! The ledgers, each held to the same contract; and what is sled's own.
#![expect(clippy::unwrap_used, reason = "what fails in a fixture fails the test")]

mod contract;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use jiff::SignedDuration;
use keys::{LedgerEpoch, ReceiptOutcome};
use redeem_server::Entropy;
use redeem_server::ledger::{Ledger as _, OpenError, SledLedger, SledSettings};
use redeem_server::outbox::Outbox as _;
use reset_link_tests::harness::clock::MovableClock;
use tempfile::TempDir;

use self::contract::{LEASE, LedgerFixture, ledger_contract};

const NOON: &str = "2026-11-23T12:00:00.500Z";

struct Sled {
    folder: TempDir,
    clock: MovableClock,
    /// What counts as random; another number each time.
    random: Arc<AtomicU8>,
}

impl Sled {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, clock: MovableClock::at(NOON), random: Arc::default() }
    }

    fn entropy(&self) -> Entropy {
        let random = Arc::clone(&self.random);
        Arc::new(move |buffer| buffer.fill(random.fetch_add(1, Ordering::Relaxed)))
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("ledger")
    }

    fn try_open(&self) -> Result<SledLedger, OpenError> {
        let settings = SledSettings { folder: self.path(), cache_bytes: 16 << 20, lease: LEASE };
        SledLedger::open(&settings, self.clock.as_fn(), &self.entropy())
    }
}

#[async_trait]
impl LedgerFixture for Sled {
    type Ledger = SledLedger;

    fn clock(&self) -> &MovableClock {
        &self.clock
    }

    async fn open(&mut self) -> Arc<SledLedger> {
        Arc::new(self.try_open().unwrap())
    }

    fn lose(&mut self) {
        fs::remove_dir_all(self.path()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sled_keeps_the_contract() {
    ledger_contract(Sled::new).await;
}

#[tokio::test]
async fn a_second_opener_is_told_the_folder_and_the_likely_other_process() {
    let sled = Sled::new();
    let _first = sled.try_open().unwrap();
    let error = sled.try_open().map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&sled.path().display().to_string()) && text.contains("reset-link run"), "{text}");
}

#[tokio::test]
async fn a_clock_behind_the_prune_floor_is_a_named_error_with_its_cure() {
    let sled = Sled::new();
    let ledger = sled.try_open().unwrap();
    ledger.prune().await.unwrap();
    drop(ledger);
    sled.clock.move_by(SignedDuration::from_hours(-24));
    let error = sled.try_open().map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Clock { .. }), "nothing has been forgotten yet: {error}");
    sled.clock.move_by(SignedDuration::from_hours(24));
    prune_something(&sled).await;
    sled.clock.move_by(SignedDuration::from_hours(-24));
    let error = sled.try_open().map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::FloorAhead { .. }), "{error}");
    assert!(error.to_string().contains("set the clock right"), "{error}");
    sled.clock.move_by(SignedDuration::from_hours(24));
    assert!(sled.try_open().is_ok());
}

async fn prune_something(sled: &Sled) {
    use keys::{ContactId, LinkId, Revocation};
    let ledger = sled.try_open().unwrap();
    let contact = ContactId::new("ada").unwrap();
    let expires_at = sled.clock.now() + SignedDuration::from_mins(15);
    ledger
        .revoke(&Revocation::Link { link_id: LinkId::from_random([1; 24]), contact, expires_at })
        .await
        .unwrap();
    sled.clock.move_by(SignedDuration::from_mins(20));
    assert_eq!(ledger.prune().await.unwrap(), 1);
}

/// What becomes of the database's file.
#[derive(Debug, Clone, Copy)]
enum Damage {
    InTheMiddle,
    AtTheBeginning,
    EndCutOff,
    AlmostAllCutOff,
    Gone,
}

#[tokio::test]
async fn a_wrecked_ledger_is_moved_aside_and_a_new_one_begun() {
    for damage in [
        Damage::InTheMiddle,
        Damage::AtTheBeginning,
        Damage::EndCutOff,
        Damage::AlmostAllCutOff,
        Damage::Gone,
    ] {
        let mut sled = Sled::new();
        let epoch = withdraw_many(&sled).await;
        wreck(&sled.path().join("db"), damage);
        sled.clock.move_by(SignedDuration::from_secs(1));
        let ledger = sled.open().await;
        assert_ne!(ledger.ledger_epoch(), epoch, "{damage:?}: no link of the former one is good");
        // What can still be read of its outbox is handed on.
        let receipts = ledger.receipts(100).await.unwrap();
        assert!(receipts.iter().all(|receipt| receipt.outcome == ReceiptOutcome::Revoked));
        match damage {
            Damage::InTheMiddle | Damage::EndCutOff => {
                assert!(receipts.len() > 20, "{damage:?}: {}", receipts.len())
            }
            Damage::AtTheBeginning => assert!(!receipts.is_empty(), "{damage:?}"),
            Damage::AlmostAllCutOff => assert!(receipts.len() < 10, "{}", receipts.len()),
            Damage::Gone => assert!(receipts.is_empty()),
        }
        let beside = folders_beside(&sled.path());
        assert!(beside.iter().any(|name| name.starts_with("ledger.wrecked-")), "{damage:?}: {beside:?}");
        drop(ledger);
        assert!(sled.try_open().is_ok(), "{damage:?}: the new one opens again");
    }
}

async fn withdraw_many(sled: &Sled) -> LedgerEpoch {
    use keys::{ContactId, LinkId, Revocation};
    let ledger = sled.try_open().unwrap();
    let contact = ContactId::new("ada").unwrap();
    for number in 0..60 {
        let expires_at = sled.clock.now() + SignedDuration::from_secs(i64::from(number) * 10);
        let revocation = Revocation::Link {
            link_id: LinkId::from_random([number; 24]),
            contact: contact.clone(),
            expires_at,
        };
        ledger.revoke(&revocation).await.unwrap();
    }
    ledger.ledger_epoch()
}

fn wreck(file: &Path, damage: Damage) {
    let mut bytes = fs::read(file).unwrap();
    let length = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let mut scramble = |from: usize, to: usize| {
        bytes[from..to].iter_mut().for_each(|byte| *byte = byte.wrapping_mul(31).wrapping_add(17))
    };
    match damage {
        Damage::InTheMiddle => scramble(length / 2, length / 2 + 64),
        Damage::AtTheBeginning => scramble(200, length / 2),
        Damage::EndCutOff => bytes.truncate(length * 3 / 4),
        Damage::AlmostAllCutOff => bytes.truncate(1000),
        Damage::Gone => return fs::remove_file(file).unwrap(),
    }
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn an_emptied_ledger_is_a_new_one() {
    let sled = Sled::new();
    prune_something(&sled).await;
    for entry in fs::read_dir(sled.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    let ledger = sled.try_open().unwrap();
    assert!(ledger.is_sound());
}

#[tokio::test]
async fn a_half_written_snapshot_does_not_stop_it() {
    let sled = Sled::new();
    drop(sled.try_open().unwrap());
    let half = sled.path().join("snap.0000000000000ABC.generating");
    fs::write(&half, b"half").unwrap();
    drop(sled.try_open().unwrap());
    assert!(!half.exists());
}

#[tokio::test]
async fn the_database_of_another_program_is_left_alone() {
    let sled = Sled::new();
    {
        let other = sled::open(sled.path()).unwrap();
        other.open_tree("cats").unwrap().insert("mimi", "grey").unwrap();
        other.flush().unwrap();
    }
    let error = sled.try_open().map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }) && error.to_string().contains("cats"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn disk_stays_flat_however_many_links_come_and_go() {
    use keys::{ContactId, LinkId, Revocation};
    let sled = Sled::new();
    let ledger = Arc::new(sled.try_open().unwrap());
    let contact = ContactId::new("ada").unwrap();
    let mut sizes = Vec::new();
    for round in 0u8..24 {
        let expires_at = sled.clock.now() + SignedDuration::from_mins(15);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0u8..=255 {
            let (ledger, contact) = (Arc::clone(&ledger), contact.clone());
            let mut random = [number; 24];
            random[0] = round;
            tasks.spawn(async move {
                ledger
                    .revoke(&Revocation::Link { link_id: LinkId::from_random(random), contact, expires_at })
                    .await
                    .unwrap();
            });
        }
        tasks.join_all().await;
        let receipts = ledger.receipts(1000).await.unwrap();
        assert_eq!(receipts.len(), 256);
        ledger.acknowledge(&receipts).await.unwrap();
        sled.clock.move_by(SignedDuration::from_mins(20));
        assert_eq!(ledger.prune().await.unwrap(), 1);
        sizes.push(size_of(&sled.path()));
    }
    let (early, late) = (sizes[..12].iter().max().unwrap(), sizes[12..].iter().max().unwrap());
    assert!(*late <= early * 2, "{sizes:?}");
}

fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(
            |entry| {
                if entry.path().is_dir() { size_of(&entry.path()) } else { entry.metadata().unwrap().len() }
            },
        )
        .sum()
}

fn folders_beside(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
