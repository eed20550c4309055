use reset_link_tests::harness::binary::{Process, command};
use reset_link_tests::harness::databases::DatabaseKind;

use super::Operator;

#[tokio::test]
async fn a_contact_is_shown_as_reset_link_sees_it() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    let ada = operator.ask(&["contacts", "check", "1"]);
    for parts in [
        &["id:", "1"][..],
        &["name:", "Ada Lovelace"],
        &["e-mail:", "a…@example.org, which nobody else has"],
        &["active:", "yes"],
        &["password:", "bcrypt-2y, and a new one is stored likewise"],
        &[
            "ok",
            "contacts.mapping.also_run",
            "sets remember_token; runs DELETE FROM `sessions` WHERE `user_id` = :id",
            "table password_resets",
            "left out",
        ],
        &["ok", "contacts.mapping.password", "computed by reset-link"],
        &["warn", "contacts.mapping.email", "no index"],
    ] {
        ada.says(parts);
    }
    assert_eq!(ada.code, Some(0), "{}", ada.said);

    let ben = operator.ask(&["contacts", "check", "2"]);
    ben.says(&["active:", "no: no link is issued"]);
    ben.says(&["password:", "none; a new one is stored as bcrypt-2y"]);
    operator.ask(&["contacts", "check", "3"]).says(&["which 1 other has, so links are handed over: 4"]);
    let nobody = operator.ask(&["contacts", "check", "1' OR '1'='1"]);
    nobody.says(&["Nobody has this id"]);
    assert_eq!(nobody.code, Some(1), "{}", nobody.said);
}

#[tokio::test]
async fn the_index_that_is_printed_is_used() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    let before = operator.check();
    before.says(&["CREATE INDEX reset_link_email_key"]);
    operator.database.run(&before.sql()).await;
    let after = operator.check();
    after.says(&["ok", "contacts.mapping.email", "an index finds who shares an e-mail"]);
    assert!(!after.said.contains("CREATE INDEX"), "{}", after.said);
}

#[tokio::test]
async fn ids_that_no_link_can_carry_are_named_with_another_column_to_map() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    let long = "x".repeat(70);
    operator
        .database
        .run(&format!(
            "UPDATE users SET login = '{long}' WHERE id = 1; UPDATE users SET login = name WHERE id > 1;"
        ))
        .await;
    operator.configure_as("plain", "", "[contacts.mapping]\nid = \"login\"\n");
    let check = operator.check();
    check.says(&["contacts.mapping.id", "1 of 4 ids", &long, "map `id` to another column"]);
    operator.database.run("DELETE FROM users;").await;
    operator.check().says(&["warn", "contacts.mapping.table", "is empty"]);
}

#[tokio::test]
async fn what_is_to_be_mended_is_told_at_start_too() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    operator.database.run("DELETE FROM users;").await;
    let mut process = Process::starting(&operator.file("reset-link.toml"));
    let log = process.logged("is empty").await;
    let told = log.lines().find(|line| line.contains("is empty")).unwrap();
    assert!(told.contains("WARN") && told.contains("contacts.mapping.table"), "{told}");
    assert!(process.terminate().await.success());
}

#[tokio::test]
async fn a_scheme_that_does_not_fit_what_is_stored_is_told() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    operator
        .database
        .run("UPDATE users SET password = '$P$B12345678901234567890123456789.' WHERE password IS NOT NULL;")
        .await;
    operator.configure_with("", "[contacts.mapping]\n");
    let check = operator.check();
    check.says(&["FAIL", "contacts.mapping.scheme", "3 phpass", "is left alone", "set `scheme`"]);
    assert_eq!(check.code, Some(1), "{}", check.said);
    let ada = operator.ask(&["contacts", "check", "1"]);
    ada.says(&["password:", "phpass, which is left alone: no new one is set"]);
    // Also where the operator has said which: a scheme may be the wrong one.
    operator.configure_with("", "[contacts.mapping]\nscheme = \"bcrypt-2y\"\n");
    let check = operator.check();
    check.says(&["warn", "contacts.mapping.scheme", "3 phpass", "nobody has one", "nobody can sign in"]);
    assert_eq!(check.code, Some(0), "{}", check.said);
    operator.database.run("UPDATE users SET password = '$2y$10$abc' WHERE id = 1;").await;
    operator.check().says(&["ok", "contacts.mapping.scheme", "1 bcrypt-2y"]);
    operator.configure_with("", "[contacts.mapping]\nscheme = \"bcrypt-2b\"\n");
    operator.check().says(&[
        "warn",
        "contacts.mapping.scheme",
        "written: bcrypt-2b, of which nobody has one",
    ]);
}

