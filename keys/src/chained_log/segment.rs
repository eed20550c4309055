//! The files of one log: the one that the settings name, and one for each later month in which a line was written.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::disk::folder_of;

/// A month of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    year: i16,
    month: i8,
}

impl Month {
    pub(super) fn of(time: Timestamp) -> Self {
        let date = TimeZone::UTC.to_datetime(time).date();
        Self { year: date.year(), month: date.month() }
    }

    /// Reads `YYYY-MM`.
    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let is_number =
            |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return None;
        }
        let found = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        (1..=12).contains(&found.month).then_some(found)
    }
}

/// One file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it is.
    pub path: PathBuf,
    /// Absent for the first.
    pub(super) month: Option<Month>,
}

impl Segment {
    pub(super) fn first(base: &Path) -> Self {
        Self { path: base.to_owned(), month: None }
    }

    pub(super) fn of_month(base: &Path, month: Month) -> Self {
        let (stem, extension) = parts(base);
        let name = format!("{stem}-{:04}-{:02}{extension}", month.year, month.month);
        Self { path: base.with_file_name(name), month: Some(month) }
    }

    /// A number that grows from each segment of a log to the next: 0 for the first.
    pub fn ordinal(&self) -> u32 {
        self.month.map_or(0, |month| {
            u32::try_from(i32::from(month.year) * 12 + i32::from(month.month)).unwrap_or_default()
        })
    }

    /// The segment's file name.
    pub fn name(&self) -> String {
        name_of(&self.path)
    }
}

/// The segments of the log with this configured file that are there, in the order in which they were written.
///
/// # Errors
/// Where the folder cannot be read.
pub fn segments(base: &Path) -> io::Result<Vec<Segment>> {
    let (stem, extension) = parts(base);
    let mut found: Vec<_> = base.exists().then(|| Segment::first(base)).into_iter().collect();
    let entries = match fs::read_dir(folder_of(base)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let month = name
            .to_str()
            .and_then(|name| name.strip_prefix(&*stem)?.strip_prefix('-')?.strip_suffix(&*extension))
            .and_then(Month::parse);
        found.extend(month.map(|month| Segment::of_month(base, month)));
    }
    found.sort_by_key(|segment| segment.month);
    Ok(found)
}

/// The name of the first segment of the log that a file with this name is part of, and a number that grows from segment to segment; the name itself where it is
/// not that of a later segment.
pub fn first_segment_of(name: &str) -> (String, u32) {
    let (stem, extension) = parts(Path::new(name));
    let split = stem.len().checked_sub("-YYYY-MM".len()).and_then(|at| stem.split_at_checked(at));
    let month = split.and_then(|(stem, month)| Some((stem, Month::parse(month.strip_prefix('-')?)?)));
    match month.filter(|(stem, _)| !stem.is_empty()) {
        Some((stem, month)) => {
            let first = format!("{stem}{extension}");
            let ordinal = Segment::of_month(Path::new(&first), month).ordinal();
            (first, ordinal)
        }
        None => (name.to_owned(), 0),
    }
}

/// What stands before the month in a segment's name, and what behind it.
fn parts(base: &Path) -> (String, String) {
    let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let extension =
        base.extension().map_or_else(String::new, |extension| format!(".{}", text(Some(extension))));
    (text(base.file_stem()), extension)
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_counted_in_utc() {
        let month = |time: &str| {
            Segment::of_month(Path::new("/log/audit.jsonl"), Month::of(time.parse().unwrap())).path
        };
        assert_eq!(month("2026-11-30T23:59:59.999Z"), Path::new("/log/audit-2026-11.jsonl"));
        assert_eq!(month("2026-12-01T00:59:00+01:00"), Path::new("/log/audit-2026-11.jsonl"));
        assert_eq!(month("2026-12-01T00:00:00Z"), Path::new("/log/audit-2026-12.jsonl"));
    }

    #[test]
    fn segments_stand_in_the_order_in_which_they_were_written_and_nothing_else_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("audit.jsonl");
        for name in [
            "audit.jsonl",
            "audit-2027-01.jsonl",
            "audit-2026-12.jsonl",
            "audit-2026-13.jsonl",
            "audit-2026-1.jsonl",
            "audit-2026-12.jsonl.new",
            "audit-2026-12.jsonl.torn-at-5",
            "redeem-audit-2026-12.jsonl",
            "audit.jsonl.index",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = segments(&base).unwrap().iter().map(Segment::name).collect();
        assert_eq!(names, ["audit.jsonl", "audit-2026-12.jsonl", "audit-2027-01.jsonl"]);
        assert_eq!(segments(Path::new("/nowhere/audit.jsonl")).unwrap(), []);
    }

    #[test]
    fn a_name_tells_which_log_a_segment_is_part_of() {
        let first = |name| first_segment_of(name);
        assert_eq!(first("audit.jsonl"), ("audit.jsonl".to_owned(), 0));
        assert_eq!(first("redeem-audit-2026-12.jsonl").0, "redeem-audit.jsonl");
        assert!(first("audit-2026-12.jsonl").1 < first("audit-2027-01.jsonl").1);
        assert_eq!(first("-2026-12.jsonl"), ("-2026-12.jsonl".to_owned(), 0));
    }
}
