//! Whether look-ups are answered by an index, and the statement that makes one where not.

use keys::NormalisedEmail;
use sqlx::Error;

use super::CheckedAccount;
use crate::CheckFinding;
use crate::sql::contact_lookup::{who_has, who_is};
use crate::sql::database::OpenTransaction;
use crate::sql::dialect::Dialect;
use crate::sql::statement::Statement;
use crate::sql::table::ContactTable;

const ID: &str = "contacts.mapping.id";
const EMAIL: &str = "contacts.mapping.email";

/// The column that a MySQL or MariaDB table is given, and the name of an index.
const EMAIL_KEY: &str = "reset_link_email_key";
/// A look-up that reads so many rows has no index.
const FEW: u64 = 100;

/// How an index answers.
enum Plan {
    Index,
    /// So few rows that the database reads them all.
    FewRows,
    Scan,
}

/// Asks for the plan of each look-up. The writer reads what the reader reads.
pub(super) async fn check(reader: &CheckedAccount, writer: Option<&CheckedAccount>) -> Vec<CheckFinding> {
    let ContactTable { dialect, table, id_text, .. } = &reader.table;
    let first = Statement::new(*dialect, format!("SELECT {id_text} FROM {table} LIMIT 1"));
    let id = match reader.database.rows(&first).await {
        Ok(rows) => rows.into_iter().flatten().next().flatten(),
        Err(error) => return vec![reader.failed(ID, &error)],
    };
    let Some(id) = id else {
        return vec![CheckFinding::not_checked(
            ID,
            "not checked whether an index finds ids: the table is empty",
        )];
    };
    let mut findings = vec![of_ids(reader, &id).await];
    if reader.settings.mapping.email.is_some() {
        findings.push(of_emails(reader, writer).await);
    }
    findings
}

async fn of_ids(reader: &CheckedAccount, id: &str) -> CheckFinding {
    let table = &reader.table;
    match plan(reader, |begin| who_is(table, begin, id)).await {
        Ok(Plan::Index) => CheckFinding::ok(ID, "an index finds ids"),
        Ok(Plan::FewRows) => CheckFinding::ok(ID, "ids are found among few rows, by whichever way"),
        Ok(Plan::Scan) => {
            let base = table.dialect.quoted_table(&reader.settings.mapping.table);
            let column = table.dialect.quoted(&reader.settings.mapping.id);
            let sql = match table.dialect {
                Dialect::Postgres => {
                    format!("CREATE UNIQUE INDEX CONCURRENTLY reset_link_id ON {base} ({column});")
                }
                Dialect::MySql => format!("ALTER TABLE {base} ADD UNIQUE INDEX reset_link_id ({column});"),
                Dialect::Sqlite => format!("CREATE UNIQUE INDEX reset_link_id ON {base} ({column});"),
            };
            CheckFinding::warn(
                ID,
                "no index finds ids: each look-up reads the whole table",
                "make a unique index, which `reset-link contacts check` prints, or map `id` to a column that has one",
            )
            .with_sql(vec![sql])
        }
        Err(error) => reader.failed(ID, &error),
    }
}

async fn of_emails(reader: &CheckedAccount, writer: Option<&CheckedAccount>) -> CheckFinding {
    let table = &reader.table;
    let mapping = &reader.settings.mapping;
    let Some(nobody) = NormalisedEmail::new("nobody@example.org") else {
        return CheckFinding::not_checked(EMAIL, "an example is no address");
    };
    let plan = match (table.dialect, &mapping.email_key) {
        // They have no index on an expression.
        (Dialect::MySql, None) => Ok(Plan::Scan),
        _ => plan(reader, |begin| who_has(table, begin, &nobody)).await,
    };
    match plan {
        Ok(Plan::Index) => CheckFinding::ok(EMAIL, "an index finds who shares an e-mail"),
        Ok(Plan::FewRows) => {
            CheckFinding::ok(EMAIL, "who shares an e-mail is found among few rows, by whichever way")
        }
        Ok(Plan::Scan) => {
            let has_column = mapping.email_key.is_some();
            let mut cure = match (table.dialect, has_column) {
                (Dialect::MySql, false) => {
                    format!(
                        "add the column, which `reset-link contacts check` prints, and set email_key = \"{EMAIL_KEY}\" below [contacts.mapping]"
                    )
                }
                _ => "make the index, which `reset-link contacts check` prints".to_owned(),
            };
            if table.dialect == Dialect::MySql && reader.settings.uses_views {
                cure.push_str("; then run what `reset-link contacts views` prints once more");
            }
            CheckFinding::warn(
                EMAIL,
                "no index finds who shares an e-mail: each look-up reads the whole table, and where that takes too long the e-mail counts as shared",
                cure,
            )
            .with_sql(index_of_emails(reader, writer))
        }
        Err(error) => reader.failed(EMAIL, &error),
    }
}

