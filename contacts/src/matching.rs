//! Whose id, name or e-mail begins with what was typed, and in which order they stand: pure, and the same for every directory.

use std::borrow::Cow;
use std::collections::BinaryHeap;

use keys::text::{folded, folded_chars, visible, without_case};
use unicode_normalization::UnicodeNormalization;

/// So many characters are compared at most: whoever types more finds nobody.
const LONGEST: usize = 300;

/// What a contact is compared by.
#[derive(Clone, Copy)]
pub(crate) struct SearchedFields<'row> {
    pub(crate) id: &'row str,
    pub(crate) name: &'row str,
    pub(crate) email: Option<&'row str>,
}

/// How a contact matches, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// The id as it stands.
    Id,
    /// An id that `find` takes for the same.
    SameId,
    IdBegins,
    NameBegins,
    LaterWordBegins,
    EmailBegins,
}

/// Where a contact ranks among the others: by how it matches, and then by the id or name in the form in which it is compared. Never by
/// the e-mail, of which the order would tell.
type Rank = (Match, String);

/// What was typed, in the forms in which it is compared.
pub(crate) struct TypedText<'a> {
    pub(crate) as_it_stands: &'a str,
    /// As ids and e-mails are compared; empty where everybody is meant.
    pub(crate) folded: String,
    /// As names are compared; empty where everybody is meant, or no name.
    pub(crate) bare: String,
}

impl<'a> TypedText<'a> {
    /// `None` where it is too long to find anybody.
    pub(crate) fn new(typed: &'a str) -> Option<Self> {
        if typed.trim().chars().nth(LONGEST).is_some() {
            return None;
        }
        Some(Self { as_it_stands: typed, folded: folded(typed), bare: bare(typed).into_owned() })
    }

    /// `None` where nothing matches.
    pub(crate) fn rank(&self, held: SearchedFields<'_>) -> Option<Rank> {
        if self.folded.is_empty() {
            return Some((Match::NameBegins, bare(held.name).into_owned()));
        }
        if self.begins(held.id) {
            let folded = folded(held.id);
            return Some((self.in_id(held.id, &folded), folded));
        }
        let name = bare(held.name);
        let by_email = || held.email.is_some_and(|email| self.begins(email)).then_some(Match::EmailBegins);
        let found = self.in_name(&name).or_else(by_email)?;
        Some((found, name.into_owned()))
    }

    fn begins(&self, text: &str) -> bool {
        let mut chars = folded_chars(text);
        self.folded.chars().all(|typed| chars.next() == Some(typed))
    }

    fn in_id(&self, id: &str, folded: &str) -> Match {
        if id == self.as_it_stands {
            Match::Id
        } else if folded == self.folded {
            Match::SameId
        } else {
            Match::IdBegins
        }
    }

    fn in_name(&self, name: &str) -> Option<Match> {
        // An accent on its own was typed, and yet no name begins with it.
        if self.bare.is_empty() {
            return None;
        }
        if name.starts_with(&self.bare) {
            return Some(Match::NameBegins);
        }
        later_words(name).any(|rest| rest.starts_with(&self.bare)).then_some(Match::LaterWordBegins)
    }
}

/// The best candidates so far, at most `limit` of them; the worst is on top.
pub(crate) struct BestMatches {
    limit: usize,
    kept: BinaryHeap<Candidate>,
}

/// A contact that matches.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    rank: Rank,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
}

impl BestMatches {
    pub(crate) fn of(limit: usize) -> Self {
        Self { limit, kept: BinaryHeap::new() }
    }

    /// Keeps this contact if it matches and is among the best. One that is kept already stays once.
    pub(crate) fn offer(&mut self, typed: &TypedText<'_>, held: SearchedFields<'_>) {
        let Some(rank) = typed.rank(held) else { return };
        let is_full = self.kept.len() >= self.limit;
        let is_better = |worst: &Candidate| (&rank, held.id) < (&worst.rank, worst.id.as_str());
        if is_full && !self.kept.peek().is_some_and(is_better)
            || self.kept.iter().any(|kept| kept.id == held.id)
        {
            return;
        }
        if is_full {
            self.kept.pop();
        }
        let (id, name, email) = (held.id.into(), held.name.into(), held.email.map(Into::into));
        self.kept.push(Candidate { rank, id, name, email });
    }

    /// Whether nobody who matches less well than this can come in any more.
    pub(crate) fn is_full_of(&self, least: Match) -> bool {
        self.kept.len() >= self.limit && self.kept.peek().is_none_or(|worst| worst.rank.0 <= least)
    }

    pub(crate) fn in_order(self) -> impl Iterator<Item = Candidate> {
        self.kept.into_sorted_vec().into_iter()
    }
}

/// The form in which names are compared: looser than `folded`, without the accents of Latin, Greek and Cyrillic letters.
/// The marks of other scripts stay, where they are vowels and consonants.
pub(crate) fn bare(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() {
        let has_capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_capitals { text.to_ascii_lowercase().into() } else { text.into() };
    }
    let text = visible(text);
    let mut bare = String::with_capacity(text.len());
    for c in text.trim().nfkd() {
        match c {
            '\u{300}'..='\u{36f}' => {}
            '\0'..='\u{7f}' => bare.push(c.to_ascii_lowercase()),
            // Kana and ideographs know no case.
            '\u{3040}'..='\u{9fff}' => bare.push(c),
            _ => bare.extend(without_case(c)),
        }
    }
    bare.into()
}

