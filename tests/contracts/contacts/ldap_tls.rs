//! Which server of an LDAP directory is trusted, and what an operator is told where it is not.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use config::{LdapContacts, LdapSecurity, LdapServer};
use contacts::{ContactLookup as _, LdapContactLookup};
use jiff::SignedDuration;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use reset_link_tests::harness::binary::free_address;
use reset_link_tests::harness::ldap::LdapAccount;
use reset_link_tests::harness::own_slapd::{self, OwnSlapd};
use tempfile::NamedTempFile;

/// An authority, and a file that names it.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority.distinguished_name.push(DnType::CommonName, "reset-link test authority");
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// A server at this address, by a certificate for this host.
    async fn server(&self, address: SocketAddr, host: &str, is_expired: bool) -> OwnSlapd {
        let mut certificate = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if is_expired {
            certificate.not_before = date_time_ymd(2020, 1, 1);
            certificate.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        OwnSlapd::with_tls(address, &certificate.pem(), &key.serialize_pem()).await
    }

    fn settings(&self, url: String) -> LdapContacts {
        let servers = vec![LdapServer { url, security: LdapSecurity::Tls }];
        let settings = own_slapd::settings(&[], LdapAccount::Reader, SignedDuration::from_secs(10));
        LdapContacts { servers, ca_file: Some(self.file.path().to_owned()), ..settings }
    }
}

async fn refused(settings: &LdapContacts) -> String {
    LdapContactLookup::open(settings).await.err().unwrap().to_string()
}

/// On loopback by its IPv6 address, at a port where nobody listens by either.
fn free_address_of_ipv6() -> SocketAddr {
    let mut addresses =
        std::iter::repeat_with(|| SocketAddr::from((Ipv6Addr::LOCALHOST, free_address().port()))).take(100);
    addresses.find(|address| TcpListener::bind(address).is_ok()).expect("this machine speaks IPv6")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_expired_certificate_is_refused_with_its_cure() {
    let authority = Authority::new();
    let address = free_address();
    let _slapd = authority.server(address, "127.0.0.1", true).await;
    let error = refused(&authority.settings(format!("ldaps://{address}"))).await;
    assert!(error.contains("expired") && error.contains("renew the server's certificate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_ipv6_address_is_spoken_to_by_a_certificate_for_it_and_no_other() {
    let authority = Authority::new();
    let address = free_address_of_ipv6();
    for (host, is_trusted) in
        [("::1", true), ("::2", false), ("localhost", false), ("address.invalid", false)]
    {
        let _slapd = authority.server(address, host, false).await;
        let settings = authority.settings(format!("ldaps://{address}"));
        if is_trusted {
            LdapContactLookup::open(&settings).await.unwrap().close().await;
            let unknown_authority = LdapContacts { ca_file: None, ..settings };
            let error = refused(&unknown_authority).await;
            assert!(error.contains("name in contacts.ca_file the certificate authority"), "{error}");
            continue;
        }
        let error = refused(&settings).await;
        let cure = "write in contacts.ldap_url a host that the server's certificate names";
        assert!(error.contains(cure), "{host}: {error}");
    }
}

/// The other server may have a good one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_server_that_is_not_trusted_is_passed_over() {
    let authority = Authority::new();
    let (expired, good) = (free_address(), free_address());
    let _expired = authority.server(expired, "127.0.0.1", true).await;
    let _good = authority.server(good, &Ipv4Addr::LOCALHOST.to_string(), false).await;
    let mut settings = authority.settings(format!("ldaps://{expired}"));
    settings.servers.extend(authority.settings(format!("ldaps://{good}")).servers);
    LdapContactLookup::open(&settings).await.unwrap().close().await;
}
