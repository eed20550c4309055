//! SQL that an operator or a preset gives, put into a statement: names are quoted, parameters are bound.

use std::borrow::Cow;

use config::{MappedName, SqlParameter, SqlPart, SqlText};

use super::dialect::Dialect;
use super::random;
use super::statement::Statement;
use crate::Entropy;

/// What the mapping's own names are in the table or view that is used, quoted.
#[derive(Clone)]
pub(super) struct MappedNames {
    pub(super) table: String,
    pub(super) id: String,
    pub(super) email: String,
}

impl MappedNames {
    fn of(&self, name: MappedName) -> &str {
        match name {
            MappedName::Table => &self.table,
            MappedName::Id => &self.id,
            MappedName::Email => &self.email,
        }
    }
}

/// What parameters are in one write.
pub(super) struct Values<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) cast_id: &'a (dyn Fn(&str) -> String + Sync),
    pub(super) entropy: &'a Entropy,
    pub(super) salt: Option<&'a str>,
    pub(super) algorithm: Option<&'a str>,
}

impl Values<'_> {
    /// What is random is so at every place: one stamp must not tell another.
    fn of(&self, parameter: SqlParameter) -> Option<Cow<'_, str>> {
        match parameter {
            SqlParameter::Id => self.id.map(Cow::from),
            SqlParameter::Uuid => Some(random::uuid(self.entropy).into()),
            SqlParameter::Random => Some(random::letters(self.entropy).into()),
            SqlParameter::Salt => self.salt.map(Cow::from),
            SqlParameter::Algorithm => self.algorithm.map(Cow::from),
        }
    }
}

/// Puts given SQL behind a statement.
pub(super) fn push_text(
    mut statement: Statement,
    text: &SqlText,
    dialect: Dialect,
    names: &MappedNames,
    values: &Values<'_>,
) -> Statement {
    for part in text.parts() {
        statement = match part {
            SqlPart::Parameter(parameter) => {
                let bound = statement.parameter(values.of(*parameter).as_deref());
                let bound = match parameter {
                    SqlParameter::Id => (values.cast_id)(&bound),
                    _ => bound,
                };
                statement.push(&bound)
            }
            named => statement.push(&verbatim(named, dialect, names)),
        };
    }
    statement
}

/// A condition, which has no parameters.
pub(super) fn condition(text: &SqlText, dialect: Dialect, names: &MappedNames) -> String {
    text.parts().iter().map(|part| verbatim(part, dialect, names)).collect()
}

/// SQL for somebody to read: names are quoted, parameters are named.
pub(super) fn shown(text: &SqlText, dialect: Dialect, names: &MappedNames) -> String {
    let name = |parameter: &SqlParameter| match parameter {
        SqlParameter::Id => ":id",
        SqlParameter::Uuid => ":uuid",
        SqlParameter::Random => ":random",
        SqlParameter::Salt => ":salt",
        SqlParameter::Algorithm => ":algorithm",
    };
    let parts = text.parts().iter().map(|part| match part {
        SqlPart::Parameter(parameter) => name(parameter).to_owned(),
        named => verbatim(named, dialect, names),
    });
    parts.collect()
}

fn verbatim(part: &SqlPart, dialect: Dialect, names: &MappedNames) -> String {
    match part {
        SqlPart::Verbatim(text) => text.clone(),
        SqlPart::Identifier(name) => dialect.quoted_table(name),
        SqlPart::Mapped(name) => names.of(*name).to_owned(),
        SqlPart::Parameter(_) => String::new(),
    }
}
