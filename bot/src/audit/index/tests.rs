use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use jiff::{SignedDuration, Timestamp};
use keys::chained_log::{BEGINNING, LogDisk, hash};
use keys::disk::RealDisk;
use keys::{ContactId, LinkId, ReceiptOutcome};
use tempfile::TempDir;

use crate::admin::{Admin, Platform};
use crate::audit::{Audit, Entry, Event, Fate, Notice, Redemption};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn alice() -> Admin {
    Admin { platform: Platform::Console, user: "alice".to_owned() }
}

fn link(number: u32) -> LinkId {
    let mut random = [0; 24];
    random[..4].copy_from_slice(&number.to_be_bytes());
    LinkId::from_random(random)
}

fn contact(number: u32) -> ContactId {
    ContactId::new(format!("contact-{number}")).unwrap()
}

fn issued(number: u32, whose: u32, time: Timestamp) -> Event {
    Event::Issued {
        link_id: link(number),
        contact: contact(whose),
        admin: alice(),
        key_id: serde_json::from_str("\"k4.pid.zXzH6bz1AOPzRp254cwUzhFWJSaNxoBfCW2-fH4v7TWE\"").unwrap(),
        issued_at: time,
        expires_at: time + SignedDuration::from_mins(15),
        request: None,
    }
}

fn redeemed(number: u32, whose: u32, time: Timestamp) -> Event {
    Event::Receipt {
        receipt: receipt_id(number),
        link_id: link(number),
        contact: contact(whose),
        admin: Some(alice()),
        key_id: None,
        outcome: ReceiptOutcome::Redeemed,
        happened_at: time,
        client: None,
    }
}

fn receipt_id(number: u32) -> String {
    format!("{}.redeemed", link(number))
}

fn followed(number: u32) -> Event {
    Event::Followed { link_id: link(number), told: true, notice: Notice::NoMailServer }
}

/// A log as it grows, without an fsync for each line.
struct Writer {
    text: String,
    prev: String,
}

impl Writer {
    fn new() -> Self {
        Self { text: String::new(), prev: BEGINNING.to_owned() }
    }

    fn write(&mut self, at: Timestamp, event: Event, more: &str) {
        let entry = serde_json::to_string(&Entry { at, event }).unwrap();
        let line = format!("{},\"prev\":\"{}\"{more}}}", entry.strip_suffix('}').unwrap(), self.prev);
        self.prev = hash(line.as_bytes());
        self.text += &line;
        self.text.push('\n');
    }

    fn save(&mut self, file: &Path) {
        fs::write(file, std::mem::take(&mut self.text)).unwrap();
    }
}

/// An audit of so many lines, three for each link, that end at `at(0)`; each fourth link is contact 0's until the last hundred, which are others'.
fn long(lines: u32) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    let (mut writer, links) = (Writer::new(), lines / 3);
    for number in 0..links {
        let time = at(i64::from(number) - i64::from(links)) - SignedDuration::from_hours(3);
        let whose = if number < 40 { number % 4 } else { 7 + number };
        writer.write(time, issued(number, whose, time), "");
        writer.write(time, redeemed(number, whose, time), "");
        writer.write(time, followed(number), "");
    }
    writer.save(&file);
    (folder, file)
}

fn opened(file: &Path) -> Audit {
    Audit::open(file, at(0)).unwrap()
}

async fn links_of(audit: &Audit, whose: u32) -> Vec<LinkId> {
    let links = audit.history(at(0), &contact(whose)).await.unwrap();
    assert!(links.iter().all(|link| matches!(link.fate(at(0)), Fate::Redeemed(_))), "{links:?}");
    links.into_iter().map(|link| link.link_id).collect()
}

fn each_fourth_of_forty(whose: u32) -> Vec<LinkId> {
    (0..40).filter(|number| number % 4 == whose).map(link).collect()
}

fn index_of(file: &Path) -> PathBuf {
    file.with_file_name("audit.jsonl.index")
}

