//! What `SHOW GRANTS` of MySQL and MariaDB says that an account may do.

use sqlx::Error;

use super::CheckedAccount;
use super::rights::Excess;
use crate::sql::dialect::Dialect;
use crate::sql::given_sql;
use crate::sql::grants::{Applied, used_table, writable};
use crate::sql::statement::Statement;
use crate::sql::table::Role;

/// One right of a `GRANT`, perhaps on columns alone.
#[derive(Debug, PartialEq, Eq)]
struct Right {
    verb: String,
    columns: Vec<String>,
}

/// A line of `SHOW GRANTS`. The rest of it, where a password's hash may stand, is left behind.
#[derive(Debug, PartialEq, Eq)]
enum Granted {
    /// Rights on `database.table`, each of which may be `*`; `object` is how the database writes that.
    Rights { on: (String, String), object: String, rights: Vec<Right>, may_grant: bool },
    /// Whatever is granted to a role.
    Role(String),
}

pub(super) fn revoke_everything(account: &CheckedAccount) -> String {
    format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {};", account.name)
}

/// Asks.
pub(super) async fn excess(account: &CheckedAccount, applied: &Applied<'_>) -> Result<Excess, Error> {
    let dialect = Dialect::MySql;
    let current = Statement::new(dialect, "SELECT CONVERT(DATABASE() USING utf8mb4)");
    let current = account.database.rows(&current).await?.into_iter().flatten().next().flatten();
    let current = current.unwrap_or_default();
    let needs = needs(account, applied, &current);
    let mut excess = Excess::default();
    for line in account.database.rows(&Statement::new(dialect, "SHOW GRANTS")).await? {
        let Some(granted) = line.into_iter().next().flatten().as_deref().and_then(parse) else { continue };
        judge(account, &needs, granted, &mut excess);
    }
    Ok(excess)
}

/// What an account needs on a table.
struct Need {
    on: (String, String),
    verbs: Vec<&'static str>,
    /// Columns that UPDATE is for; absent: all.
    written: Option<Vec<String>>,
}

fn needs(account: &CheckedAccount, applied: &Applied<'_>, current: &str) -> Vec<Need> {
    let place = |table: &str| match table.rsplit_once('.') {
        Some((database, table)) => (unquoted(database), unquoted(table)),
        None => (current.to_owned(), unquoted(table)),
    };
    let used = place(&used_table(&account.settings, account.role));
    if account.role == Role::Reader {
        return vec![Need { on: used, verbs: vec!["SELECT"], written: None }];
    }
    let written = writable(&account.settings, applied).into_iter().map(str::to_owned).collect();
    let mut needs = vec![Need { on: used, verbs: vec!["SELECT", "UPDATE"], written: Some(written) }];
    for run in &applied.also_run {
        for rights in given_sql::rights(&run.statement, Dialect::MySql) {
            let verbs = std::iter::once("SELECT").chain(rights.verb).collect();
            needs.push(Need { on: place(&rights.table), verbs, written: None });
        }
    }
    needs
}

fn judge(account: &CheckedAccount, needs: &[Need], granted: Granted, excess: &mut Excess) {
    let (on, object, rights, may_grant) = match granted {
        Granted::Role(role) => {
            excess.powers.push(format!("has the role {role}, and whatever that may do"));
            excess.revoke(format!("REVOKE {role} FROM {};", account.name));
            return;
        }
        Granted::Rights { on, object, rights, may_grant } => (on, object, rights, may_grant),
    };
    let (database, table) = &on;
    let place = match (database.as_str(), table.as_str()) {
        ("*", _) => "the whole server".to_owned(),
        (database, "*") => format!("the whole database {database}"),
        (database, table) => format!("{database}.{table}"),
    };
    if may_grant {
        excess.powers.push(format!("may grant its rights on {place} to others (GRANT OPTION)"));
        excess.revoke(format!("REVOKE GRANT OPTION ON {object} FROM {};", account.name));
    }
    let here: Vec<&Need> = needs.iter().filter(|need| need.on == on).collect();
    for Right { verb, columns } in rights {
        if verb == "USAGE" {
            continue;
        }
        let reads_password = verb == "SELECT"
            && account.settings.uses_views
            && (table == "*"
                || *table == unquoted_table(&account.settings.mapping.table)
                    && (columns.is_empty() || columns.contains(&account.settings.mapping.password))
                || account.role == Role::Writer
                    && here.iter().any(|need| need.written.is_some())
                    && (columns.is_empty() || columns.iter().any(|column| column == "password")));
        let is_meant = here.iter().any(|need| {
            need.verbs.contains(&verb.as_str())
                && (verb != "UPDATE"
                    || need.written.as_ref().is_none_or(|written| {
                        !columns.is_empty() && columns.iter().all(|column| written.contains(column))
                    }))
        });
        if is_meant && !reads_password {
            continue;
        }
        let is_beyond = |column: &&String| {
            verb != "UPDATE"
                || !here.iter().filter_map(|need| need.written.as_ref()).flatten().any(|one| one == *column)
        };
        let columns: Vec<&String> = columns.iter().filter(is_beyond).collect();
        let quoted: Vec<String> = columns.iter().map(|column| Dialect::MySql.quoted(column)).collect();
        let of = |columns: &[String]| match columns.join(", ") {
            none if none.is_empty() => none,
            some => format!(" ({some})"),
        };
        excess.revoke(format!("REVOKE {verb}{} ON {object} FROM {};", of(&quoted), account.name));
        if reads_password {
            excess.reads_password.push(place.clone());
            continue;
        }
        if matches!(verb.as_str(), "SELECT" | "SHOW VIEW") {
            excess.reads.push(place.clone());
        } else if verb == "ALL PRIVILEGES"
            || (database == "*" && !matches!(verb.as_str(), "INSERT" | "UPDATE" | "DELETE"))
        {
            excess.powers.push(format!("has {verb} on {place}"));
        } else {
            let columns: Vec<String> = columns.into_iter().cloned().collect();
            excess.writes.push(format!("{verb}{} on {place}", of(&columns)));
        }
    }
}

