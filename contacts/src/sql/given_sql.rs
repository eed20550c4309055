//! Which tables and columns a given statement touches, as far as that can be told without a parser of every dialect.

use config::{SqlParameter, SqlPart, SqlText};

use super::dialect::Dialect;

/// What a statement needs to be granted on one table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TableRights {
    /// Quoted.
    pub(super) table: String,
    /// `DELETE`, `UPDATE` or `INSERT`; absent where it is only read.
    pub(super) verb: Option<&'static str>,
    /// Quoted columns that are written by UPDATE.
    pub(super) written: Vec<String>,
    /// Quoted columns that are read; `None` where that cannot be told.
    pub(super) read: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A word that is not quoted, in capital letters, and as it stands.
    Word(String, String),
    /// A table or a column, quoted.
    Name(String),
    /// What the mapping names.
    Mapped,
    Equals,
    /// `:id`.
    Id,
}

/// Words of SQL that are no column.
const WORDS: &[&str] = &[
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "CAST",
    "COALESCE",
    "CURRENT_TIMESTAMP",
    "DATE",
    "DEFAULT",
    "DELETE",
    "ELSE",
    "END",
    "ESCAPE",
    "EXISTS",
    "FALSE",
    "FROM",
    "IN",
    "INSERT",
    "INTERVAL",
    "INTO",
    "IS",
    "LIKE",
    "LOWER",
    "NOT",
    "NOW",
    "NULL",
    "OR",
    "SELECT",
    "SET",
    "THEN",
    "TRUE",
    "UPDATE",
    "UTC_TIMESTAMP",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// The columns that an expression or a condition names, quoted; `None` where some of its words may be columns as well.
pub(super) fn columns(text: &SqlText, dialect: Dialect) -> Option<Vec<String>> {
    let tokens = tokens(text, dialect);
    all_words_are_sql(&tokens).then(|| names(&tokens))
}

/// What a statement needs; empty where that cannot be told.
pub(super) fn rights(statement: &SqlText, dialect: Dialect) -> Vec<TableRights> {
    let tokens = tokens(statement, dialect);
    let is = |at: usize, word: &str| matches!(tokens.get(at), Some(Token::Word(found, _)) if found == word);
    let verb = ["DELETE", "UPDATE", "INSERT"].into_iter().find(|verb| is(0, verb));
    let at = match verb {
        Some("UPDATE") => 1,
        Some(_) if is(1, "FROM") || is(1, "INTO") => 2,
        _ => return Vec::new(),
    };
    let Some(table) = tokens.get(at).and_then(table_name) else { return Vec::new() };
    let rest = tokens.get(at + 1..).unwrap_or_default();
    let (rest, whose) = without_whose(rest);
    let further: Vec<String> = rest
        .windows(2)
        .filter_map(|pair| match pair {
            [Token::Word(from, _), table] if from == "FROM" || from == "JOIN" => table_name(table),
            _ => None,
        })
        .collect();
    let (mut written, mut read) = (Vec::new(), Vec::new());
    let ends = rest.iter().position(|token| matches!(token, Token::Word(word, _) if word == "WHERE"));
    for (at, token) in rest.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let is_set = verb == Some("UPDATE")
            && ends.is_none_or(|ends| at < ends)
            && rest.get(at + 1) == Some(&Token::Equals);
        let columns = if is_set { &mut written } else { &mut read };
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let is_told = all_words_are_sql(rest) && further.is_empty();
    let further =
        further.into_iter().map(|table| TableRights { table, verb: None, written: Vec::new(), read: None });
    let target = TableRights { table, verb, written, read: is_told.then_some(read) };
    std::iter::once(target).chain(whose).chain(further).collect()
}

/// What is before `IN (SELECT {column} FROM {table} WHERE {other} = :id)` at the end of a statement, and what that needs: there each column is of that table.
fn without_whose(tokens: &[Token]) -> (&[Token], Option<TableRights>) {
    let Some((before, end)) = tokens.len().checked_sub(9).map(|at| tokens.split_at(at)) else {
        return (tokens, None);
    };
    let [
        is_in,
        select,
        Token::Name(column),
        from,
        Token::Name(table),
        is_where,
        other,
        Token::Equals,
        Token::Id,
    ] = end
    else {
        return (tokens, None);
    };
    let are = [(is_in, "IN"), (select, "SELECT"), (from, "FROM"), (is_where, "WHERE")];
    let Token::Name(other) = other else { return (tokens, None) };
    if !are.iter().all(|(token, word)| matches!(token, Token::Word(found, _) if found == word)) {
        return (tokens, None);
    }
    let read = Some(vec![column.clone(), other.clone()]);
    let whose = TableRights { table: table.clone(), verb: None, written: Vec::new(), read };
    (before, Some(whose))
}

/// Tables and columns, unquoted, that a statement compares with `:id`.
pub(super) fn compared_with_id(statement: &SqlText) -> Vec<(&str, &str)> {
    let (mut compared, mut table) = (Vec::new(), None);
    let text = |part: &SqlPart| match part {
        SqlPart::Verbatim(text) => text.trim().to_ascii_uppercase(),
        _ => String::new(),
    };
    for window in statement.parts().windows(3) {
        let [before, of, behind] = window else { continue };
        if let SqlPart::Identifier(name) = of
            && ["FROM", "UPDATE", "JOIN"].iter().any(|word| text(before).ends_with(word))
        {
            table = Some(name.as_str());
        }
        let column = match (before, behind) {
            (SqlPart::Identifier(column), SqlPart::Parameter(SqlParameter::Id))
            | (SqlPart::Parameter(SqlParameter::Id), SqlPart::Identifier(column)) => column,
            _ => continue,
        };
        if text(of) == "=" {
            compared.extend(table.map(|table| (table, column.as_str())));
        }
    }
    compared
}

fn table_name(token: &Token) -> Option<String> {
    match token {
        Token::Name(name) => Some(name.clone()),
        Token::Word(_, word) => Some(word.clone()),
        Token::Mapped | Token::Equals | Token::Id => None,
    }
}

fn names(tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    for token in tokens {
        if let Token::Name(name) = token
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

fn all_words_are_sql(tokens: &[Token]) -> bool {
    tokens.iter().all(|token| match token {
        Token::Word(word, _) => {
            WORDS.contains(&word.as_str()) || word.chars().all(|c| c.is_ascii_digit() || c == '.')
        }
        _ => true,
    })
}

fn tokens(text: &SqlText, dialect: Dialect) -> Vec<Token> {
    let mut tokens = Vec::new();
    for part in text.parts() {
        match part {
            SqlPart::Verbatim(text) => of_text(text, &mut tokens),
            SqlPart::Identifier(name) => tokens.push(Token::Name(dialect.quoted_table(name))),
            SqlPart::Mapped(_) => tokens.push(Token::Mapped),
            SqlPart::Parameter(SqlParameter::Id) => tokens.push(Token::Id),
            SqlPart::Parameter(_) => {}
        }
    }
    tokens
}

fn of_text(mut text: &str, tokens: &mut Vec<Token>) {
    while let Some(next) = text.chars().next() {
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let length = match next {
            // The config has seen to it that each is closed.
            '\'' | '"' | '`' => {
                let inside = text.split_at(1).1;
                let length = inside.find(next).map_or(text.len(), |end| end + 2);
                if next != '\'' {
                    tokens.push(Token::Name(text.split_at(length).0.to_owned()));
                }
                length
            }
            '=' => {
                tokens.push(Token::Equals);
                1
            }
            c if is_of_word(c) => {
                let length = text.find(|c| !is_of_word(c)).unwrap_or(text.len());
                let word = text.split_at(length).0;
                tokens.push(Token::Word(word.to_uppercase(), word.to_owned()));
                length
            }
            c => c.len_utf8(),
        };
        text = text.split_at(length).1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<TableRights> {
        rights(&text.parse().unwrap(), Dialect::Postgres)
    }

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_statement_needs_its_verb_and_the_columns_that_it_reads() {
        let deletes = |table: &str, read| TableRights {
            table: table.to_owned(),
            verb: Some("DELETE"),
            written: Vec::new(),
            read,
        };
        for (text, expected) in [
            (
                "DELETE FROM {sessions} WHERE {user_id} = :id",
                deletes("\"sessions\"", Some(list(&["\"user_id\""]))),
            ),
            (
                "DELETE FROM {t} WHERE {email} IN (SELECT {=email} FROM {=table} WHERE {=id} = :id)",
                deletes("\"t\"", Some(list(&["\"email\""]))),
            ),
            (
                "delete from {auth.usermeta} where {user_id} = :id and {meta_key} = 'user_id x'",
                deletes("\"auth\".\"usermeta\"", Some(list(&["\"user_id\"", "\"meta_key\""]))),
            ),
            // Which of its words are columns cannot be told.
            ("DELETE FROM sessions WHERE user_id = :id", deletes("sessions", None)),
        ] {
            assert_eq!(of(text), [expected], "{text}");
        }
        let update =
            of("UPDATE {tokens} SET {revoked_at} = now() WHERE {user_id} = :id AND {revoked_at} IS NULL");
        assert_eq!(
            update,
            [TableRights {
                table: "\"tokens\"".to_owned(),
                verb: Some("UPDATE"),
                written: list(&["\"revoked_at\""]),
                read: Some(list(&["\"user_id\"", "\"revoked_at\""])),
            }]
        );
        let two = of("DELETE FROM {a} WHERE {b} IN (SELECT {c} FROM {d} WHERE {e} = 1 AND {f} = :id)");
        assert_eq!(two.iter().map(|one| one.table.as_str()).collect::<Vec<_>>(), ["\"a\"", "\"d\""]);
        assert!(two.iter().all(|one| one.read.is_none()), "which column is of which table cannot be told");
        let two = of("DELETE FROM {a} WHERE {x} = 'y' AND {b} IN (SELECT {c} FROM {d} WHERE {e} = :id)");
        assert_eq!(
            two,
            [
                deletes("\"a\"", Some(list(&["\"x\"", "\"b\""]))),
                TableRights {
                    table: "\"d\"".to_owned(),
                    verb: None,
                    written: Vec::new(),
                    read: Some(list(&["\"c\"", "\"e\""])),
                }
            ]
        );
        assert_eq!(of("CALL end_sessions(:id)"), []);
    }
    #[test]
    fn what_is_compared_with_the_id_is_told_with_its_table() {
        for (text, expected) in [
            ("DELETE FROM {a.b} WHERE {c} = 1 AND {d}=:id", vec![("a.b", "d")]),
            ("UPDATE {a} SET {x} = 1 WHERE :id = {b} OR {c} = :id", vec![("a", "b"), ("a", "c")]),
            ("DELETE FROM {a} WHERE {b} IN (SELECT {c} FROM {d} WHERE {e} = :id)", vec![("d", "e")]),
            ("DELETE FROM {a} WHERE {b} IN (SELECT {c} FROM {=table} WHERE {=id} = :id)", vec![]),
        ] {
            assert_eq!(compared_with_id(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
