//! The first line: what separates columns, which of them are ours, and where they stand.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};
use keys::text::{spelled_out, visible};

use super::COLUMNS;

/// What separates columns; the first of equals is meant.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// More of a name that is not ours would help nobody.
const LONGEST_NAME: usize = 40;

/// The separator that a line of its own names, as spreadsheets write and read it (`sep=;`); `None` where the line is no such line.
pub(super) fn named_separator(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', separator] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            let separates = separator.is_ascii_punctuation() && *separator != b'"';
            (separates || *separator == b'\t').then_some(*separator)
        }
        _ => None,
    }
}

/// The separator by which the most of our columns are found.
pub(super) fn likely_separator(line: &[u8]) -> u8 {
    let ours = |separator: u8| {
        let mut record = ByteRecord::new();
        let mut reader = ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(line);
        // A line in memory is always read; and where it is not, it has no column of ours.
        let _ = reader.read_byte_record(&mut record);
        record.iter().filter(|name| of_ours(name).is_some()).count()
    };
    // The last of equals is the greatest.
    SEPARATORS.into_iter().rev().max_by_key(|separator| ours(*separator)).unwrap_or(b',')
}

/// Where each column stands.
pub(super) struct Columns {
    pub(super) positions: [usize; 4],
    /// How many there are, without nameless ones at the end.
    pub(super) count: usize,
    /// Those that are not ours, as they may be shown.
    pub(super) others: Vec<String>,
}

impl Columns {
    pub(super) fn new(header: &ByteRecord, ignores_others: bool) -> Result<Self, String> {
        let is_named = |name: &[u8]| !text(name).is_some_and(|name| name.is_empty());
        let count = header.iter().rposition(is_named).map_or(0, |last| last + 1);
        if count == 0 {
            return Err("there is nothing there".to_owned());
        }
        if header.iter().any(|name| text(name).is_none()) {
            return Err("this is not UTF-8 text".to_owned());
        }
        let mut positions = [0; 4];
        let mut missing = Vec::new();
        for (position, column) in positions.iter_mut().zip(COLUMNS) {
            let mut found = header.iter().enumerate().filter(|(_, name)| of_ours(name) == Some(column));
            match found.next() {
                Some((at, _)) => *position = at,
                None => missing.push(format!("the column `{column}` is missing")),
            }
            if found.next().is_some() {
                return Err(format!("the column `{column}` is there twice"));
            }
        }
        let columns = header.iter().take(count).enumerate();
        let others: Vec<String> =
            columns.filter(|(_, name)| of_ours(name).is_none()).map(|(at, name)| shown(at, name)).collect();
        let unknown = (!others.is_empty()).then(|| match (missing.len(), others.as_slice()) {
            // Without a header line this is the first contact, of whom no more is quoted than needed.
            (4, [first, ..]) | (_, [first]) => format!("the column {first} is not known"),
            _ => format!("the columns {} are not known", others.join(", ")),
        });
        match (missing.is_empty(), unknown) {
            (true, Some(unknown)) if !ignores_others => {
                Err(format!("{unknown} (`--ignore-extra-columns` skips what is not known)"))
            }
            (true, _) => Ok(Self { positions, count, others }),
            (false, Some(unknown)) => Err(format!("{unknown}, and {}", missing.join(", "))),
            (false, None) => Err(missing.join(", ")),
        }
    }
}

/// A field as it is meant: without space around it, and without the form in which spreadsheets keep digits from being a number (`="00123"`). `None`
/// where it is no text.
pub(super) fn text(field: &[u8]) -> Option<Cow<'_, str>> {
    let field = str::from_utf8(field).ok()?.trim();
    let digits = field.strip_prefix("=\"").and_then(|field| field.strip_suffix('"'));
    Some(match digits {
        Some(inner) if inner.contains('"') => Cow::Owned(inner.replace("\"\"", "\"").trim().to_owned()),
        Some(inner) => Cow::Borrowed(inner.trim()),
        None => Cow::Borrowed(field),
    })
}

fn of_ours(name: &[u8]) -> Option<&'static str> {
    let name = text(name)?;
    let name = visible(&name);
    COLUMNS.into_iter().find(|column| column.eq_ignore_ascii_case(name.trim()))
}

fn shown(at: usize, name: &[u8]) -> String {
    let name = text(name).unwrap_or_default();
    if name.is_empty() {
        return format!("{} (without a name)", at + 1);
    }
    // Where there is no header line this may be somebody's address.
    if name.contains('@') {
        return "`an e-mail`".to_owned();
    }
    let short: String = name.chars().take(LONGEST_NAME).collect();
    let more = if short.len() < name.len() { "…" } else { "" };
    format!("`{}{more}`", spelled_out(&short))
}
