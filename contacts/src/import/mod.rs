//! Contacts from a CSV file: all or nothing, and every bad row named by line and reason.

mod columns;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder};
use thiserror::Error;

use crate::{ContactEntry, DirectoryError, SqliteOperations};
use columns::Columns;
use text::Text;

/// The columns, each of them required, in any order and in any case.
pub const COLUMNS: [&str; 4] = ["id", "name", "email", "language"];

/// So many bad rows are named in full; the others are counted.
const BAD_ROWS_SHOWN: usize = 20;

/// Between two calls of `on_progress`.
const ROWS_PER_STEP: usize = 2_000;

/// What an operator wants of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Columns that are not ours are skipped; otherwise a file that has some is refused.
    pub ignore_extra_columns: bool,
}

/// How far an import has come, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Read, and not yet in the directory.
    Read(u64),
    /// In the directory, once the import ends well.
    Written(u64),
    /// In the index by which contacts are searched; the import has ended well.
    Indexed(u64),
}

/// A good row.
pub(crate) struct Row {
    /// Where it begins, as an editor counts lines.
    pub(crate) line: u64,
    /// What it says.
    pub(crate) entry: ContactEntry,
}

/// What an import did. `added + updated + unchanged` is the number of rows in the file that are not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Columns that are not ours and were skipped, as they may be shown.
    pub ignored_columns: Vec<String>,
}

/// Nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// The first line does not name the columns.
    #[error(
        "line {line}: {reason}. The first line must name the columns `id,name,email,language`; nothing was imported"
    )]
    Header {
        /// Where it stands, as an editor counts lines.
        line: u64,
        /// What is wrong with it; it quotes no e-mail.
        reason: String,
    },
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

/// Imports a CSV file (RFC 4180, or with `;` or tabs between the columns; UTF-8, or UTF-16 with a byte order mark) whose first line names the columns
/// [`COLUMNS`]. Contacts that are there already get the name, e-mail and language of their row; passwords, and whether a contact is active, stay as
/// they are. Contacts that the file does not name stay too.
///
/// The file is read on the calling thread, in memory that does not grow with it: its rows wait in a temporary table, and the directory is locked for
/// others only once all of them are good. Contacts are indexed behind that, and are found meanwhile. `on_progress` hears what is done.
///
/// # Errors
/// See [`ImportError`]; nothing was imported then, except that [`DirectoryError::OutcomeUnknown`] leaves it open.
pub async fn import_csv(
    reader: impl Read,
    directory: &SqliteOperations,
    options: ImportOptions,
    mut on_progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let mut rows = Rows::begin(reader, options)?;
    let mut staging = directory.stage().await?;
    let mut bad = FirstBadRows::default();
    let mut read = 0;
    loop {
        let mut good = Vec::with_capacity(ROWS_PER_STEP);
        while good.len() < ROWS_PER_STEP {
            match rows.read_next()? {
                None => break,
                Some(Ok(row)) => good.push(row),
                Some(Err(row)) => bad.add(row),
            }
        }
        let is_last = good.len() < ROWS_PER_STEP;
        read += good.len() as u64;
        staging.add(&good).await?;
        on_progress(Progress::Read(read));
        if is_last {
            break;
        }
    }
    staging.look_alikes(|row| bad.add(row)).await?;
    let mut merge = staging.begin_merge().await?;
    merge.look_alikes(|row| bad.add(row)).await?;
    if let Some(bad) = bad.rows() {
        return Err(ImportError::Rows(bad));
    }
    let merged = merge.all(|written| on_progress(Progress::Written(written))).await?;
    directory.index(|indexed| on_progress(Progress::Indexed(indexed))).await;
    Ok(Imported { ignored_columns: rows.into_ignored_columns(), ..merged })
}

/// The rows of a file, one after the other.
struct Rows<R> {
    reader: csv::Reader<Text<R>>,
    columns: Columns,
    record: ByteRecord,
}

impl<R: Read> Rows<R> {
    /// Reads up to the names of the columns.
    fn begin(reader: R, options: ImportOptions) -> Result<Self, ImportError> {
        let mut text = Text::new(reader).map_err(ImportError::Unreadable)?;
        let mut first = text.first_line().map_err(ImportError::Unreadable)?;
        let named = columns::named_separator(&first);
        if named.is_some() {
            text.skip_line();
            first = text.first_line().map_err(ImportError::Unreadable)?;
        }
        let separator = named.unwrap_or_else(|| columns::likely_separator(&first));
        let mut reader =
            ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text);
        let mut record = ByteRecord::new();
        let more = reader.read_byte_record(&mut record);
        let is_endless = reader.get_ref().is_row_too_long();
        let line = reader.get_mut().row_begins(0);
        match more {
            Ok(_) => {}
            Err(_) if is_endless => {
                let reason = "this line does not end (perhaps a quote is not closed)".to_owned();
                return Err(ImportError::Header { line, reason });
            }
            Err(error) => return Err(ImportError::Unreadable(error.into())),
        }
        let columns = Columns::new(&record, options.ignore_extra_columns)
            .map_err(|reason| ImportError::Header { line, reason })?;
        Ok(Self { reader, columns, record })
    }

    /// The next row that is not empty, good or bad; `None` at the end.
    fn read_next(&mut self) -> Result<Option<Result<Row, BadRow>>, ImportError> {
        loop {
            let begins = self.reader.position().byte();
            let more = self.reader.read_byte_record(&mut self.record);
            let is_endless = self.reader.get_ref().is_row_too_long();
            let line = self.reader.get_mut().row_begins(begins);
            match more {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(_) if is_endless => {
                    let reason = "the row does not end (perhaps a quote is not closed)".to_owned();
                    return Err(ImportError::Rows(BadRows {
                        first: vec![BadRow { line, reason }],
                        total: 1,
                    }));
                }
                Err(error) => return Err(ImportError::Unreadable(error.into())),
            }
            match rows::entry(&self.columns, &self.record) {
                Ok(None) => {}
                Ok(Some(entry)) => return Ok(Some(Ok(Row { line, entry }))),
                Err(reason) => return Ok(Some(Err(BadRow { line, reason }))),
            }
        }
    }

    fn into_ignored_columns(self) -> Vec<String> {
        self.columns.others
    }
}

/// The first of the bad rows by their lines, and how many there are: no more are kept, however many a file has.
#[derive(Default)]
struct FirstBadRows {
    first: BTreeMap<u64, String>,
    total: usize,
}

impl FirstBadRows {
    fn add(&mut self, row: BadRow) {
        self.total += 1;
        self.first.entry(row.line).or_insert(row.reason);
        if self.first.len() > BAD_ROWS_SHOWN {
            self.first.pop_last();
        }
    }

    fn rows(self) -> Option<BadRows> {
        let first = self.first.into_iter().map(|(line, reason)| BadRow { line, reason }).collect();
        (self.total > 0).then_some(BadRows { first, total: self.total })
    }
}
