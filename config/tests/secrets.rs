//! Secrets: where they may stand, and that no error and no `Debug` shows them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use reset_link_config::{AllInOne, ConfigErrors, Environment, Overrides, Secret, from_text};
use tempfile::TempDir;

/// Lines 1 to 10; a secret begins on line 11.
const WITH_LOGIN: &str = r#"[organisation]
name = "Example Help Desk"
support = "Call us."
mail_from = "Help <help@example.com>"
[server]
public_url = "https://reset.example.com"
[mail]
host = "mail.example.com"
username = "reset-link"

"#;

fn folder_with_secret(secret: &[u8], mode: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mail-password");
    fs::write(&file, secret).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("a mode");
    (folder, file)
}

fn read(folder: &Path, added: &str, environment: &Environment) -> Result<AllInOne, ConfigErrors> {
    let name = folder.join("reset-link.toml");
    from_text(
        name.to_str().expect("a name"),
        &format!("{WITH_LOGIN}{added}\n"),
        environment,
        &Overrides::default(),
    )
}

fn password(config: Result<AllInOne, ConfigErrors>) -> String {
    let mail = config.expect("a good config").bot.mail.expect("mail is on");
    mail.password.expect("a password").expose().to_owned()
}

fn refusal(folder: &Path, added: &str) -> String {
    let errors = read(folder, added, &Environment::default()).expect_err("a refusal").to_string();
    errors.replace(folder.to_str().expect("a name"), "/etc")
}

#[test]
fn a_password_stands_in_the_file_or_in_the_environment_or_in_a_file_of_its_own() {
    let (folder, file) = folder_with_secret(b"from a file\n", 0o640);
    let none = Environment::default();
    assert_eq!(password(read(folder.path(), "password = \" in place \"", &none)), " in place ");
    assert_eq!(password(read(folder.path(), "password_file = \"mail-password\"", &none)), "from a file");
    let plain = Environment::from([("RESET_LINK_MAIL_PASSWORD", "from outside")]);
    assert_eq!(password(read(folder.path(), "", &plain)), "from outside");
    let named = Environment::from([("RESET_LINK_MAIL_PASSWORD_FILE", file)]);
    assert_eq!(password(read(folder.path(), "", &named)), "from a file");
}

#[test]
fn one_trailing_newline_of_the_file_is_trimmed_and_nothing_else() {
    for (content, expected) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), (" a \n", " a "), ("a\n\n", "a\n")]
    {
        let (folder, _) = folder_with_secret(content.as_bytes(), 0o600);
        let config = read(folder.path(), "password_file = \"mail-password\"", &Environment::default());
        assert_eq!(password(config), expected, "{content:?}");
    }
}

#[test]
fn a_secret_file_that_is_missing_or_empty_or_open_to_everybody_is_refused() {
    let file_key = "password_file = \"mail-password\"";
    let place = "/etc/reset-link.toml:11: mail.password_file: /etc/mail-password";
    let missing = tempfile::tempdir().expect("a folder");
    assert_eq!(
        refusal(missing.path(), file_key),
        format!(
            "{place} cannot be read (entity not found); write the secret into that file, or name the right file"
        )
    );
    for (content, mode, expected) in [
        (b"".as_slice(), 0o600, "is empty; write the secret into that file"),
        (b"\n", 0o600, "is empty; write the secret into that file"),
        (b"\xff", 0o600, "is not UTF-8 text; save the secret as UTF-8 text"),
        (
            b"hunter2",
            0o644,
            "is open to everybody on this machine (mode 0644); chmod 600 /etc/mail-password, and change the secret if others may have read it",
        ),
        (
            b"hunter2",
            0o602,
            "is open to everybody on this machine (mode 0602); chmod 600 /etc/mail-password, and change the secret if others may have read it",
        ),
    ] {
        let (folder, _) = folder_with_secret(content, mode);
        assert_eq!(refusal(folder.path(), file_key), format!("{place} {expected}"));
    }
}

