//! The SQL of the views that reset-link names, for the operator to run.

use config::SqlContacts;

use super::catalogue;
use super::database::Database;
use super::dialect::Dialect;
use super::error::describe;
use super::grants::{Applied, grants};
use super::session::Access;
use super::statement::Statement;
use super::table::{BOT_VIEW, ContactTable, REDEEM_VIEW, Role, VIEW_COLUMNS, in_schema_of};
use crate::OpenError;
use crate::hash::PasswordHasher;

/// The SQL that makes both views and grants each account what it needs, for the account to which the table belongs.
///
/// # Errors
/// [`OpenError::Sql`] where views are of no use, or cannot be made of this mapping.
pub async fn views_sql(reader: &SqlContacts, writer: &SqlContacts) -> Result<String, OpenError> {
    let refused = |text: String| OpenError::Sql(format!("{}: {text}", writer.url_key));
    let database = Database::new(reader, Access::Read).map_err(|error| refused(describe(&error)))?;
    let dialect = database.dialect();
    let mapping = &writer.mapping;
    let hasher = PasswordHasher::new(&mapping.hash).map_err(|error| refused(error.to_string()))?;
    if dialect == Dialect::Sqlite {
        return Err(refused(
            "SQLite has no accounts, so views protect nothing. To mend: leave `views` out, and let the mode of the file say who may read it"
                .to_owned(),
        ));
    }
    if let Some(set) = mapping
        .also_set
        .iter()
        .find(|set| VIEW_COLUMNS.contains(&set.column.as_str()) || set.column == "password")
    {
        return Err(refused(format!(
            "column \"{}\" of `also_set` has the name of a column of the views. To mend: rename it in the table, or do without views",
            set.column
        )));
    }
    // What the database does not tell is taken to be there.
    let columns = catalogue::columns(&database, &mapping.table).await.unwrap_or_default();
    let knows_all = dialect == Dialect::Postgres && !columns.is_empty();
    let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
    let applied = match knows_all {
        true => Applied::of(&database, mapping, &names).await.unwrap_or_else(|_| Applied::all(mapping)),
        false => Applied::all(mapping),
    };
    let accounts = [account(reader, &database, dialect).await, account_of(writer, dialect).await];
    database.close().await;
    let with_views = |settings: &SqlContacts| SqlContacts { uses_views: true, ..settings.clone() };
    let (reader, writer) = (with_views(reader), with_views(writer));
    Ok(Script { dialect, reader: &reader, writer: &writer, applied: &applied, hasher, knows_all }
        .text(&accounts))
}

async fn account_of(settings: &SqlContacts, dialect: Dialect) -> String {
    match Database::new(settings, Access::Read) {
        Ok(database) => {
            let account = account(settings, &database, dialect).await;
            database.close().await;
            account
        }
        Err(_) => String::new(),
    }
}

/// The account as a GRANT names it; where the database does not tell it, as the URL has it.
pub(super) async fn account(settings: &SqlContacts, database: &Database, dialect: Dialect) -> String {
    let question = match dialect {
        Dialect::Postgres => "SELECT current_user::text",
        Dialect::MySql => "SELECT CONVERT(CURRENT_USER() USING utf8mb4)",
        Dialect::Sqlite => return String::new(),
    };
    let statement = Statement::new(dialect, question);
    let mut told = database.rows(&statement).await;
    if told.is_err() && dialect == Dialect::MySql {
        // An account that was granted nothing yet may not even name the database.
        let anywhere = SqlContacts {
            url: config::Secret::new(without_database(settings.url.expose())),
            ..settings.clone()
        };
        if let Ok(server) = Database::new(&anywhere, Access::Read) {
            told = server.rows(&statement).await;
            server.close().await;
        }
    }
    let told = told.ok().and_then(|rows| rows.into_iter().flatten().next().flatten());
    quoted_account(dialect, &told.unwrap_or_else(|| database.login()))
}

fn without_database(url: &str) -> String {
    let at = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(at);
    let (rest, parameters) =
        rest.split_once('?').map_or((rest, None), |(rest, parameters)| (rest, Some(parameters)));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    match parameters {
        Some(parameters) => format!("{scheme}{host}?{parameters}"),
        None => format!("{scheme}{host}"),
    }
}

fn quoted_account(dialect: Dialect, account: &str) -> String {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => dialect.quoted(account),
        Dialect::MySql => {
            let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
            let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
            format!("{}@{}", quoted(user), quoted(host))
        }
    }
}

