//! What a contact is found by, pure.

use std::collections::BTreeSet;

use keys::text::folded;

use crate::matching::{bare, later_words};

/// The kinds of rows of `contacts_words`.
pub(in crate::sqlite) const LATER_WORD: i64 = 0;
pub(in crate::sqlite) const EMAIL: i64 = 1;

/// Names and e-mails of more bytes are not indexed, and read at each search: each word of a name has a row with the name in it.
const LONGEST: usize = 500;

/// What one active contact is found by.
pub(super) struct Entries {
    pub(super) id: String,
    pub(super) id_folded: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
}

impl Entries {
    /// `None` where it is too long.
    pub(super) fn of(id: &str, name: &str, email: Option<&str>) -> Option<Self> {
        let (name, email) = (bare(name).into_owned(), email.map(folded).filter(|email| !email.is_empty()));
        let is_long = name.len() > LONGEST || email.as_ref().is_some_and(|email| email.len() > LONGEST);
        (!is_long).then(|| Self { id: id.to_owned(), id_folded: folded(id), name, email })
    }

    pub(super) fn email_initial(&self) -> Option<&str> {
        self.email.as_deref().map(initial)
    }

    /// Kinds and words.
    pub(super) fn words(&self) -> impl Iterator<Item = (i64, &str)> {
        let later = later_words(&self.name).map(|word| (LATER_WORD, word));
        later.chain(self.email.as_deref().map(|email| (EMAIL, email)))
    }
}

/// Where the words of an indexed contact stand: kinds and initials.
pub(super) fn initials<'a>(name: &'a str, email_initial: Option<&'a str>) -> BTreeSet<(i64, &'a str)> {
    let later = later_words(name).map(|word| (LATER_WORD, initial(word)));
    later.chain(email_initial.map(|initial| (EMAIL, initial))).collect()
}

/// The first character.
pub(in crate::sqlite) fn initial(word: &str) -> &str {
    word.chars().next().and_then(|first| word.get(..first.len_utf8())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_found_by_id_name_later_words_and_email() {
        let entries = Entries::of(" CEO", " Zoë King-Kästner", Some("\tZoe@Example.org")).unwrap();
        assert_eq!((&*entries.id, &*entries.id_folded), (" CEO", "ceo"));
        assert_eq!(entries.name, "zoe king-kastner");
        let words: Vec<_> = entries.words().collect();
        assert_eq!(
            words,
            [(LATER_WORD, "king-kastner"), (LATER_WORD, "kastner"), (EMAIL, "zoe@example.org")]
        );
        let places = initials(&entries.name, entries.email_initial());
        assert_eq!(places.into_iter().collect::<Vec<_>>(), [(LATER_WORD, "k"), (EMAIL, "z")]);
    }

    #[test]
    fn what_is_too_long_is_not_indexed() {
        assert!(Entries::of("a", &"x".repeat(LONGEST), Some(&"x".repeat(LONGEST))).is_some());
        assert!(Entries::of("a", &"x".repeat(LONGEST + 1), None).is_none());
        assert!(Entries::of("a", "x", Some(&"x".repeat(LONGEST + 1))).is_none());
    }
}
