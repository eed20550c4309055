//! What each account has to be granted, and nothing more.

use config::{AlsoRun, AlsoSet, SqlContacts, SqlMapping};
use sqlx::Error;

use super::catalogue;
use super::database::Database;
use super::dialect::Dialect;
use super::given_sql::{self, TableRights};
use super::table::{BOT_VIEW, REDEEM_VIEW, Role, VIEW_COLUMNS, in_schema_of};

/// What is done with a new password in this database.
#[derive(Clone)]
pub(super) struct Applied<'a> {
    pub(super) also_set: Vec<&'a AlsoSet>,
    pub(super) also_run: Vec<&'a AlsoRun>,
    /// Columns and tables that the mapping names, and that are not there as far as the account knows.
    pub(super) left_out: Vec<String>,
}

impl<'a> Applied<'a> {
    /// Whatever the mapping names.
    pub(super) fn all(mapping: &'a SqlMapping) -> Self {
        Self {
            also_set: mapping.also_set.iter().collect(),
            also_run: mapping.also_run.iter().collect(),
            left_out: Vec::new(),
        }
    }

    /// What the database has of it.
    pub(super) async fn of(
        database: &Database,
        mapping: &'a SqlMapping,
        columns: &[String],
    ) -> Result<Self, Error> {
        let (also_set, absent): (Vec<_>, Vec<_>) =
            mapping.also_set.iter().partition(|set| !set.only_if_present || columns.contains(&set.column));
        let mut left_out: Vec<String> = absent.iter().map(|set| format!("column {}", set.column)).collect();
        let mut also_run = Vec::new();
        for run in &mapping.also_run {
            match &run.if_table {
                Some(table) if !catalogue::has_table(database, table).await? => {
                    left_out.push(format!("table {table}"));
                }
                _ => also_run.push(run),
            }
        }
        Ok(Self { also_set, also_run, left_out })
    }
}

impl Applied<'_> {
    /// Tables that are not there as far as the account knows.
    pub(super) fn left_out_tables(&self) -> impl Iterator<Item = &str> {
        self.left_out.iter().filter_map(|what| what.strip_prefix("table "))
    }
}

/// The columns that may be written, by their own names.
pub(super) fn writable<'a>(settings: &'a SqlContacts, applied: &Applied<'a>) -> Vec<&'a str> {
    let password = if settings.uses_views { "password" } else { settings.mapping.password.as_str() };
    std::iter::once(password).chain(applied.also_set.iter().map(|set| set.column.as_str())).collect()
}

/// The table or view that a role uses.
pub(super) fn used_table(settings: &SqlContacts, role: Role) -> String {
    let view = match role {
        Role::Reader => BOT_VIEW,
        Role::Writer => REDEEM_VIEW,
    };
    in_schema_of(&settings.mapping.table, settings.uses_views.then_some(view))
}

/// The GRANTs that an account needs, each ended by a semicolon. `account` is quoted. Those for tables that may not be there come last.
pub(super) fn grants(
    dialect: Dialect,
    settings: &SqlContacts,
    role: Role,
    account: &str,
    applied: &Applied<'_>,
) -> Vec<String> {
    let table = dialect.quoted_table(&used_table(settings, role));
    let mut grants = Vec::new();
    if let (Dialect::Postgres, Some((schema, _))) = (dialect, settings.mapping.table.rsplit_once('.'))
        && schema != "public"
    {
        grants.push(format!("GRANT USAGE ON SCHEMA {} TO {account};", dialect.quoted(schema)));
    }
    let read = read_columns(dialect, settings, role, applied);
    let select = match read {
        Some(columns) => format!("SELECT ({})", columns.join(", ")),
        None => "SELECT".to_owned(),
    };
    if role == Role::Reader {
        grants.push(format!("GRANT {select} ON {table} TO {account};"));
        return grants;
    }
    let writable: Vec<_> =
        writable(settings, applied).into_iter().map(|column| dialect.quoted(column)).collect();
    grants.push(format!("GRANT {select}, UPDATE ({}) ON {table} TO {account};", writable.join(", ")));
    let mut run = applied.also_run.clone();
    run.sort_by_key(|run| run.if_table.is_some());
    for run in run {
        for rights in given_sql::rights(&run.statement, dialect) {
            grants.push(of_statement(&rights, account));
        }
    }
    grants
}

fn of_statement(rights: &TableRights, account: &str) -> String {
    let TableRights { table, verb, written, read } = rights;
    let mut parts = Vec::new();
    match read {
        None => parts.push("SELECT".to_owned()),
        Some(columns) if columns.is_empty() => {}
        Some(columns) => parts.push(format!("SELECT ({})", columns.join(", "))),
    }
    match verb {
        Some("UPDATE") if !written.is_empty() => parts.push(format!("UPDATE ({})", written.join(", "))),
        Some(verb) => parts.push((*verb).to_owned()),
        None => {}
    }
    format!("GRANT {} ON {table} TO {account};", parts.join(", "))
}

/// Quoted; `None` for all of them.
fn read_columns(
    dialect: Dialect,
    settings: &SqlContacts,
    role: Role,
    applied: &Applied<'_>,
) -> Option<Vec<String>> {
    let mapping = &settings.mapping;
    let mut columns: Vec<String> = if settings.uses_views {
        if role == Role::Reader {
            // It holds nothing else.
            return None;
        }
        VIEW_COLUMNS.iter().map(|column| dialect.quoted(column)).collect()
    } else {
        let plain = std::iter::once(&mapping.id)
            .chain(&mapping.name)
            .chain(&mapping.email)
            .chain(&mapping.email_key)
            .chain(&mapping.language)
            .chain([&mapping.password]);
        let mut columns: Vec<String> = plain.map(|column| dialect.quoted(column)).collect();
        if let Some(active) = &mapping.active {
            columns.extend(given_sql::columns(active, dialect)?);
        }
        columns
    };
    if role == Role::Writer {
        for set in &applied.also_set {
            match given_sql::columns(&set.expression, dialect) {
                Some(read) => columns.extend(read),
                // The view would show the hash.
                None if settings.uses_views => {}
                None => return None,
            }
        }
    }
    let mut once = Vec::new();
    for column in columns {
        if !once.contains(&column) {
            once.push(column);
        }
    }
    Some(once)
}
