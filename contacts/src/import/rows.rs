//! CSV text -> rows, pure.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use csv::{ByteRecord, ReaderBuilder};
use keys::ContactId;
use keys::text::folded;

use super::{BadRow, COLUMNS, ImportError};
use crate::ContactEntry;

const MAX_NAME_CHARS: usize = 200;
/// Long enough for any tag in use (RFC 5646 §4.4.1).
const MAX_LANGUAGE_BYTES: usize = 35;

/// A good row.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) entry: ContactEntry,
}

/// The good rows and the bad ones.
pub(super) fn parse(text: &[u8]) -> Result<(Vec<Row>, Vec<BadRow>), ImportError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut lines = Lines { text, offset: 0, line: 1 };
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| -> Result<Option<u64>, ImportError> {
        let more = reader.read_byte_record(record).map_err(|error| ImportError::Unreadable(error.into()))?;
        Ok(more.then(|| lines.of(record)))
    };

    next(&mut record)?;
    let columns = Columns::new(&record).map_err(ImportError::Header)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let mut seen: HashMap<String, (u64, String)> = HashMap::new();
    while let Some(line) = next(&mut record)? {
        match columns.entry(&record).and_then(|entry| once(&mut seen, line, entry)) {
            Ok(entry) => good.push(Row { line, entry }),
            Err(reason) => bad.push(BadRow { line, reason }),
        }
    }
    Ok((good, bad))
}

fn once(
    seen: &mut HashMap<String, (u64, String)>,
    line: u64,
    entry: ContactEntry,
) -> Result<ContactEntry, String> {
    let id = entry.id.as_str().to_owned();
    match seen.entry(folded(&id)) {
        Entry::Vacant(first) => {
            first.insert((line, id));
            Ok(entry)
        }
        Entry::Occupied(first) => {
            let (line, first) = first.get();
            Err(if *first == id {
                format!("the same id is on line {line}")
            } else {
                format!("the id differs from the one on line {line} only in case or Unicode form")
            })
        }
    }
}

/// Where each column stands.
struct Columns([usize; 4]);

impl Columns {
    fn new(header: &ByteRecord) -> Result<Self, String> {
        let names = header
            .iter()
            .map(|name| str::from_utf8(name).map(str::trim).map_err(|_| "this is not UTF-8 text".to_owned()))
            .collect::<Result<Vec<_>, _>>()?;
        if names.iter().all(|name| name.is_empty()) {
            return Err("there is nothing there".to_owned());
        }
        if let [only] = names.as_slice()
            && only.contains([';', '\t'])
        {
            return Err("the columns are separated by `;` or tabs; save the file with commas".to_owned());
        }
        if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(name)) {
            // Without a header line this is the first contact: nothing of it is quoted that could be an e-mail.
            let unknown = if unknown.contains('@') { "an e-mail" } else { unknown };
            return Err(format!("the column `{unknown}` is not known"));
        }
        let mut positions = [0; 4];
        for (position, column) in positions.iter_mut().zip(COLUMNS) {
            let mut found = names.iter().enumerate().filter(|(_, name)| **name == column);
            *position = found.next().ok_or_else(|| format!("the column `{column}` is missing"))?.0;
            if found.next().is_some() {
                return Err(format!("the column `{column}` is there twice"));
            }
        }
        Ok(Self(positions))
    }

    fn entry(&self, record: &ByteRecord) -> Result<ContactEntry, String> {
        if record.len() != COLUMNS.len() {
            let (found, wanted) = (record.len(), COLUMNS.len());
            return Err(format!(
                "it has {found} columns instead of {wanted}; a comma within a text needs quotes around the text"
            ));
        }
        let mut texts = [""; 4];
        for ((text, position), column) in texts.iter_mut().zip(self.0).zip(COLUMNS) {
            *text = str::from_utf8(record.get(position).unwrap_or_default())
                .map_err(|_| format!("the {column} is not UTF-8 text"))?
                .trim();
            if text.chars().any(char::is_control) {
                return Err(format!(
                    "the {column} holds a control character (perhaps a quote is not closed)"
                ));
            }
        }
        let [id, name, email, language] = texts;
        let id = ContactId::new(id).map_err(|error| error.to_string())?;
        if name.is_empty() {
            return Err("the name is empty".to_owned());
        }
        if name.chars().count() > MAX_NAME_CHARS {
            return Err(format!("the name is longer than {MAX_NAME_CHARS} characters"));
        }
        let mut entry = ContactEntry::new(id, name);
        if !email.is_empty() {
            entry = entry.with_email(email);
        }
        if !language.is_empty() {
            if !is_language(language) {
                return Err("the language is not a language tag such as `en` or `pt-BR`".to_owned());
            }
            entry = entry.with_language(language);
        }
        Ok(entry)
    }
}

/// The form of a BCP 47 tag (RFC 5646 §2.1, without its grandfathered and private tags): a language of 2 to 8 letters, then
/// pieces of 1 to 8 letters or digits.
fn is_language(tag: &str) -> bool {
    let mut pieces = tag.split('-');
    let language = pieces.next().unwrap_or_default();
    tag.len() <= MAX_LANGUAGE_BYTES
        && (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && pieces.all(|piece| {
            (1..=8).contains(&piece.len()) && piece.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Counts lines as an editor does. The CSV reader's own count is of another kind: it is one behind after CRLF and blank lines.
struct Lines<'a> {
    text: &'a [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// On which line a record begins; records must come in order.
    fn of(&mut self, record: &ByteRecord) -> u64 {
        let reported =
            record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let begins = |byte: &u8| !matches!(byte, b'\r' | b'\n');
        let blank = self.text.get(reported..).and_then(|rest| rest.iter().position(begins)).unwrap_or(0);
        let begin = reported.saturating_add(blank).min(self.text.len());
        let passed = self.text.get(self.offset..begin).unwrap_or_default();
        let mut bytes = passed.iter().peekable();
        while let Some(byte) = bytes.next() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.peek() != Some(&&b'\n'));
            self.line += u64::from(ends);
        }
        self.offset = begin;
        self.line
    }
}
