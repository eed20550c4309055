//! Active Directory: a domain controller by Samba.

use std::sync::Arc;

use async_trait::async_trait;
use config::{
    ActiveDirectorySettings, ConditionalWrite, LdapAccountSettings, LdapContacts, LdapFlavour, LdapSecurity,
    LdapServer, Secret,
};
use contacts::{
    ContactLookup, DirectoryError, EmailSharing, Found, LdapContactLookup, LdapPasswordWriter, Lockout,
    OpenError, PasswordCheck, PasswordChecker, PasswordPolicy, PasswordRefusal, PasswordWriter, SetPassword,
};
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, NormalisedEmail, PasswordVersion};
use reset_link_tests::harness::active_directory::{self, DOMAIN, ID_ATTRIBUTE, TestPolicy, TestUnit};
use reset_link_tests::harness::ldap::{self, LdapAccount};

use super::contract::{ContactsFixture, Directory, GivenContact, lookup_contract, writer_contract};

const UNKNOWN: &str = "a password that no test knows";
const NEW: &str = "first correct horse";

/// As the server of the tests is set up, which ends a former password with the reset.
const DEFAULTS: ActiveDirectorySettings = ActiveDirectorySettings {
    conditional: ConditionalWrite::Auto,
    enforce_history: false,
    old_password_allowed: false,
};

/// Domains whose passwords are set so.
struct ActiveDirectory(ConditionalWrite);

struct DomainDirectory {
    unit: Arc<TestUnit>,
    settings: ActiveDirectorySettings,
    lookup: Arc<LdapContactLookup>,
    writer: Arc<LdapPasswordWriter>,
}

impl DomainDirectory {
    async fn of(unit: Arc<TestUnit>, active_directory: ActiveDirectorySettings) -> Self {
        let writer = LdapContacts { active_directory, ..settings(&unit, LdapAccount::Writer) };
        let lookup = LdapContactLookup::open(&settings(&unit, LdapAccount::Reader)).await.unwrap();
        let writer = LdapPasswordWriter::open(&writer).await.unwrap();
        Self { lookup: Arc::new(lookup), writer: Arc::new(writer), settings: active_directory, unit }
    }

    /// With these contacts: id, and further attributes.
    async fn with(people: &[(&str, &[(&str, &str)])]) -> Self {
        let unit = TestUnit::fresh().await;
        for (id, more) in people {
            let mut attributes = vec![(ID_ATTRIBUTE, *id), ("displayName", *id), ("unicodePwd", UNKNOWN)];
            attributes.extend_from_slice(more);
            unit.add_person(&attributes).await;
        }
        Self::of(Arc::new(unit), DEFAULTS).await
    }

    async fn version(&self, id: &str) -> PasswordVersion {
        self.writer.read(&ContactId::new(id).unwrap()).await.unwrap().unwrap().password_version
    }

    async fn set_on(
        &self,
        id: &str,
        version: &PasswordVersion,
        password: &str,
    ) -> Result<SetPassword, DirectoryError> {
        let prepared = self.writer.prepare(password.to_owned().into()).await.unwrap();
        self.writer.set(&ContactId::new(id).unwrap(), version, prepared).await
    }

    async fn set(&self, id: &str, password: &str) -> SetPassword {
        self.set_on(id, &self.version(id).await, password).await.unwrap()
    }

    async fn dn(&self, id: &str) -> String {
        self.unit.person(id).await.unwrap()
    }

    async fn others(&self, email: &str, except: &str) -> EmailSharing {
        let email = NormalisedEmail::new(email).unwrap();
        self.lookup.others_with_email(&email, &ContactId::new(except).unwrap()).await.unwrap()
    }
}

/// By TLS from the first byte.
pub(super) fn settings(unit: &TestUnit, account: LdapAccount) -> LdapContacts {
    LdapContacts {
        ca_file: Some(active_directory::ca_file()),
        timeout: SignedDuration::from_secs(10),
        id_attribute: ID_ATTRIBUTE.to_owned(),
        ..LdapContacts::new(
            LdapFlavour::ActiveDirectory,
            &active_directory::tls_url(),
            &unit.base(),
            LdapAccountSettings {
                dn: unit.account(account),
                password: Secret::new(account.password()),
                key: "contacts.account_dn",
            },
        )
    }
}

fn said(error: Option<OpenError>) -> String {
    error.map(|error| error.to_string()).unwrap_or_default()
}

