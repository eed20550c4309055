//! What a look-up and a search cost among a thousand contacts and among a million, in the same run.
//!
//! `cargo bench -p reset-link-contacts` prints the median of many calls in both directories, the two in turn, and their ratio. The limits: 20 ms for any
//! search among a million, and a ratio of 1.2 for an id that nobody has. With another number behind `--` so many contacts stand for the million.
#![expect(clippy::print_stdout, reason = "a benchmark's report")]

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use reset_link_contacts::{
    ContactLookup as _, ImportOptions, SqliteContactLookup, SqliteOperations, import_csv,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;
const ROUNDS: usize = 101;
const CALLS: u32 = 10;
const SLOWEST: Duration = Duration::from_millis(20);
const LIMIT: f64 = 1.2;

const NOBODY: &str = "qx";

/// What somebody types, and how many contacts are wanted.
const TYPED: [(&str, &str); 10] = [
    ("everybody", ""),
    ("ids, one letter", "c"),
    ("one id", "c0000123"),
    ("names, one letter", "m"),
    ("names", "mari"),
    ("later words of half of all", "s"),
    ("later words of one in a hundred", "schw"),
    ("e-mails of all", "kunde"),
    ("e-mails of one in ten", "kunde00000"),
    ("nobody", NOBODY),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let many = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(MANY);
    let folder = tempfile::tempdir().expect("a folder");
    let few = directory(&folder.path().join("few.sqlite"), FEW).await;
    let path = folder.path().join("many.sqlite");
    let many_lookup = directory(&path, many).await;

    let mut is_good = true;
    for (what, typed) in TYPED {
        let (of_few, of_many, _) = in_turn(&few, &many_lookup, async |lookup| {
            let found = lookup.search(typed, 25).await.expect("an answer");
            assert_eq!(found.is_empty(), typed == NOBODY, "{typed}");
        })
        .await;
        println!("{what:34} {of_few:>10.2?} {of_many:>10.2?}");
        is_good &= of_many <= SLOWEST;
    }
    let (of_few, of_many, ratio) = in_turn(&few, &many_lookup, mistyped).await;
    println!("{:34} {of_few:>10.2?} {of_many:>10.2?}  {ratio:.2} (limit {LIMIT})", "an id that nobody has");
    is_good &= ratio <= LIMIT && of_many <= SLOWEST;
    many_lookup.close().await;
    upgraded(&path).await;
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As the bot looks for whom an admin may have meant: the id, then beginnings of it.
async fn mistyped(lookup: &SqliteContactLookup) {
    lookup.find("x000123y").await.expect("an answer");
    for beginning in ["x000123y", "x000123", "000123y", "x00012", "000123", "x0001"] {
        assert!(lookup.search(beginning, 5).await.expect("an answer").is_empty());
    }
}

/// The medians of the times, and the median of the ratios of what both took of the processor: how long a call waits for a busy machine says nothing.
async fn in_turn(
    few: &SqliteContactLookup,
    many: &SqliteContactLookup,
    ask: impl AsyncFn(&SqliteContactLookup),
) -> (Duration, Duration, f64) {
    let (mut of_few, mut of_many, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (few_took, few_worked) = timed(few, &ask).await;
        let (many_took, many_worked) = timed(many, &ask).await;
        of_few.push(few_took);
        of_many.push(many_took);
        ratios.push(many_worked.as_secs_f64() / few_worked.as_secs_f64());
    }
    of_few.sort();
    of_many.sort();
    ratios.sort_by(f64::total_cmp);
    (of_few[ROUNDS / 2], of_many[ROUNDS / 2], ratios[ROUNDS / 2])
}

/// How long a call took, and how long all threads worked meanwhile.
async fn timed(
    lookup: &SqliteContactLookup,
    ask: &impl AsyncFn(&SqliteContactLookup),
) -> (Duration, Duration) {
    let (begun, worked) = (Instant::now(), worked());
    for _ in 0..CALLS {
        ask(lookup).await;
    }
    (begun.elapsed() / CALLS, self::worked() - worked)
}

/// What this process's threads have had of the processor (proc_pid_schedstat, in nanoseconds).
fn worked() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let schedstats =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    let nanoseconds = schedstats.filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok());
    Duration::from_nanos(nanoseconds.sum())
}

