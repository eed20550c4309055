//! What is refused of kinds, presets and mappings.

use reset_link_config::AllInOne;

use super::{DJANGO, assert_refused, refusals};

#[test]
fn each_kind_refuses_the_keys_of_the_other() {
    let of_tables = r#""sql", and the contacts are in the embedded directory; add kind = "sql" below [contacts], or remove it"#;
    assert_refused(
        "[contacts]\nurl_file = \"x\"\nviews = true\n[contacts.mapping]\ntable = \"users\"",
        &[
            &format!("reset-link.toml:7: contacts.url_file: is for kind = {of_tables}"),
            &format!("reset-link.toml:8: contacts.views: is for kind = {of_tables}"),
            &format!("reset-link.toml:10: contacts.mapping.table: is for kind = {of_tables}"),
        ],
    );
    assert_refused(
        &format!("{DJANGO}sqlite_file = \"x\""),
        &[
            r#"reset-link.toml:11: contacts.sqlite_file: is for kind = "embedded", and the contacts are in tables of another application; remove it; an SQLite file of another application is named by url = "sqlite:…""#,
        ],
    );
}

/// What is refused of a mapping that stands on line 12 and below. `preset` is the last line before it.
#[track_caller]
fn assert_mapping_refused(preset: &str, added: &str, expected: &[&str]) {
    let added = format!("{}[contacts.mapping]\n{added}", DJANGO.replace("django", preset));
    let expected: Vec<String> = expected.iter().map(|refusal| format!("reset-link.toml:{refusal}")).collect();
    assert_eq!(refusals::<AllInOne>(&added), expected, "{added}");
}

#[test]
fn a_section_within_another_one_has_lines_and_keys_of_its_own() {
    assert_mapping_refused(
        "django",
        "tabel = \"users\"\nid = 7\ncolour = \"blue\"\nalso_set = \"x\"\nalso_run_if = { a = 1, \"b\\\"\" = \"DELETE\" }",
        &[
            "12: contacts.mapping.tabel: no such key; did you mean table?",
            "13: contacts.mapping.id: is a number, not text; put it in quotes",
            "14: contacts.mapping.colour: no such key; remove it; [contacts.mapping] has table, id, name, email, email_key, language, password, active, scheme, cost, iterations, memory_kib, passes, lanes, pepper, pepper_file, also_set, also_set_if_present, also_run, also_run_if",
            r#"15: contacts.mapping.also_set: is text, not a table; write it as a table, like { name = "…" }"#,
            r#"16: contacts.mapping.also_run_if: "a" is a number, not text; put it in quotes"#,
            r#"16: contacts.mapping.also_run_if: "b"" is not the plain name of a table or a column; write the name as the database lists it, without quotation marks: reset-link quotes it"#,
        ],
    );
    assert_mapping_refused(
        "django",
        "[contacts.mapping.also_set]\nstamp = \"now()\"\npassword = \":uuid\"\n[contacts.maping]\ntable = \"x\"",
        &[
            r#"12: contacts.mapping.also_set: sets "password", the column that holds the hash; remove it; reset-link writes the hash itself"#,
            "15: contacts.maping: no such key; did you mean mapping?",
        ],
    );
    assert_refused(
        &format!("{DJANGO}mapping = \"users\"\ntable = \"users\""),
        &[
            "reset-link.toml:11: contacts.mapping: is text, not a section; write [contacts.mapping] on a line of its own, and its keys below",
            "reset-link.toml:12: contacts.table: no such key; it belongs below [contacts.mapping]",
        ],
    );
    assert_refused(
        "[mapping]\ntable = \"users\"",
        &["reset-link.toml:6: mapping: no such section; did you mean [contacts.mapping]?"],
    );
}

#[test]
fn a_mapping_that_lacks_something_says_what() {
    let own = DJANGO.replace("preset = \"django\"\n", "");
    assert_refused(
        &own,
        &[
            r#"reset-link.toml:6: contacts.preset: is not set, and neither is a mapping of your own; add preset = "django" or another one, or [contacts.mapping] with at least table, id, name, password and scheme"#,
        ],
    );
    assert_refused(
        &format!("{own}[contacts.mapping]\ntable = \"users\""),
        &[
            r#"reset-link.toml:10: contacts.mapping.id: is not set; add id = "id" below [contacts.mapping]"#,
            r#"reset-link.toml:10: contacts.mapping.name: is not set; add name = "name" below [contacts.mapping]"#,
            r#"reset-link.toml:10: contacts.mapping.password: is not set; add password = "password" below [contacts.mapping]"#,
            r#"reset-link.toml:10: contacts.mapping.scheme: is not set; add scheme = "argon2id" below [contacts.mapping]"#,
        ],
    );
}

