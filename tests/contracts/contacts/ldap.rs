//! An LDAP directory: slapd with its password policy overlay, and other servers and flavours.

mod ds389;
mod each_server;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use config::{LdapAccountSettings, LdapContacts, LdapFlavour, LdapSecurity, LdapServer, Secret, VersionFrom};
use contacts::{
    ContactLookup, EmailSharing, Found, LdapContactLookup, LdapPasswordWriter, Lockout, Obstacle, OpenError,
    PasswordCheck, PasswordChecker, PasswordPolicy, PasswordRefusal, PasswordWriter, SetPassword,
};
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, NormalisedEmail};
use reset_link_tests::harness::ldap::{self, LdapAccount, TestServer, TestTree};
use zeroize::Zeroizing;

use super::contract::{ContactsFixture, Directory, GivenContact, lookup_contract, writer_contract};

const UNKNOWN: &str = "a password that no test knows";

/// A server, and the flavour by which it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Served {
    server: TestServer,
    flavour: LdapFlavour,
}

const OPENLDAP: Served = Served { server: TestServer::Slapd, flavour: LdapFlavour::OpenLdap };
const DS389: Served = Served { server: TestServer::Ds389, flavour: LdapFlavour::Ds389 };
const GENERIC_ON_SLAPD: Served = Served { server: TestServer::Slapd, flavour: LdapFlavour::Generic };
const GENERIC_ON_DS389: Served = Served { server: TestServer::Ds389, flavour: LdapFlavour::Generic };

struct LdapDirectory {
    served: Served,
    tree: Arc<TestTree>,
    lookup: Arc<LdapContactLookup>,
    writer: Arc<LdapPasswordWriter>,
}

impl LdapDirectory {
    async fn of(tree: Arc<TestTree>, email_attribute: &str) -> Self {
        Self::served_by(OPENLDAP, tree, |settings| LdapContacts {
            email_attribute: email_attribute.to_owned(),
            ..settings
        })
        .await
    }

    async fn served_by(
        served: Served,
        tree: Arc<TestTree>,
        changed: impl Fn(LdapContacts) -> LdapContacts,
    ) -> Self {
        let settings = |account| changed(served.settings(&tree, account));
        let lookup = LdapContactLookup::open(&settings(LdapAccount::Reader)).await.unwrap();
        let writer = LdapPasswordWriter::open(&settings(LdapAccount::Writer)).await.unwrap();
        Self { served, lookup: Arc::new(lookup), writer: Arc::new(writer), tree }
    }

    /// With these contacts: id, and further attributes.
    async fn with(people: &[(&str, &[(&str, &str)])]) -> Self {
        Self::with_people(OPENLDAP, people, |settings| settings).await
    }

    /// With these contacts in this server.
    async fn with_people(
        served: Served,
        people: &[(&str, &[(&str, &str)])],
        changed: impl Fn(LdapContacts) -> LdapContacts,
    ) -> Self {
        let tree = TestTree::on(served.server).await;
        for (id, more) in people {
            let mut attributes = vec![("uid", *id), ("cn", *id), ("userPassword", UNKNOWN)];
            attributes.extend_from_slice(more);
            tree.add_person(&attributes).await;
        }
        served.until_made().await;
        Self::served_by(served, Arc::new(tree), changed).await
    }

    async fn set(&self, id: &str, password: &str) -> SetPassword {
        let id = ContactId::new(id).unwrap();
        let version = self.writer.read(&id).await.unwrap().unwrap().password_version;
        let prepared = self.writer.prepare(password.to_owned().into()).await.unwrap();
        self.writer.set(&id, &version, prepared).await.unwrap()
    }

    async fn dn(&self, id: &str) -> String {
        self.tree.person(id).await.unwrap()
    }

    async fn others(&self, email: &str, except: &str) -> EmailSharing {
        let email = NormalisedEmail::new(email).unwrap();
        self.lookup.others_with_email(&email, &ContactId::new(except).unwrap()).await.unwrap()
    }
}

/// By TLS from the first byte.
pub(super) fn settings(tree: &TestTree, account: LdapAccount) -> LdapContacts {
    OPENLDAP.settings(tree, account)
}

