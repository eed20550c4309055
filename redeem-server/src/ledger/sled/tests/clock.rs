//! A clock that the ledger cannot believe.

use super::*;

#[test]
fn a_ledger_that_began_while_the_clock_was_ahead_is_a_named_error_with_its_cure() {
    let ledger_folder = LedgerFolder::new();
    drop(ledger_folder.open_at(Arc::new(RealDisk), "2026-11-26T14:00:00.000Z").unwrap());
    let error = ledger_folder.reopen().map(|_| ()).unwrap_err();
    assert!(
        matches!(error, OpenError::Clock { unwell: Unwell::ClockBehind { .. }, .. })
            && error.to_string().contains("began at 2026-11-26T14:00:00.000Z")
            && error.to_string().contains("set the clock right"),
        "{error}"
    );
    assert!(
        ledger_folder.open_at(Arc::new(RealDisk), "2026-11-26T13:59:00.000Z").is_ok(),
        "clocks differ by a minute"
    );
}

#[tokio::test]
async fn a_clock_that_is_set_back_behind_the_beginning_is_told_by_the_health() {
    let ledger_folder = LedgerFolder::new();
    let ledger = ledger_folder.open_at(Arc::new(RealDisk), "2026-11-26T14:00:00.000Z").unwrap();
    assert_eq!(ledger.condition(), Ok(()));
    ledger_folder.clock.set(NOON);
    let unwell = ledger.condition().unwrap_err();
    assert!(matches!(unwell, Unwell::ClockBehind { .. }) && !ledger.is_sound(), "{unwell}");
    assert_eq!(ledger.prune().await.unwrap(), 0, "it is told there, and nothing else happens");
    ledger_folder.clock.set("2026-11-26T14:00:01.000Z");
    assert!(ledger.is_sound());
}

#[tokio::test]
async fn a_clock_that_is_set_back_behind_what_was_forgotten_is_told_by_the_health() {
    let ledger_folder = LedgerFolder::new();
    ledger_folder.begin().await;
    let ledger = ledger_folder.reopen().unwrap();
    ledger_folder.clock.set("2026-11-26T12:30:00.000Z");
    assert_eq!(ledger.prune().await.unwrap(), 1);
    assert_eq!(ledger.condition(), Ok(()));
    ledger_folder.clock.set("2026-11-26T12:15:30.000Z");
    assert_eq!(ledger.condition(), Ok(()), "clocks differ by a minute");
    ledger_folder.clock.set(NOON);
    let unwell = ledger.condition().unwrap_err();
    assert!(matches!(unwell, Unwell::FloorAhead { .. }), "{unwell}");
    assert!(
        unwell.to_string().contains("forgotten links that expired up to 2026-11-26T12:16:00.000Z"),
        "{unwell}"
    );
}
