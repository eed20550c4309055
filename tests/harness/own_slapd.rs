//! A slapd of a test's own: it is stopped, killed and started again at the same addresses, and another one with the same contacts never hears of a change.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use config::{LdapAccountSettings, LdapContacts, LdapFlavour, LdapSecurity, LdapServer, Secret};
use jiff::SignedDuration;
use ldap3::{Ldap, LdapConnAsync, LdapError, LdapResult, Scope, SearchEntry};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::time::timeout;

use super::binary::free_address;
use super::ldap::LdapAccount;
use crate::wait::until;

/// The password with which Ada begins.
pub const OLD_PASSWORD: &str = "the password of before";

/// Below it are the contacts.
pub const BASE: &str = "ou=people,dc=example,dc=org";

/// When it was set.
const LONG_AGO: &str = "20200101000000Z";

const ADA: &str = "uid=ada,ou=people,dc=example,dc=org";

/// How long a server may take for a sign-in before it counts as away.
const PATIENCE: Duration = Duration::from_secs(10);

/// slapd with the password policy overlay and Ada, until it is dropped.
#[derive(Debug)]
pub struct OwnSlapd {
    folder: TempDir,
    address: SocketAddr,
    /// More addresses, as slapd takes them.
    more: String,
    process: Option<Child>,
}

impl OwnSlapd {
    /// In clear text on loopback: what is sent can be read on the way.
    ///
    /// # Panics
    /// Where slapd is not installed, or does not come up.
    pub async fn start() -> Self {
        Self::listening(None, "", true).await
    }

    /// Without the password policy overlay: it keeps no times, and hashes nothing that it is sent.
    ///
    /// # Panics
    /// Where slapd is not installed, or does not come up.
    pub async fn without_policy() -> Self {
        Self::listening(None, "", false).await
    }

    /// With TLS at this address as well, by this certificate and its key (PEM).
    ///
    /// # Panics
    /// Where slapd is not installed, or does not come up.
    pub async fn with_tls(address: SocketAddr, certificate: &str, key: &str) -> Self {
        Self::listening(Some((certificate, key)), &format!("ldaps://{address}"), true).await
    }

    async fn listening(tls: Option<(&str, &str)>, more: &str, has_policy: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let tls = tls.map_or_else(String::new, |(certificate, key)| {
            let [certificate_file, key_file] =
                ["server.pem", "server.key"].map(|name| folder.path().join(name));
            fs::write(&certificate_file, certificate).unwrap();
            fs::write(&key_file, key).unwrap();
            let (certificate_file, key_file) = (certificate_file.display(), key_file.display());
            format!("TLSCertificateFile {certificate_file}\nTLSCertificateKeyFile {key_file}\n")
        });
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let (module, overlay) = if has_policy {
            (
                "moduleload ppolicy\n",
                "overlay ppolicy\nppolicy_default \"cn=policy,dc=example,dc=org\"\nppolicy_hash_cleartext\n",
            )
        } else {
            ("", "")
        };
        let config = format!(
            "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\n\
             moduleload back_mdb\n{module}{tls}database mdb\nsuffix \"dc=example,dc=org\"\n\
             directory {}\nmaxsize 16777216\ndbnosync\nindex objectClass,uid eq\n{overlay}\
             access to dn.children=\"{BASE}\" attrs=userPassword\n  by dn.exact=\"{}\" =w\n  by anonymous auth\n  by * none\n\
             access to attrs=userPassword\n  by anonymous auth\n  by * none\n\
             access to *\n  by users read\n  by * none\n",
            data.display(),
            dn(LdapAccount::Writer)
        );
        fs::write(folder.path().join("slapd.conf"), config).unwrap();
        let mut slapd = Self { folder, address: free_address(), more: more.to_owned(), process: None };
        slapd.load(has_policy);
        slapd.start_again().await;
        slapd
    }

