use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use keys::disk::{Disk, RealDisk};
use tempfile::TempDir;

use super::LedgerDisk;

/// How long anything is held before a test gives up. Nothing waits this long when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

/// A disk that writes down what is asked of it, fails as often as it is told to, and knows what a power cut would leave.
pub(super) struct PretendedDisk {
    asked: Mutex<Vec<String>>,
    /// What the database's file held each time it was synced, oldest first.
    synced: Mutex<Vec<Synced>>,
    /// The next step that begins so fails.
    fails: Mutex<Option<&'static str>>,
    /// How many reads fail, with which error.
    reads: Mutex<(u32, i32)>,
    /// How many times sled takes what is there for damaged, and overwrites it; where nothing is there, the disk is full.
    opens: AtomicU32,
    /// What happens behind each of sled's attempts and in each pause.
    meanwhile: Option<Box<dyn Fn() + Send + Sync>>,
    pause: Duration,
    /// Whether syncs stand still, and how many do.
    held: (Mutex<(bool, usize)>, Condvar),
}

/// The folder's files as a sync found them, and what an earlier one had left of the database.
struct Synced {
    folder: PathBuf,
    before: Vec<u8>,
    database: Vec<u8>,
    others: Vec<(PathBuf, Vec<u8>)>,
}

impl Default for PretendedDisk {
    fn default() -> Self {
        Self {
            asked: Mutex::default(),
            synced: Mutex::default(),
            fails: Mutex::default(),
            reads: Mutex::default(),
            opens: AtomicU32::default(),
            meanwhile: None,
            pause: Duration::from_millis(100),
            held: Default::default(),
        }
    }
}

impl PretendedDisk {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// One for those who are expected to find a ledger locked.
    pub(super) fn impatient() -> Arc<Self> {
        Arc::new(Self { pause: Duration::from_millis(1), ..Self::default() })
    }

    pub(super) fn whose_reads_fail(times: u32, errno: i32) -> Arc<Self> {
        Arc::new(Self { reads: Mutex::new((times, errno)), ..Self::default() })
    }

    pub(super) fn whose_opens_fail(times: u32) -> Arc<Self> {
        Arc::new(Self { opens: AtomicU32::new(times), ..Self::default() })
    }

    /// And something else happens behind each of sled's attempts and in each pause.
    pub(super) fn whose_opens_fail_while(
        times: u32,
        meanwhile: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            opens: AtomicU32::new(times),
            meanwhile: Some(Box::new(meanwhile)),
            ..Self::default()
        })
    }

    /// The next step that begins so fails: `flush`, `sync db`, `sync folder`, `rename`.
    pub(super) fn fail_next(&self, step: &'static str) {
        *self.fails.lock().unwrap() = Some(step);
    }

    /// What was asked since this was called last.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// From now on the database is not synced until it is let go.
    pub(super) fn hold(&self) {
        self.held.0.lock().unwrap().0 = true;
    }

    pub(super) fn let_go(&self) {
        self.held.0.lock().unwrap().0 = false;
        self.held.1.notify_all();
    }

    /// Returns once a sync stands still. Blocks.
    pub(super) fn wait_until_held(&self) {
        let held = self.held.0.lock().unwrap();
        let (held, _) = self.held.1.wait_timeout_while(held, DEADLINE, |(_, held)| *held == 0).unwrap();
        assert!(held.1 > 0, "nobody asks for a sync");
    }

    /// How often the database was synced.
    pub(super) fn syncs(&self) -> usize {
        self.synced.lock().unwrap().len()
    }

    /// What is left where the power goes now: of the database what was synced last.
    pub(super) fn after_power_cut(&self) -> (TempDir, PathBuf) {
        let synced = self.synced.lock().unwrap();
        let last = synced.last().expect("the database has been synced");
        let others = others_in(&last.folder);
        leave(&last.database, &others)
    }

    /// What is left where the power goes behind the `nth` sync.
    pub(super) fn after_sync(&self, nth: usize) -> (TempDir, PathBuf) {
        let synced = self.synced.lock().unwrap();
        leave(&synced[nth].database, &synced[nth].others)
    }

    /// What is left where the power goes when the `nth` sync has been asked for and nothing of it is done.
    pub(super) fn before_sync(&self, nth: usize) -> (TempDir, PathBuf) {
        let synced = self.synced.lock().unwrap();
        leave(&synced[nth].before, &synced[nth].others)
    }

    fn ask(&self, what: &str) -> io::Result<()> {
        let mut fails = self.fails.lock().unwrap();
        let is_failing = fails.is_some_and(|step| what.starts_with(step));
        self.asked.lock().unwrap().push(what.to_owned());
        if is_failing {
            *fails = None;
            return Err(io::Error::other("the disk is broken"));
        }
        Ok(())
    }
}