/// A name in its bare form from each later word on to its end.
pub(crate) fn later_words(bare: &str) -> impl Iterator<Item = &str> {
    let rests = bare.match_indices(parts_words).filter_map(|(at, c)| bare.get(at + c.len()..));
    rests.filter(|rest| !rest.is_empty())
}

/// What stands between the words of a name, in its bare form.
fn parts_words(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation() || matches!(c, '\u{2010}'..='\u{2015}' | '’' | '・')
}

/// Whether a contact matches, for holding a directory to it.
#[cfg(test)]
pub(crate) fn matches(typed: &str, id: &str, name: &str, email: Option<&str>) -> bool {
    TypedText::new(typed).is_some_and(|typed| typed.rank(SearchedFields { id, name, email }).is_some())
}

#[cfg(test)]
mod tests {
    use std::iter;

    use keys::text::is_invisible;

    use super::*;

    fn found(typed: &str, id: &str, name: &str, email: Option<&str>) -> Option<Match> {
        TypedText::new(typed).unwrap().rank(SearchedFields { id, name, email }).map(|(found, _)| found)
    }

    fn in_name(typed: &str, name: &str) -> Option<Match> {
        found(typed, "?", name, None)
    }

    #[test]
    fn an_id_matches_by_how_much_of_it_was_typed() {
        for (typed, id, expected) in [
            ("CEO-1", "CEO-1", Some(Match::Id)),
            (" CEO-1", "CEO-1", Some(Match::SameId)),
            ("ceo-1", "CEO-1", Some(Match::SameId)),
            ("ceo-", "CEO-1", Some(Match::IdBegins)),
            ("GRÖSS", "größe", Some(Match::IdBegins)),
            ("JOSE\u{301}", "jos\u{e9}", Some(Match::SameId)),
            ("eo", "CEO-1", None),
            ("ceo-11", "CEO-1", None),
            ("jose", "jos\u{e9}", None),
        ] {
            assert_eq!(found(typed, id, "Name", None), expected, "{typed} {id}");
        }
    }

    #[test]
    fn a_name_matches_whatever_its_case_accents_and_width() {
        for (typed, name) in [
            ("zoe", "Zo\u{eb}"),
            ("ZOË", "zoe"),
            ("zoe\u{308}", "Zo\u{eb}"),
            ("emil kast", " Emil Kästner"),
            ("STRASSE", "Straße"),
            ("οδυσ", "ΟΔΥΣΣΕΥΣ"),
            ("οδυσσεύς", "Οδυσσευς"),
            ("елк", "Ёлка"),
            ("nguyen", "NGUYỄN"),
            ("istanbul", "İstanbul"),
            ("ada", "Ａｄａ"),
            ("가", "각"),
            ("さくら 山", "さくら\u{3000}山田"),
        ] {
            assert_eq!(in_name(typed, name), Some(Match::NameBegins), "{typed} {name}");
        }
    }

    #[test]
    fn marks_that_make_another_letter_count_and_accents_alone_find_nobody() {
        for (typed, name) in [("が", "か"), ("कु", "कि"), ("ø", "o"), ("\u{301}", "Ada"), ("\u{b4}", "Ada")]
        {
            assert_eq!(in_name(typed, name), None, "{typed} {name}");
        }
    }

    #[test]
    fn a_later_word_begins_behind_space_a_hyphen_or_an_apostrophe() {
        for (typed, name) in [
            ("love", "Ada Lovelace"),
            ("king love", "Ada King Lovelace"),
            ("marie", "Anne-Marie"),
            ("luc", "Jean\u{2011}Luc"),
            ("neil", "O’Neil"),
            ("スミス", "ジョン・スミス"),
            // What begins a word may overlap with what does not.
            ("a a", "ba a a"),
        ] {
            assert_eq!(in_name(typed, name), Some(Match::LaterWordBegins), "{typed} {name}");
        }
        for (typed, name) in [("ovelace", "Ada Lovelace"), ("ada love", "Ada King Lovelace")] {
            assert_eq!(in_name(typed, name), None, "{typed} {name}");
        }
    }

    #[test]
    fn an_email_matches_from_its_beginning_address_or_not() {
        assert_eq!(found("ADA@ex", "1", "Name", Some("\tAda@Example.org")), Some(Match::EmailBegins));
        assert_eq!(found("n/", "1", "Name", Some("N/A")), Some(Match::EmailBegins));
        assert_eq!(found("example", "1", "Name", Some("ada@example.org")), None);
    }

    #[test]
    fn short_cuts_through_the_bare_form_change_nothing() {
        let the_long_way = |c: char| {
            let accents_aside = iter::once(c).nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'));
            accents_aside.flat_map(without_case).collect::<String>()
        };
        let seen = |c: &char| !c.is_whitespace() && !is_invisible(*c);
        for c in ('\0'..='\u{7f}').chain('\u{3040}'..='\u{9fff}').filter(seen) {
            assert_eq!(bare(&c.to_string()), the_long_way(c), "{c}");
        }
    }
}
