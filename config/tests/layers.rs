//! File, environment, command line: which wins, and what paths are relative to.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use reset_link_config::{
    AllInOne, ConfigErrors, Environment, HandOver, KnownKey, MailSecurity, Overrides, from_environment,
    from_text, known_keys, load, try_out, variable_name,
};

const GOOD: &str = r#"[organisation]
name = "Example Help Desk"
support = "Call us."
mail_from = "Help <help@example.com>"
[server]
public_url = "https://reset.example.com/"
"#;

fn read(added: &str, environment: &Environment, overrides: &Overrides) -> Result<AllInOne, ConfigErrors> {
    from_text("/etc/reset-link/reset-link.toml", &format!("{GOOD}{added}"), environment, overrides)
}

fn good(added: &str, environment: &Environment, overrides: &Overrides) -> AllInOne {
    read(added, environment, overrides).expect("a good config")
}

#[test]
fn a_short_file_gets_the_defaults() {
    let config = good("", &Environment::default(), &Overrides::default());
    assert_eq!(config.redeem_server.server.public_url.as_str(), "https://reset.example.com");
    assert_eq!(config.redeem_server.server.listen, SocketAddr::from(([127, 0, 0, 1], 8080)));
    assert!(config.redeem_server.server.trusted_proxies.is_empty());
    assert_eq!(config.bot.organisation.language, "en");
    assert_eq!(config.bot.organisation.time_zone.iana_name(), Some("UTC"));
    assert_eq!(config.bot.data.dir, Path::new("/etc/reset-link/data"));
    assert_eq!(config.bot.keys.signing_key_file, Path::new("/etc/reset-link/data/keys/signing.k4.secret"));
    assert_eq!(config.bot.contacts.sqlite_file(), Some(Path::new("/etc/reset-link/data/contacts.sqlite")));
    assert_eq!(config.redeem_server.ledger.dir, Path::new("/etc/reset-link/data/ledger"));
    assert_eq!(config.bot.audit_file, Path::new("/etc/reset-link/data/audit.jsonl"));
    assert_eq!(config.redeem_server.audit_file, Path::new("/etc/reset-link/data/redeem-audit.jsonl"));
    assert_eq!(config.bot.links.lifetime, SignedDuration::from_mins(15));
    assert_eq!(config.bot.links.hand_over, HandOver::Show);
    assert_eq!(config.bot.limits.links_per_admin_and_hour, 60);
    assert_eq!(config.bot.limits.links_per_contact_and_quarter_hour, 10);
    assert_eq!(config.redeem_server.limits.damaged_links_per_client_and_minute, 30);
    assert_eq!(config.redeem_server.limits.requests_per_link_and_minute, 20);
    assert!(config.bot.mail.is_none());
    assert_eq!(
        (config.redeem_server.passwords.min_length, config.redeem_server.passwords.min_strength),
        (12, 3)
    );
    assert_eq!(
        (config.redeem_server.ledger.cache_mb, config.redeem_server.ledger.lease),
        (16, SignedDuration::from_secs(30))
    );
    assert!(!config.bot.console.enabled);
    assert_eq!(config.bot.log.level, "info");
}

#[test]
fn the_environment_wins_over_the_file_and_is_read_as_what_its_key_wants() {
    let file =
        "trusted_proxies = [\"192.0.2.1\"]\n[links]\nlifetime = \"nonsense\"\n[console]\nallow = [\"ada\"]\n";
    let environment = Environment::from([
        ("RESET_LINK_ORGANISATION_NAME", "Other Desk"),
        ("RESET_LINK_ORGANISATION_TIME_ZONE", "Europe/Berlin"),
        ("RESET_LINK_SERVER_TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.7,fd00::1,"),
        ("RESET_LINK_LINKS_LIFETIME", "1h"),
        ("RESET_LINK_LINKS_HAND_OVER", "refuse"),
        ("RESET_LINK_LIMITS_LINKS_PER_ADMIN_AND_HOUR", "5"),
        ("RESET_LINK_CONSOLE_ENABLED", "true"),
        ("RESET_LINK_CONSOLE_ALLOW", "grace,ada"),
        ("RESET_LINK_MAIL_HOST", "[::1]"),
        ("RESET_LINK_MAIL_SECURITY", "none"),
        ("RESET_LINK_MAIL_USERNAME", "u"),
        ("RESET_LINK_MAIL_PASSWORD", "p"),
        ("RESET_LINK_CONFIG", "/etc/reset-link/reset-link.toml"),
        ("RESET_LINK_DATA", "elsewhere"),
        ("RESET_LINK_LISTEN", "elsewhere"),
        ("PATH", "/bin"),
    ]);
    let config = good(file, &environment, &Overrides::default());
    assert_eq!(config.bot.organisation.name, "Other Desk");
    assert_eq!(config.bot.organisation.time_zone.iana_name(), Some("Europe/Berlin"));
    let proxies: Vec<String> =
        config.redeem_server.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.7/32", "fd00::1/128"]);
    assert_eq!(config.bot.links.lifetime, SignedDuration::from_hours(1));
    assert_eq!(config.bot.links.hand_over, HandOver::Refuse);
    assert_eq!(config.bot.limits.links_per_admin_and_hour, 5);
    assert!(config.bot.console.enabled);
    assert_eq!(config.bot.console.allow, ["grace", "ada"]);
    let mail = config.bot.mail.expect("mail is on");
    assert_eq!((mail.host.as_str(), mail.port, mail.security), ("::1", 25, MailSecurity::None));
}

