//! What a start, an issue, a status and a late receipt cost on an audit of a million lines, as a multiple of what they cost on one of a thousand.
//!
//! `cargo bench -p reset-link-bot` prints the median of the ratios of many rounds, the two in turn, so that a machine whose speed drifts says the same. The limit
//! is 1.2. The audits are of one month, three lines for each link, and end three hours ago.
#![expect(clippy::print_stdout, reason = "a benchmark's report")]

use std::fs::File;
use std::future::Future;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use keys::chained_log::{BEGINNING, hash};
use keys::{ContactId, LinkId, ReceiptOutcome};
use reset_link_bot::audit::{Audit, Entry, Event, Notice};
use reset_link_bot::{Admin, Platform};
use tokio::runtime::Runtime;

const LINES: [u32; 2] = [1_000, 1_000_000];
const LIMIT: f64 = 1.2;
const ROUNDS: usize = 60;

fn now() -> Timestamp {
    "2026-11-26T12:00:00.000Z".parse().expect("a time")
}

fn link(number: u32) -> LinkId {
    let mut random = [0; 24];
    random[..4].copy_from_slice(&number.to_be_bytes());
    LinkId::from_random(random)
}

fn contact(number: u32) -> ContactId {
    ContactId::new(format!("contact-{number}")).expect("an id")
}

fn alice() -> Admin {
    Admin { platform: Platform::Console, user: "alice".to_owned() }
}

fn issued(number: u32, at: Timestamp) -> Event {
    Event::Issued {
        link_id: link(number),
        contact: contact(number / 10),
        admin: alice(),
        key_id: serde_json::from_str("\"k4.pid.zXzH6bz1AOPzRp254cwUzhFWJSaNxoBfCW2-fH4v7TWE\"")
            .expect("a key id"),
        issued_at: at,
        expires_at: at + SignedDuration::from_mins(15),
        request: None,
    }
}

fn receipt(number: u32, at: Timestamp) -> Event {
    Event::Receipt {
        receipt: format!("{}.redeemed", link(number)),
        link_id: link(number),
        contact: contact(number / 10),
        admin: Some(alice()),
        key_id: None,
        outcome: ReceiptOutcome::Redeemed,
        happened_at: at,
        client: None,
    }
}

/// Writes an audit of so many lines.
fn write(file: &Path, lines: u32) {
    let mut writer = BufWriter::new(File::create(file).expect("a file"));
    let (mut prev, links) = (BEGINNING.to_owned(), lines / 3);
    for number in 0..links {
        let at =
            now() - SignedDuration::from_hours(3) - SignedDuration::from_secs(i64::from(links - number) * 2);
        for event in [
            issued(number, at),
            receipt(number, at),
            Event::Followed { link_id: link(number), told: true, notice: Notice::NoMailServer },
        ] {
            let entry = serde_json::to_string(&Entry { at, event }).expect("JSON");
            let line = format!("{},\"prev\":\"{prev}\"}}", entry.strip_suffix('}').expect("an object"));
            prev = hash(line.as_bytes());
            writeln!(writer, "{line}").expect("a file that can be written");
        }
    }
}

/// One of the two audits, and the number of the next link in it.
struct Grown {
    file: PathBuf,
    audit: Audit,
    next: u32,
}

impl Grown {
    /// How long each thing takes once.
    fn time(&mut self, runtime: &Runtime) -> [Duration; 5] {
        self.next += 1;
        let number = self.next;
        let start = time(|| drop(open(&self.file)));
        let issue = time(|| wait(runtime, self.audit.write(now(), issued(number, now()))));
        let from_a_shell = time(|| {
            let audit = open(&self.file);
            wait(runtime, audit.write(now(), issued(number + 1_000_000, now())));
        });
        let status = time(|| {
            let links = runtime.block_on(self.audit.history(now(), &contact(7))).expect("an audit");
            assert_eq!(links.len(), 10);
        });
        let late_receipt = time(|| {
            let (_, has_seen) = runtime
                .block_on(self.audit.look_back(
                    now(),
                    link(number % 300),
                    &format!("{}.redeemed", link(number % 300)),
                ))
                .expect("an audit");
            assert!(has_seen);
            wait(runtime, self.audit.write(now(), receipt(number, now())));
        });
        [start, issue, from_a_shell, status, late_receipt]
    }
}

fn open(file: &Path) -> Audit {
    Audit::open(file, now()).expect("an audit")
}

fn wait<E: std::fmt::Debug>(runtime: &Runtime, work: impl Future<Output = Result<(), E>>) {
    runtime.block_on(work).expect("a line");
}

fn time(call: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    call();
    begin.elapsed()
}

fn main() -> ExitCode {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let mut grown = LINES.map(|lines| {
        let file = folder.path().join(format!("{lines}.jsonl"));
        write(&file, lines);
        let audit = open(&file);
        let made = time(|| {
            runtime.block_on(audit.history(now(), &contact(7))).expect("an audit");
        });
        println!("{lines:>9} lines: the index is made in {made:.1?}");
        Grown { file, audit, next: 2_000_000 }
    });
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let [short, long] = &mut grown;
        rounds.push([short.time(&runtime), long.time(&runtime)]);
    }
    let mut code = ExitCode::SUCCESS;
    for (index, name) in
        ["start", "issue", "issue from a shell", "status", "late receipt"].into_iter().enumerate()
    {
        let of_long = median(rounds.iter().map(|[_, long]| long[index].as_secs_f64()));
        let of_short = median(rounds.iter().map(|[short, _]| short[index].as_secs_f64()));
        let ratio =
            median(rounds.iter().map(|[short, long]| long[index].as_secs_f64() / short[index].as_secs_f64()));
        let verdict = if ratio <= LIMIT { "within" } else { "OVER" };
        let [of_short, of_long] = [of_short, of_long].map(|seconds| seconds * 1000.0);
        println!(
            "{name:<20} {of_short:>8.2} ms {of_long:>8.2} ms   {ratio:.3}   {verdict} the limit of {LIMIT}"
        );
        if ratio > LIMIT {
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
