//! A tree of its own for each test, in an LDAP server of `tests/with-services`.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use ldap3::controls::RelaxRules;
use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Mod, Scope, SearchEntry, ldap_escape,
};

use super::ds389;

/// A tree in an LDAP directory, with an account for each half.
///
/// It holds `cn=bot` and `cn=redeem`, and `ou=people` with the contacts.
#[derive(Debug)]
pub struct TestTree {
    server: TestServer,
    name: String,
    suffix: &'static str,
    people: AtomicU32,
}

/// The servers in which there are trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestServer {
    /// OpenLDAP with its password policy overlay.
    Slapd,
    /// 389 Directory Server.
    Ds389,
}

/// One of the accounts of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapAccount {
    /// The bot's.
    Reader,
    /// The redeem server's.
    Writer,
}

/// The entry of the policy of whoever has none of their own.
pub const POLICY: &str = "cn=policy,dc=example,dc=org";
/// The id of the entry for trying.
pub const PROBE: &str = "reset-link-probe";
/// The database with all that docs/directories/openldap.md asks for.
pub const COMPLETE: &str = "dc=example,dc=org";
/// The database that stores what it is sent as a password as it stands, and has no index.
pub const CLEAR_TEXT: &str = "dc=clear,dc=org";
/// The database without a password policy.
pub const WITHOUT_POLICY: &str = "dc=bare,dc=org";

/// When the passwords of contacts that a test begins with were set: long ago, so that whatever is set now is another version.
const LONG_AGO: &str = "20200101000000Z";

