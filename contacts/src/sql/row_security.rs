//! Row-level security of PostgreSQL: what hides rows from an account hides sessions that should end, too, and nothing says so.

use config::AlsoRun;

use super::connection::TextRow;
use super::dialect::Dialect;
use super::given_sql;
use super::statement::Statement;

/// The tables below a table or view that hide rows from whoever reads or changes them there, and whether a restrictive policy does. A view reads as its owner,
/// unless it says otherwise. An owner is exempt, unless that is taken away (FORCE). What is permitted to everybody, or to this role, on all rows (`true`)
/// hides none.
const HIDING: &str = "WITH RECURSIVE used (oid, role) AS ( \
       SELECT to_regclass({table})::oid, oid FROM pg_catalog.pg_roles WHERE rolname = current_user \
     UNION \
       SELECT d.refobjid, CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_options_to_table(v.reloptions) \
           WHERE CASE option_name WHEN 'security_invoker' THEN option_value::boolean END) THEN used.role ELSE v.relowner END \
       FROM used JOIN pg_catalog.pg_class v ON v.oid = used.oid AND v.relkind = 'v' \
       JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid \
       JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid \
         AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> v.oid), \
     policy AS ( \
       SELECT used.oid, used.role, p.polpermissive, p.polcmd::text AS command, \
         pg_get_expr(p.polqual, p.polrelid) = 'true' AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true' AS is_of_all \
       FROM used JOIN pg_catalog.pg_policy p ON p.polrelid = used.oid \
       WHERE 0::oid = ANY (p.polroles) OR EXISTS (SELECT 1 FROM unnest(p.polroles) AS one WHERE one <> 0 AND pg_has_role(used.role, one, 'USAGE'))), \
     hiding AS ( \
       SELECT used.*, EXISTS (SELECT 1 FROM policy p WHERE p.oid = used.oid AND p.role = used.role \
           AND NOT p.polpermissive AND p.is_of_all IS NOT TRUE AND p.command IN ('*', wanted.command)) AS is_restricted, \
         EXISTS (SELECT 1 FROM policy p WHERE p.oid = used.oid AND p.role = used.role \
           AND p.polpermissive AND p.is_of_all AND p.command IN ('*', wanted.command)) AS is_permitted \
       FROM used CROSS JOIN unnest(string_to_array({commands}, ' ')) AS wanted (command)) \
     SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(role.rolname), bool_or(is_restricted)::text \
     FROM hiding JOIN pg_catalog.pg_class c ON c.oid = hiding.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_catalog.pg_roles role ON role.oid = hiding.role \
     WHERE c.relrowsecurity AND NOT role.rolsuper AND NOT role.rolbypassrls \
       AND (c.relforcerowsecurity OR NOT pg_has_role(role.oid, c.relowner, 'USAGE')) AND (is_restricted OR NOT is_permitted) \
     GROUP BY 1, 2 ORDER BY 1, 2";

/// What is asked before each write: of the table or view that is written, and of those that statements change or read. Empty where no rows can be hidden.
pub(super) fn questions<'a>(
    dialect: Dialect,
    table: &str,
    also_run: impl Iterator<Item = &'a AlsoRun>,
) -> Vec<Statement> {
    if dialect != Dialect::Postgres {
        return Vec::new();
    }
    let run = also_run.flat_map(|run| given_sql::rights(&run.statement, dialect));
    let used = run.map(|rights| (rights.table, commands(rights.verb)));
    std::iter::once((table.to_owned(), commands(Some("UPDATE"))))
        .chain(used)
        .map(|(table, commands)| {
            let mut statement = Statement::new(dialect, "");
            let table = statement.parameter(Some(&table));
            let commands = statement.parameter(Some(commands));
            statement.push(&HIDING.replace("{table}", &table).replace("{commands}", &commands))
        })
        .collect()
}

/// `pg_policy.polcmd`: a condition reads as well.
fn commands(verb: Option<&str>) -> &'static str {
    match verb {
        Some("UPDATE") => "r w",
        Some("DELETE") => "r d",
        _ => "r",
    }
}

/// Cause and cure, where the answers to [`questions`] name a table that hides rows.
pub(super) fn refusal(answers: impl IntoIterator<Item = TextRow>) -> Option<String> {
    let (mut hiding, mut cures, mut is_restricted) = (Vec::new(), Vec::new(), false);
    for answer in answers {
        let Ok([Some(table), Some(role), restricted]) = <[Option<String>; 3]>::try_from(answer) else {
            continue;
        };
        let what = format!("{table} from {role}");
        if !hiding.contains(&what) {
            cures.push(format!("CREATE POLICY reset_link ON {table} FOR ALL TO {role} USING (true)"));
            hiding.push(what);
        }
        is_restricted |= restricted.as_deref() == Some("true");
    }
    if hiding.is_empty() {
        return None;
    }
    let or = if is_restricted {
        "take the restrictive policies away from this role"
    } else {
        "or let views of the table's owner be used (views = true), or ALTER ROLE … BYPASSRLS"
    };
    Some(format!(
        "row-level security hides rows of {}: a password would not be set, or sessions would not end, and nothing would say so. To mend: {}; {or}",
        hiding.join(", of "),
        cures.join("; ")
    ))
}
