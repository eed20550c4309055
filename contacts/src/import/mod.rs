//! Contacts from a CSV file: all or nothing, and every bad row named by line and reason.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};

use keys::text::folded;
use thiserror::Error;

use crate::sqlite::{Stored, normalised_email};
use crate::{ContactEntry, DirectoryError, SqliteContacts};
use rows::Row;

/// The columns, each of them required, in any order.
pub const COLUMNS: [&str; 4] = ["id", "name", "email", "language"];

/// So many bad rows are named in full; the others are counted.
const BAD_ROWS_SHOWN: usize = 20;

/// Between two calls of `on_progress`.
const ROWS_PER_STEP: usize = 2_000;

/// What an import did. `added + updated + unchanged` is the number of rows in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Contacts that were not there before.
    pub added: u64,
    /// Contacts whose name, e-mail or language changed.
    pub updated: u64,
    /// Contacts that stood there exactly so.
    pub unchanged: u64,
    /// Rows without an e-mail: their links will be handed over.
    pub without_email: u64,
    /// Rows whose e-mail cannot be an address (`n/a`), imported as it is: their links will be handed over.
    pub unusable_email: u64,
    /// Rows whose e-mail another contact of the directory has as well: their links will be handed over.
    pub shared_email: u64,
}

/// Nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// The first line does not name the columns.
    #[error(
        "line 1: {0}. The first line must name the columns `id,name,email,language`; nothing was imported"
    )]
    Header(String),
    /// Rows that cannot be imported.
    #[error("{0}")]
    Rows(BadRows),
    /// The directory failed.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// Rows that cannot be imported: the first of them in full, in the order of their lines, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRows {
    /// The first twenty.
    pub first: Vec<BadRow>,
    /// All of them.
    pub total: usize,
}

/// A row that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Where it begins, as an editor counts lines.
    pub line: u64,
    /// Why; it quotes no e-mail.
    pub reason: String,
}

impl BadRows {
    fn new(mut rows: Vec<BadRow>) -> Self {
        rows.sort_by_key(|row| row.line);
        let total = rows.len();
        rows.truncate(BAD_ROWS_SHOWN);
        Self { first: rows, total }
    }
}

impl fmt::Display for BadRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.total == 1 { "row" } else { "rows" };
        write!(f, "{} {rows} cannot be imported, so nothing was:", self.total)?;
        for BadRow { line, reason } in &self.first {
            write!(f, "\n  line {line}: {reason}")?;
        }
        match self.total - self.first.len() {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

/// Imports a CSV file (UTF-8, RFC 4180) whose first line names the columns [`COLUMNS`]. Contacts that are there already get the
/// name, e-mail and language of their row; passwords, and whether a contact is active, stay as they are. Contacts that the
/// file does not name stay too.
///
/// The file is read on the calling thread before anything is written. `on_progress` hears how many rows are done.
///
/// # Errors
/// See [`ImportError`]; nothing was imported then, except that [`DirectoryError::OutcomeUnknown`] leaves it open.
pub async fn import_csv(
    mut reader: impl Read,
    directory: &SqliteContacts,
    mut on_progress: impl FnMut(u64),
) -> Result<Imported, ImportError> {
    let mut text = Vec::new();
    reader.read_to_end(&mut text).map_err(ImportError::Unreadable)?;
    let (mut rows, mut bad) = rows::parse(&text)?;

    let mut writing = directory.begin_writing().await?;
    let stored = directory.stored(&mut writing).await?;
    bad.extend(look_alikes(&rows, &stored));
    if !bad.is_empty() {
        return Err(ImportError::Rows(BadRows::new(bad)));
    }

    let mut imported = email_counts(&rows, &stored);
    let mut done = 0;
    for rows in rows.chunks_mut(ROWS_PER_STEP) {
        let changed: Vec<ContactEntry> = rows
            .iter_mut()
            .filter_map(|row| match stored.get(row.entry.id.as_str()) {
                None => {
                    imported.added += 1;
                    Some(row.entry.clone())
                }
                Some(stored) if stored.holds(&row.entry) => {
                    imported.unchanged += 1;
                    None
                }
                Some(stored) => {
                    imported.updated += 1;
                    row.entry.active = stored.active;
                    Some(row.entry.clone())
                }
            })
            .collect();
        directory.write(&mut writing, &changed).await?;
        done += rows.len() as u64;
        on_progress(done);
    }
    directory.commit(writing).await?;
    Ok(imported)
}

impl Stored {
    fn holds(&self, entry: &ContactEntry) -> bool {
        self.name == entry.name
            && self.email.as_deref() == entry.expose_email()
            && self.language == entry.language
    }
}

/// Rows whose id a person could not tell from that of another contact in the directory.
fn look_alikes(rows: &[Row], stored: &HashMap<String, Stored>) -> Vec<BadRow> {
    let mut known: HashMap<String, &str> = HashMap::new();
    for id in stored.keys() {
        known.insert(folded(id), id);
    }
    let alike = |row: &Row| {
        // A contact that is there already stays; only a new one can bring in a look-alike.
        let is_there = stored.contains_key(row.entry.id.as_str());
        let other = known.get(&row.entry.id.folded()).filter(|_| !is_there)?;
        let reason =
            format!("the id differs from `{other}`, which is in the directory, only in case or Unicode form");
        Some(BadRow { line: row.line, reason })
    };
    rows.iter().filter_map(alike).collect()
}

/// Counts the rows whose links will be handed over, as the directory will be after the import.
fn email_counts(rows: &[Row], stored: &HashMap<String, Stored>) -> Imported {
    let mut held: HashMap<&str, Option<String>> =
        stored.iter().map(|(id, stored)| (id.as_str(), normalised_email(stored.email.as_deref()))).collect();
    for row in rows {
        held.insert(row.entry.id.as_str(), normalised_email(row.entry.expose_email()));
    }
    let mut holders: HashMap<&str, u64> = HashMap::new();
    for email in held.values().flatten() {
        *holders.entry(email).or_default() += 1;
    }
    let mut counts = Imported::default();
    for row in rows {
        match (row.entry.expose_email(), held.get(row.entry.id.as_str()).and_then(Option::as_deref)) {
            (None, _) => counts.without_email += 1,
            (Some(_), None) => counts.unusable_email += 1,
            (Some(_), Some(email)) if holders.get(email).is_some_and(|holders| *holders > 1) => {
                counts.shared_email += 1;
            }
            _ => {}
        }
    }
    counts
}