/// A disk that counts what is read.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl LogDisk for Counting {
    fn read_at(&self, file: &File, buffer: &mut [u8], position: u64) -> std::io::Result<usize> {
        let read = RealDisk.read_at(file, buffer, position)?;
        self.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn append(&self, path: &Path, file: &File, bytes: &[u8]) -> std::io::Result<()> {
        RealDisk.append(path, file, bytes)
    }

    fn sync_data(&self, path: &Path, file: &File) -> std::io::Result<()> {
        RealDisk.sync_data(path, file)
    }

    fn cut_off(&self, path: &Path, file: &File, length: u64) -> std::io::Result<()> {
        RealDisk.cut_off(path, file, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> std::io::Result<()> {
        RealDisk.sync_folder(folder)
    }
}

#[tokio::test]
async fn a_start_an_issue_a_status_and_a_late_receipt_read_as_much_of_a_long_audit_as_of_a_short_one() {
    let mut of_each = Vec::new();
    for lines in [3_000, 30_000] {
        let (_folder, file) = long(lines);
        // Some process has read it all once.
        assert_eq!(links_of(&opened(&file), 1).await.len(), 10);

        let disk = Arc::new(Counting::default());
        let read = |_: &str| disk.0.swap(0, Ordering::Relaxed);
        let audit = Audit::open_on(disk.clone(), &file, at(0)).unwrap();
        let start = read("start");
        audit.write(at(0), issued(1_000_000, 1_000_000, at(0))).await.unwrap();
        let issue = read("issue");
        assert_eq!(links_of(&audit, 1).await.len(), 10);
        let status = read("status");
        let (issuer, has_seen) = audit.look_back(at(0), link(5), &receipt_id(5)).await.unwrap();
        assert_eq!((issuer, has_seen), (Some(alice()), true));
        let receipt = read("receipt");
        assert_eq!(audit.recall_untold(at(0)).await.unwrap(), []);
        let untold = read("untold");
        of_each.push([start, issue, status, receipt, untold]);
    }
    let [of_short, of_long] = of_each[..] else { panic!() };
    let bounds = [64 * 1024, 1024, 4 * 1024, 4 * 1024, 4 * 1024];
    for ((short, long), bound) in of_short.into_iter().zip(of_long).zip(bounds) {
        assert!(short.abs_diff(long) <= bound, "{of_short:?} {of_long:?}");
    }
}

#[tokio::test]
async fn an_index_that_is_lost_damaged_or_another_audits_is_made_anew() {
    let (_folder, file) = long(300);
    let index = index_of(&file);
    assert_eq!(links_of(&opened(&file), 3).await, each_fourth_of_forty(3));
    assert_eq!(fs::metadata(&index).unwrap().permissions().mode() & 0o777, 0o600);
    let (_other_folder, other) = long(240);
    links_of(&opened(&other), 3).await;
    let (of_other, of_this) = (fs::read(index_of(&other)).unwrap(), fs::read(&index).unwrap());
    let mut broken_page = of_this.clone();
    broken_page[4096..8192].fill(0xa5);
    for (what, bytes) in [
        ("lost", None),
        ("empty", Some(vec![])),
        ("no database", Some(b"not a database at all".repeat(1000))),
        ("cut short", Some(of_this[..of_this.len() / 2].to_vec())),
        ("a broken page", Some(broken_page)),
        ("another audit's", Some(of_other)),
    ] {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(file.with_file_name(format!("audit.jsonl.index{suffix}")));
        }
        match bytes {
            None => fs::remove_file(&index).unwrap(),
            Some(bytes) => fs::write(&index, bytes).unwrap(),
        }
        assert_eq!(links_of(&opened(&file), 3).await, each_fourth_of_forty(3), "{what}");
        let looked = opened(&file).look_back(at(0), link(7), &receipt_id(7)).await.unwrap();
        assert_eq!(looked, (Some(alice()), true), "{what}");
    }
}

#[tokio::test]
async fn a_withdrawal_of_all_links_of_a_contact_is_found_however_old_it_is() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    let (mut writer, long_ago) = (Writer::new(), at(0) - SignedDuration::from_hours(3));
    writer.write(long_ago, issued(1, 1, long_ago), "");
    writer.write(
        long_ago,
        Event::Revoked { contact: contact(1), admin: alice(), issued_up_to: long_ago, in_progress: false },
        "",
    );
    writer.save(&file);
    let links = opened(&file).history(at(0), &contact(1)).await.unwrap();
    let fates: Vec<_> = links.iter().map(|link| link.fate(at(0))).collect();
    assert!(matches!(fates[..], [Fate::Withdrawn(_)]), "{fates:?}");
}

