//! Tries what an account must not be able to do, on nobody.

use sqlx::Error;

use super::CheckedAccount;
use crate::sql::catalogue;
use crate::sql::database::OpenTransaction;
use crate::sql::dialect::Dialect;
use crate::sql::grants::{Applied, used_table, writable};
use crate::sql::statement::Statement;
use crate::sql::table::Role;

/// So many columns of one table are tried.
const COLUMNS: usize = 300;

/// What went through and should not have.
#[derive(Default)]
pub(super) struct Allowed {
    /// Quoted tables, each with what may be done to it.
    pub(super) writes: Vec<(String, String)>,
    /// Quoted tables whose hashes can be read.
    pub(super) reads_password: Vec<String>,
}

/// Tries it.
pub(super) async fn trial(account: &CheckedAccount, applied: &Applied<'_>) -> Result<Allowed, Error> {
    let CheckedAccount { settings, database, role, .. } = account;
    let dialect = database.dialect();
    let mapping = &settings.mapping;
    let used = used_table(settings, *role);
    let may_write = match role {
        Role::Reader => Vec::new(),
        Role::Writer => writable(settings, applied),
    };
    let mut tried = vec![(used.clone(), may_write)];
    if used != mapping.table {
        tried.push((mapping.table.clone(), Vec::new()));
    }
    let mut allowed = Allowed::default();
    for (table, may_write) in tried {
        let found = catalogue::columns(database, &table).await?;
        let mut columns: Vec<String> = found.into_iter().map(|column| column.name).take(COLUMNS).collect();
        if table == mapping.table {
            // Of a table of which it may know nothing it is not told the columns.
            let mapped = mapping.name.iter().chain([&mapping.id, &mapping.password]).chain(&mapping.email);
            columns.extend(mapped.cloned());
        }
        columns.sort();
        columns.dedup();
        let quoted = dialect.quoted_table(&table);
        let mut open = Trial { account, open: None };
        let mut set = Vec::new();
        for column in &columns {
            let is_meant = may_write.contains(&column.as_str());
            let name = dialect.quoted(column);
            if !is_meant && open.goes(&format!("UPDATE {quoted} SET {name} = NULL WHERE 1 = 0")).await? {
                set.push(column.clone());
            }
        }
        if !set.is_empty() {
            allowed.writes.push((quoted.clone(), format!("UPDATE ({})", set.join(", "))));
        }
        if open.goes(&format!("DELETE FROM {quoted} WHERE 1 = 0")).await? {
            allowed.writes.push((quoted.clone(), "DELETE".to_owned()));
        }
        let id = if table == mapping.table { &mapping.id } else { "id" };
        let insert = format!(
            "INSERT INTO {quoted} ({}) SELECT NULL{} WHERE 1 = 0",
            dialect.quoted(id),
            from_nothing(dialect)
        );
        if open.goes(&insert).await? {
            allowed.writes.push((quoted.clone(), "INSERT".to_owned()));
        }
        let password = if table == mapping.table { &mapping.password } else { "password" };
        let select = format!("SELECT {} FROM {quoted} WHERE 1 = 0", dialect.quoted(password));
        if settings.uses_views && open.goes(&select).await? {
            allowed.reads_password.push(quoted.clone());
        }
        open.end().await;
    }
    Ok(allowed)
}

fn from_nothing(dialect: Dialect) -> &'static str {
    match dialect {
        // Some releases want a table before a condition.
        Dialect::MySql => " FROM DUAL",
        Dialect::Postgres | Dialect::Sqlite => "",
    }
}

struct Trial<'a> {
    account: &'a CheckedAccount,
    open: Option<OpenTransaction>,
}

impl Trial<'_> {
    /// Whether the database lets this account do it.
    async fn goes(&mut self, text: &str) -> Result<bool, Error> {
        let database = &self.account.database;
        let dialect = database.dialect();
        let tried = if dialect == Dialect::MySql {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => database.begin().await?,
            };
            let tried = open.execute(&Statement::new(dialect, text)).await;
            self.open = Some(open);
            tried.map(drop)
        } else {
            // Rights are checked before a plan is shown, and no trigger runs.
            database.rows(&Statement::new(dialect, format!("EXPLAIN {text}"))).await.map(drop)
        };
        match tried {
            Ok(()) => Ok(true),
            Err(Error::Database(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn end(self) {
        if let Some(open) = self.open {
            open.rollback().await;
        }
    }
}
