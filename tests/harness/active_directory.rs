//! An organisational unit of its own for each test, in the domain of `tests/with-services`.

mod security_descriptor;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Mod, Scope, SearchEntry, ldap_escape};

use super::ldap::LdapAccount;

/// The domain.
pub const DOMAIN: &str = "DC=ad,DC=example,DC=org";
/// The attribute with the ids of contacts: `sAMAccountName` is unique in the whole domain, has 20 characters at most, and of those only some.
pub const ID_ATTRIBUTE: &str = "employeeNumber";

/// The attribute that unlocks (`lockoutTime`), by which a right names it.
pub const RIGHT_TO_UNLOCK: &str = "28630ebf-41d5-11d1-a9c1-0000f80367c1";

/// An organisational unit with an account for each half.
///
/// It holds `CN=bot` and `CN=redeem`, and `OU=people` with the contacts. The accounts have the rights that `docs/directories/active-directory.md` names.
#[derive(Debug)]
pub struct TestUnit {
    name: String,
    people: AtomicU32,
}

/// What a fine-grained policy of a test asks for.
#[derive(Debug, Clone, Copy)]
pub struct TestPolicy {
    /// Characters.
    pub min_length: u32,
    /// Whether three kinds of characters are needed.
    pub is_complex: bool,
    /// So many failures lock an account; 0: none do.
    pub lockout_threshold: u32,
}

