//! Whose id, name or e-mail begins with what was typed. The table is read row by row, and only the best are kept.

use std::borrow::Cow;
use std::collections::BinaryHeap;

use futures_util::TryStreamExt;
use keys::text::{folded, folded_chars, visible, without_case};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use unicode_normalization::UnicodeNormalization;

use super::SqliteContacts;
use crate::contact::masked;
use crate::{ContactHit, DirectoryError};

/// So many characters are compared at most: whoever types more finds nobody.
const LONGEST: usize = 300;

/// Whoever may match, and as few others as SQL can tell: its `LIKE` knows the case of ASCII alone, so it judges what is ASCII, and
/// every other row is left to [`Typed`]. (`length` ends at a NUL, so a text that holds one counts among the others.) No search
/// column is asked: rows that another program wrote are found like all.
const CANDIDATES: &str = r"
    SELECT id, name, email FROM contacts WHERE active = 1 AND (
        ltrim(id) LIKE ?1 ESCAPE '\'
        OR name LIKE ?2 ESCAPE '\'
        OR ltrim(email, char(9, 10, 11, 12, 13, 32)) LIKE ?1 ESCAPE '\'
        OR length(id) < octet_length(id)
        OR length(name) < octet_length(name)
        OR length(email) < octet_length(email)
    )";

impl SqliteContacts {
    pub(super) async fn best_hits(
        &self,
        typed: &str,
        limit: usize,
    ) -> Result<Vec<ContactHit>, DirectoryError> {
        self.check_in_place().await?;
        let Some(typed) = Typed::new(typed) else { return Ok(Vec::new()) };
        let mut best = Best::of(limit);
        let mut rows = sqlx::query(CANDIDATES)
            .bind(format!("{}%", literally(&typed.folded)))
            .bind(format!("%{}%", literally(&typed.bare)))
            .fetch(&self.pool);
        while let Some(row) = rows.try_next().await.map_err(|error| self.unreachable(error))? {
            let held = Held::of(&row).map_err(|error| self.unreachable(error))?;
            if let Some(place) = typed.place(held) {
                best.keep(place, held);
            }
        }
        best.in_order().map(|candidate| self.hit(candidate)).collect()
    }

    fn hit(&self, candidate: Candidate) -> Result<ContactHit, DirectoryError> {
        let Candidate { id, name, email, .. } = candidate;
        Ok(ContactHit { id: self.id(id)?, name, masked_email: email.as_deref().map(masked) })
    }
}

/// What a row holds.
#[derive(Clone, Copy)]
struct Held<'row> {
    id: &'row str,
    name: &'row str,
    email: Option<&'row str>,
}

impl<'row> Held<'row> {
    fn of(row: &'row SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get(0)?, name: row.try_get(1)?, email: row.try_get(2)? })
    }
}

/// How a contact matches, the best first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    /// The id as it stands.
    Id,
    /// An id that `find` takes for the same.
    SameId,
    IdBegins,
    NameBegins,
    LaterWordBegins,
    EmailBegins,
}

/// Where a contact stands among the others: by how it matches, and then by the id or name in the form in which it is compared. Never by
/// the e-mail, of which the order would tell.
type Place = (Match, String);

/// What was typed, in the forms in which it is compared.
struct Typed<'a> {
    as_it_stands: &'a str,
    folded: String,
    bare: String,
}

impl<'a> Typed<'a> {
    /// `None` where it is too long to find anybody.
    fn new(typed: &'a str) -> Option<Self> {
        if typed.trim().chars().nth(LONGEST).is_some() {
            return None;
        }
        Some(Self { as_it_stands: typed, folded: folded(typed), bare: bare(typed).into_owned() })
    }

    /// `None` where nothing matches.
    fn place(&self, held: Held<'_>) -> Option<Place> {
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
        let mut later = name.match_indices(parts_words).filter_map(|(at, c)| name.get(at + c.len()..));
        later.any(|rest| rest.starts_with(&self.bare)).then_some(Match::LaterWordBegins)
    }
}

/// The best candidates so far, at most `limit` of them; the worst is on top.
struct Best {
    limit: usize,
    kept: BinaryHeap<Candidate>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    place: Place,
    id: String,
    name: String,
    email: Option<String>,
}

impl Best {
    fn of(limit: usize) -> Self {
        Self { limit, kept: BinaryHeap::new() }
    }

    fn keep(&mut self, place: Place, held: Held<'_>) {
        if self.kept.len() >= self.limit {
            let is_better = |worst: &Candidate| (&place, held.id) < (&worst.place, worst.id.as_str());
            if !self.kept.peek().is_some_and(is_better) {
                return;
            }
            self.kept.pop();
        }
        let (id, name, email) = (held.id.into(), held.name.into(), held.email.map(Into::into));
        self.kept.push(Candidate { place, id, name, email });
    }

    fn in_order(self) -> impl Iterator<Item = Candidate> {
        self.kept.into_sorted_vec().into_iter()
    }
}

/// The form in which names are compared: looser than `folded`, without the accents of Latin, Greek and Cyrillic letters.
/// The marks of other scripts stay, where they are vowels and consonants.
fn bare(text: &str) -> Cow<'_, str> {
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

/// A pattern of `LIKE … ESCAPE '\'` in which this text means itself.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// What stands between the words of a name, in its bare form.
fn parts_words(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation() || matches!(c, '\u{2010}'..='\u{2015}' | '’' | '・')
}

/// Whether a row matches, for holding the statement to it.
#[cfg(test)]
pub(super) fn matches(typed: &str, id: &str, name: &str, email: Option<&str>) -> bool {
    Typed::new(typed).is_some_and(|typed| typed.place(Held { id, name, email }).is_some())
}

#[cfg(test)]
mod tests {
    use std::iter;

    use keys::text::is_invisible;

    use super::*;

    fn found(typed: &str, id: &str, name: &str, email: Option<&str>) -> Option<Match> {
        Typed::new(typed).unwrap().place(Held { id, name, email }).map(|(found, _)| found)
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