    fn load(&self, has_policy: bool) {
        let account = |account: LdapAccount| {
            format!(
                "dn: {}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: {}\nuserPassword: {}\n\n",
                dn(account),
                name(account),
                account.password()
            )
        };
        let policy = "dn: cn=policy,dc=example,dc=org\nobjectClass: pwdPolicy\nobjectClass: applicationProcess\ncn: policy\n\
                      pwdAttribute: userPassword\npwdCheckQuality: 2\npwdMinLength: 10\n\n";
        let changed = format!("pwdChangedTime: {LONG_AGO}\n");
        let (policy, changed) = if has_policy { (policy, changed.as_str()) } else { ("", "") };
        let ldif = format!(
            "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n{policy}\
             dn: {BASE}\nobjectClass: organizationalUnit\nou: people\n\n{}{}\
             dn: {ADA}\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\nsn: Lovelace\nmail: ada@example.org\n\
             userPassword: {OLD_PASSWORD}\n{changed}",
            account(LdapAccount::Reader),
            account(LdapAccount::Writer)
        );
        let mut child = Command::new("/usr/sbin/slapadd")
            .arg("-q")
            .arg("-f")
            .arg(self.folder.path().join("slapd.conf"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("slapd is installed");
        child.stdin.take().unwrap().write_all(ldif.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts it at the addresses that it had, once it was killed.
    ///
    /// # Panics
    /// Where it runs, or does not come up.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let child = Command::new("/usr/sbin/slapd")
            .arg("-f")
            .arg(self.folder.path().join("slapd.conf"))
            .arg("-h")
            .arg(format!("{} {}", self.url(), self.more).trim())
            .args(["-d", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(child.expect("slapd is installed"));
        until("slapd answers", async || connect(&self.url()).await.is_ok()).await;
    }

    /// SIGKILL: whoever is connected loses the connection, and nobody can connect.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// SIGSTOP: it takes connections and answers nobody.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// SIGCONT: it goes on with whatever it was sent meanwhile.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.as_ref().expect("it runs").id();
        kill(Pid::from_raw(i32::try_from(id).unwrap()), signal).unwrap();
    }

    /// `ldap://127.0.0.1:…`, in clear text.
    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// Whether Ada signs in with this password.
    ///
    /// # Panics
    /// Where it does not answer.
    pub async fn signs_in(&self, password: &str) -> bool {
        let signing_in = async {
            let mut ldap = connect(&self.url()).await.unwrap();
            let bound = ldap.simple_bind(ADA, password).await.unwrap();
            ldap.unbind().await.unwrap();
            bound.rc
        };
        match timeout(PATIENCE, signing_in).await.expect("an answer") {
            0 => true,
            49 => false,
            rc => panic!("result {rc}"),
        }
    }

    /// Whether a password was set that Ada did not begin with.
    ///
    /// # Panics
    /// Where it does not answer.
    pub async fn was_written(&self) -> bool {
        let mut ldap = connect(&self.url()).await.unwrap();
        let reader = LdapAccount::Reader;
        ldap.simple_bind(&dn(reader), reader.password()).await.and_then(LdapResult::success).unwrap();
        let found = ldap.search(ADA, Scope::Base, "(objectClass=*)", ["pwdChangedTime"]).await.unwrap();
        let (entries, _) = found.success().unwrap();
        ldap.unbind().await.unwrap();
        let mut entry = SearchEntry::construct(entries.into_iter().next().unwrap());
        entry.attrs.remove("pwdChangedTime").unwrap() != [LONG_AGO]
    }
}

impl Drop for OwnSlapd {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The distinguished name of an account of such a server.
pub fn dn(account: LdapAccount) -> String {
    format!("cn={},dc=example,dc=org", name(account))
}

fn name(account: LdapAccount) -> &'static str {
    match account {
        LdapAccount::Reader => "bot",
        LdapAccount::Writer => "redeem",
    }
}

/// A directory on such servers, in this order, in clear text.
pub fn settings(servers: &[String], account: LdapAccount, timeout: SignedDuration) -> LdapContacts {
    let servers = servers
        .iter()
        .map(|url| LdapServer { url: url.clone(), security: LdapSecurity::ClearText })
        .collect::<Vec<_>>();
    let account = LdapAccountSettings {
        dn: dn(account),
        password: Secret::new(account.password()),
        key: "contacts.account_dn",
    };
    LdapContacts {
        servers,
        timeout,
        ..LdapContacts::new(LdapFlavour::OpenLdap, "ldap://localhost", BASE, account)
    }
}

async fn connect(url: &str) -> Result<Ldap, LdapError> {
    let (connection, ldap) = LdapConnAsync::new(url).await?;
    ldap3::drive!(connection);
    Ok(ldap)
}