#[tokio::test]
async fn where_there_can_be_no_index_the_whole_audit_is_read() {
    let (_folder, file) = long(300);
    fs::create_dir(index_of(&file)).unwrap();
    let audit = opened(&file);
    assert_eq!(links_of(&audit, 2).await, each_fourth_of_forty(2));
    assert_eq!(audit.look_back(at(0), link(9), &receipt_id(9)).await.unwrap(), (Some(alice()), true));
    assert_eq!(audit.look_back(at(0), link(9), "another").await.unwrap(), (Some(alice()), false));
}

#[tokio::test]
async fn a_line_that_has_changed_since_it_was_indexed_is_not_believed_on_the_index_alone() {
    let (_folder, file) = long(300);
    let audit = opened(&file);
    assert!(audit.look_back(at(0), link(9), &receipt_id(9)).await.unwrap().1);
    // The same length, so that all other lines stand where they stood.
    let text = fs::read_to_string(&file).unwrap();
    let changed = text.replace(&receipt_id(9), &receipt_id(8888));
    assert_eq!(changed.len(), text.len());
    fs::write(&file, changed).unwrap();
    assert_eq!(audit.look_back(at(0), link(9), &receipt_id(9)).await.unwrap(), (Some(alice()), false));
    assert!(audit.look_back(at(0), link(9), &receipt_id(8888)).await.unwrap().1);
}