async fn directory(path: &Path, contacts: usize) -> SqliteContactLookup {
    let begun = Instant::now();
    let operations = SqliteOperations::create(path).await.expect("a directory");
    let mut written = Duration::ZERO;
    let import = import_csv(Rows::new(contacts), &operations, ImportOptions::default(), |progress| {
        if let reset_link_contacts::Progress::Written(_) = progress {
            written = begun.elapsed();
        }
    });
    import.await.expect("an import");
    operations.close().await;
    let size = path.metadata().expect("a file").len() / 1_000_000;
    println!(
        "{contacts} contacts: imported in {written:.1?}, indexed {:.1?} behind that, {size} MB",
        begun.elapsed() - written
    );
    SqliteContactLookup::open(path).await.expect("a directory")
}

/// A file as a former release left it: how long its first start waits, and how long the index takes behind it.
async fn upgraded(path: &PathBuf) {
    let mut other = SqliteConnectOptions::new().filename(path).connect().await.expect("a connection");
    sqlx::raw_sql(
        "DROP TRIGGER contacts_search_inserted; DROP TRIGGER contacts_search_updated; DROP TRIGGER contacts_search_deleted;
         DROP TABLE contacts_search; DROP TABLE contacts_words; DROP TABLE contacts_unindexed; DROP TABLE contacts_search_rules",
    )
    .execute(&mut other)
    .await
    .expect("a former file");
    let begun = Instant::now();
    let lookup = SqliteContactLookup::open(path).await.expect("a directory");
    let opened = begun.elapsed();
    let first = Instant::now();
    lookup.search("schw", 25).await.expect("an answer");
    let first = first.elapsed();
    while waiting(&mut other).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!(
        "a file of a former release: opened in {opened:.1?}, its first search {first:.1?}, indexed in {:.1?}",
        begun.elapsed()
    );
    lookup.close().await;
    other.close().await.expect("an end");
}

async fn waiting(connection: &mut SqliteConnection) -> bool {
    let asked =
        sqlx::query_as("SELECT EXISTS (SELECT 1 FROM contacts_unindexed)").fetch_one(connection).await;
    let (waiting,): (bool,) = asked.expect("an answer");
    waiting
}

/// A CSV file that is made while it is read. E-mails stand in the order of the names, which is the worst case of a search by them.
struct Rows {
    next: usize,
    contacts: usize,
    row: Cursor<Vec<u8>>,
}

impl Rows {
    fn new(contacts: usize) -> Self {
        Self { next: 0, contacts, row: Cursor::new(b"id,name,email,language\n".to_vec()) }
    }

    fn row(n: usize, of: usize) -> String {
        const SYLLABLES: [&str; 16] =
            ["an", "ba", "da", "el", "fi", "gre", "ha", "in", "ka", "lu", "ma", "ri", "no", "pe", "ti", "zo"];
        // A first name from its place in the order, the rest by a few multiplications.
        let place = n * 16 * 16 * 16 / of;
        let syllable = |at: usize| SYLLABLES[at % 16];
        let first = [place / 256, place / 16, place].map(syllable).concat();
        let mixed = n.wrapping_mul(2_654_435_761) >> 7;
        let last = match mixed % 100 {
            0 => "schwarz".to_owned(),
            1..50 => format!("s{}{}", syllable(mixed / 100), syllable(mixed / 1_600)),
            _ => [mixed / 100, mixed / 1_600, mixed / 25_600].map(syllable).concat(),
        };
        format!("C{n:07},{first} {last},kunde{n:06}@example.org,de\n")
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.row.read(buffer)?;
            if read > 0 || self.next == self.contacts {
                return Ok(read);
            }
            self.row = Cursor::new(Self::row(self.next, self.contacts).into_bytes());
            self.next += 1;
        }
    }
}
