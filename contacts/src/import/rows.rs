//! A row of a CSV file -> a contact, pure.

use csv::ByteRecord;
use keys::ContactId;
use keys::text::folded;

use super::COLUMNS;
use super::columns::{Columns, text};
use crate::ContactEntry;

const MAX_NAME_CHARS: usize = 200;
/// Long enough for any tag in use (RFC 5646 §4.4.1).
const MAX_LANGUAGE_BYTES: usize = 35;

/// The contact of a row; `None` where all its fields are empty.
pub(super) fn entry(columns: &Columns, record: &ByteRecord) -> Result<Option<ContactEntry>, String> {
    let is_empty = |field: &[u8]| text(field).is_some_and(|field| field.is_empty());
    let Some(last) = record.iter().rposition(|field| !is_empty(field)) else { return Ok(None) };
    // Empty fields behind the last column are what a spreadsheet leaves of a column that was deleted.
    let (found, wanted) = (record.len().min(columns.count.max(last + 1)), columns.count);
    if found != wanted {
        return Err(format!(
            "it has {found} columns instead of {wanted}; a separator within a text needs quotes around the text"
        ));
    }
    let mut texts = [const { std::borrow::Cow::Borrowed("") }; 4];
    for ((field, position), column) in texts.iter_mut().zip(columns.positions).zip(COLUMNS) {
        *field = text(record.get(position).unwrap_or_default())
            .ok_or_else(|| format!("the {column} is not UTF-8 text"))?;
        if field.chars().any(char::is_control) {
            return Err(format!("the {column} holds a control character (perhaps a quote is not closed)"));
        }
    }
    let [id, name, email, language] = texts;
    let id = ContactId::new(id).map_err(|error| error.to_string())?;
    if id.folded().is_empty() {
        return Err("the id holds nothing that anybody can see".to_owned());
    }
    if folded(&name).is_empty() {
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
        // POSIX writes `de_AT`.
        let language = language.replace('_', "-");
        if !is_language(&language) {
            return Err("the language is not a language tag such as `en` or `pt-BR`".to_owned());
        }
        entry = entry.with_language(language);
    }
    Ok(Some(entry))
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
