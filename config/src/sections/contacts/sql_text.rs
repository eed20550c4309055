//! SQL that an operator or a preset gives, taken apart: what is quoted, what is bound, and what stands as it is.

use std::str::FromStr;

use crate::nearest::nearest;
use crate::problem::Refusal;
use crate::sections::contacts::identifier;
use crate::shown::shown;

/// One statement, expression or condition.
///
/// Invariant: it is not empty, it is one, and it holds no parameter but those of [`SqlParameter`]; only `FromStr`, which checks that, makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlText {
    source: String,
    parts: Vec<SqlPart>,
    is_a_list: bool,
}

/// A part of an [`SqlText`]. The parts, one behind the other, are the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlPart {
    /// What stands as it is.
    Verbatim(String),
    /// `{name}`: a table or a column, to be quoted as the database wants it; perhaps with its schema before a dot.
    Identifier(String),
    /// `{=table}`, `{=id}` or `{=email}`: what the mapping, or the view that stands for it, calls this.
    Mapped(MappedName),
    /// `:id` and the like: to be bound, never to be written out.
    Parameter(SqlParameter),
}

/// What a mapping has a name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappedName {
    /// `{=table}`
    Table,
    /// `{=id}`
    Id,
    /// `{=email}`
    Email,
}

/// What a statement or an expression may have bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlParameter {
    /// `:id`: the contact's id as the row has it.
    Id,
    /// `:uuid`: a fresh random UUID (version 4), as text.
    Uuid,
    /// `:random`: 60 fresh random characters of A-Z, a-z and 0-9.
    Random,
    /// `:salt`: the salt of the new hash, for formats that keep it in a column of its own.
    Salt,
    /// `:algorithm`: how the new hash was made, likewise.
    Algorithm,
}

impl MappedName {
    const NAMES: &'static [(&'static str, Self)] =
        &[("table", Self::Table), ("id", Self::Id), ("email", Self::Email)];
}

impl SqlParameter {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("uuid", Self::Uuid),
        ("random", Self::Random),
        ("salt", Self::Salt),
        ("algorithm", Self::Algorithm),
    ];
}

impl SqlText {
    /// As it was given, without space around it and without a semicolon at its end.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[SqlPart] {
        &self.parts
    }

    /// The parameters, in order; one may come several times.
    pub fn parameters(&self) -> impl Iterator<Item = SqlParameter> {
        self.parts.iter().filter_map(|part| match part {
            SqlPart::Parameter(parameter) => Some(*parameter),
            _ => None,
        })
    }

    /// Whether the mapping's name for this stands in it.
    pub fn names(&self, mapped: MappedName) -> bool {
        self.parts.contains(&SqlPart::Mapped(mapped))
    }

    /// Words in capital letters, and `:id`, each with how many round brackets are open. What is quoted holds none.
    pub(crate) fn words(&self) -> Vec<(usize, String)> {
        let (mut words, mut open) = (Vec::new(), 0_usize);
        for part in &self.parts {
            let mut rest = match part {
                SqlPart::Verbatim(text) => text.as_str(),
                SqlPart::Parameter(SqlParameter::Id) => {
                    words.push((open, ":id".to_owned()));
                    continue;
                }
                _ => continue,
            };
            while let Some(next) = rest.chars().next() {
                let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
                let length = match next {
                    '\'' | '"' | '`' => {
                        let inside = rest.split_at(1).1;
                        inside.find(next).map_or(rest.len(), |end| end + 2)
                    }
                    c if is_of_word(c) => {
                        let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                        words.push((open, rest.split_at(length).0.to_uppercase()));
                        length
                    }
                    c => {
                        match c {
                            '(' => open += 1,
                            ')' => open = open.saturating_sub(1),
                            _ => {}
                        }
                        c.len_utf8()
                    }
                };
                rest = rest.split_at(length).1;
            }
        }
        words
    }

    /// Whether a comma stands outside of any brackets.
    pub(crate) fn is_a_list(&self) -> bool {
        self.is_a_list
    }

    /// Every `{*name}` with what `expand` makes of the name.
    pub(crate) fn expanded(mut self, expand: impl Fn(&str) -> String) -> Self {
        for part in &mut self.parts {
            if let SqlPart::Identifier(name) = part
                && let Some(beside) = name.strip_prefix('*')
            {
                *name = expand(beside);
            }
        }
        self
    }
}

