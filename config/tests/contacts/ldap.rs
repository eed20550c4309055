//! `kind = "ldap"`: an LDAP directory, with an account for each half.

use reset_link_config::{
    ActiveDirectorySettings, AllInOne, Bot, ConditionalWrite, Contacts, Environment, LdapContacts,
    LdapFlavour, LdapSecurity, LdapServer, RedeemServer, VersionFrom,
};

use super::{assert_refused, read, refusals};

/// Lines 6 to 14.
const OPENLDAP: &str = r#"[contacts]
kind = "ldap"
flavour = "openldap"
ldap_url = "ldaps://ldap.example.org"
base = "ou=people,dc=example,dc=org"
reader_dn = "cn=bot,dc=example,dc=org"
reader_password = "hunter2-reads"
writer_dn = "cn=redeem,dc=example,dc=org"
writer_password = "hunter2-writes"
"#;

fn directory(contacts: &Contacts) -> LdapContacts {
    match contacts {
        Contacts::Ldap(directory) => (**directory).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_half_has_an_account_of_its_own_and_the_rest_has_defaults() {
    let config: AllInOne = read(OPENLDAP, &Environment::default()).expect("a good config");
    let [bot, redeem_server] = [&config.bot.contacts, &config.redeem_server.contacts].map(directory);
    assert_eq!((bot.bind_dn.as_str(), bot.account_key), ("cn=bot,dc=example,dc=org", "contacts.reader_dn"));
    assert_eq!(bot.password.expose(), "hunter2-reads");
    assert_eq!(redeem_server.bind_dn, "cn=redeem,dc=example,dc=org");
    assert_eq!(redeem_server.account_key, "contacts.writer_dn");
    assert_eq!(redeem_server.password.expose(), "hunter2-writes");
    let LdapContacts { id_attribute, name_attribute, email_attribute, language_attribute, filter, .. } = &bot;
    assert_eq!(
        [id_attribute, name_attribute, email_attribute, language_attribute, filter],
        ["uid", "cn", "mail", "preferredLanguage", "(objectClass=person)"]
    );
    assert_eq!((bot.flavour, bot.timeout.as_secs(), bot.ca_file), (LdapFlavour::OpenLdap, 5, None));
    assert_eq!((bot.probe_id, redeem_server.probe_id), (None, None));
    assert!(!format!("{config:?}").contains("hunter2"));
    for (text, key) in
        [("hunter2-reads", "contacts.reader_password"), ("hunter2-writes", "contacts.writer_password")]
    {
        let known = config.bot.secrets.iter().find(|secret| secret.stands_in(text));
        assert_eq!(known.map(|secret| secret.key.as_str()), Some(key));
    }
}

#[test]
fn a_lock_ends_with_a_new_password_unless_the_settings_say_otherwise() {
    let of = |flavour: &str, more: &str| {
        let text = format!("{}{more}", OPENLDAP.replace("\"openldap\"", flavour));
        directory(&read::<AllInOne>(&text, &Environment::default()).expect(more).bot.contacts)
    };
    let plain = of("\"389ds\"", "");
    assert_eq!((plain.flavour, plain.unlock), (LdapFlavour::Ds389, true));
    assert_eq!((plain.active_filter, plain.version_from), (None, VersionFrom::PasswordTime));
    assert!(!of("\"389ds\"", "unlock = false").unlock);
    let generic = of("\"generic\"", "version_from = \"modify-time\"\nactive_filter = \"(!(ou=former))\"");
    assert_eq!((generic.flavour, generic.unlock), (LdapFlavour::Generic, false));
    assert_eq!(generic.version_from, VersionFrom::ModifyTime);
    assert_eq!(generic.active_filter.as_deref(), Some("(!(ou=former))"));
}

#[test]
fn active_directory_has_other_names_for_things_and_settings_of_its_own() {
    let text = OPENLDAP.replace("openldap", "active-directory");
    let config: AllInOne = read(&text, &Environment::default()).expect("a good config");
    let redeem_server = directory(&config.redeem_server.contacts);
    let LdapContacts { id_attribute, name_attribute, email_attribute, language_attribute, filter, .. } =
        &redeem_server;
    assert_eq!(
        [id_attribute, name_attribute, email_attribute, language_attribute, filter],
        [
            "sAMAccountName",
            "displayName",
            "mail",
            "preferredLanguage",
            "(&(objectCategory=person)(objectClass=user))"
        ]
    );
    let expected = ActiveDirectorySettings {
        conditional: ConditionalWrite::Auto,
        enforce_history: false,
        old_password_allowed: true,
    };
    assert_eq!((redeem_server.active_directory, redeem_server.unlock), (expected, true));

    let own = "conditional = \"always\"\nenforce_history = true\nold_password_allowed = false\n";
    let config: AllInOne = read(&format!("{text}{own}"), &Environment::default()).expect("a good config");
    let expected = ActiveDirectorySettings {
        conditional: ConditionalWrite::Always,
        enforce_history: true,
        old_password_allowed: false,
    };
    assert_eq!(directory(&config.redeem_server.contacts).active_directory, expected);
    let elsewhere =
        "is for flavour = \"active-directory\", and the contacts are in another directory; remove it";
    assert_refused(
        &format!("{OPENLDAP}{own}"),
        &[
            &format!("reset-link.toml:15: contacts.conditional: {elsewhere}"),
            &format!("reset-link.toml:16: contacts.enforce_history: {elsewhere}"),
            &format!("reset-link.toml:17: contacts.old_password_allowed: {elsewhere}"),
        ],
    );
    assert_refused(
        &format!("{text}version_from = \"modify-time\""),
        &[
            "reset-link.toml:15: contacts.version_from: is not for Active Directory, which keeps when each password was set; remove it; an entry without that time gets one as soon as a password is set",
        ],
    );
}

#[test]
fn the_entry_for_trying_is_told_to_both_halves() {
    let config: AllInOne =
        read(&format!("{OPENLDAP}probe_id = \"nobody\"\n"), &Environment::default()).expect("a good config");
    for half in [&config.bot.contacts, &config.redeem_server.contacts] {
        assert_eq!(directory(half).probe_id.as_deref(), Some("nobody"));
    }
    assert_refused(
        &format!("{OPENLDAP}probe_id = \"\"\n"),
        &["reset-link.toml:15: contacts.probe_id: is empty; write at least a word"],
    );
}

#[test]
fn a_connection_is_protected_unless_it_stays_on_this_machine() {
    let security = |url: &str, more: &str| {
        let added = format!("{}{more}", OPENLDAP.replace("ldaps://ldap.example.org", url));
        let config: AllInOne = read(&added, &Environment::default()).expect(url);
        directory(&config.bot.contacts).servers[0].security
    };
    for (url, expected) in [
        ("ldaps://ldap.example.org", LdapSecurity::Tls),
        ("ldaps://127.0.0.1:1636/", LdapSecurity::Tls),
        ("ldap://ldap.example.org:1389", LdapSecurity::StartTls),
        ("ldap://192.0.2.1", LdapSecurity::StartTls),
        ("ldap://localhost.example.org", LdapSecurity::StartTls),
        ("ldap://localhost", LdapSecurity::ClearText),
        ("ldap://127.0.0.1:1389", LdapSecurity::ClearText),
        ("ldap://[::1]", LdapSecurity::ClearText),
        ("ldap://[2001:db8::1]:1389", LdapSecurity::StartTls),
        ("ldaps://[2001:db8::1]", LdapSecurity::Tls),
    ] {
        assert_eq!(security(url, ""), expected, "{url}");
    }
    assert_eq!(security("ldap://localhost", "ca_file = \"ca.pem\""), LdapSecurity::StartTls);
}

#[test]
fn several_servers_keep_their_order_and_each_is_protected_by_itself() {
    let one = r#""ldaps://ldap.example.org""#;
    let servers = |given: &str, environment: &Environment| {
        let config: AllInOne = read(&OPENLDAP.replace(one, given), environment).expect(given);
        directory(&config.redeem_server.contacts).servers
    };
    let expected = [
        LdapServer { url: "ldaps://one.example.org".to_owned(), security: LdapSecurity::Tls },
        LdapServer { url: "ldap://two.example.org:1389".to_owned(), security: LdapSecurity::StartTls },
    ];
    let list = r#"["ldaps://one.example.org", "ldap://two.example.org:1389"]"#;
    assert_eq!(servers(list, &Environment::default()), expected);
    let variable = "ldaps://one.example.org,ldap://two.example.org:1389";
    let environment = Environment::from([("RESET_LINK_CONTACTS_LDAP_URL", variable)]);
    assert_eq!(servers(one, &environment), expected);
}

#[test]
fn a_server_that_is_odd_is_refused_by_its_line_and_its_name() {
    let one = r#""ldaps://ldap.example.org""#;
    for (given, refused) in [
        (
            "[]",
            r#"reset-link.toml:9: contacts.ldap_url: names no server; name at least one, like ["ldaps://ldap1.example.org", "ldaps://ldap2.example.org"]"#,
        ),
        (
            "[\n\"ldaps://one.example.org\",\n\"https://two.example.org\"]",
            r#"reset-link.toml:11: contacts.ldap_url: "https://two.example.org" is no URL of an LDAP server; write it like ldaps://ldap.example.org, or ldap://ldap.example.org for StartTLS"#,
        ),
        (
            r#"["ldaps://one.example.org", "ldaps://cn=a:hunter2-pw@two.example.org"]"#,
            r#"reset-link.toml:9: contacts.ldap_url: holds an account beside the host "two.example.org"; take it out, and name the accounts by reader_dn and writer_dn, with a file for each password"#,
        ),
        (
            r#"["ldaps://one.example.org", "ldaps://one.example.org"]"#,
            r#"reset-link.toml:9: contacts.ldap_url: names "ldaps://one.example.org" twice; name each server once, in the order in which they are to be tried"#,
        ),
    ] {
        assert_refused(&OPENLDAP.replace(one, given), &[refused]);
    }
}

#[test]
fn a_write_ends_well_before_its_lease() {
    let longer = format!("{OPENLDAP}timeout = \"6s\"\n");
    assert_refused(
        &longer,
        &[
            "reset-link.toml:15: contacts.timeout: is 6s, and ledger.lease 30s: a password could be written after its link is good again; set timeout to at most 5s, a sixth of the lease, or a longer lease",
        ],
    );
    let leased = format!("{longer}[ledger]\nlease = \"36s\"\n");
    let config: AllInOne = read(&leased, &Environment::default()).expect("a longer lease");
    assert_eq!(directory(&config.redeem_server.contacts).timeout.as_secs(), 6);
}

#[test]
fn a_half_alone_needs_its_own_account_and_refuses_the_other() {
    let without = |what: &str| {
        OPENLDAP
            .lines()
            .filter(|line| !line.starts_with(what))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let bot: Bot = read(&without("writer"), &Environment::default()).expect("a good config");
    assert_eq!(directory(&bot.contacts).account_key, "contacts.reader_dn");
    let redeem_server: RedeemServer =
        read(&without("reader"), &Environment::default()).expect("a good config");
    assert_eq!(directory(&redeem_server.contacts).account_key, "contacts.writer_dn");
    let refused = refusals::<Bot>(&without("reader"));
    assert_eq!(
        refused,
        [
            r#"reset-link.toml:6: contacts.reader_dn: is not set; add reader_dn = "cn=bot,ou=services,dc=example,dc=org" below [contacts]"#,
            r#"reset-link.toml:6: contacts.reader_password_file: is not set; add reader_password_file = "ldap-reader-password" below [contacts], and write that account's password into that file (chmod 600)"#,
            "reset-link.toml:11: contacts.writer_dn: is for the redeem server, and these are the settings of the bot; remove it; the bot's own account is named by reader_dn",
            "reset-link.toml:12: contacts.writer_password: is for the redeem server, and these are the settings of the bot; remove it; it belongs into the settings of the redeem server",
        ]
    );
}

#[test]
fn what_is_missing_or_odd_is_refused_with_its_cure() {
    assert_refused(
        "[contacts]\nkind = \"ldap\"\nreader_dn = \"cn=a,dc=b\"\nreader_password = \"hunter2-1\"\nwriter_dn = \"cn=c,dc=b\"\nwriter_password = \"hunter2-2\"",
        &[
            r#"reset-link.toml:6: contacts.flavour: is not set; add flavour = "openldap" below [contacts]"#,
            r#"reset-link.toml:6: contacts.ldap_url: is not set; add ldap_url = "ldaps://ldap.example.org" below [contacts]"#,
            r#"reset-link.toml:6: contacts.base: is not set; add base = "ou=people,dc=example,dc=org" below [contacts]"#,
        ],
    );
    for (from, to, refusal) in [
        (
            "\"openldap\"",
            "\"iplanet\"",
            r#"reset-link.toml:8: contacts.flavour: "iplanet" is not one of the choices; use "openldap" or "389ds" or "active-directory" or "generic""#,
        ),
        (
            "ldaps://ldap",
            "ldaps://cn=bot:hunter2-pw@ldap",
            r#"reset-link.toml:9: contacts.ldap_url: holds an account beside the host "ldap.example.org"; take it out, and name the accounts by reader_dn and writer_dn, with a file for each password"#,
        ),
        (
            "ldaps://ldap.example.org",
            "ldaps://ldap.example.org/dc=org",
            r#"reset-link.toml:9: contacts.ldap_url: "ldaps://ldap.example.org/dc=org" says more than where the server is; end it behind the host or the port: base and filter have keys of their own"#,
        ),
        (
            "ldaps://",
            "https://",
            r#"reset-link.toml:9: contacts.ldap_url: "https://ldap.example.org" is no URL of an LDAP server; write it like ldaps://ldap.example.org, or ldap://ldap.example.org for StartTLS"#,
        ),
        (
            "ou=people,dc=example,dc=org",
            "people",
            r#"reset-link.toml:10: contacts.base: "people" is no distinguished name; write it like ou=people,dc=example,dc=org"#,
        ),
        (
            "cn=bot",
            "cn=Redeem",
            "reset-link.toml:11: contacts.reader_dn: is the account of writer_dn as well; name an account that may read and set no password: the bot must not be able to",
        ),
    ] {
        assert_refused(&OPENLDAP.replace(from, to), &[refusal]);
    }
    for (line, refusal) in [
        (
            "id_attribute = \"uid)(a\"",
            r#"contacts.id_attribute: "uid)(a" is not the name of an attribute; write its name as the directory's schema does, like uid"#,
        ),
        (
            "filter = \"objectClass=person\"",
            r#"contacts.filter: "objectClass=person" is not a filter; write it in parentheses, each of which is closed, like (objectClass=person) or (&(objectClass=person)(!(ou=former)))"#,
        ),
        (
            "active_filter = \"(!(ou=former)\"",
            r#"contacts.active_filter: "(!(ou=former)" is not a filter; write it in parentheses, each of which is closed, like (objectClass=person) or (&(objectClass=person)(!(ou=former)))"#,
        ),
        (
            "version_from = \"modify-time\"",
            "contacts.version_from: is not for OpenLDAP, which keeps when each password was set; remove it; an entry without that time gets one as soon as a password is set",
        ),
        (
            "unlock = true",
            "contacts.unlock: is for servers that keep a lock when a password is set, and says nothing to this one; remove it",
        ),
        (
            "url = \"ldaps://ldap.example.org\"",
            "contacts.url: is for kind = \"sql\", and the contacts are in an LDAP directory; remove it; an LDAP server is named by ldap_url, its accounts by reader_dn and writer_dn",
        ),
        (
            "views = true",
            "contacts.views: is for kind = \"sql\", and the contacts are in an LDAP directory; remove it",
        ),
        (
            "sqlite_file = \"a.sqlite\"",
            "contacts.sqlite_file: is for kind = \"embedded\", and the contacts are in an LDAP directory; remove it",
        ),
    ] {
        assert_refused(&format!("{OPENLDAP}{line}"), &[&format!("reset-link.toml:15: {refusal}")]);
    }
    for flavour in ["389ds", "generic"] {
        assert_refused(
            &format!("{}policy_dn = \"cn=x\"", OPENLDAP.replace("openldap", flavour)),
            &[
                "reset-link.toml:15: contacts.policy_dn: is for OpenLDAP and Active Directory: of this server no policy is read beforehand; remove it",
            ],
        );
    }
    assert_refused(
        "[contacts]\nbase = \"dc=example\"",
        &[
            r#"reset-link.toml:7: contacts.base: is for kind = "ldap", and the contacts are in the embedded directory; add kind = "ldap" below [contacts], or remove it"#,
        ],
    );
}
