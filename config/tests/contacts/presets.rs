//! What comes of a preset and of what an operator adds to it.

use reset_link_config::{AllInOne, Environment, HashScheme, SqlMapping, SqlPart, SqlText};

use super::{DJANGO, both, read, tables};

/// The mapping that comes of a preset and what an operator adds.
#[track_caller]
fn mapping(preset: &str, added: &str) -> SqlMapping {
    let [_, redeem_server] =
        both(&format!("{}{added}", DJANGO.replace("\"django\"", &format!("\"{preset}\""))));
    redeem_server.mapping
}

/// Columns with what they are set to, and whether only if they are present.
fn columns_of(mapping: &SqlMapping) -> Vec<(&str, &str, bool)> {
    let also_set = mapping.also_set.iter();
    also_set.map(|set| (set.column.as_str(), set.expression.as_str(), set.only_if_present)).collect()
}

/// Statements, each with the table without which it is left out.
fn statements_of(mapping: &SqlMapping) -> Vec<(Option<&str>, String)> {
    mapping.also_run.iter().map(|run| (run.if_table.as_deref(), written_out(&run.statement))).collect()
}

/// A statement with its identifiers in square brackets.
fn written_out(text: &SqlText) -> String {
    text.parts()
        .iter()
        .map(|part| match part {
            SqlPart::Verbatim(text) => text.clone(),
            SqlPart::Identifier(name) => format!("[{name}]"),
            SqlPart::Mapped(name) => format!("[{name:?}]"),
            SqlPart::Parameter(parameter) => format!("<{parameter:?}>"),
        })
        .collect()
}

#[test]
fn every_preset_is_a_whole_mapping() {
    for (preset, table, id, scheme, is_email_mapped) in [
        ("django", "auth_user", "username", HashScheme::DjangoPbkdf2Sha256, true),
        ("laravel", "users", "id", HashScheme::Bcrypt2y, true),
        ("devise", "users", "id", HashScheme::Bcrypt2a, true),
        ("wordpress", "wp_users", "ID", HashScheme::WordPressBcrypt, true),
        ("gotrue", "auth.users", "id", HashScheme::Bcrypt2a, true),
        ("aspnet-identity", "AspNetUsers", "Id", HashScheme::AspNetIdentityV3, true),
        ("dovecot", "users", "userid", HashScheme::DovecotBlfCrypt, false),
        ("plain", "users", "id", HashScheme::Argon2id, true),
    ] {
        let mapping = mapping(preset, "");
        assert_eq!((mapping.table.as_str(), mapping.id.as_str()), (table, id), "{preset}");
        assert_eq!((mapping.hash.scheme, mapping.hash.is_said_out_loud), (scheme, false), "{preset}");
        assert_eq!(mapping.email.is_some(), is_email_mapped, "{preset}");
    }
}

#[test]
fn a_preset_ends_what_the_old_password_had_begun() {
    let django = mapping("django", "");
    assert!(
        columns_of(&django).is_empty() && statements_of(&django).is_empty(),
        "a session of Django holds a fingerprint of the hash"
    );
    let laravel = mapping("laravel", "");
    let (set, run) = (columns_of(&laravel), statements_of(&laravel));
    assert_eq!(set, [("remember_token", ":random", true)]);
    let of_email = "WHERE [email] IN (SELECT [Email] FROM [Table] WHERE [Id] = <Id>)";
    assert_eq!(
        run,
        [
            (Some("password_reset_tokens"), format!("DELETE FROM [password_reset_tokens] {of_email}")),
            (Some("password_resets"), format!("DELETE FROM [password_resets] {of_email}")),
            (
                Some("personal_access_tokens"),
                "DELETE FROM [personal_access_tokens] WHERE [tokenable_id] = <Id> AND [tokenable_type] LIKE 'App_Models_User'".to_owned()
            ),
            (Some("sessions"), "DELETE FROM [sessions] WHERE [user_id] = <Id>".to_owned()),
        ]
    );
    let wordpress = mapping("wordpress", "");
    let (set, run) = (columns_of(&wordpress), statements_of(&wordpress));
    assert_eq!(set, [("user_activation_key", "''", false)]);
    assert_eq!(
        run,
        [(
            None,
            "DELETE FROM [wp_usermeta] WHERE [user_id] = <Id> AND [meta_key] = 'session_tokens'".to_owned()
        )]
    );
    let aspnet = mapping("aspnet-identity", "");
    let set = columns_of(&aspnet);
    assert_eq!(
        set,
        [
            ("AccessFailedCount", "0", false),
            ("ConcurrencyStamp", ":uuid", false),
            ("LockoutEnd", "NULL", false),
            ("SecurityStamp", ":uuid", false)
        ]
    );
    assert_eq!(
        written_out(&aspnet.active.expect("a condition")),
        "([LockoutEnd] IS NULL OR [LockoutEnd] < '2100-01-01')"
    );
}