#[async_trait]
impl ContactsFixture for ActiveDirectory {
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory> {
        let unit = TestUnit::fresh().await;
        for contact in contacts {
            let mut attributes =
                vec![(ID_ATTRIBUTE, contact.id), ("displayName", contact.name), ("unicodePwd", UNKNOWN)];
            attributes.extend(contact.email.map(|email| ("mail", email)));
            attributes.extend(contact.language.map(|language| ("preferredLanguage", language)));
            if !contact.active {
                attributes.push(("userAccountControl", "514"));
            }
            unit.add_person(&attributes).await;
        }
        let settings = ActiveDirectorySettings { conditional: self.0, ..DEFAULTS };
        Box::new(DomainDirectory::of(Arc::new(unit), settings).await)
    }
}

#[async_trait]
impl Directory for DomainDirectory {
    fn lookup(&self) -> Arc<dyn ContactLookup> {
        Arc::clone(&self.lookup) as Arc<dyn ContactLookup>
    }

    fn writer(&self) -> Arc<dyn PasswordWriter> {
        Arc::clone(&self.writer) as Arc<dyn PasswordWriter>
    }

    fn checker(&self) -> Option<Arc<dyn PasswordChecker>> {
        Some(Arc::clone(&self.writer) as Arc<dyn PasswordChecker>)
    }

    async fn reopened(&self) -> Box<dyn Directory> {
        Box::new(Self::of(Arc::clone(&self.unit), self.settings).await)
    }

    async fn change_email(&self, id: &str, email: Option<&str>) {
        let values: Vec<&str> = email.into_iter().collect();
        self.unit.replace(&self.dn(id).await, "mail", &values).await;
    }

    async fn signs_in(&self, id: &str, password: &str) -> bool {
        match self.unit.person(id).await {
            Some(dn) => self.unit.signs_in(&dn, password).await,
            None => false,
        }
    }

