//! What is refused at start, with the exact words.

use reset_link_config::{AllInOne, Environment, KnownKey, Overrides, from_text};

/// Lines 1 to 6 of a good config file; what a test adds begins on line 7.
const GOOD: &str = r#"[organisation]
name = "Example Help Desk"
support = "Call us."
mail_from = "Help <help@example.com>"
[server]
public_url = "https://reset.example.com"
"#;

fn refusals(text: &str) -> Vec<String> {
    refusals_with(text, &Environment::default())
}

fn refusals_with(text: &str, environment: &Environment) -> Vec<String> {
    match from_text::<AllInOne>("reset-link.toml", text, environment, &Overrides::default()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(str::to_owned).collect(),
    }
}

#[track_caller]
fn assert_refused(added: &str, expected: &[&str]) {
    assert_eq!(refusals(&format!("{GOOD}{added}")), expected, "{added}");
}

#[test]
fn a_good_file_is_accepted() {
    assert_refused("", &[]);
}

#[test]
fn a_public_url_must_be_https_and_plain_and_short() {
    for (url, refusal) in [
        (
            "http://reset.example.com",
            r#""http://reset.example.com" is not https; use https://… (http is for loopback only)"#,
        ),
        ("ftp://127.0.0.1", r#""ftp://127.0.0.1" is not https; use https://… (http is for loopback only)"#),
        (
            "reset.example.com",
            r#""reset.example.com" is not a URL (relative URL without a base); use a URL like https://reset.example.com"#,
        ),
        (
            "https://ada:hunter2@reset.example.com",
            r#""https://…@reset.example.com" holds a login; remove everything between // and @: everybody gets to see this URL"#,
        ),
        (
            "https://reset.example.com/?a=b",
            r#""https://reset.example.com/?a=b" has a query or a fragment; end it before the ? or #: every link's own part is appended to it"#,
        ),
        (
            "https://reset.example.com/#a",
            r#""https://reset.example.com/#a" has a query or a fragment; end it before the ? or #: every link's own part is appended to it"#,
        ),
        (
            "https://reset.example.com/a b",
            r#""https://reset.example.com/a b" has an unusual path; use letters, digits, - . _ ~ between single slashes"#,
        ),
        (
            "https://reset.example.com/12345678901234567890123456789012345",
            r#""https://reset.example.com/12345678901234567890123456789012345" is 61 characters long; use at most 60, so that a link survives mail and chat"#,
        ),
    ] {
        let text = GOOD.replace("https://reset.example.com", url);
        assert_eq!(refusals(&text), [format!("reset-link.toml:6: server.public_url: {refusal}")]);
    }
}

#[test]
fn a_value_that_makes_no_sense_is_refused_with_its_line_and_its_cure() {
    for (added, refusal) in [
        (
            "[links]\nlifetime = \"0s\"",
            r#"links.lifetime: "0s" is not more than zero; use more than zero and at most 1h, like "15m""#,
        ),
        (
            "[links]\nlifetime = \"-5m\"",
            r#"links.lifetime: "-5m" is not more than zero; use more than zero and at most 1h, like "15m""#,
        ),
        (
            "[links]\nlifetime = \"61m\"",
            r#"links.lifetime: "61m" is more than 1h; use more than zero and at most 1h, like "15m""#,
        ),
        (
            "[links]\nlifetime = 15",
            r#"links.lifetime: 15 has no unit; write it with its unit (h, m, s), like "15m""#,
        ),
        (
            "[links]\nlifetime = \"15\"",
            r#"links.lifetime: 15 has no unit; write it with its unit (h, m, s), like "15m""#,
        ),
        (
            "[links]\nlifetime = \"soon\"",
            r#"links.lifetime: "soon" is not a length of time; write a number and its unit (h, m, s), like "15m""#,
        ),
        (
            "[links]\nlifetime = \"\"",
            r#"links.lifetime: "" is not a length of time; write a number and its unit (h, m, s), like "15m""#,
        ),
        (
            "[links]\nlifetime = true",
            r#"links.lifetime: is true or false, not a length of time; write it with its unit, like "15m""#,
        ),
        (
            "[links]\nhand_over = \"ask\"",
            r#"links.hand_over: "ask" is not one of the choices; use "show" or "approve" or "refuse""#,
        ),
        ("[ledger]\nlease = \"9s\"", r#"ledger.lease: "9s" is less than 10s; use 10s to 5m, like "30s""#),
        ("[ledger]\nlease = \"301s\"", r#"ledger.lease: "301s" is more than 5m; use 10s to 5m, like "30s""#),
        ("[ledger]\ncache_mb = 15", "ledger.cache_mb: 15 is out of range; use 16 to 64 MB"),
        ("[ledger]\ncache_mb = 65", "ledger.cache_mb: 65 is out of range; use 16 to 64 MB"),
        ("[passwords]\nmin_length = 7", "passwords.min_length: 7 is out of range; use 8 to 64 characters"),
        ("[passwords]\nmin_length = 65", "passwords.min_length: 65 is out of range; use 8 to 64 characters"),
        (
            "[passwords]\nmin_length = \"12\"",
            "passwords.min_length: is text, not a whole number; use 8 to 64 characters, without quotes",
        ),
        (
            "[passwords]\nmin_length = 12.5",
            "passwords.min_length: is a fraction, not a whole number; use 8 to 64 characters, without quotes",
        ),
        (
            "[passwords]\nmin_strength = 5",
            "passwords.min_strength: 5 is out of range; use 0 to 4 (a zxcvbn score)",
        ),
        (
            "[passwords]\nmin_strength = -1",
            "passwords.min_strength: -1 is out of range; use 0 to 4 (a zxcvbn score)",
        ),
        (
            "[limits]\nlinks_per_admin_and_hour = 0",
            "limits.links_per_admin_and_hour: 0 is out of range; use 1 or more links per hour",
        ),
        (
            "[limits]\nlinks_per_contact_and_quarter_hour = 0",
            "limits.links_per_contact_and_quarter_hour: 0 is out of range; use 1 or more links per 15 minutes",
        ),
        (
            "[limits]\ndamaged_links_per_client_and_minute = 0",
            "limits.damaged_links_per_client_and_minute: 0 is out of range; use 1 or more requests per minute",
        ),
        (
            "[limits]\nrequests_per_link_and_minute = 99999999999999999999",
            "limits.requests_per_link_and_minute: this number is out of range; use 1 or more requests per minute",
        ),
        ("[data]\ndir = \"\"", "data.dir: is empty; name a path, or remove the key"),
        ("[data]\ndir = 1", "data.dir: is a number, not a path; put it in quotes"),
        (
            "[keys]\nsigning_key_file = \"k4.secret.AAAA\"",
            "keys.signing_key_file: is a key, not a path; put the key into a file of its own and name that file",
        ),
        (
            "[keys]\ntrusted_key_files = [\"\"]",
            "keys.trusted_key_files: is empty; name a path, or remove the key",
        ),
        (
            "[audit]\nredeem_file = \"data/audit.jsonl\"",
            "audit.redeem_file: file and redeem_file are the same file; give each half a file of its own",
        ),
        (
            "[console]\nenabled = true",
            r#"console.enabled: the console is on, but console.allow names nobody; add the login names that may issue links, like allow = ["ada"], or set enabled = false"#,
        ),
        (
            "[console]\nenabled = \"true\"",
            "console.enabled: is text, not true or false; use true or false, without quotes",
        ),
        (
            "[console]\nallow = \"ada\"",
            r#"console.allow: is text, not a list; write it as a list, like ["…", "…"]"#,
        ),
        ("[console]\nallow = [\" \"]", "console.allow: is empty; write at least a word"),
        ("[console]\nallow = [7]", "console.allow: is a number, not text; put it in quotes"),
        (
            "[log]\nlevel = \"loud\"",
            r#"log.level: "loud" is not one of the choices; use "error" or "warn" or "info" or "debug" or "trace""#,
        ),
    ] {
        assert_refused(&format!("{added}\n"), &[&format!("reset-link.toml:8: {refusal}")]);
    }
}

#[test]
fn a_console_that_allows_an_empty_list_of_people_is_refused() {
    let refusal = r#"reset-link.toml:9: console.enabled: the console is on, but console.allow names nobody; add the login names that may issue links, like allow = ["ada"], or set enabled = false"#;
    assert_refused("[console]\nallow = []\nenabled = true\n", &[refusal]);
}

#[test]
fn the_server_section_is_checked() {
    for (added, refusal) in [
        (
            "listen = \"localhost:8080\"",
            r#"server.listen: "localhost:8080" is not an address and port; use numbers like "127.0.0.1:8080", "0.0.0.0:8080" or "[::]:8080""#,
        ),
        (
            "trusted_proxies = [\"10.0.0.0/33\"]",
            r#"server.trusted_proxies: "10.0.0.0/33" is not an address or a network; use "10.0.0.5", "10.0.0.0/8" or "fd00::/8""#,
        ),
    ] {
        assert_refused(&format!("{added}\n"), &[&format!("reset-link.toml:7: {refusal}")]);
    }
}

#[test]
fn nobody_trusts_every_address() {
    let everybody = |what: &str| {
        format!(
            r#"server.trusted_proxies: {what} is every address there is: anybody could say to be any client; name the addresses from which your reverse proxies connect, like "127.0.0.1" or "10.0.0.0/8""#
        )
    };
    for network in ["0.0.0.0/0", "::/0", "192.0.2.1/0", "::ffff:0.0.0.0/96"] {
        let refusal = format!("reset-link.toml:9: {}", everybody(&format!("{network:?}")));
        assert_refused(&format!("trusted_proxies = [\n  \"10.0.0.1\",\n  \"{network}\",\n]\n"), &[&refusal]);
    }
    for halves in ["\"0.0.0.0/1\", \"128.0.0.0/1\"", "\"::/1\", \"fd00::/8\", \"8000::/1\""] {
        let refusal = format!("reset-link.toml:7: {}", everybody("the list"));
        assert_refused(&format!("trusted_proxies = [{halves}]\n"), &[&refusal]);
    }
}

#[test]
fn an_item_of_a_list_is_told_with_its_own_line() {
    assert_refused(
        "trusted_proxies = [\n  \"10.0.0.1\",\n  \"ten\",\n]\n",
        &[
            r#"reset-link.toml:9: server.trusted_proxies: "ten" is not an address or a network; use "10.0.0.5", "10.0.0.0/8" or "fd00::/8""#,
        ],
    );
}

#[test]
fn the_organisation_section_is_checked() {
    for (key, value, refusal) in [
        ("name", "\"\"", "is empty; write at least a word"),
        ("name", "\"a\\nb\"", r#""a\nb" holds a control character; keep it on one line"#),
        ("support", "\"  \"", "is empty; write at least a word"),
        (
            "support",
            r#"{ en = "Call us.", fr = "Appelez-nous." }"#,
            r#""fr" is not a language that pages and mails are written in; use "en" or "de""#,
        ),
        ("support", r#"{ en = "Call us.", de = 7 }"#, "is a number, not text; put it in quotes"),
        ("support", r#"{ en = " " }"#, "is empty; write at least a word"),
        (
            "support",
            r#"{ de = "Rufen Sie an." }"#,
            r#"has no text in the organisation's own language, "en"; add en = "Call the help desk: +44 20 7946 0000." to it"#,
        ),
        ("support", "[\"Call us.\"]", "is a list, not text; put it in quotes"),
        (
            "accent",
            "\"teal\"",
            r##""teal" is not a colour; write red, green and blue as two hexadecimal digits each, like "#0f5f6b""##,
        ),
        (
            "accent",
            "\"#ffcc00\"",
            r##""#ffcc00" cannot be read well on light ground: its contrast is 1.3:1, and text needs 4.5:1; use a darker shade, such as "#856a00""##,
        ),
        (
            "logo_file",
            "\"no-such-logo.png\"",
            "no-such-logo.png cannot be read (entity not found); put the logo there, or name the right file",
        ),
        (
            "time_zone",
            "\"Europe/Bielefeld\"",
            r#""Europe/Bielefeld" is not a time zone that this machine knows; use an IANA name like "Europe/Berlin" or "UTC", and see that tzdata is installed"#,
        ),
        (
            "language",
            "\"tlh\"",
            r#""tlh" is not a language that pages and mails are written in; use "en" or "de""#,
        ),
        (
            "sign_in_url",
            "\"mailto:ada@example.com\"",
            r#""…@example.com" is not http or https; use a URL like https://www.example.com/sign-in"#,
        ),
        (
            "sign_in_url",
            "\"https://a:b@example.com\"",
            r#""https://…@example.com" holds a login; remove everything between // and @: everybody gets to see this URL"#,
        ),
        (
            "mail_from",
            "\"Help Desk\"",
            r#""Help Desk" has no e-mail address; use "Help Desk <help@example.com>" or "help@example.com""#,
        ),
        (
            "mail_from",
            "\"Help <help>\"",
            r#""Help <help>" has no e-mail address; use "Help Desk <help@example.com>" or "help@example.com""#,
        ),
        (
            "mail_from",
            "\"Help <a@b@c>\"",
            r#""…@c>" has no e-mail address; use "Help Desk <help@example.com>" or "help@example.com""#,
        ),
        (
            "mail_reply_to",
            "\"@example.com\"",
            r#""…@example.com" has no e-mail address; use "Help Desk <help@example.com>" or "help@example.com""#,
        ),
        (
            "mail_reply_to",
            "\"a@b, c@d\"",
            r#""…@d" has no e-mail address; use "Help Desk <help@example.com>" or "help@example.com""#,
        ),
    ] {
        let kept: Vec<&str> =
            GOOD.lines().skip(1).filter(|line| !line.starts_with(&format!("{key} ="))).collect();
        let text = format!("[organisation]\n{key} = {value}\n{}\n", kept.join("\n"));
        assert_eq!(refusals(&text), [format!("reset-link.toml:2: organisation.{key}: {refusal}")]);
    }
}

#[test]
fn a_logo_is_small_and_a_picture_that_mail_programs_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().join("reset-link.toml");
    let logo = folder.path().join("logo");
    let text = format!("{GOOD}\n").replacen("[organisation]", "[organisation]\nlogo_file = \"logo\"", 1);
    let refusal = |content: &[u8]| {
        std::fs::write(&logo, content).expect("a file");
        let name = name.to_str().expect("a name");
        let read = from_text::<AllInOne>(name, &text, &Environment::default(), &Overrides::default());
        let errors = read.expect_err("a refusal").to_string();
        errors.trim().replace(folder.path().to_str().expect("a name"), "")
    };
    assert_eq!(
        refusal(&[0; 32 * 1024 + 1]),
        "/reset-link.toml:2: organisation.logo_file: /logo is larger than 32 KiB, and it travels with each page and each mail; make it smaller: 80 pixels high are enough"
    );
    assert_eq!(
        refusal(b"<?xml version=\"1.0\"?><svg/>"),
        "/reset-link.toml:2: organisation.logo_file: /logo is an SVG, which mail programs do not show; export the logo as a PNG"
    );
    assert_eq!(
        refusal(b"GIF89a"),
        "/reset-link.toml:2: organisation.logo_file: /logo is neither a PNG nor a JPEG; export the logo as a PNG"
    );
}

#[test]
fn what_must_be_set_is_asked_for_where_it_belongs() {
    assert_eq!(
        refusals("# nothing yet\n[server]\n[mail]\n"),
        [
            r#"reset-link.toml: organisation.name: is not set; add name = "Example Help Desk" below [organisation]"#,
            r#"reset-link.toml: organisation.support: is not set; add support = "Call the help desk: +44 20 7946 0000." below [organisation]"#,
            r#"reset-link.toml:2: server.public_url: is not set; add public_url = "https://reset.example.com" below [server]"#,
            r#"reset-link.toml:3: mail.host: is not set; add host = "mail.example.com" below [mail]"#,
            r#"reset-link.toml:3: organisation.mail_from: is not set, and [mail] needs a sender; add mail_from = "Help Desk <help@example.com>" below [organisation]"#,
        ]
    );
}

#[test]
fn the_mail_section_is_checked() {
    for (added, line, refusal) in [
        (
            "username = \"u\"",
            9,
            r#"mail.username: is set, but there is no password; add password_file = "…", or remove username"#,
        ),
        (
            "password = \"p\"",
            9,
            r#"mail.password: is set, but there is no user name; add username = "…", or remove password"#,
        ),
        (
            "security = \"none\"\nusername = \"u\"\npassword = \"p\"",
            9,
            r#"mail.security: "none" would send the login to mail.example.com unencrypted; use "starttls" or "tls", or remove the login ("none" with a login is for loopback only)"#,
        ),
        (
            "security = \"none\"",
            9,
            r#"mail.security: "none" would send links to mail.example.com in clear text, and whoever reads one can use it; use "starttls" or "tls"; only for a network that is yours alone, set allow_cleartext = true"#,
        ),
        (
            "allow_cleartext = true",
            9,
            r#"mail.allow_cleartext: is set, and security is not "none": the connection is encrypted; remove allow_cleartext"#,
        ),
        (
            "retry = \"10m\"",
            9,
            r#"mail.retry: "10m" is more than 5m; use more than zero and at most 5m, like "5m""#,
        ),
        (
            "security = \"ssl\"",
            9,
            r#"mail.security: "ssl" is not one of the choices; use "none" or "starttls" or "tls""#,
        ),
        ("port = 0", 9, "mail.port: 0 is out of range; use 1 to 65535 (the port of the mail server)"),
        ("port = 65536", 9, "mail.port: 65536 is out of range; use 1 to 65535 (the port of the mail server)"),
        (
            "timeout = \"0s\"",
            9,
            r#"mail.timeout: "0s" is not more than zero; use more than zero and at most 5m, like "10s""#,
        ),
        (
            "timeout = \"1h\"",
            9,
            r#"mail.timeout: "1h" is more than 5m; use more than zero and at most 5m, like "10s""#,
        ),
    ] {
        assert_refused(
            &format!("[mail]\nhost = \"mail.example.com\"\n{added}\n"),
            &[&format!("reset-link.toml:{line}: {refusal}")],
        );
    }
    for host in ["smtp://mail.example.com", "mail.example.com:587", "", "two words"] {
        assert_refused(
            &format!("[mail]\nhost = \"{host}\"\n"),
            &[&format!(
                r#"reset-link.toml:8: mail.host: "{host}" is not the name or address of a host; use the name alone, like "mail.example.com"; the port has a key of its own"#
            )],
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    for (added, refusal) in [
        ("[links]\nlife_time = \"15m\"", "8: links.life_time: no such key; did you mean lifetime?"),
        (
            "[keys]\nsigning_key = \"k4.secret.AAAA\"",
            "8: keys.signing_key: no such key; did you mean signing_key_file?",
        ),
        (
            "[links]\npublic_url = \"https://e.com\"",
            "8: links.public_url: no such key; it belongs below [server]",
        ),
        (
            "[links]\ncolour = \"blue\"",
            "8: links.colour: no such key; remove it; [links] has lifetime, hand_over, hand_over_instead, for_protected",
        ),
        (
            "[links]\n\"a\\nb\" = 1",
            r#"8: links."a\nb": no such key; remove it; [links] has lifetime, hand_over, hand_over_instead, for_protected"#,
        ),
        ("[links.life]\nx = 1", "7: links.life: no such key; did you mean lifetime?"),
        ("[link]\nlifetime = \"15m\"", "7: link: no such section; did you mean [links]?"),
        ("[smtp]\nhost = \"mail.example.com\"", "7: smtp: no such section; did you mean [mail]?"),
        ("[Database]\nfile = \"x\"", "7: Database: no such section; did you mean [contacts]?"),
        ("[organization]\nname = \"x\"", "7: organization: no such section; did you mean [organisation]?"),
        (
            "[irc]\nnick = \"x\"",
            "7: irc: no such section; remove it; there are [organisation], [server], [data], [keys], [links], [limits], [self_service], [mail], [contacts], [contacts.mapping], [passwords], [ledger], [audit], [console], [discord], [bot], [slack], [mattermost], [log], [[admins]]",
        ),
        (
            "[[links]]\nlifetime = \"15m\"",
            "7: links: is a list, not a section; write [links] on a line of its own, and its keys below",
        ),
    ] {
        assert_refused(&format!("{added}\n"), &[&format!("reset-link.toml:{refusal}")]);
    }
    assert_eq!(
        refusals(&format!("lifetime = \"15m\"\n{GOOD}")),
        ["reset-link.toml:1: lifetime: stands outside of any section; move it below [links]"]
    );
}

#[test]
fn text_that_is_no_toml_is_told_with_its_lines_and_what_was_expected() {
    let unquoted = "string values must be quoted, expected literal string";
    for (added, expected) in [
        ("[links\n", vec!["7: not TOML: unclosed table, expected `]`".to_owned()]),
        ("[links]\nlifetime = 15m\n", vec![format!("8: not TOML: {unquoted}")]),
        ("[links]\nlifetime \"15m\"\n", vec!["8: not TOML: key with no value, expected `=`".to_owned()]),
        (
            "[mail]\npassword = \"hunter2\n",
            vec!["8: not TOML: invalid basic string, expected `\"`".to_owned()],
        ),
        ("[log]\nlevel = \"info\"\nlevel = \"warn\"\n", vec!["9: not TOML: duplicate key".to_owned()]),
        (
            "[log]\nlevel =\n[links]\nlifetime =\n",
            vec![format!("8: not TOML: {unquoted}"), format!("10: not TOML: {unquoted}")],
        ),
    ] {
        let expected: Vec<String> = expected
            .iter()
            .map(|refusal| {
                format!("reset-link.toml:{refusal}; correct this line (https://toml.io explains the format)")
            })
            .collect();
        assert_eq!(refusals(&format!("{GOOD}{added}")), expected, "{added}");
    }
}

#[test]
fn all_problems_are_told_at_once_from_top_to_bottom() {
    let environment = Environment::from([
        ("RESET_LINK_MAIL_PORT", "smtp"),
        ("RESET_LINK_AUDIT_FLIE", "x"),
        ("HOME", "/root"),
    ]);
    assert_eq!(
        refusals_with(
            "[log]\nlevel = \"loud\"\ncolour = 1\n[organisation]\nname = \"x\"\nsupport = \"y\"\n[server]\npublic_url = 7\n",
            &environment
        ),
        [
            r#"reset-link.toml:2: log.level: "loud" is not one of the choices; use "error" or "warn" or "info" or "debug" or "trace""#,
            "reset-link.toml:3: log.colour: no such key; remove it; [log] has level",
            "reset-link.toml:8: server.public_url: is a number, not text; put it in quotes",
            "RESET_LINK_AUDIT_FLIE: names no setting; did you mean RESET_LINK_AUDIT_FILE?",
            r#"RESET_LINK_MAIL_PORT: mail.host: is not set; add host = "mail.example.com" below [mail]"#,
            r#"RESET_LINK_MAIL_PORT: mail.port: "smtp" is not a whole number; use 1 to 65535 (the port of the mail server)"#,
            r#"RESET_LINK_MAIL_PORT: organisation.mail_from: is not set, and [mail] needs a sender; add mail_from = "Help Desk <help@example.com>" below [organisation]"#,
        ]
    );
}

#[test]
fn a_file_with_a_byte_order_mark_and_windows_line_ends_has_the_same_lines() {
    let text = format!("\u{feff}{GOOD}[log]\nlevel = 3\n").replace('\n', "\r\n");
    assert_eq!(refusals(&text), ["reset-link.toml:8: log.level: is a number, not text; put it in quotes"]);
}

#[test]
fn every_known_key_is_read() {
    for KnownKey { section, key, .. } in reset_link_config::known_keys() {
        let text = format!("[{section}]\n{key} = 1979-05-27\n");
        let place = format!("reset-link.toml:2: {section}.{key}: is a date or time");
        let with_tables = Environment::from([("RESET_LINK_CONTACTS_KIND", "sql")]);
        let with_ldap = Environment::from([("RESET_LINK_CONTACTS_KIND", "ldap")]);
        let kinds = [refusals(&text), refusals_with(&text, &with_tables), refusals_with(&text, &with_ldap)];
        let refused = kinds.concat();
        assert!(refused.iter().any(|refusal| refusal.starts_with(&place)), "{section}.{key}: {refused:?}");
    }
}

/// What a good `[discord]` needs.
const DISCORD: &str = "[discord]\ntoken = \"secret\"\nguilds = [\"81384788765712384\"]\n";

#[test]
fn a_discord_section_says_what_it_lacks() {
    assert_refused(
        "[discord]",
        &[
            r#"reset-link.toml:7: discord.token_file: is not set; add token_file = "discord-token" below [discord], and write the bot's token into that file (chmod 600)"#,
            r#"reset-link.toml:7: discord.guilds: names no server; add guilds = ["<server id>"] below [discord]; commands are taken there and nowhere else"#,
        ],
    );
    assert_refused(
        DISCORD,
        &[
            r#"reset-link.toml:7: discord.allow_roles: names nobody who may issue links; add allow_roles = ["<role id>"] or allow_users = ["<user id>"], or discord = "<user id>" to an [[admins]]"#,
        ],
    );
    assert_refused(
        &format!("{DISCORD}allow_users = [\"alice\"]"),
        &[
            r#"reset-link.toml:10: discord.allow_users: "alice" is not one of Discord's ids; use the number of 17 to 20 digits that Discord copies (User Settings, Advanced, Developer Mode; then right-click, Copy ID)"#,
        ],
    );
    assert_refused(
        &format!("{DISCORD}allow_users = [\"80351110224678912\"]\napi_proxy = \"ftp://127.0.0.1\""),
        &[
            r#"reset-link.toml:11: discord.api_proxy: "ftp://127.0.0.1" is not http or https; use the proxy's address alone, like "http://127.0.0.1:8081""#,
        ],
    );
}

#[test]
fn a_second_person_must_have_a_place_to_be_asked() {
    for key in ["hand_over", "for_protected"] {
        assert_refused(
            &format!("[links]\n{key} = \"approve\""),
            &[&format!(
                r#"reset-link.toml:8: links.{key}: is "approve", and no chat has a place where a second person is asked; set approvals_channel of a chat ([discord], [slack] or [mattermost]) to a channel's id, or choose another value"#
            )],
        );
        assert_refused(
            &format!(
                "[links]\n{key} = \"approve\"\n{DISCORD}allow_users = [\"80351110224678912\"]\napprovals_channel = \"290926798999357250\""
            ),
            &[],
        );
    }
    assert_refused(
        "[links]\nhand_over = \"refuse\"\nhand_over_instead = true",
        &[
            r#"reset-link.toml:9: links.hand_over_instead: is on, but links.hand_over is "refuse"; set it to false, or hand_over to "show" or "approve""#,
        ],
    );
}

#[test]
fn a_help_desk_that_is_asked_always_must_have_a_place_to_be_asked() {
    const ASK: &str = "[self_service]\nforgot = \"ask\"\n";
    let refused = r#"reset-link.toml:8: self_service.forgot: is "ask", and no chat has a place where the help desk is asked; set requests_channel of a chat ([discord], [slack] or [mattermost]) to a channel's id, or choose another value"#;
    let discord = format!("{DISCORD}allow_users = [\"80351110224678912\"]\n");
    assert_refused(ASK, &[refused]);
    assert_refused(&format!("{ASK}{discord}audit_channel = \"290926798999357250\""), &[refused]);
    for place in ["requests_channel", "approvals_channel"] {
        assert_refused(&format!("{ASK}{discord}{place} = \"290926798999357250\""), &[]);
    }
    assert_refused(&format!("{ASK}[console]\nenabled = true\nallow = [\"ada\"]"), &[]);
    // Who has an address of their own is mailed without anybody's help.
    assert_refused("[self_service]\nforgot = \"mail\"", &[]);
}

#[test]
fn a_person_has_a_name_and_accounts_of_their_own() {
    assert_refused(
        "[[admins]]\nname = \"Alice\"\nconsole = \"alice\"\n[[admins]]\nname = \"Bob\"\nconsole = \"bob\"",
        &[],
    );
    assert_refused(
        "[[admins]]\nname = \"Alice\"",
        &[
            r#"reset-link.toml:8: admins.name: has no account; add console = "<login name>", or discord, slack or mattermost = "<user id>", or remove this [[admins]]"#,
        ],
    );
    assert_refused(
        "[[admins]]\nconsole = \"alice\"\nemail = \"a@example.org\"",
        &[
            r#"reset-link.toml:7: admins.name: is not set; add name = "Alice Example" below [[admins]]"#,
            "reset-link.toml:9: admins.email: no such key; remove it; [[admins]] has name, console, discord, slack, mattermost",
        ],
    );
    assert_refused(
        "[[admins]]\nname = \"Alice\"\nconsole = \"alice\"\n[[admins]]\nname = \"Bob\"\nconsole = \"alice\"",
        &[
            r#"reset-link.toml: admins.console: two [[admins]] have "alice"; make one person of them, or correct one"#,
        ],
    );
    assert_refused(
        "[admins]\nname = \"Alice\"",
        &[
            "reset-link.toml:7: admins: is a table, and may stand several times; write [[admins]] with two brackets on a line of its own, and its keys below",
        ],
    );
}

#[test]
fn a_slack_section_says_what_it_lacks() {
    assert_refused(
        "[slack]\nbot_token = \"xoxb-1\"\nteam = \"acme\"",
        &[
            r#"reset-link.toml:7: slack.signing_secret_file: is not set; add signing_secret_file = "slack-signing-secret" below [slack], and write the app's signing secret into that file (chmod 600); or add app_token_file, which needs no open port"#,
            r#"reset-link.toml:9: slack.team: "acme" is not a workspace's id; use the id that Slack copies, which begins with T or E (a name can change, an id does not)"#,
        ],
    );
    let good = "[slack]\nbot_token = \"xoxb-1\"\nsigning_secret = \"s\"\nteam = \"T0123456789\"";
    assert_refused(
        good,
        &[
            r#"reset-link.toml:7: slack.allow_groups: names nobody who may issue links; add allow_groups = ["<group id>"] or allow_users = ["<user id>"], or slack = "<user id>" to an [[admins]]"#,
        ],
    );
    assert_refused(&format!("{good}\nallow_users = [\"U0123456789\"]"), &[]);
    let socket =
        "[slack]\nbot_token = \"xoxb-1\"\nteam = \"T0123456789\"\nallow_users = [\"U0123456789\"]\napp_token";
    assert_refused(&format!("{socket} = \"xapp-1\""), &[]);
    assert_refused(
        &format!("{socket} = \"xapp-1\"\napp_token_file = \"slack-app-token\""),
        &[
            "reset-link.toml:11: slack.app_token: is set, and so is slack.app_token_file (reset-link.toml:12); keep one of them, best app_token_file",
        ],
    );
    assert_refused(
        &format!("{socket} = \"\""),
        &["reset-link.toml:11: slack.app_token: is empty; set it, or remove app_token"],
    );
}