#[test]
fn a_password_is_given_once() {
    let (folder, _) = folder_with_secret(b"hunter2", 0o600);
    assert_eq!(
        refusal(folder.path(), "password_file = \"mail-password\"\npassword = \"hunter2\""),
        "/etc/reset-link.toml:12: mail.password: is set, and so is mail.password_file (/etc/reset-link.toml:11); keep one of them, best password_file"
    );
    let environment = Environment::from([("RESET_LINK_MAIL_PASSWORD", "hunter2")]);
    let errors =
        read(folder.path(), "password_file = \"mail-password\"", &environment).expect_err("a refusal");
    let told = errors.to_string();
    assert!(
        told.starts_with("RESET_LINK_MAIL_PASSWORD: mail.password: is set, and so is mail.password_file"),
        "{told}"
    );
}

#[test]
fn an_empty_password_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(
        refusal(folder.path(), "password = \"\""),
        "/etc/reset-link.toml:11: mail.password: is empty; set it, or remove password"
    );
}

#[test]
fn no_refusal_and_no_debug_output_shows_a_secret() {
    let (folder, _) = folder_with_secret(b"hunter2", 0o644);
    for added in [
        "password = \"hunter2",
        "password = hunter2",
        "password = 1 hunter2",
        "password = 'hun'hunter2'",
        "password = \"\\qhunter2\"",
        "password = [\"hunter2\"]",
        "password = { hunter2 = 1 }",
        "password = \"hunter2\"\npassword_file = \"mail-password\"",
        "password_file = \"mail-password\"",
        "pasword = \"hunter2\"",
        "password = \"hunter2\"\nsecurity = \"none\"",
        "[keys]\nsigning_key = \"hunter2\"",
        "[keys]\nsigning_key_file = \"k4.secret.hunter2\"",
        "[keys]\nbinding_secret_file = \"reset-link-binding.hunter2\"",
        "[contact]\npassword = \"hunter2\"",
        "password = \"x\"\n[log]\nlevel = \"https://u:hunter2@example.com\"",
    ] {
        let errors = read(folder.path(), added, &Environment::default()).expect_err(added);
        assert!(!format!("{errors} {errors:?}").contains("hunter2"), "{added}: {errors}");
    }
    let environment = Environment::from([("RESET_LINK_MAIL_PASSWORD", "hunter2")]);
    let config = read(folder.path(), "", &environment).expect("a good config");
    assert!(!format!("{config:?} {environment:?} {:?}", Secret::new("hunter2")).contains("hunter2"));
}

#[test]
fn debug_output_shows_no_e_mail_address_in_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let environment = Environment::from([
        ("RESET_LINK_MAIL_USERNAME", "postbox@example.com"),
        ("RESET_LINK_MAIL_PASSWORD", "hunter2"),
        ("RESET_LINK_ORGANISATION_SUPPORT", "Write to postbox@example.com."),
        ("RESET_LINK_ORGANISATION_MAIL_FROM", "Help <postbox@example.com>"),
        ("RESET_LINK_ORGANISATION_MAIL_REPLY_TO", "postbox@example.com"),
    ]);
    let config = read(folder.path(), "", &environment).expect("a good config");
    assert_eq!(config.bot.organisation.mail_reply_to.as_deref(), Some("postbox@example.com"));
    assert!(!format!("{config:?}").contains("postbox"));
}

#[test]
fn every_secret_is_known_by_its_key_wherever_it_was_given() {
    let (folder, file) = folder_with_secret(b"from a file\n", 0o600);
    let added = "password_file = \"mail-password\"\n[discord]\ntoken = \"in-place\"\nguilds = [\"81384788765712384\"]\n\
                 allow_users = [\"80351110224678912\"]";
    let config = read(folder.path(), added, &Environment::default()).expect("a good config");
    let keys: Vec<&str> = config.bot.secrets.iter().map(|secret| secret.key.as_str()).collect();
    assert_eq!(keys, ["mail.password", "discord.token"]);
    let stand_in = |text: &str| -> Vec<bool> {
        config.bot.secrets.iter().map(|secret| secret.stands_in(text)).collect()
    };
    assert_eq!(stand_in(added), [false, true]);
    assert_eq!(stand_in(&fs::read_to_string(file).expect("a file")), [true, false]);
    assert!(!format!("{config:?}").contains("in-place"));
}
