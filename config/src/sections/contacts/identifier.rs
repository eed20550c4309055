//! Names of tables and columns, as an operator writes them.

use crate::problem::Refusal;
use crate::shown::shown;

/// The longest name that any of the databases takes, in characters: MySQL's.
const LONGEST: usize = 64;

/// A table, perhaps with its schema before a dot.
pub(crate) fn table(name: &str) -> Result<String, Refusal> {
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 {
        return Err(Refusal::new(
            format!("{} has more than one dot", shown(name)),
            "write the table alone, or its schema, a dot and the table",
        ));
    }
    parts.into_iter().try_for_each(part)?;
    Ok(name.to_owned())
}

/// A column.
pub(crate) fn column(name: &str) -> Result<String, Refusal> {
    if name.contains('.') {
        return Err(Refusal::new(
            format!("{} has a dot", shown(name)),
            "write the column alone: all columns are those of the one table; a view can join several",
        ));
    }
    part(name)?;
    Ok(name.to_owned())
}

fn part(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::new("is empty", "write a name"));
    }
    if name.trim() != name || name.chars().any(|c| c.is_control() || "\"'`[]{}()*=;,".contains(c)) {
        return Err(Refusal::new(
            format!("{} is not the plain name of a table or a column", shown(name)),
            "write the name as the database lists it, without quotation marks: reset-link quotes it",
        ));
    }
    if name.chars().count() > LONGEST {
        return Err(Refusal::new(
            format!("{} is longer than any database's names", shown(name)),
            "write the name alone",
        ));
    }
    Ok(())
}
