//! Files that cannot be read, and databases that are damaged.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::ledger::Published;
use crate::ledger::sled::disk::FolderContents;

/// EIO (errno(3)): the disk could not be read.
const EIO: i32 = 5;
/// EAGAIN (errno(3)).
const EAGAIN: i32 = 11;
/// ENOSPC (errno(3)): the disk is full.
const ENOSPC: i32 = 28;

#[tokio::test]
async fn a_read_that_fails_in_passing_moves_nothing_aside() {
    for errno in [EIO, EAGAIN] {
        let ledger_folder = LedgerFolder::new();
        ledger_folder.begin().await;
        let disk = PretendedDisk::whose_reads_fail(3, errno);
        let ledger = ledger_folder.open(disk).unwrap();
        assert_eq!((ledger.receipts(10).await.unwrap().len(), ledger_folder.beside()), (1, 1));
    }
}

#[tokio::test]
async fn a_disk_that_cannot_be_read_is_an_error_of_its_own_and_changes_nothing() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let before = fs::read(ledger_folder.ledger().join("db")).unwrap();
    let disk = PretendedDisk::whose_reads_fail(u32::MAX, EIO);
    let error = ledger_folder.open(disk).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed: see to the disk"), "{error}");
    assert_eq!((fs::read(ledger_folder.ledger().join("db")).unwrap(), ledger_folder.beside()), (before, 1));
    assert_eq!(ledger_folder.reopen().unwrap().receipts(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_sled_overwrites_because_it_could_not_read_it_is_put_back() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let disk = PretendedDisk::whose_opens_fail(2);
    let ledger = ledger_folder.open(disk).unwrap();
    assert_eq!((ledger.receipts(10).await.unwrap().len(), ledger_folder.beside()), (1, 1));
}

#[tokio::test]
async fn what_is_found_wrong_each_time_is_moved_aside_as_it_was_and_its_receipts_are_taken_over() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let before = fs::read(ledger_folder.ledger().join("db")).unwrap();
    let epoch = Published::read(&ledger_folder.ledger()).map(|published| published.ledger_epoch);
    assert!(epoch.is_err(), "nobody has published it");
    let disk = PretendedDisk::whose_opens_fail(3);
    let ledger = ledger_folder.open(disk).unwrap();
    assert_eq!(ledger.receipts(10).await.unwrap().len(), 1);
    drop(ledger);
    assert_eq!(fs::read(ledger_folder.aside().join("db")).unwrap(), before);
    assert_eq!(ledger_folder.reopen().unwrap().receipts(10).await.unwrap().len(), 1, "they are on the disk");
}

#[tokio::test]
async fn receipts_of_a_damaged_ledger_are_taken_over_by_a_later_start_where_the_disk_was_full() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let disk = PretendedDisk::whose_opens_fail(4);
    let error = ledger_folder.open(disk).map(|_| ()).unwrap_err();
    assert!(matches!(&error, OpenError::Io { cause, .. } if cause.raw_os_error() == Some(ENOSPC)), "{error}");
    let marker = ledger_folder.aside().join("receipts-taken-over");
    assert!(!marker.exists(), "no ledger has them yet");
    let ledger = ledger_folder.open_at(Arc::new(RealDisk), "2026-11-26T12:10:00.000Z").unwrap();
    assert_eq!(ledger.receipts(10).await.unwrap().len(), 1);
    assert!(marker.exists());
}

#[tokio::test]
async fn a_ledger_begins_only_once_a_damaged_one_beside_it_can_be_read() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let disk = PretendedDisk::whose_opens_fail(4);
    assert!(ledger_folder.open(disk).is_err());
    for _ in 0..2 {
        let disk = PretendedDisk::whose_reads_fail(u32::MAX, EIO);
        let error = ledger_folder.open(disk).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
    }
    assert_eq!(ledger_folder.reopen().unwrap().receipts(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn receipts_of_a_damaged_ledger_are_taken_over_once() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let disk = PretendedDisk::whose_opens_fail(3);
    let ledger = ledger_folder.open(disk).unwrap();
    ledger.acknowledge(&ledger.receipts(10).await.unwrap()).await.unwrap();
    drop(ledger);
    assert!(ledger_folder.reopen().unwrap().receipts(10).await.unwrap().is_empty());
    fs::remove_dir_all(ledger_folder.ledger()).unwrap();
    assert!(
        ledger_folder.reopen().unwrap().receipts(10).await.unwrap().is_empty(),
        "nor by a further ledger"
    );
}

#[tokio::test]
async fn receipts_that_are_older_than_seven_days_are_not_revived_from_a_damaged_ledger() {
    for (now, taken_over) in [("2026-12-03T12:00:00.000Z", 1), ("2026-12-03T12:00:00.001Z", 0)] {
        let ledger_folder = LedgerFolder::new();
        ledger_folder.begin().await;
        let disk = PretendedDisk::whose_opens_fail(3);
        let ledger = ledger_folder.open_at(disk, now).unwrap();
        assert_eq!(ledger.receipts(10).await.unwrap().len(), taken_over, "{now}");
        assert!(ledger_folder.aside().join("receipts-taken-over").exists());
    }
}

#[test]
fn a_file_that_is_put_back_has_the_bytes_and_the_rights_that_it_had() {
    let folder = TempDir::new().unwrap();
    let (kept, added) = (folder.path().join("db"), folder.path().join("snap"));
    fs::write(&kept, "as it was").unwrap();
    fs::set_permissions(&kept, Permissions::from_mode(0o640)).unwrap();
    let Ok(contents) = FolderContents::read(folder.path(), &RealDisk) else { panic!("it can be read") };
    fs::write(&kept, "overwritten").unwrap();
    fs::write(&added, "new").unwrap();
    contents.restore(folder.path(), &RealDisk).unwrap();
    assert_eq!(fs::read(&kept).unwrap(), b"as it was");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!added.exists());
}