impl Served {
    /// By TLS from the first byte.
    fn settings(self, tree: &TestTree, account: LdapAccount) -> LdapContacts {
        let account = LdapAccountSettings {
            dn: tree.account(account),
            password: Secret::new(account.password()),
            key: "contacts.account_dn",
        };
        let defaults = LdapContacts::new(self.flavour, &tree.tls_url(), &tree.base(), account);
        let defaults = LdapContacts {
            ca_file: Some(ldap::ca_file()),
            timeout: SignedDuration::from_secs(10),
            ..defaults
        };
        if self != GENERIC_ON_DS389 {
            return defaults;
        }
        // What only its own flavour knows.
        LdapContacts {
            version_from: VersionFrom::ModifyTime,
            active_filter: Some("(!(nsAccountLock=true))".to_owned()),
            ..defaults
        }
    }

    /// What says in this server that nobody signs in with this entry.
    fn locked(self) -> (&'static str, &'static str) {
        match self.server {
            TestServer::Slapd => ("pwdAccountLockedTime", "000001010000Z"),
            TestServer::Ds389 => ("nsAccountLock", "true"),
        }
    }

    /// Waits until a change is another version than the making of an entry, where versions are times of changes.
    async fn until_made(self) {
        if self == GENERIC_ON_DS389 {
            tokio::time::sleep(Duration::from_millis(1_100)).await;
        }
    }
}

/// `mail` takes ASCII alone, and the contract has e-mails in all letters.
fn with_any_email(settings: LdapContacts) -> LdapContacts {
    LdapContacts { email_attribute: "description".to_owned(), ..settings }
}

#[async_trait]
impl ContactsFixture for Served {
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory> {
        let tree = TestTree::on(self.server).await;
        for contact in contacts {
            let mut attributes = vec![("uid", contact.id), ("cn", contact.name), ("userPassword", UNKNOWN)];
            attributes.extend(contact.email.map(|email| ("description", email)));
            attributes.extend(contact.language.map(|language| ("preferredLanguage", language)));
            if !contact.active {
                attributes.push(self.locked());
            }
            tree.add_person(&attributes).await;
        }
        self.until_made().await;
        Box::new(LdapDirectory::served_by(*self, Arc::new(tree), with_any_email).await)
    }
}