impl FromStr for SqlText {
    type Err = Refusal;

    /// Checks: not empty, one statement, quotes, braces and brackets closed, no comment, no parameter of a driver, no unknown name.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let source = text.strip_suffix(';').unwrap_or(text).trim_end();
        if source.is_empty() {
            return Err(Refusal::new("is empty", "write the SQL, or remove it"));
        }
        let mut reading =
            Reading { rest: source, open: 0, is_a_list: false, verbatim: String::new(), parts: Vec::new() };
        while let Some(next) = reading.rest.chars().next() {
            reading.step(next)?;
        }
        if reading.open > 0 {
            return Err(Refusal::new("has a ( that is not closed", "close it"));
        }
        reading.end_verbatim();
        Ok(Self { source: source.to_owned(), parts: reading.parts, is_a_list: reading.is_a_list })
    }
}

/// SQL while it is taken apart.
struct Reading<'a> {
    rest: &'a str,
    /// How many round brackets are open.
    open: usize,
    /// Whether a comma stood outside of any.
    is_a_list: bool,
    verbatim: String,
    parts: Vec<SqlPart>,
}

impl Reading<'_> {
    fn step(&mut self, next: char) -> Result<(), Refusal> {
        match next {
            '\'' | '"' | '`' => self.quoted(next),
            '{' => self.braces(),
            ':' => self.colon(),
            ';' => {
                Err(Refusal::new("holds several statements", "write each of them as an item of its own list"))
            }
            '}' => Err(Refusal::new("holds a } without a {", "write names as {name}")),
            '?' | '$' => Err(Refusal::new(
                format!("holds a {next}, which drivers take for a parameter"),
                "write parameters by name, like :id",
            )),
            '-' | '/' if self.rest.starts_with("--") || self.rest.starts_with("/*") => {
                Err(Refusal::new("holds a comment", "write the comment in the config, behind a #"))
            }
            '(' => {
                self.open += 1;
                self.take(1);
                Ok(())
            }
            ')' if self.open == 0 => Err(Refusal::new("has a ) without a (", "remove it")),
            ')' => {
                self.open -= 1;
                self.take(1);
                Ok(())
            }
            '\0' => Err(Refusal::new("holds a NUL", "remove it")),
            _ => {
                self.is_a_list |= next == ',' && self.open == 0;
                self.take(next.len_utf8());
                Ok(())
            }
        }
    }

    /// Takes so many bytes as they stand.
    fn take(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.verbatim.push_str(taken);
        self.rest = rest;
    }

    fn end_verbatim(&mut self) {
        if !self.verbatim.is_empty() {
            self.parts.push(SqlPart::Verbatim(std::mem::take(&mut self.verbatim)));
        }
    }

    fn put(&mut self, part: SqlPart, bytes: usize) {
        self.end_verbatim();
        self.parts.push(part);
        self.rest = self.rest.split_at(bytes).1;
    }

    /// A text or a name in quotation marks. Whether a backslash escapes the next mark differs by database and by its settings.
    fn quoted(&mut self, mark: char) -> Result<(), Refusal> {
        let inside = self.rest.split_at(1).1;
        let Some(length) = inside.find(mark) else {
            return Err(Refusal::new(
                format!("has a {mark} that is not closed"),
                format!("write a second {mark}; one inside of a text is doubled"),
            ));
        };
        if inside.split_at(length).0.contains('\\') {
            return Err(Refusal::new(
                "has a backslash in quotation marks, which not every database reads alike",
                "write it without",
            ));
        }
        self.take(length + 2);
        Ok(())
    }

    fn braces(&mut self) -> Result<(), Refusal> {
        let inside = self.rest.split_at(1).1;
        let Some(length) = inside.find('}') else {
            return Err(Refusal::new("has a { that is not closed", "write names as {name}"));
        };
        let name = inside.split_at(length).0;
        let part = match name.strip_prefix('=') {
            Some(mapped) => {
                let known = MappedName::NAMES.iter().find(|(known, _)| *known == mapped);
                let (_, mapped) = known.ok_or_else(|| {
                    Refusal::new(
                        format!("{} is nothing that a mapping names", shown(name)),
                        "use {=table}, {=id} or {=email}, or {name} for any other table or column",
                    )
                })?;
                SqlPart::Mapped(*mapped)
            }
            None => {
                identifier::table(name.strip_prefix('*').unwrap_or(name))?;
                SqlPart::Identifier(name.to_owned())
            }
        };
        self.put(part, length + 2);
        Ok(())
    }

    fn colon(&mut self) -> Result<(), Refusal> {
        let behind = self.rest.split_at(1).1;
        if behind.starts_with(':') {
            // A cast of PostgreSQL.
            self.take(2);
            return Ok(());
        }
        let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        let name: String = behind.chars().take_while(is_name).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            self.take(1);
            return Ok(());
        }
        let Some((_, parameter)) = SqlParameter::NAMES.iter().find(|(known, _)| *known == name) else {
            let cure = match nearest(&name, SqlParameter::NAMES.iter().map(|(known, _)| *known)) {
                Some(meant) => format!("did you mean :{meant}?"),
                None => "there are :id, :uuid, :random, :salt and :algorithm".to_owned(),
            };
            return Err(Refusal::new(format!("{} is no parameter", shown(&format!(":{name}"))), cure));
        };
        self.put(SqlPart::Parameter(*parameter), name.len() + 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<SqlPart> {
        text.parse::<SqlText>().expect(text).parts().to_vec()
    }

    fn refused(text: &str) -> String {
        text.parse::<SqlText>().expect_err(text).to_string()
    }

    #[test]
    fn names_are_told_from_parameters_and_from_what_stands_as_it_is() {
        let verbatim = |text: &str| SqlPart::Verbatim(text.to_owned());
        assert_eq!(
            parts(" DELETE FROM {a.B c} WHERE {x}=:id AND n IN (SELECT {=email} FROM {=table}); "),
            [
                verbatim("DELETE FROM "),
                SqlPart::Identifier("a.B c".to_owned()),
                verbatim(" WHERE "),
                SqlPart::Identifier("x".to_owned()),
                verbatim("="),
                SqlPart::Parameter(SqlParameter::Id),
                verbatim(" AND n IN (SELECT "),
                SqlPart::Mapped(MappedName::Email),
                verbatim(" FROM "),
                SqlPart::Mapped(MappedName::Table),
                verbatim(")"),
            ]
        );
        for text in [
            "':id {x} ; -- ?$'",
            "'it''s'",
            "\":id\" || `{`",
            "now()::text",
            "a[1:2]",
            "@x := 1",
            "5 - -3 / 2",
            "'grün' || ü",
        ] {
            assert_eq!(parts(text), [verbatim(text)]);
        }
        assert_eq!(
            parts("concat(:uuid,:random,:salt,:algorithm)")
                .iter()
                .filter(|part| matches!(part, SqlPart::Parameter(_)))
                .count(),
            4
        );
    }

    #[test]
    fn what_a_driver_or_a_database_would_read_otherwise_is_refused() {
        for (text, refusal) in [
            ("", "is empty; write the SQL, or remove it"),
            (" ; ", "is empty; write the SQL, or remove it"),
            ("a; b", "holds several statements; write each of them as an item of its own list"),
            ("a;;", "holds several statements; write each of them as an item of its own list"),
            ("a = ?", "holds a ?, which drivers take for a parameter; write parameters by name, like :id"),
            ("a = $1", "holds a $, which drivers take for a parameter; write parameters by name, like :id"),
            ("a -- b", "holds a comment; write the comment in the config, behind a #"),
            ("a /* b */", "holds a comment; write the comment in the config, behind a #"),
            ("'a", "has a ' that is not closed; write a second '; one inside of a text is doubled"),
            (
                r"'a\'b'",
                "has a backslash in quotation marks, which not every database reads alike; write it without",
            ),
            ("(a", "has a ( that is not closed; close it"),
            ("a) or (b", "has a ) without a (; remove it"),
            ("{a", "has a { that is not closed; write names as {name}"),
            ("a}", "holds a } without a {; write names as {name}"),
            (
                "{=name}",
                "\"=name\" is nothing that a mapping names; use {=table}, {=id} or {=email}, or {name} for any other table or column",
            ),
            (
                "{a;b}",
                "\"a;b\" is not the plain name of a table or a column; write the name as the database lists it, without quotation marks: reset-link quotes it",
            ),
            ("a = :ids", "\":ids\" is no parameter; did you mean :id?"),
            ("a = :now", "\":now\" is no parameter; there are :id, :uuid, :random, :salt and :algorithm"),
        ] {
            assert_eq!(refused(text), refusal, "{text}");
        }
    }
}