impl TestUnit {
    /// Makes a unit without contacts.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn fresh() -> Self {
        Self::with_rights(&documented_rights()).await
    }

    /// The same, with these rights for the writer.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn with_rights(rights: &[&str]) -> Self {
        let name = format!("t{:016x}", RandomState::new().hash_one(std::process::id()));
        let unit = Self { name, people: AtomicU32::new(0) };
        unit.add(&unit.dn(), "organizationalUnit", &[]).await;
        unit.add(&unit.base(), "organizationalUnit", &[]).await;
        for account in [LdapAccount::Reader, LdapAccount::Writer] {
            let password = ("unicodePwd", account.password());
            unit.add(&unit.account(account), "user", &[("userAccountControl", "512"), password]).await;
        }
        unit.grant(LdapAccount::Writer, rights).await;
        unit
    }

    /// No other unit has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn dn(&self) -> String {
        format!("OU={},{DOMAIN}", self.name)
    }

    /// The entry below which the contacts are.
    pub fn base(&self) -> String {
        format!("OU=people,{}", self.dn())
    }

    /// The distinguished name of an account.
    pub fn account(&self, account: LdapAccount) -> String {
        let name = match account {
            LdapAccount::Reader => "bot",
            LdapAccount::Writer => "redeem",
        };
        format!("CN={name},{}", self.dn())
    }

    /// Adds a contact, who is enabled unless `userAccountControl` says otherwise. Its distinguished name does not tell its id.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add_person(&self, attributes: &[(&str, &str)]) -> String {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let dn = format!("CN=person {number},{}", self.base());
        self.add_person_at(&dn, attributes).await;
        dn
    }

    /// The same, with this distinguished name.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn add_person_at(&self, dn: &str, attributes: &[(&str, &str)]) {
        let mut all = attributes.to_vec();
        if !attributes.iter().any(|(name, _)| *name == "userAccountControl") {
            all.push(("userAccountControl", "512"));
        }
        self.add(dn, "user", &all).await;
    }

    async fn add(&self, dn: &str, class: &str, attributes: &[(&str, &str)]) {
        let mut all = vec![(b"objectClass".to_vec(), HashSet::from([class.as_bytes().to_vec()]))];
        for (name, value) in attributes {
            let value = as_stored(name, value);
            match all.iter_mut().find(|(held, _)| held == name.as_bytes()) {
                Some((_, values)) => drop(values.insert(value)),
                None => all.push((name.as_bytes().to_vec(), HashSet::from([value]))),
            }
        }
        let mut admin = administrator().await;
        let added = admin.add(dn, all).await;
        added.and_then(LdapResult::success).unwrap_or_else(|error| panic!("{dn}: {error}"));
        admin.unbind().await.unwrap();
    }

    /// Gives an attribute of an entry these values, as whoever may do everything; `unicodePwd` takes the password itself.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn replace(&self, dn: &str, attribute: &str, values: &[&str]) {
        let values = values.iter().map(|value| as_stored(attribute, value)).collect();
        let mut admin = administrator().await;
        let changed = admin.modify(dn, vec![Mod::Replace(attribute.as_bytes().to_vec(), values)]).await;
        changed.and_then(LdapResult::success).unwrap();
        admin.unbind().await.unwrap();
    }

    /// Where the contact with this id is.
    pub async fn person(&self, id: &str) -> Option<String> {
        let filter = format!("({ID_ATTRIBUTE}={})", ldap_escape(id));
        let mut admin = administrator().await;
        let found = admin.search(&self.base(), Scope::Subtree, &filter, [ID_ATTRIBUTE]).await.unwrap();
        let (entries, _) = found.success().unwrap();
        admin.unbind().await.unwrap();
        let mut entries = entries.into_iter().map(SearchEntry::construct);
        entries.find(|entry| entry.attrs.values().flatten().any(|held| held == id)).map(|entry| entry.dn)
    }

    /// All values of an attribute of an entry.
    ///
    /// # Panics
    /// Where there is no such entry.
    pub async fn values(&self, dn: &str, attribute: &str) -> Vec<String> {
        let mut entry = self.entry(dn, attribute, None).await;
        entry.attrs.remove(attribute).unwrap_or_default()
    }

    async fn entry(&self, dn: &str, attribute: &str, control: Option<RawControl>) -> SearchEntry {
        let mut admin = administrator().await;
        admin.with_controls(control.into_iter().collect::<Vec<_>>());
        let found = admin.search(dn, Scope::Base, "(objectClass=*)", [attribute]).await.unwrap();
        let (entries, _) = found.success().unwrap();
        admin.unbind().await.unwrap();
        SearchEntry::construct(entries.into_iter().next().unwrap())
    }

    /// Why an entry does not sign in with this password: Windows's error, in hexadecimal digits. `None` where it does.
    ///
    /// # Panics
    /// Where the server does not answer.
    pub async fn sign_in(&self, dn: &str, password: &str) -> Option<String> {
        let mut ldap = connect().await;
        let bound = ldap.simple_bind(dn, password).await.unwrap();
        ldap.unbind().await.unwrap();
        match bound.rc {
            0 => None,
            49 => {
                let (_, code) = bound.text.split_once(", data ").unwrap();
                Some(code.split(',').next().unwrap().to_owned())
            }
            _ => panic!("{bound}"),
        }
    }

    /// Whether an entry signs in with this password.
    ///
    /// # Panics
    /// Where the server does not answer.
    pub async fn signs_in(&self, dn: &str, password: &str) -> bool {
        self.sign_in(dn, password).await.is_none()
    }

    /// Holds somebody to a policy of their own.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub async fn hold_to(&self, dn: &str, policy: TestPolicy) {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let policy_dn =
            format!("CN={} {number},CN=Password Settings Container,CN=System,{DOMAIN}", self.name);
        let TestPolicy { min_length, is_complex, lockout_threshold } = policy;
        let is_complex = if is_complex { "TRUE" } else { "FALSE" };
        // Half an hour, in 100 ns.
        let half_an_hour = "-18000000000";
        let attributes = [
            ("msDS-PasswordSettingsPrecedence", "10"),
            ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
            ("msDS-PasswordHistoryLength", "24"),
            ("msDS-PasswordComplexityEnabled", is_complex),
            ("msDS-MinimumPasswordLength", &min_length.to_string()),
            ("msDS-MinimumPasswordAge", "0"),
            ("msDS-MaximumPasswordAge", "-9223372036854775808"),
            ("msDS-LockoutThreshold", &lockout_threshold.to_string()),
            ("msDS-LockoutObservationWindow", half_an_hour),
            ("msDS-LockoutDuration", half_an_hour),
            ("msDS-PSOAppliesTo", dn),
        ];
        self.add(&policy_dn, "msDS-PasswordSettings", &attributes).await;
    }

    /// Puts access control entries before those of the unit. Each is written in SDDL, with `SID` for the account.
    ///
    /// # Panics
    /// Where the server refuses them, or one is not of the kind that the tests need.
    pub async fn grant(&self, account: LdapAccount, entries: &[&str]) {
        let account = self.account(account);
        let sid = self.entry(&account, "objectSid", None).await.bin_attrs.remove("objectSid").unwrap();
        let held = self.entry(&self.dn(), "nTSecurityDescriptor", Some(dacl_alone())).await;
        let held = held.bin_attrs.get("nTSecurityDescriptor").unwrap().first().unwrap();
        let changed = security_descriptor::with(held, entries, sid.first().unwrap());
        let mut admin = administrator().await;
        let change = Mod::Replace(b"nTSecurityDescriptor".to_vec(), HashSet::from([changed]));
        let changed = admin.with_controls(dacl_alone()).modify(&self.dn(), vec![change]).await;
        changed.and_then(LdapResult::success).unwrap();
        admin.unbind().await.unwrap();
    }
}

