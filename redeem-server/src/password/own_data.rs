//! Whether a password is the contact's own name, id or e-mail, or little else.

use unicode_normalization::UnicodeNormalization;

/// Whose password it is: what must not be (most of) the password.
#[derive(Clone, Copy)]
pub struct OwnData<'a> {
    /// The contact's id.
    pub id: &'a str,
    /// The contact's name.
    pub name: &'a str,
    /// As it stands in the directory: perhaps `n/a`. Absent where it is not known.
    pub email: Option<&'a str>,
}

/// From how many letters on a whole name, id or address may not be part of a password at all. Shorter ones are too often part of a word.
const WHOLE: usize = 6;

/// From how many letters on a single word of a name counts.
const PART: usize = 4;

/// Compares letters and digits alone, whatever their case: `ada.lovelace` is Ada Lovelace.
///
/// True where the password is one of these, holds one of at least six letters whole, or where words of at least four letters from them make up half
/// of it or more.
pub(super) fn is_mostly_own(password: &str, own: OwnData<'_>) -> bool {
    let password = letters(password);
    if password.is_empty() {
        return false;
    }
    let wholes: Vec<Vec<char>> = wholes(own).map(letters).filter(|whole| !whole.is_empty()).collect();
    if wholes
        .iter()
        .any(|whole| *whole == password || (whole.len() >= WHOLE && position(&password, whole).is_some()))
    {
        return true;
    }
    let mut parts: Vec<Vec<char>> =
        words(own).map(|word| letters(&word)).filter(|part| part.len() >= PART).collect();
    // The longest first, so that a short word inside a longer one does not spoil it.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let all = password.len();
    let mut rest = password;
    for part in &parts {
        while let Some(at) = position(&rest, part) {
            rest.splice(at..at + part.len(), ['\0']);
        }
    }
    let left = rest.iter().filter(|c| **c != '\0').count();
    (all - left) * 2 >= all
}

fn wholes(own: OwnData<'_>) -> impl Iterator<Item = &str> {
    let local = own.email.and_then(|email| email.rsplit_once('@')).map(|(local, _)| local);
    [Some(own.id), Some(own.name), own.email, local].into_iter().flatten()
}

/// The single words of name, id and e-mail, for the strength estimate as well.
pub(super) fn words(own: OwnData<'_>) -> impl Iterator<Item = String> {
    wholes(own)
        .flat_map(|whole| whole.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
}

fn letters(text: &str) -> Vec<char> {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

fn position(text: &[char], part: &[char]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