fn index_of_emails(reader: &CheckedAccount, writer: Option<&CheckedAccount>) -> Vec<String> {
    let dialect = reader.table.dialect;
    let mapping = &reader.settings.mapping;
    let base = dialect.quoted_table(&mapping.table);
    if let Some(column) = &mapping.email_key {
        let column = dialect.quoted(column);
        return vec![match dialect {
            Dialect::Postgres => format!("CREATE INDEX CONCURRENTLY {EMAIL_KEY} ON {base} ({column});"),
            Dialect::MySql => format!("ALTER TABLE {base} ADD INDEX {EMAIL_KEY} ({column});"),
            Dialect::Sqlite => format!("CREATE INDEX {EMAIL_KEY} ON {base} ({column});"),
        }];
    }
    let key = ContactTable::mapped(dialect, reader.table.hasher.clone(), mapping).email_key;
    match dialect {
        Dialect::Postgres => vec![format!("CREATE INDEX CONCURRENTLY {EMAIL_KEY} ON {base} (({key}));")],
        Dialect::Sqlite => vec![format!("CREATE INDEX {EMAIL_KEY} ON {base} ({key});")],
        Dialect::MySql => {
            let column = dialect.quoted(EMAIL_KEY);
            // No address is longer, and what is longer must not keep the application from storing it.
            let mut sql = vec![format!(
                "ALTER TABLE {base} ADD COLUMN {column} VARCHAR(254) CHARACTER SET utf8mb4 GENERATED ALWAYS AS (LEFT({key}, 254)) STORED INVISIBLE, ADD INDEX {EMAIL_KEY} ({column});"
            )];
            if !reader.settings.uses_views {
                let accounts = std::iter::once(&reader.name).chain(writer.map(|writer| &writer.name));
                sql.extend(
                    accounts.map(|account| format!("GRANT SELECT ({column}) ON {base} TO {account};")),
                );
            }
            sql
        }
    }
}

/// The plan of a look-up, whose statement begins with what is given.
async fn plan(reader: &CheckedAccount, statement: impl Fn(&str) -> Statement) -> Result<Plan, Error> {
    let database = &reader.database;
    let is_index = match reader.table.dialect {
        Dialect::Sqlite => {
            let lines = database.query_plan(&statement("EXPLAIN QUERY PLAN ")).await?;
            !lines.iter().any(|line| line.starts_with("SCAN"))
        }
        Dialect::Postgres => {
            let mut open = database.begin().await?;
            // A small table is read as a whole, whichever index it has.
            open.execute(&Statement::new(Dialect::Postgres, "SET LOCAL enable_seqscan = off")).await?;
            let lines = open.rows(&statement("EXPLAIN ")).await;
            open.rollback().await;
            let lines: Vec<String> = lines?.into_iter().flatten().flatten().collect();
            lines.iter().any(|line| line.contains("Index Cond:"))
                && !lines.iter().any(|line| line.contains("Seq Scan on"))
        }
        // Nobody is shown the plan of a look-up in a view who may not read the table below it.
        Dialect::MySql if reader.settings.uses_views => return counted(reader, &statement("")).await,
        Dialect::MySql => {
            let plan = database.rows(&statement("EXPLAIN FORMAT=JSON ")).await?;
            let plan: String = plan.into_iter().flatten().flatten().collect();
            plan.contains("\"possible_keys\"") || plan.contains("\"key\"") || plan.contains("const table")
        }
    };
    Ok(if is_index { Plan::Index } else { Plan::Scan })
}

/// Counts the rows that MySQL or MariaDB read one after the other.
async fn counted(reader: &CheckedAccount, statement: &Statement) -> Result<Plan, Error> {
    let mut open = reader.database.begin().await?;
    let before = rows_read(&mut open).await?;
    let found = open.rows(statement).await;
    let after = rows_read(&mut open).await?;
    open.rollback().await;
    found?;
    Ok(match after.saturating_sub(before) {
        0 => Plan::Index,
        few if few < FEW => Plan::FewRows,
        _ => Plan::Scan,
    })
}

async fn rows_read(open: &mut OpenTransaction) -> Result<u64, Error> {
    let statement = Statement::new(Dialect::MySql, "SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'");
    let rows = open.rows(&statement).await?;
    Ok(rows.into_iter().flatten().flatten().filter_map(|value| value.parse().ok()).next().unwrap_or_default())
}