#[tokio::test]
async fn an_index_follows_what_several_processes_append_and_ask() {
    let (_folder, file) = long(300);
    let (one, two) = (opened(&file), opened(&file));
    for number in 0..20 {
        let (writes, reads) = if number % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let id = 5_000 + number;
        writes.write(at(0), issued(id, 5_000, at(0))).await.unwrap();
        writes.write(at(0), redeemed(id, 5_000, at(0))).await.unwrap();
        assert_eq!(links_of(reads, 5_000).await.len(), 1 + number as usize);
    }
    let asking = (0..8).map(|process| {
        let file = file.clone();
        tokio::spawn(async move {
            let audit = opened(&file);
            audit.write(at(1), issued(6_000 + process, 6_000, at(1))).await.unwrap();
            audit.write(at(1), redeemed(6_000 + process, 6_000, at(1))).await.unwrap();
            links_of(&audit, 5_000).await.len()
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_eq!(asked.await.unwrap(), 20);
    }
    assert_eq!(links_of(&one, 6_000).await.len(), 8);
}

#[tokio::test]
async fn nobody_waits_for_the_index_to_write() {
    let (_folder, file) = long(300);
    let audit = opened(&file);
    let (holder, held) = (audit.clone(), Arc::new(Barrier::new(2)));
    let is_held = Arc::clone(&held);
    let (finish, finished) = std::sync::mpsc::channel::<()>();
    let holding = std::thread::spawn(move || {
        let _index = holder.0.index.lock().unwrap();
        is_held.wait();
        finished.recv().unwrap();
    });
    held.wait();
    audit.write(at(0), issued(9_000, 9_000, at(0))).await.unwrap();
    finish.send(()).unwrap();
    holding.join().unwrap();
    assert_eq!(audit.history(at(0), &contact(9_000)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_index_follows_by_itself_while_the_audit_grows() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    let audit = opened(&file);
    for number in 0..400 {
        audit.write(at(0), issued(number, number, at(0))).await.unwrap();
    }
    let index = index_of(&file);
    for _ in 0..10_000 {
        if index.exists() && !audit.0.is_indexing.load(Ordering::Acquire) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(index.exists());
}

#[tokio::test]
async fn what_stands_in_a_segment_that_was_moved_away_is_not_told_any_more() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    let month = SignedDuration::from_hours(24 * 31);
    let write = async |audit: &Audit, number, time| {
        audit.write(time, issued(number, 1, time)).await.unwrap();
        audit.write(time, redeemed(number, 1, time)).await.unwrap();
    };
    let audit = Audit::open(&file, at(0)).unwrap();
    write(&audit, 1, at(0)).await;
    write(&audit, 2, at(0) + month).await;
    let links = async |audit: &Audit| {
        let links = audit.history(at(0) + month, &contact(1)).await.unwrap();
        links.into_iter().map(|link| link.link_id).collect::<Vec<_>>()
    };
    assert_eq!(links(&audit).await, [link(1), link(2)]);
    fs::rename(&file, folder.path().join("archived")).unwrap();
    assert_eq!(links(&audit).await, [link(2)]);
    write(&audit, 3, at(0) + month).await;
    assert_eq!(links(&audit).await, [link(2), link(3)]);
    let later = Audit::open(&file, at(0) + month).unwrap();
    assert_eq!(links(&later).await, [link(2), link(3)]);
    drop(later);
    // It may come back.
    fs::rename(folder.path().join("archived"), &file).unwrap();
    let later = Audit::open(&file, at(0) + month).unwrap();
    assert_eq!(links(&later).await, [link(1), link(2), link(3)]);
    // What is made anew without it lacks it, until it is back.
    fs::rename(&file, folder.path().join("archived")).unwrap();
    fs::remove_file(index_of(&file)).unwrap();
    assert_eq!(links(&Audit::open(&file, at(0) + month).unwrap()).await, [link(2), link(3)]);
    fs::rename(folder.path().join("archived"), &file).unwrap();
    assert_eq!(links(&Audit::open(&file, at(0) + month).unwrap()).await, [link(1), link(2), link(3)]);
}

#[tokio::test]
async fn a_redemption_that_nobody_was_told_of_is_recalled_once_however_old_it_is() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    let mut writer = Writer::new();
    let old = at(-100_000);
    for number in 0..3 {
        writer.write(old, issued(number, 1, old), "");
        writer.write(old, redeemed(number, 1, old), "");
    }
    writer.write(old, followed(1), "");
    // More than a start reads.
    for number in 100..1_500 {
        writer.write(old, issued(number, 2, old), "");
    }
    writer.save(&file);
    let untold = |recalled: Vec<Redemption>| {
        let mut links: Vec<_> = recalled.into_iter().map(|redemption| redemption.link_id).collect();
        links.sort();
        links
    };
    let audit = opened(&file);
    let of_memory = async || audit.look(at(0), |memory| memory.untold().count()).await.unwrap();
    assert_eq!(of_memory().await, 0);
    let mut expected = vec![link(0), link(2)];
    expected.sort();
    assert_eq!(untold(audit.recall_untold(at(0)).await.unwrap()), expected);
    assert_eq!(of_memory().await, 2);
    assert_eq!(audit.recall_untold(at(0)).await.unwrap(), []);
    audit.write(at(0), followed(0)).await.unwrap();
    assert_eq!(of_memory().await, 1);
    // A clock that was set right makes the memory begin again, and does not lose it.
    audit.write(at(-1_000), followed(77)).await.unwrap();
    assert_eq!(of_memory().await, 1);
    assert_eq!(untold(opened(&file).recall_untold(at(0)).await.unwrap()), [link(2)]);
}
