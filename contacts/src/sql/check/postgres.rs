//! What PostgreSQL's own catalogue says that an account may do.

use std::collections::BTreeMap;

use sqlx::Error;

use super::CheckedAccount;
use super::rights::Excess;
use crate::sql::dialect::Dialect;
use crate::sql::given_sql;
use crate::sql::grants::{Applied, used_table};
use crate::sql::statement::Statement;
use crate::sql::table::Role;

/// Attributes of a role, what they mean, and what takes them away.
const ATTRIBUTES: [(&str, &str); 4] = [
    ("is a superuser", "NOSUPERUSER"),
    ("can make accounts", "NOCREATEROLE"),
    ("can copy the whole database (REPLICATION)", "NOREPLICATION"),
    (PASSES_ROW_SECURITY, "NOBYPASSRLS"),
];
const PASSES_ROW_SECURITY: &str = "passes row security (BYPASSRLS)";

/// Every table on which an account may do anything, those of extensions aside.
const TABLES: &str = "SELECT n.nspname::text, c.relname::text, c.oid::text, \
     pg_has_role(c.relowner, 'MEMBER')::text, \
     concat_ws(', ', CASE WHEN has_any_column_privilege(c.oid, 'INSERT') THEN 'INSERT' END, \
       CASE WHEN has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END, \
       CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END, \
       CASE WHEN has_table_privilege(c.oid, 'TRUNCATE') THEN 'TRUNCATE' END, \
       CASE WHEN has_table_privilege(c.oid, 'TRIGGER') THEN 'TRIGGER' END), \
     has_any_column_privilege(c.oid, 'SELECT')::text, \
     (has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') \
       OR has_any_column_privilege('public', c.oid, 'SELECT, INSERT, UPDATE'))::text \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' \
       AND has_schema_privilege(n.oid, 'USAGE') \
       AND (has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER')) \
       AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d \
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \
     ORDER BY 1, 2 LIMIT 1000";

/// What is tried on the tables that the account uses, which tells the columns as well.
const TRIED: [&str; 3] = ["INSERT", "UPDATE", "DELETE"];

/// Asks.
pub(super) async fn excess(account: &CheckedAccount, applied: &Applied<'_>) -> Result<Excess, Error> {
    let mut excess = Excess::default();
    let attributes = rows(
        account,
        "SELECT rolsuper::text, rolcreaterole::text, rolreplication::text, rolbypassrls::text \
         FROM pg_catalog.pg_roles WHERE rolname = current_user",
    )
    .await?;
    let meant = meant(account, applied).await?;
    for (has, (what, without)) in attributes.into_iter().flatten().zip(ATTRIBUTES) {
        if has.as_deref() == Some("true")
            && !(what == PASSES_ROW_SECURITY && has_row_security(account, &meant).await?)
        {
            excess.powers.push(what.to_owned());
            excess.revoke(format!("ALTER ROLE {} {without};", account.name));
        }
    }
    if excess.powers.iter().any(|power| power.contains("superuser")) {
        // It is a member of every role, and may do everything.
        return Ok(excess);
    }
    let tried = tried(account).await?;
    let mut has_more = false;
    for row in rows(account, TABLES).await? {
        let Ok([schema, name, oid, is_owner, may, reads, is_everybodys]) =
            <[Option<String>; 7]>::try_from(row)
        else {
            continue;
        };
        let table = Dialect::Postgres.quoted_table(&format!(
            "{}.{}",
            schema.unwrap_or_default(),
            name.unwrap_or_default()
        ));
        let oid = oid.unwrap_or_default();
        let meant = meant.get(&oid);
        let is_tried = tried.contains(&oid);
        let too_much: Vec<&str> = may
            .as_deref()
            .unwrap_or_default()
            .split(", ")
            .filter(|verb| !verb.is_empty() && !meant.is_some_and(|meant| meant.contains(verb)))
            .filter(|verb| !(is_tried && TRIED.contains(verb)))
            .collect();
        let reads_too_much = reads.as_deref() == Some("true") && meant.is_none();
        if is_owner.as_deref() == Some("true") {
            excess.powers.push(format!("owns {table}, and may do everything with it"));
        } else if !too_much.is_empty() {
            excess.writes.push(format!("{} on {table}", too_much.join(", ")));
        } else if reads_too_much {
            excess.reads.push(table.clone());
        } else {
            continue;
        }
        has_more = true;
        excess.revoke(format!("REVOKE ALL ON {table} FROM {};", account.name));
        if is_everybodys.as_deref() == Some("true") {
            excess.revoke(format!("REVOKE ALL ON {table} FROM PUBLIC; -- everybody has rights on it"));
        }
    }
    if has_more {
        let roles = rows(
            account,
            "SELECT rolname::text FROM pg_catalog.pg_roles \
             WHERE pg_has_role(current_user, oid, 'MEMBER') AND rolname <> current_user ORDER BY 1",
        )
        .await?;
        for role in roles.into_iter().flatten().flatten() {
            excess.revoke(format!("REVOKE {} FROM {};", Dialect::Postgres.quoted(&role), account.name));
        }
    }
    Ok(excess)
}

/// What an account needs, by the number of the table.
async fn meant(
    account: &CheckedAccount,
    applied: &Applied<'_>,
) -> Result<BTreeMap<String, Vec<&'static str>>, Error> {
    let dialect = Dialect::Postgres;
    let used = dialect.quoted_table(&used_table(&account.settings, account.role));
    let mut wanted = vec![(used, (account.role == Role::Writer).then_some("UPDATE"))];
    if account.role == Role::Writer {
        let run = applied.also_run.iter().flat_map(|run| given_sql::rights(&run.statement, dialect));
        wanted.extend(run.map(|rights| (rights.table, rights.verb)));
    }
    let mut meant: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for (table, verb) in wanted {
        if let Some(oid) = number(account, &table).await? {
            meant.entry(oid).or_default().extend(verb);
        }
    }
    Ok(meant)
}

/// Whether row-level security would hide rows of a table that the account needs, so that it may well pass it.
async fn has_row_security(
    account: &CheckedAccount,
    meant: &BTreeMap<String, Vec<&'static str>>,
) -> Result<bool, Error> {
    let secured = rows(account, "SELECT oid::text FROM pg_catalog.pg_class WHERE relrowsecurity").await?;
    Ok(secured.iter().flatten().flatten().any(|oid| meant.contains_key(oid)))
}

/// The numbers of the table and of the view that the account uses.
async fn tried(account: &CheckedAccount) -> Result<Vec<String>, Error> {
    let mut tried = Vec::new();
    for table in [&used_table(&account.settings, account.role), &account.settings.mapping.table] {
        tried.extend(number(account, &Dialect::Postgres.quoted_table(table)).await?);
    }
    Ok(tried)
}

async fn number(account: &CheckedAccount, table: &str) -> Result<Option<String>, Error> {
    let statement =
        Statement::new(Dialect::Postgres, "SELECT to_regclass(").bind(Some(table)).push(")::oid::text");
    Ok(account.database.rows(&statement).await?.into_iter().flatten().next().flatten())
}

async fn rows(account: &CheckedAccount, text: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
    account.database.rows(&Statement::new(Dialect::Postgres, text)).await
}
