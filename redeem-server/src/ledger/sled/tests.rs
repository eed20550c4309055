use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, LinkId, Revocation};
use tempfile::TempDir;

use super::disk::{Disk, RealDisk};
use super::{OpenError, SledLedger, SledSettings, Unwell};
use crate::ledger::{Ledger as _, Published};
use crate::{Clock, Entropy};

/// EIO (errno(3)): the disk could not be read.
const EIO: i32 = 5;
/// EAGAIN (errno(3)).
const EAGAIN: i32 = 11;
/// ENOSPC (errno(3)): the disk is full.
const ENOSPC: i32 = 28;

/// A disk that fails as often as it is told to, and is the real one otherwise.
#[derive(Default)]
struct Failing {
    /// How many reads fail, with which error.
    reads: Cell<(u32, i32)>,
    /// How many times sled takes what is there for damaged, and overwrites it; where nothing is there, the disk is full.
    opens: Cell<u32>,
}

impl Disk for Failing {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.reads.get() {
            (0, _) => RealDisk.read(path),
            (left, errno) => {
                self.reads.set((left - 1, errno));
                Err(io::Error::from_raw_os_error(errno))
            }
        }
    }

    fn open(&self, folder: &Path, cache_bytes: u64) -> sled::Result<sled::Db> {
        if self.opens.get() == 0 {
            return RealDisk.open(folder, cache_bytes);
        }
        self.opens.set(self.opens.get() - 1);
        let file = folder.join("db");
        let Ok(found) = fs::metadata(&file) else {
            return Err(io::Error::from_raw_os_error(ENOSPC).into());
        };
        let length = found.len();
        fs::write(&file, vec![0; usize::try_from(length).unwrap()])?;
        fs::write(folder.join("snap.0000000000000ABC"), b"of a state that is none")?;
        Err(sled::Error::Corruption { at: None, bt: () })
    }

    /// sled's threads in this process let go of the lock a moment after it is closed.
    fn pause(&self) {
        RealDisk.pause();
    }
}

/// A disk on which something else happens behind each of sled's attempts and in each pause.
struct Meanwhile<'a> {
    disk: Failing,
    what: &'a dyn Fn(),
}

impl Disk for Meanwhile<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.disk.read(path)
    }

    fn open(&self, folder: &Path, cache_bytes: u64) -> sled::Result<sled::Db> {
        let opened = self.disk.open(folder, cache_bytes);
        (self.what)();
        opened
    }

    fn pause(&self) {
        (self.what)();
    }
}

struct Place {
    folder: TempDir,
    now: Arc<Mutex<Timestamp>>,
}

impl Place {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), now: Arc::new(Mutex::new(NOON.parse().unwrap())) }
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn open_at(&self, disk: &dyn Disk, now: &str) -> Result<SledLedger, OpenError> {
        let settings = SledSettings {
            folder: self.ledger(),
            cache_bytes: 16 << 20,
            lease: SignedDuration::from_secs(30),
        };
        self.set_clock(now);
        let now = Arc::clone(&self.now);
        let clock: Clock = Arc::new(move || *now.lock().unwrap());
        let entropy: Entropy = Arc::new(|buffer| buffer.fill(7));
        SledLedger::open_on(disk, &settings, clock, &entropy)
    }

    fn set_clock(&self, now: &str) {
        *self.now.lock().unwrap() = now.parse().unwrap();
    }

    fn open(&self, disk: &dyn Disk) -> Result<SledLedger, OpenError> {
        self.open_at(disk, NOON)
    }

    /// A ledger with one receipt waiting.
    async fn begin(&self) {
        let ledger = self.open(&RealDisk).unwrap();
        let contact = ContactId::new("ada").unwrap();
        let expires_at = NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(15);
        let revocation = Revocation::Link { link_id: LinkId::from_random([1; 24]), contact, expires_at };
        ledger.revoke(&revocation).await.unwrap();
    }

    /// The folder of the damaged ledger that was moved aside.
    fn aside(&self) -> PathBuf {
        let mut beside = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        beside.find(|path| path.to_string_lossy().contains("ledger.wrecked-")).unwrap()
    }

    /// What stands beside the ledger.
    fn beside(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }
}

const NOON: &str = "2026-11-26T12:00:00.000Z";

#[tokio::test]
async fn a_read_that_fails_in_passing_moves_nothing_aside() {
    for errno in [EIO, EAGAIN] {
        let place = Place::new();
        place.begin().await;
        let disk = Failing { reads: Cell::new((3, errno)), ..Failing::default() };
        let ledger = place.open(&disk).unwrap();
        assert_eq!((ledger.receipts(10).await.unwrap().len(), place.beside()), (1, 1));
    }
}

