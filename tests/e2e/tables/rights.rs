use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole};

use super::Operator;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn on_postgres_the_views_that_are_printed_are_all_that_is_needed() {
    views_are_all_that_is_needed(DatabaseKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn on_mariadb_the_views_that_are_printed_are_all_that_is_needed() {
    views_are_all_that_is_needed(DatabaseKind::MariaDb).await;
}

async fn views_are_all_that_is_needed(kind: DatabaseKind) {
    let operator = Operator::new(kind).await;
    operator.use_views("").await;
    let check = operator.check();
    check.says(&["contacts.mapping.email", "no index"]);
    assert_eq!(check.code, Some(0), "{}", check.said);
    if kind == DatabaseKind::MariaDb {
        check.says(&["warn", "contacts.mapping.also_run", "table password_resets", "has no rights on it"]);
        assert!(check.said.contains("ON `password_resets` TO "), "{}", check.said);
        assert_eq!(check.complaints().len(), 2, "{}", check.said);
    } else {
        assert_eq!(check.complaints().len(), 1, "{}", check.said);
    }

    operator.database.run(&check.sql()).await;
    if kind == DatabaseKind::MariaDb {
        let mapping = "[contacts.mapping]\nactive = \"{is_active}\"\nemail_key = \"reset_link_email_key\"\n\
             [contacts.mapping.also_run_if]\n\"*password_reset_tokens\" = \"\"\n\"*password_resets\" = \"\"\n\"*personal_access_tokens\" = \"\"\n";
        operator.configure_with("", mapping);
        let views = operator.ask(&["contacts", "views"]);
        operator.database.run(&views.said).await;
        operator.configure_with("views = true", mapping);
    }
    let check = operator.check();
    assert_eq!(check.complaints(), Vec::<&str>::new(), "{}", check.said);
    check.says(&["ok", "contacts.views", "neither can read a hash"]);
    check.says(&["ok", "contacts.mapping.also_run", "sets remember_token; runs DELETE FROM"]);
    operator
        .ask(&["contacts", "check", "1"])
        .says(&["password:", "bcrypt-2y, and a new one is stored likewise"]);

    let [reader, writer] =
        [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| operator.database.account(role));
    for (right, account, verdict, said) in [
        ("SELECT ON orders", &reader, "warn", "can read other tables as well"),
        ("SELECT (password) ON users", &reader, "FAIL", "can read the stored hashes in"),
        ("SELECT (password) ON users", &writer, "FAIL", "can read the stored hashes in"),
        ("SELECT (password) ON reset_link_redeem", &writer, "FAIL", "can read the stored hashes in"),
        ("UPDATE (email) ON users", &writer, "FAIL", "UPDATE (email) on"),
    ] {
        operator.database.run(&format!("GRANT {right} TO {account};")).await;
        operator.check().says(&[verdict, account, said]);
        operator.database.run(&format!("REVOKE {right} FROM {account};")).await;
    }
    assert_eq!(operator.check().complaints(), Vec::<&str>::new());

    operator
        .database
        .run("UPDATE users SET password = '5f4dcc3b5aa765d61d8327deb882cf99' WHERE id = 1;")
        .await;
    operator.check().says(&["warn", "contacts.views", "without a salt", "1 32-characters", "`version`"]);

    for role in [DatabaseRole::Reader, DatabaseRole::Writer] {
        for sql in [
            "SELECT password FROM users",
            "SELECT password FROM reset_link_redeem",
            "SELECT * FROM reset_link_redeem",
            "UPDATE users SET password = 'x'",
            "UPDATE reset_link_redeem SET email = 'x'",
            "UPDATE reset_link_redeem SET id = 9 WHERE id = 1",
            "UPDATE reset_link_bot SET name = 'x'",
            "DELETE FROM reset_link_redeem",
            "INSERT INTO users (id, is_active) VALUES (9, TRUE)",
            "SELECT * FROM orders",
        ] {
            assert!(operator.database.rows_as(role, sql).await.is_err(), "{role:?} may: {sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn on_postgres_accounts_without_views_need_no_more_than_is_said() {
    the_index_and_the_grants_that_are_printed_do(DatabaseKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn on_mariadb_accounts_without_views_need_no_more_than_is_said() {
    the_index_and_the_grants_that_are_printed_do(DatabaseKind::MariaDb).await;
}

/// Whoever was granted nothing is told the GRANTs, whoever has them the index.
async fn the_index_and_the_grants_that_are_printed_do(kind: DatabaseKind) {
    let operator = Operator::new(kind).await;
    if kind == DatabaseKind::MariaDb {
        // There nobody may even name the database who was granted nothing in it.
        let [reader, writer] =
            [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| operator.database.account(role));
        operator
            .database
            .run(&format!("GRANT SELECT ON orders TO {reader}; GRANT SELECT ON orders TO {writer};"))
            .await;
    }
    let nothing = operator.check();
    nothing.says(&["FAIL", "contacts.reader_url_file"]);
    nothing.says(&["FAIL", "contacts.url_file"]);
    let grants = super::without_absent_tables(&nothing.sql());
    assert!(grants.contains("UPDATE (") && grants.contains("SELECT ("), "{grants}");
    operator.database.run(&grants).await;
    let granted = operator.check();
    assert!(!granted.said.contains("FAIL"), "{}", granted.said);
    granted.says(&["warn", "contacts.mapping.email", "no index"]);
    operator.database.run(&granted.sql()).await;
    if kind == DatabaseKind::MariaDb {
        operator.configure_with(
            "",
            "[contacts.mapping]\nactive = \"{is_active}\"\nemail_key = \"reset_link_email_key\"\n",
        );
    }
    let indexed = operator.check();
    indexed.says(&["ok", "contacts.mapping.email", "an index finds who shares an e-mail"]);
    assert!(!indexed.said.contains("FAIL"), "{}", indexed.said);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn on_postgres_too_much_is_told_with_what_takes_it_away() {
    let operator = Operator::new(DatabaseKind::Postgres).await;
    let [reader, writer] =
        [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| operator.database.account(role));
    let owner = operator.database.account(DatabaseRole::Owner);
    for (grant, role, what) in [
        (format!("GRANT UPDATE (email) ON users TO {reader}"), "contacts.reader_url_file", "UPDATE (email)"),
        (format!("GRANT UPDATE (email) ON users TO {writer}"), "contacts.url_file", "UPDATE (email)"),
        (format!("GRANT INSERT ON users TO {writer}"), "contacts.url_file", "INSERT"),
        (format!("GRANT DELETE ON users TO {writer}"), "contacts.url_file", "DELETE"),
        (format!("GRANT TRUNCATE ON users TO {writer}"), "contacts.url_file", "TRUNCATE"),
        (
            format!("GRANT UPDATE ON orders TO {reader}"),
            "contacts.reader_url_file",
            "UPDATE on \"public\".\"orders\"",
        ),
        (
            "GRANT DELETE ON orders TO PUBLIC".to_owned(),
            "contacts.url_file",
            "DELETE on \"public\".\"orders\"",
        ),
        (format!("GRANT {owner} TO {reader}"), "contacts.reader_url_file", "owns \"public\".\"users\""),
        (format!("ALTER ROLE {reader} SUPERUSER"), "contacts.reader_url_file", "is a superuser"),
        (format!("ALTER ROLE {writer} CREATEROLE"), "contacts.url_file", "can make accounts"),
    ] {
        too_much(&operator, &grant, role, what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn on_mariadb_too_much_is_told_with_what_takes_it_away() {
    let operator = Operator::new(DatabaseKind::MariaDb).await;
    let [reader, writer] =
        [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| operator.database.account(role));
    let name = operator.database.name().to_owned();
    for (grant, role, what) in [
        (
            format!("GRANT UPDATE (email) ON {name}.users TO {reader}"),
            "contacts.reader_url_file",
            "UPDATE (email)",
        ),
        (format!("GRANT UPDATE (email) ON {name}.users TO {writer}"), "contacts.url_file", "UPDATE (email)"),
        (format!("GRANT UPDATE ON {name}.users TO {writer}"), "contacts.url_file", "UPDATE"),
        (format!("GRANT DELETE ON {name}.users TO {writer}"), "contacts.url_file", "DELETE"),
        (format!("GRANT UPDATE ON {name}.orders TO {reader}"), "contacts.reader_url_file", "UPDATE on"),
        (
            format!("GRANT ALL PRIVILEGES ON {name}.* TO {writer}"),
            "contacts.url_file",
            "ALL PRIVILEGES on the whole database",
        ),
        (format!("GRANT SUPER ON *.* TO {reader}"), "contacts.reader_url_file", "SUPER on the whole server"),
        (
            format!("GRANT SELECT ON {name}.users TO {reader} WITH GRANT OPTION"),
            "contacts.reader_url_file",
            "GRANT OPTION",
        ),
    ] {
        too_much(&operator, &grant, role, what).await;
    }
}

/// Grants what is needed and too much, sees it told, runs what is printed, and sees it gone.
async fn too_much(operator: &Operator, grant: &str, subject: &str, what: &str) {
    let [reader, writer] =
        [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| operator.database.account(role));
    let database = operator.database.name();
    let mut admin = operator.database.connect_as_admin_here().await;
    let needed = format!(
        "GRANT SELECT ON users TO {reader}; GRANT SELECT, UPDATE (password, remember_token) ON users TO {writer}; GRANT SELECT, DELETE ON sessions TO {writer};"
    );
    admin.execute(&needed).await.unwrap_or_else(|error| panic!("{database}: {needed}: {error}"));
    let before = operator.check();
    assert!(!before.said.contains("FAIL"), "{}", before.said);
    admin.execute(grant).await.unwrap_or_else(|error| panic!("{grant}: {error}"));
    let check = operator.check();
    check.says(&["FAIL", subject, what]);
    assert_eq!(check.code, Some(1), "{}", check.said);
    let sql = check.sql();
    assert!(sql.contains("REVOKE") || sql.contains("ALTER ROLE"), "{}", check.said);
    admin.execute(&super::of_accounts(&sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let after = operator.check();
    assert!(!after.said.contains("FAIL"), "{grant}:\n{}", after.said);
    admin.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn rows_that_a_policy_hides_are_told_and_passing_policies_is_minded_where_there_are_none() {
    let operator = Operator::new(DatabaseKind::Postgres).await;
    operator.use_views("").await;
    let writer = operator.database.account(DatabaseRole::Writer);
    let mut admin = operator.database.connect_as_admin_here().await;
    admin.execute(&format!("ALTER ROLE {writer} BYPASSRLS")).await.unwrap();
    operator.check().says(&["FAIL", "contacts.url_file", "passes row security"]);
    operator.database.run("ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;").await;
    let check = operator.check();
    assert!(!check.said.contains("FAIL"), "{}", check.said);
    admin.execute(&format!("ALTER ROLE {writer} NOBYPASSRLS")).await.unwrap();
    admin.close().await;
    for command in [&["contacts", "check"][..], &["doctor"]] {
        let answer = operator.ask(command);
        answer.says(&["FAIL", "contacts.url_file", "row-level security hides rows of public.sessions"]);
        assert!(
            answer.said.contains("CREATE POLICY reset_link ON public.sessions FOR ALL TO"),
            "{}",
            answer.said
        );
        assert_eq!(answer.code, Some(1), "{}", answer.said);
    }
}
