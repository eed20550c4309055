use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Counts the flushes that have reached the disk, in a file beside sled's own.
///
/// sled opens a file whose end or whose beginning is gone as an older or an empty state, without a word. A database that has counted fewer flushes than
/// the witness has lost some of them, and nothing that it says of a link can be believed.
///
/// The witness itself needs no fsync: it is written behind the flush that it counts, and one that lags is no reason to doubt.
#[derive(Debug)]
pub(super) struct Witness(File);

const FILE: &str = "witness";
const COUNTED_IN: &str = "flushes";

impl Witness {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(FILE))
            .map(Self)
    }

    /// Whether the database has lost flushes that the witness saw.
    pub(super) fn has_seen_more(&self, db: &sled::Db) -> sled::Result<bool> {
        let mut seen = [0; 8];
        match self.0.read_exact_at(&mut seen, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        Ok(counted(db)? < u64::from_be_bytes(seen))
    }

    /// To be called before a flush: the count is part of it.
    pub(super) fn count(&self, db: &sled::Db) -> Result<u64, String> {
        let next = counted(db).map_err(|error| error.to_string())? + 1;
        let meta = db.open_tree("meta").map_err(|error| error.to_string())?;
        meta.insert(COUNTED_IN, &next.to_be_bytes()).map_err(|error| error.to_string())?;
        Ok(next)
    }

    /// To be called once that flush is on disk.
    pub(super) fn see(&self, count: u64) -> Result<(), String> {
        self.0.write_all_at(&count.to_be_bytes(), 0).map_err(|error| error.to_string())
    }
}

fn counted(db: &sled::Db) -> sled::Result<u64> {
    let bytes = db.open_tree("meta")?.get(COUNTED_IN)?;
    Ok(bytes.and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
}
