//! Who may open a ledger, put it back or move it aside.

use std::fs::{self, File};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[tokio::test]
async fn nobody_else_opens_a_ledger_that_is_being_opened_put_back_or_moved_aside() {
    for opens in [2, 3] {
        let ledger_folder = LedgerFolder::new();
        ledger_folder.begin().await;
        let others = Arc::new(AtomicU32::new(0));
        let (counted, theirs) = (Arc::clone(&others), ledger_folder.clone());
        let other_opens = move || {
            let error = theirs.open(PretendedDisk::impatient()).map(|_| ()).unwrap_err();
            assert!(matches!(error, OpenError::Locked { .. }), "{error}");
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let disk = PretendedDisk::whose_opens_fail_while(opens, other_opens);
        let ledger = ledger_folder.open(disk).unwrap();
        let others = others.load(Ordering::Relaxed);
        assert!(others > opens, "{opens}: {others}");
        assert_eq!(ledger.receipts(10).await.unwrap().len(), 1, "{opens}");
    }
}

#[tokio::test]
async fn nothing_is_put_back_while_somebody_else_has_the_database() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let file = ledger_folder.ledger().join("db");
    let length = fs::metadata(&file).unwrap().len();
    // As a process of an earlier version has it, which locks the database alone.
    let (other, theirs) = (Mutex::new(None), file.clone());
    let other_opens = move || {
        other.lock().unwrap().get_or_insert_with(|| {
            let opened = File::open(&theirs).unwrap();
            opened.try_lock().unwrap();
            opened
        });
    };
    let error =
        ledger_folder.open(PretendedDisk::whose_opens_fail_while(3, other_opens)).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert_eq!(fs::read(&file).unwrap(), vec![0; usize::try_from(length).unwrap()], "as the other has it");
    assert_eq!(ledger_folder.beside(), 1);
}

#[tokio::test]
async fn nothing_is_put_back_into_a_folder_that_has_taken_the_place_of_the_ledger() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let (away, theirs) = (ledger_folder.folder.path().join("away"), ledger_folder.ledger());
    let other_moves = move || {
        if !away.exists() {
            fs::rename(&theirs, &away).unwrap();
            fs::create_dir(&theirs).unwrap();
            fs::write(theirs.join("db"), b"of another one").unwrap();
        }
    };
    let error =
        ledger_folder.open(PretendedDisk::whose_opens_fail_while(3, other_moves)).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert_eq!(fs::read(ledger_folder.ledger().join("db")).unwrap(), b"of another one");
    assert_eq!(ledger_folder.beside(), 2);
}
