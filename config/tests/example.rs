//! The example file tells the truth.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reset_link_config::{
    AllInOne, ConfigErrors, EXAMPLE, Environment, Overrides, SlackHearing, from_text, known_keys,
};
use tempfile::TempDir;

/// One setting of the example file: its lines there, and what its comment states.
struct Setting {
    line: usize,
    is_on: bool,
    stated: Stated,
}

#[derive(Debug, PartialEq)]
enum Stated {
    Required,
    Default(String),
}

/// The example with its blocks turned on, as their comments tell the operator to.
fn turned_on() -> Vec<String> {
    let mut in_block = false;
    let lines = EXAMPLE.lines().map(|line| {
        in_block |= ["# [mail]", "# [contacts.mapping]", "# [discord]", "# [slack]", "# [mattermost]"]
            .contains(&line);
        let turned =
            if in_block { line.strip_prefix('#').expect("the block is commented out") } else { line };
        let is_last = [
            "## retry",
            "## also_run_if = ",
            "## api_proxy",
            "## audit_channel = \"C",
            "## audit_channel = \"9",
        ]
        .iter()
        .any(|last| line.starts_with(last));
        in_block &= !is_last;
        let sender = turned.strip_prefix("# ").filter(|rest| rest.starts_with("mail_from = "));
        sender.unwrap_or(turned).trim_start().to_owned()
    });
    lines.collect()
}

/// The settings of a file by section and key.
fn settings(lines: &[String]) -> BTreeMap<(String, String), Setting> {
    let mut section = String::new();
    let mut stated = None;
    let mut found = BTreeMap::new();
    for (line, text) in lines.iter().enumerate() {
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
        } else if text == "# Required." {
            stated = Some(Stated::Required);
        } else if let Some(default) = text.strip_prefix("# Default: ") {
            stated = Some(Stated::Default(default.to_owned()));
        } else if let Some((key, _)) = text.strip_prefix("# ").unwrap_or(text).split_once(" = ")
            && key.chars().all(|character| character.is_ascii_lowercase() || character == '_')
        {
            let stated = stated.take().unwrap_or_else(|| panic!("{section}.{key} states no default"));
            let setting = Setting { line, is_on: !text.starts_with('#'), stated };
            let twice = found.insert((section.clone(), key.to_owned()), setting);
            assert!(twice.is_none(), "{section}.{key} appears twice");
        }
    }
    found
}

/// A folder with what the example refers to and what is read at start.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in [
        "mail-password",
        "discord-token",
        "slack-bot-token",
        "slack-app-token",
        "slack-signing-secret",
        "mattermost-bot-token",
        "mattermost-command-tokens",
        "contacts-pepper",
        "contacts-writer-url",
        "contacts-reader-url",
        "ldap-reader-password",
        "ldap-writer-password",
    ]
    .map(|name| folder.path().join(name))
    {
        let is_url = file.to_string_lossy().ends_with("-url");
        let secret = if is_url { "postgres://user:secret@db.example.com/site\n" } else { "secret\n" };
        fs::write(&file, secret).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    fs::write(folder.path().join("logo.png"), PNG).expect("a file");
    folder
}

/// The header of a PNG of 160 by 40 pixels.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\xa0\0\0\0\x28\x08\x06\0\0\0";

/// What only an LDAP directory needs.
const OF_LDAP: [&str; 19] = [
    "flavour",
    "ldap_url",
    "base",
    "filter",
    "active_filter",
    "version_from",
    "unlock",
    "id_attribute",
    "name_attribute",
    "email_attribute",
    "language_attribute",
    "policy_dn",
    "probe_id",
    "reader_dn",
    "reader_password_file",
    "reader_password",
    "writer_dn",
    "writer_password_file",
    "writer_password",
];

/// What only Active Directory needs.
const OF_ACTIVE_DIRECTORY: [&str; 3] = ["conditional", "enforce_history", "old_password_allowed"];

/// The lines with an LDAP directory turned on.
fn with_ldap(lines: &[String], flavour: &str) -> Vec<String> {
    let needed = [
        "flavour",
        "ldap_url",
        "base",
        "reader_dn",
        "reader_password_file",
        "writer_dn",
        "writer_password_file",
    ];
    let on = lines.iter().map(|line| match line.trim_start_matches("# ") {
        line if line.starts_with("kind = ") => "kind = \"ldap\"".to_owned(),
        line if line.starts_with("flavour = ") => format!("flavour = \"{flavour}\""),
        line if line.split_once(" = ").is_some_and(|(key, _)| needed.contains(&key)) => line.to_owned(),
        _ => line.clone(),
    });
    on.collect()
}