#[tokio::test]
async fn a_disk_that_cannot_be_read_is_an_error_of_its_own_and_changes_nothing() {
    let place = Place::new();
    place.begin().await;
    let before = fs::read(place.ledger().join("db")).unwrap();
    let disk = Failing { reads: Cell::new((u32::MAX, EIO)), ..Failing::default() };
    let error = place.open(&disk).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed: see to the disk"), "{error}");
    assert_eq!((fs::read(place.ledger().join("db")).unwrap(), place.beside()), (before, 1));
    assert_eq!(place.open(&RealDisk).unwrap().receipts(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_sled_overwrites_because_it_could_not_read_it_is_put_back() {
    let place = Place::new();
    place.begin().await;
    let disk = Failing { opens: Cell::new(2), ..Failing::default() };
    let ledger = place.open(&disk).unwrap();
    assert_eq!((ledger.receipts(10).await.unwrap().len(), place.beside()), (1, 1));
}

#[tokio::test]
async fn what_is_found_wrong_each_time_is_moved_aside_as_it_was_and_its_receipts_are_taken_over() {
    let place = Place::new();
    place.begin().await;
    let before = fs::read(place.ledger().join("db")).unwrap();
    let epoch = Published::read(&place.ledger()).map(|published| published.ledger_epoch);
    assert!(epoch.is_err(), "nobody has published it");
    let disk = Failing { opens: Cell::new(3), ..Failing::default() };
    let ledger = place.open(&disk).unwrap();
    assert_eq!(ledger.receipts(10).await.unwrap().len(), 1);
    drop(ledger);
    assert_eq!(fs::read(place.aside().join("db")).unwrap(), before);
    assert_eq!(place.open(&RealDisk).unwrap().receipts(10).await.unwrap().len(), 1, "they are on the disk");
}

#[tokio::test]
async fn receipts_of_a_damaged_ledger_are_taken_over_by_a_later_start_where_the_disk_was_full() {
    let place = Place::new();
    place.begin().await;
    let disk = Failing { opens: Cell::new(4), ..Failing::default() };
    let error = place.open(&disk).map(|_| ()).unwrap_err();
    assert!(matches!(&error, OpenError::Io { cause, .. } if cause.raw_os_error() == Some(ENOSPC)), "{error}");
    let marker = place.aside().join("receipts-taken-over");
    assert!(!marker.exists(), "no ledger has them yet");
    let ledger = place.open_at(&RealDisk, "2026-11-26T12:10:00.000Z").unwrap();
    assert_eq!(ledger.receipts(10).await.unwrap().len(), 1);
    assert!(marker.exists());
}

#[tokio::test]
async fn a_ledger_begins_only_once_a_damaged_one_beside_it_can_be_read() {
    let place = Place::new();
    place.begin().await;
    let disk = Failing { opens: Cell::new(4), ..Failing::default() };
    assert!(place.open(&disk).is_err());
    for _ in 0..2 {
        let disk = Failing { reads: Cell::new((u32::MAX, EIO)), ..Failing::default() };
        let error = place.open(&disk).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
    }
    assert_eq!(place.open(&RealDisk).unwrap().receipts(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn receipts_of_a_damaged_ledger_are_taken_over_once() {
    let place = Place::new();
    place.begin().await;
    let disk = Failing { opens: Cell::new(3), ..Failing::default() };
    let ledger = place.open(&disk).unwrap();
    ledger.acknowledge(&ledger.receipts(10).await.unwrap()).await.unwrap();
    drop(ledger);
    assert!(place.open(&RealDisk).unwrap().receipts(10).await.unwrap().is_empty());
    fs::remove_dir_all(place.ledger()).unwrap();
    assert!(place.open(&RealDisk).unwrap().receipts(10).await.unwrap().is_empty(), "nor by a further ledger");
}

#[tokio::test]
async fn receipts_that_are_older_than_seven_days_are_not_revived_from_a_damaged_ledger() {
    for (now, taken_over) in [("2026-12-03T12:00:00.000Z", 1), ("2026-12-03T12:00:00.001Z", 0)] {
        let place = Place::new();
        place.begin().await;
        let disk = Failing { opens: Cell::new(3), ..Failing::default() };
        let ledger = place.open_at(&disk, now).unwrap();
        assert_eq!(ledger.receipts(10).await.unwrap().len(), taken_over, "{now}");
        assert!(place.aside().join("receipts-taken-over").exists());
    }
}

#[tokio::test]
async fn nobody_else_opens_a_ledger_that_is_being_opened_put_back_or_moved_aside() {
    for opens in [2, 3] {
        let place = Place::new();
        place.begin().await;
        let others = Cell::new(0);
        let other_opens = || {
            let error = place.open(&Failing::default()).map(|_| ()).unwrap_err();
            assert!(matches!(error, OpenError::Locked { .. }), "{error}");
            others.set(others.get() + 1);
        };
        let disk = Failing { opens: Cell::new(opens), ..Failing::default() };
        let ledger = place.open(&Meanwhile { disk, what: &other_opens }).unwrap();
        assert!(others.get() > opens, "{opens}: {}", others.get());
        assert_eq!(ledger.receipts(10).await.unwrap().len(), 1, "{opens}");
    }
}

#[tokio::test]
async fn nothing_is_put_back_while_somebody_else_has_the_database() {
    let place = Place::new();
    place.begin().await;
    let file = place.ledger().join("db");
    let length = fs::metadata(&file).unwrap().len();
    // As a process of an earlier version has it, which locks the database alone.
    let other = Cell::new(None);
    let other_opens = || {
        let held = other.take().unwrap_or_else(|| {
            let opened = fs::File::open(&file).unwrap();
            opened.try_lock().unwrap();
            opened
        });
        other.set(Some(held));
    };
    let disk = Failing { opens: Cell::new(3), ..Failing::default() };
    let error = place.open(&Meanwhile { disk, what: &other_opens }).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert_eq!(fs::read(&file).unwrap(), vec![0; usize::try_from(length).unwrap()], "as the other has it");
    assert_eq!(place.beside(), 1);
}

#[tokio::test]
async fn nothing_is_put_back_into_a_folder_that_has_taken_the_place_of_the_ledger() {
    let place = Place::new();
    place.begin().await;
    let away = place.folder.path().join("away");
    let other_moves = || {
        if !away.exists() {
            fs::rename(place.ledger(), &away).unwrap();
            fs::create_dir(place.ledger()).unwrap();
            fs::write(place.ledger().join("db"), b"of another one").unwrap();
        }
    };
    let disk = Failing { opens: Cell::new(3), ..Failing::default() };
    let error = place.open(&Meanwhile { disk, what: &other_moves }).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert_eq!(fs::read(place.ledger().join("db")).unwrap(), b"of another one");
    assert_eq!(place.beside(), 2);
}

#[test]
fn a_ledger_that_began_while_the_clock_was_ahead_is_a_named_error_with_its_cure() {
    let place = Place::new();
    drop(place.open_at(&RealDisk, "2026-11-26T14:00:00.000Z").unwrap());
    let error = place.open(&RealDisk).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, OpenError::Clock { unwell: Unwell::ClockBehind { .. }, .. })
            && error.to_string().contains("began at 2026-11-26T14:00:00.000Z")
            && error.to_string().contains("set the clock right"),
        "{error}"
    );
    assert!(place.open_at(&RealDisk, "2026-11-26T13:59:00.000Z").is_ok(), "clocks differ by a minute");
}

#[tokio::test]
async fn a_clock_that_is_set_back_behind_the_beginning_is_told_by_the_health() {
    let place = Place::new();
    let ledger = place.open_at(&RealDisk, "2026-11-26T14:00:00.000Z").unwrap();
    assert_eq!(ledger.condition(), Ok(()));
    place.set_clock(NOON);
    let unwell = ledger.condition().unwrap_err();
    assert!(matches!(unwell, Unwell::ClockBehind { .. }) && !ledger.is_sound(), "{unwell}");
    assert_eq!(ledger.prune().await.unwrap(), 0, "it is told there, and nothing else happens");
    place.set_clock("2026-11-26T14:00:01.000Z");
    assert!(ledger.is_sound());
}

#[tokio::test]
async fn a_clock_that_is_set_back_behind_what_was_forgotten_is_told_by_the_health() {
    let place = Place::new();
    place.begin().await;
    let ledger = place.open(&RealDisk).unwrap();
    place.set_clock("2026-11-26T12:30:00.000Z");
    assert_eq!(ledger.prune().await.unwrap(), 1);
    assert_eq!(ledger.condition(), Ok(()));
    place.set_clock("2026-11-26T12:15:30.000Z");
    assert_eq!(ledger.condition(), Ok(()), "clocks differ by a minute");
    place.set_clock(NOON);
    let unwell = ledger.condition().unwrap_err();
    assert!(matches!(unwell, Unwell::FloorAhead { .. }), "{unwell}");
    assert!(
        unwell.to_string().contains("forgotten links that expired up to 2026-11-26T12:16:00.000Z"),
        "{unwell}"
    );
}