#[test]
fn a_preset_that_there_is_not_or_that_would_break_its_application_is_refused() {
    for (preset, refusal) in [
        ("djagno", r#""djagno" is not one of the presets; did you mean "django"?"#.to_owned()),
        (
            "moodle",
            r#""moodle" is not one of the presets; use "django", "laravel", "devise", "wordpress", "gotrue", "aspnet-identity", "dovecot", "plain"; or remove preset, and say all of it in [contacts.mapping]"#.to_owned(),
        ),
        (
            "Keycloak",
            "Keycloak keeps users in a cache of its process; have passwords set by its own API and not by SQL; docs/directories/README.md says more".to_owned(),
        ),
        (
            "nextcloud",
            "Nextcloud keeps keys under the password, which a change of the hash alone would lose; have passwords set by its own API and not by SQL; docs/directories/README.md says more".to_owned(),
        ),
    ] {
        assert_refused(
            &DJANGO.replace("django", preset),
            &[&format!("reset-link.toml:8: contacts.preset: {refusal}")],
        );
    }
    for preset in ["synapse", "drupal"] {
        assert_eq!(refusals::<AllInOne>(&DJANGO.replace("django", preset)).len(), 1);
    }
}

#[test]
fn columns_that_cannot_be_meant_are_refused() {
    for (added, refusal) in [
        (
            "table = \"a.b.c\"",
            r#"table: "a.b.c" has more than one dot; write the table alone, or its schema, a dot and the table"#,
        ),
        (
            "email = \"users.email\"",
            r#"email: "users.email" has a dot; write the column alone: all columns are those of the one table; a view can join several"#,
        ),
        (
            "id = '\"Id\"'",
            r#"id: ""Id"" is not the plain name of a table or a column; write the name as the database lists it, without quotation marks: reset-link quotes it"#,
        ),
        ("language = \"\"", "language: is empty; write a name"),
        ("name = [\"a\", \"b\", \"a\"]", "name: names a column twice; name each column once, at least one"),
        ("name = []", "name: names no column; name each column once, at least one"),
        (
            "name = \"password\"",
            r#"password: "password" is also mapped to what reset-link shows; name the column with the hash here, and nowhere else"#,
        ),
        (
            "also_set = { username = \":uuid\" }",
            r#"also_set: sets "username", the column that names the contact; remove it; reset-link writes the hash itself"#,
        ),
        (
            "also_set = { a = \"1\" }\nalso_set_if_present = { a = \"2\" }",
            r#"also_set_if_present: has "a", and so has also_set; keep one of them"#,
        ),
        (
            "also_set = { a = \"coalesce(a, 1), is_staff = true\" }",
            r#"also_set: "a" is more than one expression; give each column an expression of its own"#,
        ),
        (
            "active = \"{is_active} AND {id} <> :id\"",
            "active: holds a parameter; write a condition on the columns of the row alone",
        ),
    ] {
        let refused = refusals::<AllInOne>(&format!("{DJANGO}[contacts.mapping]\n{added}"));
        let [refused] = &refused[..] else { panic!("{added}: {refused:?}") };
        assert!(refused.ends_with(&format!(": contacts.mapping.{refusal}")), "{added}: {refused}");
    }
    let own = r#"[contacts.mapping]
table = "users"
id = "id"
name = "name"
password = "password"
scheme = "argon2id"
email_key = "email_key"
also_run = "DELETE FROM {a} WHERE {b} IN (SELECT {=email} FROM {=table} WHERE {=id} = :id)"
"#;
    assert_refused(
        &format!("{}{own}", DJANGO.replace("preset = \"django\"", "views = true")),
        &[
            "reset-link.toml:17: contacts.mapping.email_key: is set, and email is not; set email, or remove email_key",
            "reset-link.toml:18: contacts.mapping.also_run: names {=email}, and no email is mapped; set email, or remove it",
        ],
    );
}

#[test]
fn statements_are_of_one_contact_and_within_the_transaction() {
    for (statement, refusal) in [
        ("DELETE FROM sessions", "would change the rows of everybody; say whose they are: WHERE … = :id"),
        ("update users set a = 1", "would change the rows of everybody; say whose they are: WHERE … = :id"),
        ("UPDATE users SET a = :id", "would change the rows of everybody; say whose they are: WHERE … = :id"),
        (
            "UPDATE users SET a = (SELECT b FROM c WHERE d = :id)",
            "would change the rows of everybody; say whose they are: WHERE … = :id",
        ),
        (
            "UPDATE users SET a = :id, b = ' WHERE ' || c",
            "would change the rows of everybody; say whose they are: WHERE … = :id",
        ),
        (
            "WITH old AS (SELECT :id) DELETE FROM sessions",
            "would change the rows of everybody; say whose they are: WHERE … = :id",
        ),
        (
            "COMMIT",
            r#""COMMIT" cannot run in the transaction that sets a password; begin it with DELETE, UPDATE, INSERT, REPLACE, WITH, SELECT"#,
        ),
        (
            "TRUNCATE sessions",
            r#""TRUNCATE sessions" cannot run in the transaction that sets a password; begin it with DELETE, UPDATE, INSERT, REPLACE, WITH, SELECT"#,
        ),
        (
            "DELETE FROM a WHERE b = :id; COMMIT",
            "holds several statements; write each of them as an item of its own list",
        ),
        ("", "is empty; write the SQL, or remove it"),
        (
            "DELETE FROM a WHERE b = :id AND c = :salt",
            "takes :salt or :algorithm, and django-pbkdf2-sha256 keeps both in the hash; remove it",
        ),
    ] {
        assert_mapping_refused(
            "django",
            &format!("also_run = [\n  \"{statement}\",\n]"),
            &[&format!(
                "{}: contacts.mapping.also_run: {refusal}",
                if refusal.contains(":algorithm") { 12 } else { 13 }
            )],
        );
    }
    // A preset's own statements compare numbers, and MySQL takes the text "7abc" for 7.
    assert_mapping_refused(
        "wordpress",
        "id = \"user_login\"",
        &[
            r#"12: contacts.mapping.id: is "user_login", and a statement of the preset (in also_run) compares :id with "ID"; remove id, or give also_run yourself"#,
        ],
    );
    assert_mapping_refused(
        "wordpress",
        "id = \"user_login\"\nalso_run = [\"DELETE FROM {*usermeta} WHERE {user_id} IN (SELECT {ID} FROM {=table} WHERE {=id} = :id)\"]",
        &[],
    );
}

#[test]
fn a_scheme_has_its_own_settings_and_their_ranges() {
    for (preset, added, refusal) in [
        (
            "plain",
            "cost = 12",
            "cost: is set, and the scheme argon2id takes none; remove it; it is for bcrypt-2a, bcrypt-2b, bcrypt-2y, django-bcrypt-sha256, django-scrypt, wordpress, wordpress-bcrypt, dovecot-blf-crypt",
        ),
        (
            "django",
            "pepper = \"x\"",
            "pepper: is set, and the scheme django-pbkdf2-sha256 takes none; remove it; it is for bcrypt-2a",
        ),
        (
            "devise",
            "iterations = 1000",
            "iterations: is set, and the scheme bcrypt-2a takes none; remove it; it is for sha512-crypt, django-pbkdf2-sha256, aspnet-identity-v3, dovecot-sha512-crypt, discourse, gitea",
        ),
        ("devise", "cost = 3", "cost: 3 is out of range; use 4 to 20 (a logarithm to the base 2)"),
        ("devise", "cost = 19", "cost: 19 is out of range for bcrypt-2a; use 4 to 18"),
        (
            "django",
            "scheme = \"django-scrypt\"\ncost = 9",
            "cost: 9 is out of range for django-scrypt; use 10 to 20",
        ),
        ("django", "iterations = 999", "iterations: 999 is out of range; use 1000 to 20000000 rounds"),
        ("plain", "memory_kib = 1024\nlanes = 64", ""),
        ("plain", "passes = 65", "passes: 65 is out of range; use 1 to 64 passes"),
        (
            "plain",
            "scheme = \"discourse\"\nalso_set = { password_algorithm = \":algorithm\" }",
            "scheme: discourse keeps more than the hash, and nothing takes :salt; add the column below [contacts.mapping.also_set], like <column> = \":salt\"",
        ),
        (
            "plain",
            "scheme = \"gitea\"\nalso_set = { salt = \":salt\", passwd_hash_algo = \":algorithm\" }",
            "",
        ),
    ] {
        let refused =
            refusals::<AllInOne>(&format!("{}[contacts.mapping]\n{added}", DJANGO.replace("django", preset)));
        let expected = if refusal.is_empty() { vec![] } else { vec![refusal] };
        let told: Vec<_> = refused
            .iter()
            .filter_map(|refused| refused.split_once(": contacts.mapping."))
            .map(|(_, told)| told)
            .collect();
        assert_eq!(told, expected, "{added}: {refused:?}");
    }
}