/// The lines as they are where this setting can stand: with tables of another application, and of one whose hashes it is for.
fn where_it_can_stand(lines: &[String], section: &str, key: &str) -> Vec<String> {
    if section == "contacts" && OF_LDAP.contains(&key) {
        let flavour = if ["version_from", "unlock"].contains(&key) { "389ds" } else { "openldap" };
        return with_ldap(lines, flavour);
    }
    if section == "contacts" && OF_ACTIVE_DIRECTORY.contains(&key) {
        return with_ldap(lines, "active-directory");
    }
    let of_tables = section == "contacts.mapping"
        || section == "contacts" && !["kind", "sqlite_file", "protected", "protected_strict"].contains(&key);
    if !of_tables {
        return lines.to_vec();
    }
    let preset = match key {
        "cost" | "pepper" | "pepper_file" => "devise",
        "memory_kib" | "passes" | "lanes" => "plain",
        _ => "django",
    };
    let on = lines.iter().map(|line| match line.trim_start_matches("# ") {
        line if line.starts_with("kind = ") => "kind = \"sql\"".to_owned(),
        line if line.starts_with("preset = ") => format!("preset = \"{preset}\""),
        line if line.starts_with("url_file = ") || line.starts_with("reader_url_file = ") => line.to_owned(),
        _ => line.clone(),
    });
    on.collect()
}

fn read(folder: &TempDir, lines: &[String]) -> Result<AllInOne, ConfigErrors> {
    let name = folder.path().join("reset-link.toml");
    let name = name.to_str().expect("a name");
    from_text(name, &lines.join("\n"), &Environment::default(), &Overrides::default())
}

/// The same lines with one of them replaced.
fn replaced(lines: &[String], line: usize, text: String) -> Vec<String> {
    let mut lines = lines.to_vec();
    *lines.get_mut(line).expect("a line") = text;
    lines
}

#[test]
fn the_example_parses_as_it_stands() {
    let config =
        from_text::<AllInOne>("reset-link.toml", EXAMPLE, &Environment::default(), &Overrides::default())
            .expect("good");
    assert!(config.bot.mail.is_none());
    assert!(!config.bot.console.enabled);
    assert_eq!(config.redeem_server.passwords.min_length, 15);
}

#[test]
fn the_mail_block_parses_when_it_is_turned_on_as_its_comment_says() {
    let folder = folder();
    let mail = read(&folder, &turned_on()).expect("a good config").bot.mail.expect("mail is on");
    assert_eq!(mail.host, "mail.example.com");
    assert_eq!(mail.password.expect("a password").expose(), "secret");
}

#[test]
fn the_support_text_of_the_example_parses_in_both_languages() {
    let shown = EXAMPLE.lines().find_map(|line| line.strip_prefix("#   support = ")).expect("a table");
    let lines: Vec<String> = EXAMPLE
        .lines()
        .map(
            |line| {
                if line.starts_with("support = ") { format!("support = {shown}") } else { line.to_owned() }
            },
        )
        .collect();
    let support = read(&folder(), &lines).expect("a good config").bot.organisation.support;
    assert!(support.in_language("en").starts_with("Call") && support.in_language("de").starts_with("Rufen"));
}

#[test]
fn the_discord_block_parses_when_it_is_turned_on_as_its_comment_says() {
    let folder = folder();
    let discord = read(&folder, &turned_on()).expect("a good config").bot.discord.expect("Discord is on");
    assert_eq!(discord.token.expose(), "secret");
    assert_eq!(discord.guilds, ["81384788765712384"]);
    assert!(discord.search && discord.approvals_channel.is_none());
}

#[test]
fn the_slack_block_parses_when_it_is_turned_on_as_its_comment_says() {
    let folder = folder();
    let slack = read(&folder, &turned_on()).expect("a good config").bot.slack.expect("Slack is on");
    assert_eq!(slack.bot_token.expose(), "secret");
    assert!(matches!(slack.hearing, SlackHearing::Requests(secret) if secret.expose() == "secret"));
    assert_eq!(
        (slack.team.as_str(), &slack.allow_groups[..]),
        ("T0123456789", &["S0123456789".to_owned()][..])
    );
    assert!(slack.search && slack.approvals_channel.is_none());
}

/// The lines with this setting turned on, and the text that it then has.
fn with_on(lines: &[String], section: &str, key: &str) -> (Vec<String>, String) {
    let setting = settings(lines).remove(&(section.to_owned(), key.to_owned())).expect("a setting");
    let on = lines[setting.line].trim_start_matches("# ").to_owned();
    let text = on.split('"').nth(1).expect("a text").to_owned();
    (replaced(lines, setting.line, on), text)
}

#[test]
fn the_help_desk_is_asked_where_it_is_said_and_otherwise_where_a_second_person_is() {
    let asked_in = |lines: &[String], platform: &str| {
        let bot = read(&folder(), lines).expect("a good config").bot;
        let channel = match platform {
            "discord" => bot.discord.as_ref().and_then(|discord| discord.help_desk_channel()),
            "slack" => bot.slack.as_ref().and_then(|slack| slack.help_desk_channel()),
            _ => bot.mattermost.as_ref().and_then(|mattermost| mattermost.help_desk_channel()),
        };
        channel.map(str::to_owned)
    };
    for platform in ["discord", "slack", "mattermost"] {
        let lines = turned_on();
        assert_eq!(asked_in(&lines, platform), None);
        let (lines, approvals) = with_on(&lines, platform, "approvals_channel");
        assert_eq!(asked_in(&lines, platform), Some(approvals.clone()));
        let (lines, requests) = with_on(&lines, platform, "requests_channel");
        assert_ne!(requests, approvals);
        assert_eq!(asked_in(&lines, platform), Some(requests));
    }
}