#[test]
fn networks_of_public_addresses_are_told_from_private_ones() {
    let file = "trusted_proxies = [\"10.0.0.0/8\", \"::ffff:10.1.0.0/112\", \"127.0.0.1\", \"100.64.0.0/10\", \"fd00::/8\", \"198.51.100.7\", \
                \"2001:db8::7\", \"198.51.100.0/24\", \"10.0.0.0/7\", \"2001:db8::/32\", \"::ffff:198.51.100.8/127\"]\n";
    let config = good(file, &Environment::default(), &Overrides::default());
    let public: Vec<String> =
        config.redeem_server.server.public_proxies().map(|network| network.to_string()).collect();
    assert_eq!(public, ["198.51.100.0/24", "10.0.0.0/7", "2001:db8::/32", "198.51.100.8/31"]);
    assert_eq!(config.redeem_server.server.trusted_proxies[1].to_string(), "10.1.0.0/16");
}

#[test]
fn every_key_has_its_variable() {
    for KnownKey { section, key, .. } in known_keys() {
        let variable = variable_name(section, key);
        let environment = Environment::from([(variable.clone(), OsString::from_vec(b"\xff".to_vec()))]);
        // Paths may be any bytes; what is not a path is refused by its variable's name.
        match read("[mail]\nhost = \"mail.example.com\"\n", &environment, &Overrides::default()) {
            Ok(config) => assert!(format!("{config:?}").contains("\\xFF"), "{variable} is not read"),
            Err(errors) => {
                let place = format!("{variable}: {section}.{key}: ");
                assert!(
                    errors.problems().iter().any(|problem| problem.to_string().starts_with(&place)),
                    "{errors}"
                );
            }
        }
    }
}

#[test]
fn a_variable_that_names_no_key_is_refused_by_name() {
    for (variable, refusal) in [
        ("RESET_LINK_SERVER_PUBLIC_ULR", "names no setting; did you mean RESET_LINK_SERVER_PUBLIC_URL?"),
        ("RESET_LINK_CONFG", "names no setting; did you mean RESET_LINK_CONFIG?"),
        ("RESET_LINK_", "names no setting; unset it; every variable is named RESET_LINK_<SECTION>_<KEY>"),
        (
            "RESET_LINK_SERVICE_HOST",
            "names no setting; unset it (in Kubernetes, which sets it for a Service of our name, with enableServiceLinks: false)",
        ),
    ] {
        let errors =
            read("", &Environment::from([(variable, "x")]), &Overrides::default()).expect_err(variable);
        assert_eq!(errors.to_string(), format!("{variable}: {refusal}"));
    }
}

#[test]
fn a_bad_variable_is_told_by_its_name() {
    for (variable, value, refusal) in [
        (
            "RESET_LINK_CONSOLE_ENABLED",
            "yes",
            r#"console.enabled: "yes" is not true or false; use true or false"#,
        ),
        (
            "RESET_LINK_LEDGER_CACHE_MB",
            "1.5",
            r#"ledger.cache_mb: "1.5" is not a whole number; use 16 to 64 MB"#,
        ),
        ("RESET_LINK_LEDGER_CACHE_MB", "65", "ledger.cache_mb: 65 is out of range; use 16 to 64 MB"),
        (
            "RESET_LINK_LINKS_LIFETIME",
            "15",
            r#"links.lifetime: 15 has no unit; write it with its unit (h, m, s), like "15m""#,
        ),
        (
            "RESET_LINK_SERVER_PUBLIC_URL",
            "http://u:hunter2@reset.example.com",
            r#"server.public_url: "http://…@reset.example.com" holds a login; remove everything between // and @: everybody gets to see this URL"#,
        ),
    ] {
        let errors =
            read("", &Environment::from([(variable, value)]), &Overrides::default()).expect_err(variable);
        assert_eq!(errors.to_string(), format!("{variable}: {refusal}"));
    }
}