#[tokio::test]
async fn the_embedded_directory_is_shown_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let csv = folder.path().join("contacts.csv");
    std::fs::write(
        &csv,
        "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\nbo,Bo,ADA@example.org,\n",
    )
    .unwrap();
    let made = command(["init", "--dir", data], "");
    assert!(made.status.success(), "{made:?}");
    let config = folder.path().join("reset-link.toml");
    let with = ["--config", config.to_str().unwrap()];
    let imported = command(["contacts", "import", csv.to_str().unwrap()].into_iter().chain(with), "");
    assert!(imported.status.success(), "{imported:?}");
    let check = command(["contacts", "check", "ada"].into_iter().chain(with), "");
    let said = String::from_utf8(check.stdout).unwrap();
    assert!(said.contains("a…@example.org, which 1 other has, so links are handed over: bo"), "{said}");
    assert!(said.contains("contacts.sqlite (2 contacts)"), "{said}");
    assert_eq!(check.status.code(), Some(0), "{said}");
    let views = command(["contacts", "views"].into_iter().chain(with), "");
    assert_eq!(views.status.code(), Some(2), "{views:?}");
}

#[tokio::test]
async fn a_present_password_is_checked_by_the_applications_own_hash() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    let hash = "$2y$04$abcdefghijklmnopqrstuudTWYz.geuio4JeNWWv4sE1eyHd11De2";
    operator.database.run(&format!("UPDATE users SET password = '{hash}' WHERE id IN (1, 2); UPDATE users SET password = NULL WHERE id = 3; UPDATE users SET password = 'x' WHERE id = 4;")).await;
    for (id, password, said, code) in [
        ("1", "lantern otter", "matches", 0),
        ("1", "lantern otter\n", "matches", 0),
        ("1", "Lantern otter", "does not match", 1),
        ("1", "", "does not match", 1),
        ("2", "lantern otter", "inactive", 1),
        ("3", "lantern otter", "no password has been set yet", 1),
        ("4", "lantern otter", "only the application can check", 1),
        ("5", "lantern otter", "no contact has exactly this id", 1),
    ] {
        let answer = operator.ask_with(&["contacts", "check-password", id], password);
        answer.says(&[said]);
        assert_eq!(answer.code, Some(code), "{id}: {}", answer.said);
        assert!(!answer.said.contains("antern") && !answer.said.contains(hash), "{}", answer.said);
    }
}

#[tokio::test]
async fn commands_of_a_directory_of_ours_say_what_to_do_instead() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    let csv = operator.file("contacts.csv");
    std::fs::write(&csv, "id,name\nada,Ada\n").unwrap();
    for arguments in [
        &["contacts", "list"][..],
        &["contacts", "show", "1"],
        &["contacts", "import", csv.to_str().unwrap()],
    ] {
        let answer = operator.ask(arguments);
        answer.says(&["another program's directory", "reset-link contacts check"]);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {}", answer.said);
    }
    let views = operator.ask(&["contacts", "views"]);
    views.says(&["SQLite has no accounts"]);
    assert_eq!(views.code, Some(2), "{}", views.said);
}

#[tokio::test]
async fn doctor_has_the_same_findings_as_json_too() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    operator.configure("protected = [\"1\", \"zoe\"]");
    let doctor = operator.ask(&["doctor"]);
    doctor.says(&["ok", "contacts.reader_url_file", "reads `users`"]);
    doctor.says(&["ok", "contacts.url_file", "sets passwords in `users`"]);
    doctor.says(&["ok", "contacts.protected", "1 is a contact"]);
    doctor.says(&["FAIL", "contacts.protected", "\"zoe\" protects nobody"]);
    let json = operator.ask(&["doctor", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.said).unwrap();
    let subjects: Vec<_> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    for subject in
        ["contacts.url_file", "contacts.reader_url_file", "contacts.mapping.table", "contacts.mapping.scheme"]
    {
        assert!(subjects.contains(&subject), "{subject} is not in {subjects:?}");
    }
}