#[test]
fn with_an_app_level_token_slack_needs_no_signing_secret() {
    let folder = folder();
    let mut lines = turned_on();
    lines.retain(|line| !line.starts_with("signing_secret_file"));
    for (off, token) in [("# app_token_file = ", "secret"), ("# app_token = ", "xapp-…")] {
        let line = lines.iter().position(|line| line.starts_with(off)).expect("a setting that is off");
        let on = replaced(&lines, line, lines[line].trim_start_matches("# ").to_owned());
        let slack = read(&folder, &on).expect("a good config").bot.slack.expect("Slack is on");
        assert!(matches!(slack.hearing, SlackHearing::Socket(secret) if secret.expose() == token));
    }
}

#[test]
fn the_persons_of_the_example_parse_without_their_comment_signs() {
    let mut in_block = false;
    let lines: Vec<String> = turned_on()
        .into_iter()
        .map(|line| {
            in_block = line == "#   [[admins]]" || (in_block && line.starts_with("#   "));
            if in_block { line.trim_start_matches(['#', ' ']).to_owned() } else { line }
        })
        .collect();
    let admins = read(&folder(), &lines).expect("a good config").bot.admins;
    let [alice] = &admins[..] else { panic!("{admins:?}") };
    assert_eq!((alice.name.as_str(), alice.console.as_deref()), ("Alice Example", Some("alice")));
    assert_eq!(alice.discord.as_deref(), Some("80351110224678912"));
}

#[test]
fn every_known_key_appears_in_the_example() {
    let shown: Vec<(String, String)> = settings(&turned_on()).into_keys().collect();
    let mut known: Vec<(String, String)> =
        known_keys().map(|known| (known.section.to_owned(), known.key.to_owned())).collect();
    known.sort();
    assert_eq!(shown, known);
}

#[test]
fn every_setting_that_is_off_parses_when_it_is_turned_on() {
    let folder = folder();
    let lines = turned_on();
    for ((section, key), setting) in settings(&lines).iter().filter(|(_, setting)| !setting.is_on) {
        let text =
            lines.get(setting.line).and_then(|text| text.strip_prefix("# ")).expect("a setting that is off");
        let mut lines = where_it_can_stand(&lines, section, key);
        lines = replaced(&lines, setting.line, text.to_owned());
        if known_keys().any(|known| known.is_secret && (known.section, known.key) == (section, key)) {
            // The file of the same section; another section may have one of the same name.
            let file = settings(&lines).remove(&(section.clone(), format!("{key}_file"))).expect("its file");
            lines = replaced(&lines, file.line, String::new());
        }
        read(&folder, &lines).unwrap_or_else(|errors| panic!("{section}.{key}: {errors}"));
    }
}

#[test]
fn stated_defaults_are_the_real_ones() {
    let folder = folder();
    let lines = turned_on();
    let data = folder.path().join("data");
    for ((section, key), setting) in settings(&lines) {
        let lines = where_it_can_stand(&lines, &section, &key);
        let without = replaced(&lines, setting.line, String::new());
        let default = match &setting.stated {
            // The mail login is all or nothing, and somebody must be allowed on a chat platform.
            Stated::Default(default)
                if default == "none" || default == "the preset's" || (section == "mail" && key == "port") =>
            {
                continue;
            }
            Stated::Default(_)
                if key == "allow_roles"
                    || key == "allow_groups"
                    || (section == "mattermost" && key == "allow_users") =>
            {
                continue;
            }
            Stated::Default(default) => match default.strip_prefix("<data>") {
                Some(rest) => format!("\"{}{rest}\"", data.display()),
                None => default.clone(),
            },
            Stated::Required => {
                let errors = read(&folder, &without).expect_err("a refusal").to_string();
                assert!(errors.contains(&format!("{section}.{key}: ")), "{errors}");
                continue;
            }
        };
        let with = replaced(&lines, setting.line, format!("{key} = {default}"));
        let [with, without] =
            [with, without].map(|lines| format!("{:?}", read(&folder, &lines).expect("a good config")));
        assert_eq!(with, without, "{section}.{key} = {default}");
    }
}

#[test]
fn a_setting_that_is_off_shows_its_default() {
    let lines = turned_on();
    for ((section, key), setting) in settings(&lines) {
        let (Stated::Default(default), Some(text)) = (&setting.stated, lines.get(setting.line)) else {
            continue;
        };
        let (_, value) = text.split_once(" = ").expect("a setting");
        let is_example = default == "none"
            || default == "the preset's"
            || default == "[]"
            || setting.is_on
            || (section == "mail" && key == "port");
        let default = match default.strip_prefix("<data>") {
            Some(rest) => format!("\"data{rest}\""),
            None => default.clone(),
        };
        assert!(is_example || value == default, "{section}.{key} shows {value}, its default is {default}");
    }
}