#[test]
fn the_other_tables_of_a_preset_begin_as_the_mapped_one_does() {
    for (preset, table, beside) in [
        ("wordpress", "blog_users", "[blog_usermeta]"),
        ("wordpress", "site.my_blogusers", "[site.my_blogusermeta]"),
        ("wordpress", "site.members", "[site.usermeta]"),
        ("laravel", "users", "[sessions]"),
        ("laravel", "app_users", "[app_sessions]"),
        ("laravel", "members", "[sessions]"),
        ("laravel", "shop.users", "[shop.sessions]"),
    ] {
        let mapping = mapping(preset, &format!("[contacts.mapping]\ntable = \"{table}\""));
        let run = statements_of(&mapping);
        let (if_table, statement) = run.last().expect("a statement");
        assert!(statement.starts_with(&format!("DELETE FROM {beside} ")), "{table}: {statement}");
        if let Some(if_table) = if_table {
            assert_eq!(format!("[{if_table}]"), beside);
        }
    }
}

#[test]
fn what_the_operator_says_stands_in_the_place_of_the_presets() {
    let added = r#"[contacts.mapping]
name = "name"
scheme = "argon2id"
also_set = { changed_at = "now()" }
also_set_if_present = { remember_token = "" }
also_run_if = { "*sessions" = "DELETE FROM {logins} WHERE {user_id} = :id", "*password_resets" = "", tokens = "DELETE FROM {tokens} WHERE {user} = :id" }
"#;
    let laravel = mapping("laravel", added);
    assert_eq!((laravel.table.as_str(), laravel.name.as_slice()), ("users", &["name".to_owned()][..]));
    // How much of bcrypt is no matter of Argon2.
    assert_eq!(
        (laravel.hash.scheme, laravel.hash.is_said_out_loud, laravel.hash.cost),
        (HashScheme::Argon2id, true, None)
    );
    let (set, run) = (columns_of(&laravel), statements_of(&laravel));
    assert_eq!(set, [("changed_at", "now()", false)]);
    let tables: Vec<_> = run.iter().filter_map(|(table, _)| *table).collect();
    assert_eq!(tables, ["password_reset_tokens", "personal_access_tokens", "sessions", "tokens"]);
    assert!(run.contains(&(Some("sessions"), "DELETE FROM [logins] WHERE [user_id] = <Id>".to_owned())));
    // A column counts once, wherever it is named.
    let devise = mapping(
        "devise",
        "[contacts.mapping]\ncost = 13\nalso_set = { locked_at = \"locked_at\", unlock_token = \"\" }",
    );
    assert_eq!((devise.hash.cost, devise.hash.is_said_out_loud), (Some(13), false));
    let set = columns_of(&devise);
    let of = |column: &str| set.iter().filter(|set| set.0 == column).copied().collect::<Vec<_>>();
    assert_eq!(of("locked_at"), [("locked_at", "locked_at", false)]);
    assert!(of("unlock_token").is_empty());
    assert_eq!(of("failed_attempts"), [("failed_attempts", "0", true)]);
    let replaced = mapping("wordpress", "[contacts.mapping]\nalso_run = []\nscheme = \"wordpress\"");
    assert!(replaced.also_run.is_empty() && replaced.hash.scheme == HashScheme::WordPress);
}

#[test]
fn a_mapping_stands_in_the_environment_as_well_but_for_its_tables() {
    let environment = Environment::from([
        ("RESET_LINK_CONTACTS_KIND", "sql"),
        ("RESET_LINK_CONTACTS_PRESET", "django"),
        ("RESET_LINK_CONTACTS_URL", "mysql://a:hunter2-hunter2@localhost/site"),
        ("RESET_LINK_CONTACTS_READER_URL", "mysql://b:hunter2-hunter2@localhost/site"),
        ("RESET_LINK_CONTACTS_MAPPING_TABLE", "accounts_user"),
        ("RESET_LINK_CONTACTS_MAPPING_NAME", "nick,surname"),
        ("RESET_LINK_CONTACTS_MAPPING_ALSO_RUN", "DELETE FROM {a} WHERE {b} IN (1, 2) AND {c} = :id"),
    ]);
    let config: AllInOne = read("", &environment).expect("a good config");
    let mapping = tables(&config.redeem_server.contacts).mapping;
    assert_eq!(
        (mapping.table.as_str(), mapping.id.as_str(), mapping.name.join("+")),
        ("accounts_user", "username", "nick+surname".to_owned())
    );
    assert_eq!(
        statements_of(&mapping),
        [(None, "DELETE FROM [a] WHERE [b] IN (1, 2) AND [c] = <Id>".to_owned())]
    );
    let environment = Environment::from([
        ("RESET_LINK_CONTACTS_MAPPING_ALSO_SET", "{ a = \"1\" }"),
        ("RESET_LINK_CONTACTS_MAPPING_TABEL", "users"),
    ]);
    assert_eq!(
        read::<AllInOne>(DJANGO, &environment).expect_err("a refusal").to_string(),
        "RESET_LINK_CONTACTS_MAPPING_ALSO_SET: contacts.mapping.also_set: is a table, which no variable can hold; write it below [contacts.mapping] in a config file\n\
         RESET_LINK_CONTACTS_MAPPING_TABEL: names no setting; did you mean RESET_LINK_CONTACTS_MAPPING_TABLE?"
    );
}