struct Script<'a> {
    dialect: Dialect,
    reader: &'a SqlContacts,
    writer: &'a SqlContacts,
    applied: &'a Applied<'a>,
    hasher: PasswordHasher,
    /// Whether the database has told which columns and tables there are.
    knows_all: bool,
}

impl Script<'_> {
    fn text(&self, [reader, writer]: &[String; 2]) -> String {
        let mut lines = vec![
            format!(
                "-- Run this as the account to which table {} belongs, in its database.",
                self.reader.mapping.table
            ),
            "-- It may be run again; afterwards set views = true below [contacts].".to_owned(),
        ];
        if !self.knows_all && self.has_optional() {
            lines.push("-- Lines that end in \"-- if there is one\" are for a column or a table that not every release of".to_owned());
            lines.push("-- the application has: take them out where there is none.".to_owned());
        }
        lines.push(String::new());
        if self.dialect == Dialect::Postgres {
            lines.push("BEGIN;".to_owned());
        }
        lines.push(self.view(BOT_VIEW, false));
        lines.push(self.view(REDEEM_VIEW, true));
        lines.push(String::new());
        let nothing = Applied { also_set: Vec::new(), also_run: Vec::new(), left_out: Vec::new() };
        lines.extend(grants(self.dialect, self.reader, Role::Reader, reader, &nothing));
        lines.extend(
            grants(self.dialect, self.writer, Role::Writer, writer, self.applied)
                .into_iter()
                .map(|grant| self.marked(grant)),
        );
        if self.dialect == Dialect::Postgres {
            lines.push("COMMIT;".to_owned());
        }
        lines.join("\n")
    }

    fn has_optional(&self) -> bool {
        self.applied.also_set.iter().any(|set| set.only_if_present)
            || self.applied.also_run.iter().any(|run| run.if_table.is_some())
    }

    /// Marks a GRANT on a table that may not be there.
    fn marked(&self, grant: String) -> String {
        let is_optional = self
            .applied
            .also_run
            .iter()
            .filter_map(|run| run.if_table.as_ref())
            .any(|table| grant.contains(&format!(" ON {} TO ", self.dialect.quoted_table(table))));
        if is_optional && !self.knows_all { format!("{grant} -- if there is one") } else { grant }
    }

    fn view(&self, view: &str, has_password: bool) -> String {
        let (dialect, mapping) = (self.dialect, &self.reader.mapping);
        let table = ContactTable::mapped(dialect, self.hasher.clone(), mapping);
        let name = dialect.quoted_table(&in_schema_of(&mapping.table, Some(view)));
        // As it is: statements compare it with columns of other tables, and a converted text has another collation.
        let email = if mapping.email.is_some() { &table.names.email } else { &table.email };
        let columns = [
            &table.id,
            &table.name,
            email,
            &table.email_key,
            &table.language,
            &table.active,
            &table.version,
            &table.kind,
        ];
        let mut selected: Vec<(String, &str)> = VIEW_COLUMNS
            .iter()
            .zip(columns)
            .map(|(name, expression)| (format!("{} AS {}", by_line(expression), dialect.quoted(name)), ""))
            .collect();
        if has_password {
            selected.push((format!("{} AS {}", table.password, dialect.quoted("password")), ""));
            for set in &self.applied.also_set {
                let mark = if set.only_if_present && !self.knows_all { " -- if there is one" } else { "" };
                selected.push((dialect.quoted(&set.column), mark));
            }
        }
        let selected: Vec<String> = selected
            .into_iter()
            .enumerate()
            // Each comma stands before what can be taken out.
            .map(|(at, (column, mark))| format!("  {}{column}{mark}", if at == 0 { "  " } else { ", " }))
            .collect();
        let create = match dialect {
            // The columns of a view that is there cannot be changed.
            Dialect::Postgres => format!("DROP VIEW IF EXISTS {name};\nCREATE VIEW {name} AS SELECT"),
            Dialect::MySql | Dialect::Sqlite => format!("CREATE OR REPLACE VIEW {name} AS SELECT"),
        };
        format!("{create}\n{}\nFROM {};", selected.join("\n"), table.table)
    }
}

/// What tells the kind of a hash has many cases.
fn by_line(expression: &str) -> String {
    let parts: Vec<&str> = expression.split(" WHEN ").collect();
    if parts.len() > 4 { parts.join("\n      WHEN ") } else { expression.to_owned() }
}
