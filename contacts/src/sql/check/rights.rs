//! Whether an account may do what it must, and nothing more.

use super::{CheckedAccount, mysql, postgres, trial};
use crate::CheckFinding;
use crate::sql::dialect::Dialect;
use crate::sql::error::describe;
use crate::sql::grants::{Applied, used_table};
use crate::sql::table::Role;

/// So many tables are named in one sentence.
const SHOWN: usize = 5;

/// What an account may do beyond what it needs.
#[derive(Default)]
pub(super) struct Excess {
    /// What it is: a superuser, the owner.
    pub(super) powers: Vec<String>,
    /// `DELETE on "users"`.
    pub(super) writes: Vec<String>,
    /// Tables whose hashes it can read, though views are used.
    pub(super) reads_password: Vec<String>,
    /// Other tables that it can read.
    pub(super) reads: Vec<String>,
    /// Statements that take away what is too much, before what is needed is granted again.
    pub(super) revokes: Vec<String>,
}

impl Excess {
    pub(super) fn revoke(&mut self, statement: String) {
        if !self.revokes.contains(&statement) {
            self.revokes.push(statement);
        }
    }

    fn write(&mut self, what: String) {
        if !self.writes.contains(&what) {
            self.writes.push(what);
        }
    }
}

/// Tries it, and asks the database's own catalogue.
pub(super) async fn check(account: &CheckedAccount, applied: &Applied<'_>) -> Vec<CheckFinding> {
    let key = account.settings.url_key;
    let dialect = account.table.dialect;
    if dialect == Dialect::Sqlite {
        return match account.role {
            Role::Reader => vec![CheckFinding::ok(
                key,
                "SQLite has no accounts: the bot opens the file to be read alone, and its mode says who else may write to it",
            )],
            Role::Writer => Vec::new(),
        };
    }
    let found = match dialect {
        Dialect::Postgres => postgres::excess(account, applied).await,
        _ => mysql::excess(account, applied).await,
    };
    let mut excess = match found {
        Ok(excess) => excess,
        Err(error) => {
            let text = format!("what the account may do could not be asked: {}", describe(&error));
            return vec![CheckFinding::not_checked(key, text)];
        }
    };
    match trial::trial(account, applied).await {
        Ok(allowed) => {
            for (table, what) in allowed.writes {
                excess.write(format!("{what} on {table}"));
                revoke_all(account, &mut excess, &table);
            }
            for table in allowed.reads_password {
                if !excess.reads_password.contains(&table) {
                    excess.reads_password.push(table.clone());
                }
                revoke_all(account, &mut excess, &table);
            }
        }
        Err(error) => {
            let text = format!("what the account may do could not be tried: {}", describe(&error));
            return vec![CheckFinding::not_checked(key, text)];
        }
    }
    findings(account, applied, &excess)
}

/// What MySQL and MariaDB let through without a GRANT of the account's own goes with all that it has.
fn revoke_all(account: &CheckedAccount, excess: &mut Excess, table: &str) {
    if account.table.dialect == Dialect::Postgres {
        excess.revoke(format!("REVOKE ALL ON {table} FROM {};", account.name));
    } else if excess.revokes.is_empty() {
        excess.revoke(mysql::revoke_everything(account));
    }
}

fn findings(account: &CheckedAccount, applied: &Applied<'_>, excess: &Excess) -> Vec<CheckFinding> {
    let key = account.settings.url_key;
    let name = &account.name;
    let mut sql = excess.revokes.clone();
    sql.extend(account.grants(applied));
    let cure = match account.role {
        Role::Reader => "take it away: the bot's account only reads",
        Role::Writer => "take it away: this account only sets passwords",
    };
    let mut findings = Vec::new();
    if !excess.powers.is_empty() {
        let own =
            "make an account of its own for it, and name that in the URL; or take away what is too much";
        let text = format!("account {name} {}", excess.powers.join("; "));
        findings.push(CheckFinding::fail(key, text, own).with_sql(sql.clone()));
    }
    if !excess.writes.is_empty() {
        let text = format!("account {name} may do too much: {}", some(&excess.writes));
        findings.push(CheckFinding::fail(key, text, cure).with_sql(sql.clone()));
    }
    if !excess.reads_password.is_empty() {
        let text = format!("account {name} can read the stored hashes in {}", some(&excess.reads_password));
        findings.push(
            CheckFinding::fail(key, text, "take it away: with views no account needs to read them")
                .with_sql(sql.clone()),
        );
    }
    if !excess.reads.is_empty() {
        let text = format!("account {name} can read other tables as well: {}", some(&excess.reads));
        findings.push(CheckFinding::warn(key, text, "take it away: it has no use for them").with_sql(sql));
    }
    if findings.is_empty() {
        let table = account.table.dialect.quoted_table(&used_table(&account.settings, account.role));
        findings.push(CheckFinding::ok(
            key,
            match account.role {
                Role::Reader => format!("account {name} can read {table}, and can change nothing"),
                Role::Writer => {
                    format!("account {name} can change what a new password needs, and nothing else")
                }
            },
        ));
    }
    findings
}

fn some(all: &[String]) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    match all.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
