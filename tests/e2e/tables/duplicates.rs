use reset_link_tests::harness::binary::command;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole};

use super::Operator;

#[tokio::test]
async fn sqlite_tells_who_shares_an_email() {
    tells_who_shares_an_email(DatabaseKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_tells_who_shares_an_email() {
    tells_who_shares_an_email(DatabaseKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_tells_who_shares_an_email() {
    tells_who_shares_an_email(DatabaseKind::MariaDb).await;
}

async fn tells_who_shares_an_email(kind: DatabaseKind) {
    let operator = Operator::new(kind).await;
    // U+212A is the sign for Kelvin, in lower case an ordinary k; é is one character and two.
    operator
        .database
        .run(
            "INSERT INTO users (id, name, email, is_active) VALUES (10, 'a', 'zo\u{e9}@example.org', TRUE), \
             (11, 'b', 'zoe\u{301}@example.org', FALSE), (12, 'c', 'kim@example.org', TRUE), (13, 'd', '\u{212a}im@example.org', TRUE), \
             (14, 'e', 'n/a', TRUE), (15, 'f', 'n/a', TRUE), (16, 'g', 'alone\u{e9}@example.org', TRUE), (17, 'h', '\u{212a}ate@example.org', TRUE);",
        )
        .await;
    if kind != DatabaseKind::Sqlite {
        let reader = operator.database.account(DatabaseRole::Reader);
        operator.database.run(&format!("GRANT SELECT ON users TO {reader};")).await;
    }
    let found = operator.ask(&["contacts", "duplicates"]);
    assert_eq!(found.code, Some(0), "{}", found.said);
    assert_eq!(
        found.said,
        "i…@example.org\n\t3\n\t4\nk…@example.org\n\t12\n\t13\nz…@example.org\n\t10\n\t11\tinactive\n\
         3 e-mails are shared. Links for those who have them are handed over.\n"
    );
    operator.database.run("DELETE FROM users WHERE id > 3;").await;
    assert_eq!(operator.ask(&["contacts", "duplicates"]).said, "No two contacts have the same e-mail.\n");
}

#[test]
fn the_embedded_directory_tells_who_shares_an_email() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let csv = folder.path().join("contacts.csv");
    let rows = "id,name,email,language\nada,Ada,ada@example.org,\nbo,Bo,info@example.org,\ncy,Cy,Info@example.org,\ndi,Di,n/a,\ned,Ed,n/a,\n";
    std::fs::write(&csv, rows).unwrap();
    assert!(command(["init", "--dir", data], "").status.success());
    let config = folder.path().join("reset-link.toml");
    let with = ["--config", config.to_str().unwrap()];
    assert!(
        command(["contacts", "import", csv.to_str().unwrap()].into_iter().chain(with), "").status.success()
    );
    let found = command(["contacts", "duplicates"].into_iter().chain(with), "");
    assert_eq!(
        String::from_utf8(found.stdout).unwrap(),
        "i…@example.org\n\tbo\n\tcy\n1 e-mail is shared. Links for those who have it are handed over.\n"
    );
}