fn leave(database: &[u8], others: &[(PathBuf, Vec<u8>)]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let ledger = folder.path().join("ledger");
    fs::create_dir_all(ledger.join("blobs")).unwrap();
    fs::write(ledger.join("db"), database).unwrap();
    for (path, bytes) in others {
        fs::write(ledger.join(path), bytes).unwrap();
    }
    (folder, ledger)
}

/// Every file but the database, under its name in the folder.
fn others_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file() && entry.file_name() != "db");
    files.map(|file| (PathBuf::from(file.file_name()), fs::read(file.path()).unwrap())).collect()
}

fn named(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    name.replace(&std::process::id().to_string(), "process")
}

fn path_of(file: &File) -> PathBuf {
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap()
}

impl Disk for PretendedDisk {
    fn sync_data(&self, file: &File) -> io::Result<()> {
        let path = path_of(file);
        let folder = path.parent().unwrap().to_owned();
        {
            let (database, others) = (fs::read(&path).unwrap(), others_in(&folder));
            let mut held = self.held.0.lock().unwrap();
            held.1 += 1;
            self.held.1.notify_all();
            let (mut held, _) = self.held.1.wait_timeout_while(held, DEADLINE, |(holds, _)| *holds).unwrap();
            assert!(!held.0, "nobody lets go");
            held.1 -= 1;
            drop(held);
            self.ask(&format!("sync {}", named(&path)))?;
            let mut synced = self.synced.lock().unwrap();
            let before = synced.last().map_or_else(Vec::new, |last| last.database.clone());
            synced.push(Synced { folder, before, database, others });
        }
        Ok(())
    }

    fn sync_all(&self, file: &File) -> io::Result<()> {
        let path = path_of(file);
        self.ask(&format!("sync {} ({} bytes)", named(&path), fs::metadata(&path).unwrap().len()))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.ask(&format!("sync folder {}", named(folder)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.ask(&format!("rename {} to {}", named(from), named(to)))?;
        RealDisk.rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.ask(&format!("link {} as {}", named(from), named(to)))?;
        RealDisk.hard_link(from, to)
    }
}

impl LedgerDisk for PretendedDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut reads = self.reads.lock().unwrap();
        match &mut *reads {
            (0, _) => RealDisk.read(path),
            (left, errno) => {
                *left -= 1;
                Err(io::Error::from_raw_os_error(*errno))
            }
        }
    }

    fn open(&self, folder: &Path, cache_bytes: u64) -> sled::Result<sled::Db> {
        let opened = match self.opens.load(Ordering::Relaxed) {
            0 => RealDisk.open(folder, cache_bytes),
            left => {
                self.opens.store(left - 1, Ordering::Relaxed);
                overwrite(folder)
            }
        };
        if let Some(meanwhile) = &self.meanwhile {
            meanwhile();
        }
        opened
    }

    fn flush(&self, db: &sled::Db) -> sled::Result<()> {
        self.ask("flush")?;
        RealDisk.flush(db)
    }

    /// sled's threads in this process let go of the lock a moment after it is closed.
    fn pause(&self) {
        match &self.meanwhile {
            Some(meanwhile) => meanwhile(),
            None => thread::sleep(self.pause),
        }
    }
}

/// As sled does with what it cannot read; where nothing is there, the disk is full (ENOSPC, errno(3)).
fn overwrite(folder: &Path) -> sled::Result<sled::Db> {
    let file = folder.join("db");
    let Ok(found) = fs::metadata(&file) else {
        return Err(io::Error::from_raw_os_error(28).into());
    };
    let length = usize::try_from(found.len()).unwrap();
    fs::write(&file, vec![0; length])?;
    fs::write(folder.join("snap.0000000000000ABC"), b"of a state that is none")?;
    Err(sled::Error::Corruption { at: None, bt: () })
}