impl TestTree {
    /// Makes a tree without contacts in slapd.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn fresh() -> Self {
        Self::made(TestServer::Slapd, COMPLETE).await
    }

    /// Makes a tree without contacts in one of slapd's databases.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn fresh_in(suffix: &'static str) -> Self {
        Self::made(TestServer::Slapd, suffix).await
    }

    /// Makes a tree without contacts in this server.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn on(server: TestServer) -> Self {
        Self::made(server, COMPLETE).await
    }

    async fn made(server: TestServer, suffix: &'static str) -> Self {
        let name = format!("t{:016x}", RandomState::new().hash_one(std::process::id()));
        let tree = Self { server, name, suffix, people: AtomicU32::new(0) };
        for (dn, class, attributes) in [
            (tree.dn(), "organizationalUnit", vec![("ou", tree.name.as_str())]),
            (tree.base(), "organizationalUnit", vec![("ou", "people")]),
        ] {
            tree.add(&dn, &[class], &attributes).await;
        }
        for account in [LdapAccount::Reader, LdapAccount::Writer] {
            let attributes = [("userPassword", account.password())];
            let classes = ["applicationProcess", "simpleSecurityObject"];
            tree.add(&tree.account(account), &classes, &attributes).await;
        }
        if server == TestServer::Ds389 {
            let [reader, writer] = [LdapAccount::Reader, LdapAccount::Writer].map(|of| tree.account(of));
            let rights = ds389::rights(&reader, &writer);
            tree.replace(&tree.base(), "aci", &rights.each_ref().map(String::as_str)).await;
        }
        tree
    }

    /// `ldaps://…`, by a host that the server's certificate names.
    pub fn tls_url(&self) -> String {
        match self.server {
            TestServer::Slapd => tls_url(),
            TestServer::Ds389 => ds389::tls_url(),
        }
    }

    fn dn(&self) -> String {
        format!("ou={},{}", self.name, self.suffix)
    }

    /// The entry below which the contacts are.
    pub fn base(&self) -> String {
        format!("ou=people,{}", self.dn())
    }

    /// The distinguished name of an account.
    pub fn account(&self, account: LdapAccount) -> String {
        let name = match account {
            LdapAccount::Reader => "bot",
            LdapAccount::Writer => "redeem",
        };
        format!("cn={name},{}", self.dn())
    }

    /// Adds a contact whose password, if it is given, was set long ago. Its distinguished name does not tell its id.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add_person(&self, attributes: &[(&str, &str)]) -> String {
        let number = self.people.fetch_add(1, Ordering::Relaxed).to_string();
        let dn = format!("employeeNumber={number},{}", self.base());
        let mut all = vec![("sn", "x"), ("employeeNumber", number.as_str())];
        all.extend(attributes);
        self.add_dated(&dn, &["inetOrgPerson"], &all).await;
        dn
    }

    /// Adds an entry whose password, if it is given, was set long ago.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add_dated(&self, dn: &str, classes: &[&str], attributes: &[(&str, &str)]) {
        let mut all = attributes.to_vec();
        if attributes.iter().any(|(name, _)| *name == "userPassword") {
            let time = match self.server {
                TestServer::Slapd => "pwdChangedTime",
                TestServer::Ds389 => ds389::PASSWORD_TIME,
            };
            all.push((time, LONG_AGO));
        }
        self.add(dn, classes, &all).await;
    }

    /// Adds so many contacts with ids from `u0` on and these further attributes, and without passwords.
    ///
    /// # Panics
    /// Where the server refuses one.
    pub async fn add_people(&self, number: usize, attributes: &[(&str, &str)]) {
        let mut root = self.root().await;
        for number in 0..number {
            let id = format!("u{number}");
            let mut all: HashMap<&str, HashSet<&str>> = HashMap::new();
            let own = [("objectClass", "inetOrgPerson"), ("sn", "x"), ("uid", id.as_str())];
            for (name, value) in own.iter().chain(attributes) {
                all.entry(name).or_default().insert(value);
            }
            let added = root.add(&format!("uid={id},{}", self.base()), all.into_iter().collect()).await;
            added.and_then(LdapResult::success).unwrap();
        }
        root.unbind().await.unwrap();
    }

    /// Adds a policy for those whose `pwdPolicySubentry` names it: `cn=strict`, which the writer may read.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add_policy(&self, attributes: &[(&str, &str)]) -> String {
        let dn = format!("cn=strict,{}", self.dn());
        let mut all = vec![("pwdAttribute", "userPassword")];
        all.extend(attributes);
        self.add(&dn, &["applicationProcess", "pwdPolicy"], &all).await;
        dn
    }

    /// Adds so many contacts, all with one e-mail.
    ///
    /// # Panics
    /// Where the server refuses one.
    pub async fn add_family(&self, members: usize, email: &str) {
        let mut root = self.root().await;
        for number in 0..members {
            let (id, dn) = (format!("member{number}"), format!("cn=member{number},{}", self.base()));
            let held =
                [("objectClass", "inetOrgPerson"), ("uid", &id), ("cn", &id), ("sn", "x"), ("mail", email)];
            let held = held.map(|(name, value)| (name, HashSet::from([value])));
            root.add(&dn, held.to_vec()).await.and_then(LdapResult::success).unwrap();
        }
        root.unbind().await.unwrap();
    }

    /// Adds the entry on which is tried what the accounts may do: its id is that of docs/directories/openldap.md, and what the accounts may do to it depends
    /// on its name (see `tests/services/ldap.sh`).
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add_probe(&self, name: &str) -> String {
        let dn = format!("cn={name},{}", self.base());
        self.add(&dn, &["inetOrgPerson"], &[("cn", name), ("sn", "x"), ("uid", PROBE)]).await;
        dn
    }

    /// Adds an entry as it stands, as whoever may do everything.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add(&self, dn: &str, classes: &[&str], attributes: &[(&str, &str)]) {
        let mut all: HashMap<&str, HashSet<&str>> = HashMap::new();
        all.insert("objectClass", classes.iter().copied().collect());
        for (name, value) in attributes {
            all.entry(name).or_default().insert(value);
        }
        let mut root = self.root().await;
        self.relax(&mut root);
        let added = root.add(dn, all.into_iter().collect()).await;
        added.and_then(LdapResult::success).unwrap_or_else(|error| panic!("{dn}: {error}"));
        root.unbind().await.unwrap();
    }

    /// Gives an attribute of an entry these values, as whoever may do everything.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn replace(&self, dn: &str, attribute: &str, values: &[&str]) {
        let mut root = self.root().await;
        let change = Mod::Replace(attribute, values.iter().copied().collect());
        self.relax(&mut root);
        root.modify(dn, vec![change]).await.and_then(LdapResult::success).unwrap();
        root.unbind().await.unwrap();
    }

    /// Where the contact with this id is.
    pub async fn person(&self, id: &str) -> Option<String> {
        let filter = format!("(uid={})", ldap_escape(id));
        let mut root = self.root().await;
        let found = root.search(&self.base(), Scope::Subtree, &filter, ["uid"]).await.unwrap();
        let (entries, _) = found.success().unwrap();
        root.unbind().await.unwrap();
        let mut entries = entries.into_iter().map(SearchEntry::construct);
        entries.find(|entry| entry.attrs.values().flatten().any(|held| held == id)).map(|entry| entry.dn)
    }

    /// All values of an attribute of an entry.
    ///
    /// # Panics
    /// Where there is no such entry.
    pub async fn values(&self, dn: &str, attribute: &str) -> Vec<String> {
        let mut root = self.root().await;
        let found = root.search(dn, Scope::Base, "(objectClass=*)", [attribute]).await.unwrap();
        let (entries, _) = found.success().unwrap();
        root.unbind().await.unwrap();
        let mut entry = SearchEntry::construct(entries.into_iter().next().unwrap());
        entry.attrs.remove(attribute).unwrap_or_default()
    }

    /// Whether an entry signs in with this password.
    ///
    /// # Panics
    /// Where the server does not answer.
    pub async fn signs_in(&self, dn: &str, password: &str) -> bool {
        let mut ldap = self.connect().await.unwrap();
        let bound = ldap.simple_bind(dn, password).await.unwrap();
        ldap.unbind().await.unwrap();
        match bound.rc {
            0 => true,
            49 => false,
            // 389 Directory Server, of a lock after failures and of one by an administrator.
            19 | 53 if self.server == TestServer::Ds389 => false,
            _ => panic!("{bound}"),
        }
    }

    /// Who may do everything, and is held by no policy.
    pub fn root_dn(&self) -> String {
        match self.server {
            TestServer::Slapd => format!("cn=root,{}", self.suffix),
            TestServer::Ds389 => ds389::ROOT.to_owned(),
        }
    }

    async fn root(&self) -> Ldap {
        let mut ldap = self.connect().await.unwrap();
        let password = match self.server {
            TestServer::Slapd => root_password(),
            TestServer::Ds389 => ds389::root_password(),
        };
        ldap.simple_bind(&self.root_dn(), &password).await.unwrap().success().unwrap();
        ldap
    }

    async fn connect(&self) -> Result<Ldap, LdapError> {
        let url = match self.server {
            TestServer::Slapd => url(),
            TestServer::Ds389 => ds389::tls_url(),
        };
        // Whether the product looks at certificates is another question.
        let settings = LdapConnSettings::new().set_no_tls_verify(true);
        let (connection, ldap) = LdapConnAsync::with_settings(settings, &url).await?;
        ldap3::drive!(connection);
        Ok(ldap)
    }

    /// slapd lets nobody write what it keeps itself, unless it is told to relax; 389 Directory Server lets its manager.
    fn relax(&self, root: &mut Ldap) {
        if self.server == TestServer::Slapd {
            root.with_controls(RelaxRules);
        }
    }
}

impl LdapAccount {
    /// Its password.
    pub fn password(self) -> &'static str {
        match self {
            Self::Reader => "password of the reader",
            Self::Writer => "password of the writer",
        }
    }
}

/// The password of whoever may do everything.
///
/// # Panics
/// Where `tests/with-services` has not started slapd.
pub fn root_password() -> String {
    variable("TEST_SERVICES_LDAP_PASSWORD")
}

/// `ldap://…`: in clear text, or with StartTLS.
///
/// # Panics
/// Where `tests/with-services` has not started slapd.
pub fn url() -> String {
    variable("TEST_SERVICES_LDAP")
}

/// `ldaps://…`, by a host that the server's certificate names.
///
/// # Panics
/// Where `tests/with-services` has not started slapd.
pub fn tls_url() -> String {
    variable("TEST_SERVICES_LDAPS")
}

/// The authority that signed the server's certificate.
///
/// # Panics
/// Where `tests/with-services` has not started slapd.
pub fn ca_file() -> PathBuf {
    variable("TEST_SERVICES_CA").into()
}

pub(super) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/with-services"))
}