    fn searches_without_accents(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn active_directory_keeps_the_lookup_contract() {
    lookup_contract(&ActiveDirectory(ConditionalWrite::Auto)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn active_directory_keeps_the_writer_contract_with_a_condition_and_without() {
    for (conditional, expected) in [(ConditionalWrite::Auto, true), (ConditionalWrite::Never, false)] {
        let fixture = ActiveDirectory(conditional);
        assert_eq!(fixture.fresh(&[]).await.writer().is_conditional(), expected);
        writer_contract(&fixture).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn the_old_password_no_longer_signs_in_and_the_new_one_does() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    assert!(directory.signs_in("ada", UNKNOWN).await);
    // What Windows's own form of a password might trip over.
    for password in [NEW, "\"in quotes\"", "Gr\u{fc}\u{df}e \u{732b} \u{1f511}"] {
        assert_eq!(directory.set("ada", password).await, SetPassword::Set);
        assert!(directory.signs_in("ada", password).await, "{password}");
        assert!(!directory.signs_in("ada", UNKNOWN).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn what_the_policy_refuses_is_a_sentence_and_changes_nothing() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    let strict = TestPolicy { min_length: 12, is_complex: true, lockout_threshold: 0 };
    directory.unit.hold_to(&directory.dn("ada").await, strict).await;
    let before = directory.version("ada").await;
    for (password, refusal) in
        [("Short-1-ab", PasswordRefusal::TooShort), ("only lowercase letters", PasswordRefusal::TooSimple)]
    {
        assert_eq!(directory.set("ada", password).await, SetPassword::Refused(refusal));
        assert!(!directory.signs_in("ada", password).await);
    }
    assert!(directory.signs_in("ada", UNKNOWN).await);
    assert_eq!(directory.version("ada").await, before);
    assert_eq!(directory.set("ada", "Complex-Enough-1").await, SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn the_domains_policy_is_told_before_it_is_broken() {
    let directory = DomainDirectory::with(&[("ada", &[]), ("bob", &[])]).await;
    let strict = TestPolicy { min_length: 12, is_complex: true, lockout_threshold: 0 };
    directory.unit.hold_to(&directory.dn("bob").await, strict).await;
    let of_domain: usize = directory.unit.values(DOMAIN, "minPwdLength").await[0].parse().unwrap();
    let is_complex = directory.unit.values(DOMAIN, "pwdProperties").await[0].parse::<u32>().unwrap() & 1 == 1;
    for (id, min_chars, is_complex) in [("ada", of_domain, is_complex), ("bob", 12, true)] {
        let contact = directory.writer.read(&ContactId::new(id).unwrap()).await.unwrap();
        let told = directory.writer.password_policy(contact.as_ref(), Timestamp::UNIX_EPOCH).await;
        let expected = PasswordPolicy {
            min_chars: Some(min_chars).filter(|min| *min > 0),
            min_kinds: is_complex.then_some(3),
            ..PasswordPolicy::default()
        };
        // Who may not read the policy of some is told none, and never another one.
        let told_of_bob = [expected, PasswordPolicy::default()];
        assert!(told == expected || (id == "bob" && told_of_bob.contains(&told)), "{id}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn after_how_many_failed_sign_ins_somebody_is_locked_out_is_told() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    let of_domain: u32 = directory.unit.values(DOMAIN, "lockoutThreshold").await[0].parse().unwrap();
    assert_eq!(directory.writer.lockout().await, Lockout::of(of_domain));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_password_that_is_right_and_signs_nobody_in_is_told_as_what_it_is() {
    let directory =
        DomainDirectory::with(&[("new", &[]), ("old", &[("userAccountControl", "514")]), ("locked", &[])])
            .await;
    let unit = &directory.unit;
    unit.replace(&directory.dn("new").await, "pwdLastSet", &["0"]).await;
    let locked = directory.dn("locked").await;
    unit.hold_to(&locked, TestPolicy { min_length: 7, is_complex: false, lockout_threshold: 2 }).await;
    for (id, password, expected) in [
        ("new", UNKNOWN, "MustChange"),
        ("new", NEW, "Differs"),
        ("old", UNKNOWN, "Disabled"),
        ("locked", UNKNOWN, "Matches"),
        ("locked", NEW, "Differs"),
        ("locked", NEW, "Differs"),
        ("locked", UNKNOWN, "Locked"),
        ("nobody", UNKNOWN, "NoSuchContact"),
    ] {
        let checked = directory.writer.check(&ContactId::new(id).unwrap(), password.to_owned().into()).await;
        assert_eq!(format!("{:?}", checked.unwrap()), expected, "{id} {password}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_new_password_unlocks_unless_the_settings_say_otherwise() {
    let unit = Arc::new(TestUnit::fresh().await);
    let ada = unit.add_person(&[(ID_ATTRIBUTE, "ada"), ("unicodePwd", UNKNOWN)]).await;
    unit.hold_to(&ada, TestPolicy { min_length: 7, is_complex: false, lockout_threshold: 2 }).await;
    for _ in 0..2 {
        assert_eq!(unit.sign_in(&ada, "not the password").await.as_deref(), Some("52e"));
    }
    let is_locked = Some("775");
    assert_eq!(unit.sign_in(&ada, UNKNOWN).await.as_deref(), is_locked);
    for (unlock, password, expected) in [(false, NEW, is_locked), (true, "second correct horse", None)] {
        let writer = LdapContacts { unlock, ..settings(&unit, LdapAccount::Writer) };
        let mut directory = DomainDirectory::of(Arc::clone(&unit), DEFAULTS).await;
        directory.writer = Arc::new(LdapPasswordWriter::open(&writer).await.unwrap());
        assert_eq!(directory.set("ada", password).await, SetPassword::Set);
        assert_eq!(unit.sign_in(&ada, password).await.as_deref(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn whoever_is_disabled_meanwhile_gets_no_password() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    let dn = directory.dn("ada").await;
    let version = directory.version("ada").await;
    directory.unit.replace(&dn, "userAccountControl", &["514"]).await;
    assert!(matches!(directory.lookup.find("ada").await.unwrap(), Found::Nobody));
    assert!(directory.lookup.search("ada", 25).await.unwrap().is_empty());
    assert_eq!(directory.set_on("ada", &version, NEW).await.unwrap(), SetPassword::VersionChanged);
    assert_eq!(directory.unit.sign_in(&dn, NEW).await.as_deref(), Some("52e"));
    directory.unit.replace(&dn, "userAccountControl", &["512"]).await;
    assert_eq!(directory.set_on("ada", &version, NEW).await.unwrap(), SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_password_that_must_be_changed_is_replaced_by_one_that_need_not() {
    let unit = Arc::new(TestUnit::fresh().await);
    let ada = unit.add_person(&[(ID_ATTRIBUTE, "ada"), ("unicodePwd", UNKNOWN)]).await;
    for conditional in [ConditionalWrite::Auto, ConditionalWrite::Never] {
        let settings = ActiveDirectorySettings { conditional, ..DEFAULTS };
        let directory = DomainDirectory::of(Arc::clone(&unit), settings).await;
        unit.replace(&ada, "unicodePwd", &[UNKNOWN]).await;
        unit.replace(&ada, "pwdLastSet", &["0"]).await;
        assert_eq!(unit.sign_in(&ada, UNKNOWN).await.as_deref(), Some("773"));
        let version = directory.version("ada").await;
        assert!(version.as_str().starts_with("0/"), "{}", version.as_str());
        // Failed sign-ins kill no link.
        assert_eq!(unit.sign_in(&ada, "not the password").await.as_deref(), Some("52e"));
        assert_eq!(directory.version("ada").await, version);
        assert_eq!(directory.set_on("ada", &version, NEW).await.unwrap(), SetPassword::Set);
        assert_eq!(unit.sign_in(&ada, NEW).await, None);
        assert_ne!(unit.values(&ada, "pwdLastSet").await, ["0"]);
        let late = directory.set_on("ada", &version, "second correct horse").await.unwrap();
        assert_eq!(late, SetPassword::VersionChanged);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn another_password_that_must_be_changed_ends_an_older_link() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    let dn = directory.dn("ada").await;
    directory.unit.replace(&dn, "pwdLastSet", &["0"]).await;
    let version = directory.version("ada").await;
    directory.unit.replace(&dn, "unicodePwd", &["given by the help desk"]).await;
    directory.unit.replace(&dn, "pwdLastSet", &["0"]).await;
    let another = directory.version("ada").await;
    assert_ne!(another, version);
    assert_eq!(directory.set_on("ada", &version, NEW).await.unwrap(), SetPassword::VersionChanged);
    assert_eq!(directory.set_on("ada", &another, NEW).await.unwrap(), SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_lock_by_a_stranger_ends_no_link_to_a_password_that_must_be_changed() {
    let directory = DomainDirectory::with(&[("ada", &[]), ("new", &[])]).await;
    let dn = directory.dn("ada").await;
    let policy = TestPolicy { min_length: 7, is_complex: false, lockout_threshold: 2 };
    directory.unit.hold_to(&dn, policy).await;
    directory.unit.replace(&dn, "pwdLastSet", &["0"]).await;
    let version = directory.version("ada").await;
    let changed = directory.unit.values(&dn, "uSNChanged").await;
    for _ in 0..2 {
        assert_eq!(directory.unit.sign_in(&dn, "not the password").await.as_deref(), Some("52e"));
    }
    assert_eq!(directory.unit.sign_in(&dn, UNKNOWN).await.as_deref(), Some("775"));
    directory.unit.replace(&dn, "description", &["changed by somebody"]).await;
    assert_ne!(directory.unit.values(&dn, "uSNChanged").await, changed);
    assert!(version.as_str().len() < "0/changed".len(), "{}", version.as_str());
    assert_eq!(directory.version("ada").await, version);
    assert_eq!(directory.set_on("ada", &version, NEW).await.unwrap(), SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_sign_in_proves_nothing_for_an_hour_after_a_password_was_set() {
    let unit = Arc::new(TestUnit::fresh().await);
    unit.add_person(&[(ID_ATTRIBUTE, "ada"), ("unicodePwd", UNKNOWN)]).await;
    let ada = ContactId::new("ada").unwrap();
    for (old_password_allowed, is_known) in [(true, false), (false, true)] {
        let settings = ActiveDirectorySettings { old_password_allowed, ..DEFAULTS };
        let directory = DomainDirectory::of(Arc::clone(&unit), settings).await;
        let check =
            async |password: &str| directory.writer.check(&ada, password.to_owned().into()).await.unwrap();
        let matches = check(UNKNOWN).await;
        assert_eq!(matches.version().is_some(), is_known, "{matches:?}");
        assert_eq!(matches == PasswordCheck::PresentOrFormer, !is_known, "{matches:?}");
        assert_eq!(check("not the password").await, PasswordCheck::Differs);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn distinguished_names_hold_any_character() {
    let unit = TestUnit::fresh().await;
    let names = [
        ("comma", r"Lovelace\, Ada"),
        ("quotes", r"Ada \22Countess\22"),
        ("plus", r"Ada \+ Grace"),
        ("more", r"\#a\<b\>c\;d\=e\\f"),
        ("space", r"\ ada\ "),
        ("letters", "\u{3055}\u{304f}\u{3089} Gr\u{fc}\u{df}e"),
    ];
    for (id, name) in names {
        let dn = format!("CN={name},{}", unit.base());
        unit.add_person_at(&dn, &[(ID_ATTRIBUTE, id), ("unicodePwd", UNKNOWN)]).await;
    }
    let directory = DomainDirectory::of(Arc::new(unit), DEFAULTS).await;
    for (id, _) in names {
        assert_eq!(directory.set(id, NEW).await, SetPassword::Set, "{id}");
        assert!(directory.signs_in(id, NEW).await, "{id}");
        assert!(!directory.signs_in(id, UNKNOWN).await, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn whatever_is_typed_finds_nobody_else_and_changes_nothing() {
    let directory = DomainDirectory::with(&[("ada", &[]), ("bob", &[])]).await;
    let version = directory.version("ada").await;
    let long = "a".repeat(10_240);
    for typed in
        ["*)(uid=*", "*", "ada)(cn=*", "ada\0", "\0", "\\", "\\61da", "ada)(|(objectClass=*)", long.as_str()]
    {
        assert!(matches!(directory.lookup.find(typed).await.unwrap(), Found::Nobody), "{typed:.20}");
        assert!(directory.lookup.search(typed, 25).await.unwrap().is_empty(), "{typed:.20}");
        let Ok(id) = ContactId::new(typed) else { continue };
        assert!(directory.lookup.find_exact(&id).await.unwrap().is_none(), "{typed:.20}");
        assert_eq!(directory.set_on(typed, &version, NEW).await.unwrap(), SetPassword::VersionChanged);
    }
    for id in ["ada", "bob"] {
        assert!(directory.signs_in(id, UNKNOWN).await, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_user_principal_name_is_an_id() {
    let unit = TestUnit::fresh().await;
    let name = format!("ada.{}@ad.example.org", unit.name());
    let ada = unit.add_person(&[("userPrincipalName", &name), ("unicodePwd", UNKNOWN)]).await;
    let id_attribute = "userPrincipalName".to_owned();
    let writer = LdapContacts { id_attribute, ..settings(&unit, LdapAccount::Writer) };
    let writer = LdapPasswordWriter::open(&writer).await.unwrap();
    let id = ContactId::new(name.as_str()).unwrap();
    let version = writer.read(&id).await.unwrap().unwrap().password_version;
    let prepared = writer.prepare(NEW.to_owned().into()).await.unwrap();
    assert_eq!(writer.set(&id, &version, prepared).await.unwrap(), SetPassword::Set);
    assert!(unit.signs_in(&ada, NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn addresses_beside_the_mail_count_as_taken_and_are_nobodys_first() {
    let directory = DomainDirectory::with(&[
        ("ada", &[("mail", "ada@example.org")]),
        (
            "bob",
            &[
                ("mail", "bob@example.org"),
                ("proxyAddresses", "SMTP:bob@example.org"),
                ("proxyAddresses", "smtp:ADA@Example.org"),
                ("proxyAddresses", "X400:c=de;s=eve@example.org"),
            ],
        ),
        ("eve", &[("proxyAddresses", "SMTP:eve@example.org"), ("userAccountControl", "514")]),
        ("kim", &[("proxyAddresses", "SMTP:kim@example.org")]),
    ])
    .await;
    let ids = |ids: &[&str]| EmailSharing::With(ids.iter().map(|id| ContactId::new(*id).unwrap()).collect());
    for (email, except, expected) in [
        ("ada@example.org", "ada", &["bob"][..]),
        ("bob@example.org", "bob", &[]),
        ("eve@example.org", "ada", &["eve"]),
        ("kim@example.org", "kim", &[]),
    ] {
        assert_eq!(directory.others(email, except).await, ids(expected), "{email}");
    }
    for (id, expected) in [("bob", Some("bob@example.org")), ("kim", None)] {
        let found = directory.lookup.find_exact(&ContactId::new(id).unwrap()).await.unwrap().unwrap();
        assert_eq!(found.primary_email.as_deref(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn tls_is_insisted_on_and_the_certificate_must_name_the_host() {
    let unit = TestUnit::fresh().await;
    let good = settings(&unit, LdapAccount::Reader);
    let at =
        |url: String, security| LdapContacts { servers: vec![LdapServer { url, security }], ..good.clone() };
    let starttls = at(active_directory::url(), LdapSecurity::StartTls);
    for settings in [&good, &starttls] {
        LdapContactLookup::open(settings).await.unwrap().close().await;
        // It names localhost.
        let [LdapServer { url, security }] = settings.servers.as_slice() else { panic!("one") };
        let another_host = at(url.replace("localhost", "127.0.0.1"), *security);
        let unknown_authority = LdapContacts { ca_file: None, ..settings.clone() };
        for (refused, cure) in [
            (another_host, "write in contacts.ldap_url a host that the server's certificate names"),
            (unknown_authority, "name in contacts.ca_file the certificate authority"),
        ] {
            let error = said(LdapContactLookup::open(&refused).await.err());
            assert!(error.contains("certificate") && error.contains(cure), "{error}");
        }
    }
    let clear_text = at(active_directory::url(), LdapSecurity::ClearText);
    let error = said(LdapContactLookup::open(&clear_text).await.err());
    assert!(error.contains("the server wants TLS"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba and slapd (tests/with-services)"]
async fn what_the_settings_say_is_held_against_the_server() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    let unit = &directory.unit;
    let reader = settings(unit, LdapAccount::Reader);
    for (changed, expected) in [
        (LdapContacts { password: Secret::new("wrong"), ..reader.clone() }, "does not accept this account"),
        (LdapContacts { base: format!("OU=none,{}", unit.base()), ..reader.clone() }, "contacts.base"),
        (LdapContacts { filter: "((".to_owned(), ..reader.clone() }, "contacts.filter"),
    ] {
        let error = said(LdapContactLookup::open(&changed).await.err());
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let strict = ActiveDirectorySettings { enforce_history: true, ..DEFAULTS };
    let strict = LdapContacts { active_directory: strict, ..settings(unit, LdapAccount::Writer) };
    let error = said(LdapPasswordWriter::open(&strict).await.err());
    assert!(error.contains("contacts.enforce_history") && error.contains("does not know"), "{error}");

    let tree = ldap::TestTree::fresh().await;
    let another_server = LdapContacts {
        servers: vec![LdapServer { url: ldap::tls_url(), security: LdapSecurity::Tls }],
        base: tree.base(),
        bind_dn: tree.account(LdapAccount::Reader),
        ..reader.clone()
    };
    let error = said(LdapContactLookup::open(&another_server).await.err());
    assert!(error.contains("contacts.flavour") && error.contains("not Active Directory"), "{error}");

    for (flags, expected) in [("514", "is disabled"), ("512", "")] {
        unit.replace(&unit.account(LdapAccount::Reader), "userAccountControl", &[flags]).await;
        let error = said(LdapContactLookup::open(&reader).await.err());
        assert!(error.contains(expected) && error.is_empty() == expected.is_empty(), "{error}");
    }
    let denied = "(OD;CIIO;RP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SID)";
    unit.grant(LdapAccount::Reader, &[denied]).await;
    let error = said(LdapContactLookup::open(&reader).await.err());
    assert!(error.contains("may not search pwdLastSet") && error.contains("To mend"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_write_without_the_right_to_it_changes_nothing_and_is_told_with_the_cure() {
    let directory = DomainDirectory::with(&[("ada", &[])]).await;
    let unit = &directory.unit;
    let as_reader = settings(unit, LdapAccount::Reader);
    // Whoever runs the domain is out of reach of any right below a unit.
    let everybody = LdapContacts {
        base: format!("CN=Users,{DOMAIN}"),
        id_attribute: "sAMAccountName".to_owned(),
        ..settings(unit, LdapAccount::Writer)
    };
    for (settings, id) in [(as_reader, "ada"), (everybody, "Administrator")] {
        let writer = LdapPasswordWriter::open(&settings).await.unwrap();
        let id = ContactId::new(id).unwrap();
        let version = writer.read(&id).await.unwrap().unwrap().password_version;
        let prepared = writer.prepare(NEW.to_owned().into()).await.unwrap();
        let refused = writer.set(&id, &version, prepared).await.unwrap_err();
        assert!(matches!(refused, DirectoryError::Unreachable(_)), "{refused}");
        let refused = refused.to_string();
        for part in ["may not do that", "rights of each account", "adminCount"] {
            assert!(refused.contains(part), "{refused}");
        }
        assert_eq!(writer.read(&id).await.unwrap().unwrap().password_version, version);
    }
    assert!(directory.signs_in("ada", UNKNOWN).await);
}