#[test]
fn the_command_line_wins_over_everything_and_defaults_follow_it() {
    let environment =
        Environment::from([("RESET_LINK_DATA_DIR", "/var/env"), ("RESET_LINK_SERVER_LISTEN", "127.0.0.1:1")]);
    let overrides =
        Overrides { data: Some(PathBuf::from("here")), listen: Some(SocketAddr::from(([0, 0, 0, 0], 9000))) };
    let config = good("[audit]\nfile = \"log/audit.jsonl\"\n", &environment, &overrides);
    assert_eq!(config.bot.data.dir, Path::new("here"));
    assert_eq!(config.redeem_server.ledger.dir, Path::new("here/ledger"));
    assert_eq!(config.bot.keys.signing_key_file, Path::new("here/keys/signing.k4.secret"));
    assert_eq!(config.bot.keys.binding_secret_file, Path::new("here/keys/binding.secret"));
    assert_eq!(config.bot.audit_file, Path::new("/etc/reset-link/log/audit.jsonl"));
    assert_eq!(config.redeem_server.server.listen, SocketAddr::from(([0, 0, 0, 0], 9000)));
}

#[test]
fn an_empty_data_option_is_refused() {
    let overrides = Overrides { data: Some(PathBuf::new()), listen: None };
    let errors = read("", &Environment::default(), &overrides).expect_err("a refusal");
    assert_eq!(errors.to_string(), "--data: data.dir: is empty; name a path, or remove the key");
}

#[test]
fn paths_are_relative_to_the_file_or_to_the_working_directory_of_who_sets_them() {
    let file =
        "[data]\ndir = \"state\"\n[keys]\ntrusted_key_files = [\"old.k4.public\", \"/abs.k4.public\"]\n";
    let config = good(file, &Environment::default(), &Overrides::default());
    assert_eq!(config.bot.data.dir, Path::new("/etc/reset-link/state"));
    assert_eq!(
        config.bot.keys.trusted_key_files,
        [PathBuf::from("/etc/reset-link/old.k4.public"), PathBuf::from("/abs.k4.public")]
    );
    let environment =
        Environment::from([("RESET_LINK_DATA_DIR", "state"), ("RESET_LINK_KEYS_TRUSTED_KEY_FILES", "a, b")]);
    let config = good(file, &environment, &Overrides::default());
    assert_eq!(config.bot.data.dir, Path::new("state"));
    assert_eq!(config.redeem_server.ledger.dir, Path::new("state/ledger"));
    assert_eq!(config.bot.keys.trusted_key_files, [PathBuf::from("a"), PathBuf::from("b")]);
    let beside =
        from_text::<AllInOne>("reset-link.toml", GOOD, &Environment::default(), &Overrides::default());
    assert_eq!(beside.expect("a good config").bot.data.dir, Path::new("data"));
}

#[test]
fn the_usual_port_follows_the_security() {
    for (security, port) in [("none", 25), ("starttls", 587), ("tls", 465)] {
        let file = format!("[mail]\nhost = \"localhost\"\nsecurity = \"{security}\"\n");
        let config = good(&file, &Environment::default(), &Overrides::default());
        assert_eq!(config.bot.mail.expect("mail is on").port, port);
    }
    let file = "[mail]\nhost = \"localhost\"\nport = 2525\n";
    let mail = good(file, &Environment::default(), &Overrides::default()).bot.mail.expect("mail is on");
    assert_eq!(
        (mail.port, mail.security, mail.timeout),
        (2525, MailSecurity::StartTls, SignedDuration::from_secs(10))
    );
}

#[test]
fn a_login_in_the_clear_is_for_loopback() {
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"] {
        let file =
            format!("[mail]\nhost = \"{host}\"\nsecurity = \"none\"\nusername = \"u\"\npassword = \"p\"\n");
        good(&file, &Environment::default(), &Overrides::default());
    }
    let file = "[mail]\nhost = \"10.0.0.1\"\nsecurity = \"none\"\nusername = \"u\"\npassword = \"p\"\n";
    assert!(read(file, &Environment::default(), &Overrides::default()).is_err());
}

#[test]
fn links_in_the_clear_are_for_loopback_unless_the_operator_insists() {
    let mail = |host: &str, more: &str| {
        let file = format!("[mail]\nhost = \"{host}\"\nsecurity = \"none\"\n{more}\n");
        read(&file, &Environment::default(), &Overrides::default())
            .map(|config| config.bot.mail.expect("mail is on"))
    };
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert!(!mail(host, "").expect("loopback").is_cleartext());
    }
    for host in ["10.0.0.1", "mail.example.com", "fd00::1", "localhost.example.com"] {
        assert!(mail(host, "").is_err(), "{host}");
        assert!(mail(host, "allow_cleartext = false").is_err(), "{host}");
        assert!(mail(host, "allow_cleartext = true").expect("the operator insists").is_cleartext());
    }
}