fn unquoted(name: &str) -> String {
    match name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) {
        Some(name) => name.replace("``", "`"),
        None => name.to_owned(),
    }
}

fn unquoted_table(table: &str) -> String {
    unquoted(table.rsplit_once('.').map_or(table, |(_, table)| table))
}

fn parse(line: &str) -> Option<Granted> {
    let rest = line.strip_prefix("GRANT ")?;
    let Some((rights, rest)) = rest.split_once(" ON ") else {
        let (role, _) = rest.split_once(" TO ")?;
        return Some(Granted::Role(role.to_owned()));
    };
    let (object, rest) = rest.split_once(" TO ")?;
    let (database, table) = object.split_once('.')?;
    // A database may be named by a pattern, in which an underscore is escaped.
    let on = (unquoted(database).replace("\\_", "_").replace("\\%", "%"), unquoted(table));
    let may_grant = rest.contains("WITH GRANT OPTION");
    Some(Granted::Rights { on, object: object.to_owned(), rights: rights_of(rights), may_grant })
}

fn rights_of(text: &str) -> Vec<Right> {
    let mut rights = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let ends = rest.find(',').unwrap_or(rest.len());
        let opens = rest.find('(').filter(|opens| *opens < ends);
        let (verb, columns, length) = match opens {
            Some(opens) => {
                let closes = rest.find(')').unwrap_or(rest.len());
                let columns = rest.get(opens + 1..closes).unwrap_or_default();
                let columns = columns.split(',').map(|column| unquoted(column.trim())).collect();
                (rest.get(..opens).unwrap_or_default(), columns, (closes + 1).min(rest.len()))
            }
            None => (rest.get(..ends).unwrap_or_default(), Vec::new(), ends),
        };
        rights.push(Right { verb: verb.trim().to_owned(), columns });
        rest = rest.get(length..).unwrap_or_default().trim_start_matches([',', ' ']);
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(verb: &str, columns: &[&str]) -> Right {
        Right { verb: verb.to_owned(), columns: columns.iter().map(|column| (*column).to_owned()).collect() }
    }

    #[test]
    fn a_line_of_show_grants_is_read_without_the_hash_of_the_password() {
        let line = "GRANT USAGE ON *.* TO `bot`@`%` IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'";
        let usage = parse(line).unwrap();
        assert!(!format!("{usage:?}").contains("2470"), "{usage:?}");
        let on = |database: &str, table: &str| (database.to_owned(), table.to_owned());
        for (line, on, object, rights, may_grant) in [
            (
                "GRANT SELECT (`id`, `e mail`), UPDATE (`password`) ON `my\\_app`.`users` TO `bot`@`%`",
                on("my_app", "users"),
                "`my\\_app`.`users`",
                vec![right("SELECT", &["id", "e mail"]), right("UPDATE", &["password"])],
                false,
            ),
            (
                "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION",
                on("*", "*"),
                "*.*",
                vec![right("ALL PRIVILEGES", &[])],
                true,
            ),
            (
                "GRANT SELECT, SHOW VIEW ON `app`.* TO `bot`@`%`",
                on("app", "*"),
                "`app`.*",
                vec![right("SELECT", &[]), right("SHOW VIEW", &[])],
                false,
            ),
        ] {
            assert_eq!(
                parse(line),
                Some(Granted::Rights { on, object: object.to_owned(), rights, may_grant }),
                "{line}"
            );
        }
        assert_eq!(parse("GRANT `admins` TO `bot`@`%`"), Some(Granted::Role("`admins`".to_owned())));
        assert_eq!(parse("SET DEFAULT ROLE `admins` FOR `bot`@`%`"), None);
    }
}