#[async_trait]
impl Directory for LdapDirectory {
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
        Box::new(Self::served_by(self.served, Arc::clone(&self.tree), with_any_email).await)
    }

    async fn change_email(&self, id: &str, email: Option<&str>) {
        let values: Vec<&str> = email.into_iter().collect();
        self.tree.replace(&self.dn(id).await, "description", &values).await;
    }

    async fn signs_in(&self, id: &str, password: &str) -> bool {
        match self.tree.person(id).await {
            Some(dn) => self.tree.signs_in(&dn, password).await,
            None => false,
        }
    }

    /// The server's versions are its own clock's seconds.
    async fn until_another_version(&self) {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }

    fn searches_without_accents(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_contacts_policy_is_told_before_it_is_broken() {
    let tree = TestTree::fresh().await;
    let strict = tree
        .add_policy(&[
            ("pwdCheckQuality", "2"),
            ("pwdMinLength", "16"),
            ("pwdMaxLength", "64"),
            ("pwdInHistory", "5"),
            ("pwdMinAge", "3600"),
        ])
        .await;
    let hidden = format!("cn=hidden,{}", tree.base());
    for (id, policy) in [("ada", None), ("bob", Some(strict.as_str())), ("eve", Some(hidden.as_str()))] {
        let mut attributes = vec![("uid", id), ("cn", id), ("userPassword", UNKNOWN)];
        attributes.extend(policy.map(|policy| ("pwdPolicySubentry", policy)));
        tree.add_person(&attributes).await;
    }
    let directory = LdapDirectory::of(Arc::new(tree), "mail").await;
    let told = async |settings: &LdapContacts, id: Option<&str>, now: Timestamp| {
        let writer = LdapPasswordWriter::open(settings).await.unwrap();
        let contact = match id {
            Some(id) => writer.read(&ContactId::new(id).unwrap()).await.unwrap(),
            None => None,
        };
        writer.password_policy(contact.as_ref(), now).await
    };
    let now: Timestamp = "2020-01-01T00:30:00Z".parse().unwrap();
    let unset = settings(&directory.tree, LdapAccount::Writer);
    let set = LdapContacts { policy_dn: Some(ldap::POLICY.to_owned()), ..unset.clone() };
    let of_all = PasswordPolicy { min_chars: Some(10), ..PasswordPolicy::default() };
    let of_bob = PasswordPolicy {
        min_chars: Some(16),
        max_bytes: Some(64),
        remembers: Some(5),
        not_before: Some("2020-01-01T01:00:00Z".parse().unwrap()),
        ..PasswordPolicy::default()
    };
    let nothing = PasswordPolicy::default();
    for (settings, id, expected) in [
        (&set, Some("ada"), of_all),
        (&set, None, of_all),
        (&set, Some("bob"), of_bob),
        // The policy that holds for her may not be read: that of all others is none of hers.
        (&set, Some("eve"), nothing),
        (&unset, Some("ada"), nothing),
        (&unset, Some("bob"), of_bob),
        (&LdapContacts { policy_dn: Some(hidden.clone()), ..unset.clone() }, Some("ada"), nothing),
    ] {
        assert_eq!(told(settings, id, now).await, expected, "{id:?}");
    }
    let later = "2020-01-01T01:00:00Z".parse().unwrap();
    assert_eq!(told(&set, Some("bob"), later).await, PasswordPolicy { not_before: None, ..of_bob });
    // What the form has told is what the server refuses.
    let fifteen = "quarrel-lantern";
    assert_eq!(directory.set("bob", fifteen).await, SetPassword::Refused(PasswordRefusal::TooShort));
    assert_eq!(directory.set("ada", fifteen).await, SetPassword::Set);
    assert_eq!(directory.set("bob", "quarrel-lantern-otter").await, SetPassword::Set);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(
        directory.set("bob", "umbrellas-of-a-keeper").await,
        SetPassword::Refused(PasswordRefusal::TooRecent)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_password_that_is_right_and_signs_nobody_in_is_told_as_what_it_is() {
    let tree = TestTree::fresh().await;
    let aging = tree.add_policy(&[("pwdMaxAge", "60"), ("pwdMustChange", "TRUE")]).await;
    for (id, more) in [
        ("reset", Some(("pwdReset", "TRUE"))),
        ("aged", None),
        ("locked", Some(("pwdAccountLockedTime", "000001010000Z"))),
        ("new", None),
    ] {
        let mut attributes = vec![("uid", id), ("cn", id), ("pwdPolicySubentry", aging.as_str())];
        attributes.extend(more);
        if id != "new" {
            attributes.push(("userPassword", UNKNOWN));
        }
        tree.add_person(&attributes).await;
    }
    let directory = LdapDirectory::of(Arc::new(tree), "mail").await;
    for (id, password, expected) in [
        ("reset", UNKNOWN, "MustChange"),
        ("reset", "another", "Differs"),
        ("aged", UNKNOWN, "Expired"),
        ("aged", "another", "Differs"),
        ("locked", UNKNOWN, "Disabled"),
        // The server does not say that there is none.
        ("new", UNKNOWN, "Differs"),
    ] {
        let id = ContactId::new(id).unwrap();
        let checked = directory.writer.check(&id, password.to_owned().into()).await.unwrap();
        assert_eq!(format!("{checked:?}"), expected, "{id:?} {password}");
        if let Some(version) = checked.version() {
            assert_eq!(directory.writer.read(&id).await.unwrap().unwrap().password_version, *version);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_failed_sign_in_changes_the_entry_and_kills_no_link() {
    let directory = LdapDirectory::with(&[("ada", &[])]).await;
    let ada = ContactId::new("ada").unwrap();
    let dn = directory.dn("ada").await;
    let csn = directory.tree.values(&dn, "entryCSN").await;
    let before = directory.lookup.find_exact(&ada).await.unwrap().unwrap().password_version;
    assert!(!directory.signs_in("ada", "not the password").await);
    assert_ne!(directory.tree.values(&dn, "entryCSN").await, csn, "the server has noted it in the entry");
    let prepared = directory.writer.prepare("first correct horse".to_owned().into()).await.unwrap();
    assert_eq!(directory.writer.set(&ada, &before, prepared).await.unwrap(), SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn who_has_no_change_time_gets_no_link_until_a_password_is_set() {
    let tree = TestTree::fresh().await;
    let dn = tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    let directory = LdapDirectory::of(Arc::new(tree), "mail").await;
    let new = ContactId::new("new").unwrap();
    let found = directory.lookup.find_exact(&new).await.unwrap().unwrap();
    assert_eq!(found.obstacle, Some(Obstacle::NoChangeTime));
    let prepared = directory.writer.prepare("first correct horse".to_owned().into()).await.unwrap();
    let refused = directory.writer.set(&new, &found.password_version, prepared).await.unwrap_err();
    assert!(
        refused.to_string().contains("ppolicy") || refused.to_string().contains("password policy"),
        "{refused}"
    );
    assert!(!directory.signs_in("new", "first correct horse").await);
    directory.tree.replace(&dn, "userPassword", &["set by the directory's own tools"]).await;
    assert_eq!(directory.lookup.find_exact(&new).await.unwrap().unwrap().obstacle, None);
    assert_eq!(directory.set("new", "first correct horse").await, SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn starttls_is_insisted_on_and_the_certificate_must_name_the_host() {
    let tree = TestTree::fresh().await;
    let good = settings(&tree, LdapAccount::Reader);
    let at =
        |url: String, security| LdapContacts { servers: vec![LdapServer { url, security }], ..good.clone() };
    let starttls = at(ldap::url(), LdapSecurity::StartTls);
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
            let error = LdapContactLookup::open(&refused).await.err().unwrap().to_string();
            assert!(error.contains("certificate") && error.contains(cure), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn after_how_many_failed_sign_ins_somebody_is_locked_out_is_told_where_the_policy_is_known() {
    let directory = LdapDirectory::with(&[("ada", &[])]).await;
    let unset = LdapContacts { policy_dn: None, ..settings(&directory.tree, LdapAccount::Writer) };
    let elsewhere = format!("cn=nothing,{}", directory.tree.base());
    // What it does not say and what may not be read look alike.
    let silent = directory.tree.add_policy(&[("pwdMaxFailure", "5")]).await;
    for (policy_dn, expected) in [
        (Some(ldap::POLICY.to_owned()), Some(Lockout::After(1_000))),
        (Some(elsewhere), None),
        (Some(silent), None),
        (None, None),
    ] {
        let writer = LdapPasswordWriter::open(&LdapContacts { policy_dn, ..unset.clone() }).await.unwrap();
        let told = writer.lockout().await;
        match expected {
            Some(expected) => assert_eq!(told, expected),
            None => assert!(matches!(told, Lockout::Unknown(_)), "{told:?}"),
        }
        let nobody = ContactId::new("nobody").unwrap();
        let checked =
            writer.check(&nobody, Zeroizing::new("correct horse battery".to_owned())).await.unwrap();
        assert_eq!(checked, PasswordCheck::NoSuchContact);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn what_the_settings_say_is_held_against_the_server() {
    let directory = LdapDirectory::with(&[("ada", &[])]).await;
    let tree = &directory.tree;
    let reader = settings(tree, LdapAccount::Reader);
    let writer = settings(tree, LdapAccount::Writer);
    let opened = |error: Option<OpenError>| error.map(|error| error.to_string()).unwrap_or_default();
    for (changed, expected) in [
        (LdapContacts { password: Secret::new("wrong"), ..reader.clone() }, "does not accept this account"),
        (LdapContacts { base: format!("ou=none,{}", tree.base()), ..reader.clone() }, "contacts.base"),
        (LdapContacts { filter: "((".to_owned(), ..reader.clone() }, "contacts.filter"),
        (
            LdapContacts { name_attribute: "givenName".to_owned(), ..reader.clone() },
            "may not search givenName",
        ),
    ] {
        let error = opened(LdapContactLookup::open(&changed).await.err());
        assert!(error.contains(expected), "{expected}: {error}");
    }
    // An account that may not search what a write depends on would find every link stale.
    let as_writer =
        LdapContacts { bind_dn: reader.bind_dn.clone(), password: reader.password.clone(), ..writer };
    let error = opened(LdapPasswordWriter::open(&as_writer).await.err());
    assert!(error.contains("may not search entryCSN"), "{error}");
}
