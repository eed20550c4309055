//! What is saved of a damaged ledger: its receipts, from the folder that was moved aside, into the ledger that begins in its place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use keys::disk::folder_of;
use keys::{Receipt, whole_file};

use super::database::beginning_of_aside;
use super::disk::{FolderContents, LedgerDisk, UnreadableFile, make_durable, sync_names};
use super::error::OpenError;
use super::mark::encode;

/// How a receipt begins wherever it stands (`mark::encode`).
const BEGINNING: &[u8] = br#"{"link_id":""#;
/// Stands in a damaged ledger's folder once its receipts are on disk in another one.
const MARKER: &str = "receipts-taken-over";

/// Older receipts are left where they are: they were handed on long ago, and the audit in which a repeat would be noticed may have been archived, so that
/// people would be told once more. A receipt waits for no longer than an audit cannot be written.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Takes the receipts of damaged ledgers beside this one into it, durably; to be called while it is not one yet, so that a start that does not come to the
/// end is made up for by the next one.
pub(super) fn take_over(
    folder: &Path,
    now: Timestamp,
    disk: &dyn LedgerDisk,
    db: &sled::Db,
) -> Result<(), OpenError> {
    let io_error = |cause| OpenError::Io { folder: folder.to_owned(), cause };
    let storage = |error: sled::Error| io_error(io::Error::other(error));
    let wrecks = wrecks_beside(folder).map_err(io_error)?;
    if wrecks.is_empty() {
        return Ok(());
    }
    let tree = db.open_tree("receipts").map_err(storage)?;
    let mut counts = Vec::new();
    for wreck in &wrecks {
        let found = FolderContents::read(wreck, disk)
            .map_err(|UnreadableFile { path, cause }| OpenError::Unreadable { path, cause })?;
        let (receipts, too_old): (Vec<_>, Vec<_>) =
            receipts(&found).into_iter().partition(|receipt| now.duration_since(receipt.at) <= MAX_AGE);
        for receipt in &receipts {
            let bytes = encode(receipt).map_err(|error| io_error(io::Error::other(error)))?;
            tree.insert(receipt.id(), bytes).map_err(storage)?;
        }
        counts.push((receipts.len(), too_old.len()));
    }
    File::open(folder.join("db")).and_then(|file| make_durable(disk, db, &file)).map_err(io_error)?;
    sync_names(disk, folder).map_err(io_error)?;
    for (wreck, (receipts, too_old)) in wrecks.iter().zip(counts) {
        match whole_file::create_on(disk, &wreck.join(MARKER), 0o600, b"") {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                return Err(OpenError::Io { folder: wreck.clone(), cause });
            }
            _ => {
                tracing::warn!(
                    aside = %wreck.display(), receipts, too_old,
                    "receipts of a damaged ledger were taken over: they are handed on, but for those that are older than seven days"
                )
            }
        }
    }
    Ok(())
}

/// Damaged ledgers that were moved aside from this folder, and whose receipts nobody has taken over.
fn wrecks_beside(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let beginning = beginning_of_aside(folder);
    let mut wrecks = Vec::new();
    for entry in fs::read_dir(folder_of(folder))? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(beginning.as_encoded_bytes())
            && entry.file_type()?.is_dir()
            && !entry.path().join(MARKER).exists()
        {
            wrecks.push(entry.path());
        }
    }
    Ok(wrecks)
}

/// The receipts that can still be read in the files of a damaged ledger, whether they were waiting or had been handed on: whoever takes them drops repeats.
fn receipts(found: &FolderContents) -> Vec<Receipt> {
    let mut receipts: Vec<Receipt> = Vec::new();
    for bytes in found.contents() {
        for (at, _) in bytes.windows(BEGINNING.len()).enumerate().filter(|(_, window)| *window == BEGINNING) {
            let rest = bytes.get(at..).unwrap_or_default();
            // A claim begins alike; it has no outcome and is none.
            if let Some(Ok(receipt)) =
                serde_json::Deserializer::from_slice(rest).into_iter::<Receipt>().next()
                && !receipts.iter().any(|known| known.id() == receipt.id())
            {
                receipts.push(receipt);
            }
        }
    }
    receipts
}
