//! A ledger in a folder of its own, on a disk that can fail and lose power.

mod clock;
mod damage;
mod durability;
mod locks;
mod pretended_disk;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use keys::disk::RealDisk;
use keys::{LinkId, Revocation};
use tempfile::TempDir;

use self::pretended_disk::PretendedDisk;
use super::disk::LedgerDisk;
use super::{OpenError, SledLedger, SledSettings};
use crate::Entropy;
use crate::fakes::{MovableClock, contact_id};
use crate::ledger::{Ledger as _, Unwell};
use crate::outbox::Outbox as _;

const NOON: &str = "2026-11-26T12:00:00.000Z";
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// Where a ledger is; a clone is the same place.
#[derive(Clone)]
struct LedgerFolder {
    folder: Arc<TempDir>,
    clock: MovableClock,
}

impl LedgerFolder {
    fn new() -> Self {
        Self { folder: Arc::new(TempDir::new().unwrap()), clock: MovableClock::at(NOON) }
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn open_at(&self, disk: Arc<impl LedgerDisk + 'static>, now: &str) -> Result<SledLedger, OpenError> {
        self.clock.set(now);
        open(self.ledger(), disk, &self.clock)
    }

    fn open(&self, disk: Arc<impl LedgerDisk + 'static>) -> Result<SledLedger, OpenError> {
        self.open_at(disk, NOON)
    }

    /// Opens it on the real disk.
    fn reopen(&self) -> Result<SledLedger, OpenError> {
        self.open(Arc::new(RealDisk))
    }

    /// A ledger with one receipt waiting.
    async fn begin(&self) {
        let ledger = self.reopen().unwrap();
        let expires_at = NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(15);
        let revocation = Revocation::Link {
            link_id: LinkId::from_random([1; 24]),
            contact: contact_id("ada"),
            expires_at,
        };
        ledger.revoke(&revocation).await.unwrap();
    }

    /// The folder of the damaged ledger that was moved aside.
    fn aside(&self) -> PathBuf {
        let mut beside = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        beside.find(|path| path.to_string_lossy().contains("ledger.wrecked-")).unwrap()
    }

    /// How much stands beside the ledger, itself included.
    fn beside(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

fn open(
    folder: PathBuf,
    disk: Arc<impl LedgerDisk + 'static>,
    clock: &MovableClock,
) -> Result<SledLedger, OpenError> {
    let settings = SledSettings { folder, cache_bytes: 1 << 20, lease: LEASE };
    let entropy: Entropy = Arc::new(|buffer| buffer.fill(7));
    SledLedger::open_on(disk, &settings, clock.as_fn(), &entropy)
}
