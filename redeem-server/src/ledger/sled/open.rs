//! Opens a ledger, or begins one.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use keys::LedgerEpoch;
use keys::disk::RealDisk;
use tokio::sync::RwLock;

use super::disk::{LedgerDisk, make_durable};
use super::error::OpenError;
use super::flusher::Flusher;
use super::mark::ExpiryMinute;
use super::{SledLedger, SledSettings, database, salvage};
use crate::ledger::unwell::clock_behind;
use crate::{Clock, Entropy};

const FORMAT: i64 = 2;
/// Its ledgers know no ledger epoch, and their links none.
const FORMAT_OF_VERSION_1: i64 = 1;

impl SledLedger {
    /// Opens or begins a ledger.
    ///
    /// # Errors
    /// In use by another process, clock behind the prune floor or the ledger's own beginning, not a ledger, or the disk.
    pub fn open(settings: &SledSettings, clock: Clock, entropy: &Entropy) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(RealDisk), settings, clock, entropy)
    }

    pub(super) fn open_on(
        disk: Arc<dyn LedgerDisk>,
        settings: &SledSettings,
        clock: Clock,
        entropy: &Entropy,
    ) -> Result<Self, OpenError> {
        let folder = &settings.folder;
        let now = keys::wire_time::to_millisecond(clock());
        let db = database::open(folder, settings.cache_bytes, now, &*disk)?;
        let storage = |error: sled::Error| OpenError::Io {
            folder: folder.clone(),
            cause: std::io::Error::other(error),
        };
        let foreign = |what: String| OpenError::Foreign { folder: folder.clone(), what };

        let names = db.tree_names();
        let known = |name: &sled::IVec| {
            let name: &[u8] = name;
            matches!(
                name,
                b"__sled__default" | b"meta" | b"withdrawn" | b"receipts" | b"attempts" | b"changes"
            ) || ExpiryMinute::from_tree_name(name).is_some()
        };
        if let Some(name) = names.iter().find(|name| !known(name)) {
            return Err(foreign(format!("a tree named {}", String::from_utf8_lossy(name).escape_default())));
        }
        let meta = db.open_tree("meta").map_err(storage)?;
        let number = |name: &str| -> Result<Option<i64>, OpenError> {
            let Some(bytes) = meta.get(name).map_err(storage)? else { return Ok(None) };
            let bytes = bytes.as_ref().try_into().map_err(|_| foreign(format!("an unreadable {name}")))?;
            Ok(Some(i64::from_be_bytes(bytes)))
        };
        let format = number("format")?;
        if let Some(format) = format.filter(|format| ![FORMAT_OF_VERSION_1, FORMAT].contains(format)) {
            return Err(foreign(format!("format {format}")));
        }
        let is_current = format == Some(FORMAT);
        let created_at = match number("created_at")? {
            Some(millisecond) => Timestamp::from_millisecond(millisecond)
                .map_err(|_| foreign("an unreadable created_at".to_owned()))?,
            None => {
                tracing::info!(folder = %folder.display(), "a new ledger begins: every link issued before now is refused");
                // Before it has begun: whatever ends this start, the next one finds a ledger that is still to begin.
                salvage::take_over(folder, now, &*disk, &db)?;
                now
            }
        };
        if format == Some(FORMAT_OF_VERSION_1) {
            tracing::warn!(
                folder = %folder.display(),
                "the ledger is of an earlier version: links issued before now are refused; what is withdrawn, receipts and unfinished redemptions are kept"
            );
        }
        let mut ledger_epoch = [0; 16];
        let mut done_page_key = [0; 32];
        for (name, value) in
            [("ledger_epoch", &mut ledger_epoch[..]), ("done_page_key", &mut done_page_key[..])]
        {
            match meta.get(name).map_err(storage)? {
                Some(kept) if is_current && kept.len() == value.len() => value.copy_from_slice(&kept),
                None if !is_current => entropy(value),
                _ => return Err(foreign(format!("an unreadable {name}"))),
            }
        }
        if let Some(floor) = number("prune_floor")?.map(|minute| ExpiryMinute(minute).end())
            && floor > now
        {
            return Err(OpenError::FloorAhead { folder: folder.clone(), floor, now });
        }
        if let Some(unwell) = clock_behind(created_at, now) {
            return Err(OpenError::Clock { folder: folder.clone(), unwell });
        }
        let starts = number("epoch")?.unwrap_or(0) + 1;
        // In one step: a ledger that calls itself current has all that a current one needs.
        let mut begin = sled::Batch::default();
        for (name, value) in
            [("format", FORMAT), ("created_at", created_at.as_millisecond()), ("epoch", starts)]
        {
            begin.insert(name, &value.to_be_bytes());
        }
        begin.insert("ledger_epoch", &ledger_epoch);
        begin.insert("done_page_key", &done_page_key);
        meta.apply_batch(begin).map_err(storage)?;
        let mut minutes = BTreeMap::new();
        for minute in names.iter().filter_map(|name| ExpiryMinute::from_tree_name(name)) {
            minutes.insert(minute, db.open_tree(minute.tree_name()).map_err(storage)?);
        }
        let flusher = Flusher::start(db.clone(), folder, Arc::clone(&disk))
            .map_err(|cause| OpenError::Io { folder: folder.clone(), cause })?;
        let ledger = Self {
            withdrawn: db.open_tree("withdrawn").map_err(storage)?,
            receipts: db.open_tree("receipts").map_err(storage)?,
            attempts: db.open_tree("attempts").map_err(storage)?,
            changes: db.open_tree("changes").map_err(storage)?,
            meta,
            minutes: RwLock::new(minutes),
            flusher,
            lease: settings.lease,
            folder: folder.clone(),
            created_at,
            ledger_epoch: LedgerEpoch::from_random(ledger_epoch),
            done_page_key,
            starts: u64::try_from(starts).unwrap_or_default(),
            claims: AtomicU64::new(0),
            clock,
            disk,
            db,
        };
        // The epoch must be on disk before anybody hears of it: a link is only as dead as this ledger is durable.
        File::open(folder.join("db"))
            .and_then(|file| make_durable(&*ledger.disk, &ledger.db, &file))
            .map_err(|cause| OpenError::Io { folder: folder.clone(), cause })?;
        Ok(ledger)
    }
}
