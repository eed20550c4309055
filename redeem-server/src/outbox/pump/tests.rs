use std::io::{BufRead as _, BufReader};
use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use keys::{ContactId, LinkId, ReceiptOutcome};

use super::*;

/// A bot that is away.
struct Away;

#[async_trait]
impl ReceiptSink for Away {
    async fn deliver(&self, _: &Receipt) -> Result<(), NotDelivered> {
        Err(NotDelivered("it is away".to_owned()))
    }
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap()
}

fn receipt(link_id: &str, at: Timestamp) -> Receipt {
    Receipt {
        link_id: LinkId::parse(link_id).unwrap(),
        contact: ContactId::new("ada").unwrap(),
        key_id: None,
        outcome: ReceiptOutcome::Redeemed,
        at,
        client: None,
    }
}

/// A bot that takes all receipts but one link's.
struct TakesAllBut(LinkId, Mutex<Vec<Receipt>>);

#[async_trait]
impl ReceiptSink for TakesAllBut {
    async fn deliver(&self, receipt: &Receipt) -> Result<(), NotDelivered> {
        if receipt.link_id == self.0 {
            return Err(NotDelivered("not this one".to_owned()));
        }
        self.1.lock().unwrap().push(receipt.clone());
        Ok(())
    }
}

/// An outbox in memory.
struct WaitingReceipts(Mutex<Vec<Receipt>>);

impl WaitingReceipts {
    fn new(receipts: impl IntoIterator<Item = Receipt>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(receipts.into_iter().collect())))
    }
}

#[async_trait]
impl Outbox for WaitingReceipts {
    async fn receipts(&self, at_most: usize) -> Result<Vec<Receipt>, OutboxError> {
        Ok(self.0.lock().unwrap().iter().take(at_most).cloned().collect())
    }

    async fn acknowledge(&self, receipts: &[Receipt]) -> Result<(), OutboxError> {
        self.0.lock().unwrap().retain(|waits| !receipts.contains(waits));
        Ok(())
    }
}

fn lines(file: &Path) -> usize {
    BufReader::new(std::fs::File::open(file).unwrap()).lines().count()
}

const FIRST: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const SECOND: &str = "BAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn receipts_that_wait_for_longer_than_two_hours_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redeem-audit.jsonl");
    let outbox = WaitingReceipts::new([receipt(FIRST, at(0)), receipt(SECOND, at(3))]);
    for process in 0..2 {
        let pump =
            ReceiptPump::new(Arc::clone(&outbox) as _, ChainedLog::open(&file).unwrap(), Arc::new(Away));
        for minute in 0..3 {
            pump.empty().await.unwrap_err();
            assert_eq!(lines(&file), 2, "process {process}, minute {minute}");
        }
    }
}

#[tokio::test]
async fn of_a_long_redeem_audit_a_receipt_that_was_written_long_ago_is_found_and_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redeem-audit.jsonl");
    let mut log = OwnAudit::new(ChainedLog::open(&file).unwrap());
    let old = receipt(FIRST, at(0));
    for hour in 0..50 {
        let link_id = LinkId::from_random([u8::try_from(hour).unwrap(); 24]).to_string();
        log.write_down(if hour == 0 { old.clone() } else { receipt(&link_id, at(hour)) }).unwrap();
    }
    // It begins a month later in a segment of its own.
    log.write_down(receipt(SECOND, at(24 * 40))).unwrap();
    assert_eq!(lines(&file), 50);
    let later = keys::chained_log::segments(&file).unwrap().pop().unwrap().path;
    assert_eq!(lines(&later), 1);
    let pump =
        ReceiptPump::new(WaitingReceipts::new([old]), ChainedLog::open(&file).unwrap(), Arc::new(Away));
    pump.empty().await.unwrap_err();
    assert_eq!((lines(&file), lines(&later)), (50, 1));
}

#[tokio::test]
async fn a_redeem_audit_that_cannot_be_written_is_known_until_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redeem-audit.jsonl");
    let outbox = WaitingReceipts::new([receipt(FIRST, at(0))]);
    let pump = ReceiptPump::new(outbox, ChainedLog::open(&file).unwrap(), Arc::new(Away));
    let can_write = pump.can_write();
    assert!(can_write());
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).unwrap();
    pump.empty().await.unwrap_err();
    assert!(!can_write());
    std::fs::rename(&aside, &file).unwrap();
    pump.empty().await.unwrap_err();
    assert!(can_write());
}

#[tokio::test]
async fn a_receipt_that_the_bot_does_not_take_stays_and_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redeem-audit.jsonl");
    let [first, second] = [receipt(FIRST, at(0)), receipt(SECOND, at(0))];
    let outbox = WaitingReceipts::new([first.clone(), second.clone()]);
    let bot = Arc::new(TakesAllBut(first.link_id, Mutex::default()));
    let pump = ReceiptPump::new(Arc::clone(&outbox) as _, ChainedLog::open(&file).unwrap(), bot.clone());
    let error = pump.empty().await.unwrap_err();
    assert_eq!(error.to_string(), "the bot cannot take receipts: not this one");
    assert_eq!(*bot.1.lock().unwrap(), [second]);
    assert_eq!(outbox.receipts(10).await.unwrap(), [first]);
    assert_eq!(lines(&file), 2);
}

#[tokio::test(start_paused = true)]
async fn the_pump_runs_when_a_receipt_comes_in_and_once_more_when_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redeem-audit.jsonl");
    let [first, second] = [receipt(FIRST, at(0)), receipt(SECOND, at(0))];
    let outbox = WaitingReceipts::new([]);
    let bot = Arc::new(TakesAllBut(LinkId::from_random([9; 24]), Mutex::default()));
    let pump = ReceiptPump::new(Arc::clone(&outbox) as _, ChainedLog::open(&file).unwrap(), bot.clone());
    let (comes_in, stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let told = Arc::clone(&stop);
    let running = tokio::spawn(pump.run(Arc::clone(&comes_in), async move { told.notified().await }));
    // The clock moves once everybody waits.
    tokio::time::sleep(Duration::from_secs(1)).await;
    outbox.0.lock().unwrap().push(first.clone());
    comes_in.notify_one();
    let taken = async {
        while !outbox.receipts(1).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    // Well before it would have looked by itself.
    tokio::time::timeout(LONGEST_PAUSE / 2, taken).await.expect("it was woken");
    outbox.0.lock().unwrap().push(second.clone());
    stop.notify_one();
    tokio::time::timeout(LONGEST_PAUSE / 2, running).await.expect("it ends").unwrap();
    assert_eq!(*bot.1.lock().unwrap(), [first, second]);
}
