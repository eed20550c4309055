//! An id in quotation marks. Phones and word processors turn `"` and `'` into others, so that any double mark is closed by any double one, and any single one
//! by any single one.

/// Marks that stand for `"`.
pub(super) const DOUBLE: &[char] =
    &['"', '“', '”', '„', '‟', '«', '»', '″', '＂', '〝', '〞', '〟', '「', '」', '『', '』'];

/// Marks that stand for `'`; among them the one that begins code in a chat, since answers show ids as code.
const SINGLE: &[char] = &['\'', '‘', '’', '‚', '‛', '‹', '›', '′', '＇', '`', '´'];

/// The marks that close what this character opens; `None` where it is no mark.
pub(super) fn marks_like(open: char) -> Option<&'static [char]> {
    [DOUBLE, SINGLE].into_iter().find(|marks| marks.contains(&open))
}

/// What stands between the mark with which the text begins and the one that closes it, and what stands behind that. `None` where nothing closes it.
///
/// A mark closes only before white space or the end, so that an apostrophe within a name does not. `\` takes the meaning from a mark or a `\`, and is itself
/// before anything else: `CORP\ann` stays what it is.
pub(super) fn quoted<'a>(marks: &[char], text: &'a str) -> Option<(String, &'a str)> {
    let mut id = String::new();
    let mut rest = text.chars();
    rest.next()?;
    while let Some(c) = rest.next() {
        if c == '\\' {
            let behind = rest.clone().next();
            if let Some(meant) = behind.filter(|c| *c == '\\' || marks.contains(c)) {
                rest.next();
                id.push(meant);
                continue;
            }
        } else if marks.contains(&c) && ends_here(rest.as_str()) {
            return Some((id, rest.as_str()));
        }
        id.push(c);
    }
    None
}

fn ends_here(behind: &str) -> bool {
    behind.chars().find(|c| !keys::text::is_invisible(*c)).is_none_or(char::is_whitespace)
}
