//! What the database itself says of a table: whether it is there, its columns, their types and lengths.

use sqlx::Error;

use super::database::Database;
use super::dialect::Dialect;
use super::statement::Statement;

/// A column as the database describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// As a cast names it.
    pub(super) type_name: String,
    /// The most characters that fit; absent: no limit.
    pub(super) length: Option<u64>,
}

/// The columns of a table or view that this account may know of; none where there is no such table.
pub(super) async fn columns(database: &Database, table: &str) -> Result<Vec<Column>, Error> {
    let dialect = database.dialect();
    let (schema, name) = match table.rsplit_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, table),
    };
    let mut statement = Statement::new(dialect, "");
    let text = match dialect {
        Dialect::Postgres => {
            let quoted = statement.parameter(Some(&dialect.quoted_table(table)));
            // -1: no length, and `bpchar` for what would be read as `character(1)` otherwise.
            format!(
                "SELECT attname::text, format_type(atttypid, -1), \
                 CASE WHEN atttypid IN (1042, 1043) AND atttypmod > 4 THEN (atttypmod - 4)::text END \
                 FROM pg_catalog.pg_attribute \
                 WHERE attrelid = to_regclass({quoted}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
            )
        }
        Dialect::MySql => {
            let schema = statement.parameter(schema);
            let name = statement.parameter(Some(name));
            let text = |column: &str| dialect.as_text(column);
            format!(
                "SELECT {}, {}, {} FROM information_schema.columns \
                 WHERE table_schema = coalesce({schema}, DATABASE()) AND table_name = {name} ORDER BY ordinal_position",
                text("column_name"),
                text("data_type"),
                text("character_maximum_length"),
            )
        }
        Dialect::Sqlite => {
            let name = statement.parameter(Some(name));
            format!("SELECT name, type, NULL FROM pragma_table_info({name})")
        }
    };
    let found = database.rows(&statement.push(&text)).await?;
    Ok(found
        .into_iter()
        .filter_map(|row| {
            let mut values = row.into_iter();
            let (name, type_name) = (values.next()??, values.next()??);
            let length = values.next().flatten().and_then(|length| length.parse().ok());
            Some(Column { name, type_name, length })
        })
        .collect())
}

/// Whether there is such a table, as far as this account may know.
pub(super) async fn has_table(database: &Database, table: &str) -> Result<bool, Error> {
    Ok(!columns(database, table).await?.is_empty())
}

/// MySQL: which engine keeps the table; absent where that is not known (a view, another database).
pub(super) async fn engine(database: &Database, table: &str) -> Result<Option<String>, Error> {
    let dialect = database.dialect();
    if dialect != Dialect::MySql {
        return Ok(None);
    }
    let (schema, name) = match table.rsplit_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, table),
    };
    let statement =
        Statement::new(dialect, "SELECT CONVERT(engine USING utf8mb4) FROM information_schema.tables ")
            .push("WHERE table_schema = coalesce(")
            .bind(schema)
            .push(", DATABASE()) AND table_name = ")
            .bind(Some(name));
    Ok(database.rows(&statement).await?.into_iter().flatten().next().flatten())
}

/// PostgreSQL: the encoding of the database.
pub(super) async fn encoding(database: &Database) -> Result<Option<String>, Error> {
    if database.dialect() != Dialect::Postgres {
        return Ok(None);
    }
    let statement = Statement::new(Dialect::Postgres, "SELECT current_setting('server_encoding')");
    Ok(database.rows(&statement).await?.into_iter().flatten().next().flatten())
}