#[test]
fn a_file_is_read_from_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("reset-link.toml");
    fs::write(&file, GOOD).expect("a file");
    let config =
        load::<AllInOne>(&file, &Environment::default(), &Overrides::default()).expect("a good config");
    assert_eq!(config.bot.data.dir, folder.path().join("data"));
}

#[test]
fn a_file_that_is_missing_or_unreadable_is_named_with_the_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |file: &Path| {
        let errors =
            load::<AllInOne>(file, &Environment::default(), &Overrides::default()).expect_err("a refusal");
        errors.to_string().replace(folder.path().to_str().expect("a name"), "/etc")
    };
    assert_eq!(
        told(&folder.path().join("reset-link.toml")),
        "/etc/reset-link.toml: no such file; `reset-link init` writes one, or name another file with --config or RESET_LINK_CONFIG"
    );
    assert_eq!(
        told(folder.path()),
        "/etc: cannot be read (is a directory); mend that, or name another file with --config or RESET_LINK_CONFIG"
    );
    let latin = folder.path().join("latin.toml");
    fs::write(&latin, b"[organisation]\nname = \"B\xfccher\"\n").expect("a file");
    assert_eq!(told(&latin), "/etc/latin.toml:2: is not UTF-8; save the file in UTF-8");
}

#[test]
fn try_out_mode_needs_nothing_and_stays_on_this_machine() {
    let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let config = try_out(Path::new("data"), listen, "ada").expect("a good config");
    assert_eq!(config.redeem_server.server.public_url.as_str(), "http://127.0.0.1:8080");
    assert_eq!(config.redeem_server.server.listen, listen);
    assert_eq!(config.bot.organisation.name, "Example Help Desk");
    assert!(config.bot.mail.is_none());
    assert!(config.bot.console.enabled);
    assert_eq!(config.bot.console.allow, ["ada"]);
    assert_eq!(config.redeem_server.ledger.dir, Path::new("data/ledger"));
    let six = "[::1]:9000".parse().expect("an address");
    let config = try_out(Path::new("data"), six, "ada").expect("a good config");
    assert_eq!(config.redeem_server.server.public_url.as_str(), "http://[::1]:9000");
    for listen in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"] {
        let listen: SocketAddr = listen.parse().expect("an address");
        let errors = try_out(Path::new("data"), listen, "ada").expect_err("a refusal");
        assert_eq!(
            errors.to_string(),
            format!(
                "--listen: server.listen: {listen} can be reached from other machines, and try-out mode is for this machine only; use 127.0.0.1 or [::1], or write a config with `reset-link init`"
            )
        );
    }
    let errors = try_out(Path::new("data"), listen, "").expect_err("a refusal");
    assert_eq!(errors.to_string(), "try-out mode: console.allow: is empty; write at least a word");
}

#[test]
fn the_environment_alone_is_a_configuration_once_it_has_all_that_is_required() {
    let mut variables = vec![
        ("RESET_LINK_SERVER_PUBLIC_URL", "https://reset.example.com"),
        ("RESET_LINK_ORGANISATION_NAME", "Example Help Desk"),
        ("RESET_LINK_MAIL_HOST", "mail.example.com"),
    ];
    let read = |variables: &[(&str, &str)]| {
        let environment: Environment = variables.iter().copied().collect();
        assert!(environment.names_settings());
        from_environment::<AllInOne>(&environment, &Overrides::default())
    };
    let errors = read(&variables).expect_err("a refusal").to_string();
    assert_eq!(
        errors,
        "the environment, without a config file: organisation.support: is not set; set RESET_LINK_ORGANISATION_SUPPORT=\"Call the help desk: +44 20 7946 0000.\"\n\
         RESET_LINK_MAIL_HOST: organisation.mail_from: is not set, and [mail] needs a sender; set RESET_LINK_ORGANISATION_MAIL_FROM=\"Help Desk <help@example.com>\""
    );
    variables.push(("RESET_LINK_ORGANISATION_SUPPORT", "Call us."));
    variables.push(("RESET_LINK_ORGANISATION_MAIL_FROM", "help@example.com"));
    let config = read(&variables).expect("a good config");
    assert_eq!(config.redeem_server.server.public_url.as_str(), "https://reset.example.com");
    assert_eq!(config.bot.mail.expect("a mail server").host, "mail.example.com");
    assert_eq!(config.bot.data.dir, Path::new("data"));
}

#[test]
fn what_the_command_line_reads_names_no_setting() {
    let environment =
        Environment::from([("RESET_LINK_CONFIG", "-"), ("RESET_LINK_DATA", "d"), ("PATH", "/bin")]);
    assert!(!environment.names_settings());
}