/// What the documentation has an operator give to the redeem server's account, in SDDL.
///
/// # Panics
/// Where these are not three.
pub fn documented_rights() -> Vec<&'static str> {
    let page = include_str!("../../docs/directories/active-directory.md");
    let lines = page.lines().map(str::trim);
    let rights: Vec<_> = lines.filter(|line| line.starts_with("(OA;") && line.ends_with(";SID)")).collect();
    assert_eq!(rights.len(), 3, "{rights:?}");
    rights
}

/// LDAP_SERVER_SD_FLAGS_OID of MS-ADTS, `SEQUENCE { INTEGER 4 }`: of a security descriptor, the list of who may do what.
fn dacl_alone() -> RawControl {
    RawControl { ctype: "1.2.840.113556.1.4.801".to_owned(), crit: true, val: Some(vec![0x30, 3, 2, 1, 4]) }
}

fn as_stored(attribute: &str, value: &str) -> Vec<u8> {
    if attribute == "unicodePwd" {
        format!("\"{value}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else {
        value.as_bytes().to_vec()
    }
}

/// `ldap://…`: with StartTLS, since the server takes no password without.
///
/// # Panics
/// Where `tests/with-services` has not started Samba.
pub fn url() -> String {
    variable("TEST_SERVICES_AD")
}

/// `ldaps://…`, by a host that the server's certificate names.
///
/// # Panics
/// Where `tests/with-services` has not started Samba.
pub fn tls_url() -> String {
    variable("TEST_SERVICES_AD_LDAPS")
}

/// The authority that signed the server's certificate.
///
/// # Panics
/// Where `tests/with-services` has not started Samba.
pub fn ca_file() -> PathBuf {
    variable("TEST_SERVICES_CA").into()
}

async fn administrator() -> Ldap {
    let mut ldap = connect().await;
    let dn = format!("CN=Administrator,CN=Users,{DOMAIN}");
    let password = variable("TEST_SERVICES_AD_PASSWORD");
    ldap.simple_bind(&dn, &password).await.unwrap().success().unwrap();
    ldap
}

/// Without a look at the certificate: that is the business of what is tested.
async fn connect() -> Ldap {
    let settings = LdapConnSettings::new().set_no_tls_verify(true);
    let (connection, ldap) = LdapConnAsync::with_settings(settings, &tls_url()).await.unwrap();
    ldap3::drive!(connection);
    ldap
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/with-services"))
}
