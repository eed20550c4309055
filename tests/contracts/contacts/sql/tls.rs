//! Beyond this machine the server's certificate and name are always verified.

use std::path::PathBuf;

use config::SqlContacts;
use contacts::{PasswordWriter as _, SetPassword, SqlContactLookup, SqlPasswordWriter};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use reset_link::machine;
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres};
use reset_link_tests::harness::databases::{DatabaseRole, TestDatabase};
use tempfile::TempDir;
use url::Url;

use super::people::{PLAIN, People, found, said, set};

const ADA: &str = "('ada', 'Ada', 'ada@example.org', NULL)";

fn service(name: &str) -> String {
    std::env::var(format!("TEST_SERVICES_{name}")).unwrap()
}

/// Another CA than the one that has signed the servers' certificate.
fn other_ca(folder: &TempDir) -> PathBuf {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let file = folder.path().join("other-ca.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    file
}

async fn beyond_this_machine_a_server_is_verified(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ADA).await;
    let (named, unnamed) = (service("NAMED_HOST"), service("UNNAMED_HOST"));
    let ca = PathBuf::from(service("CA"));
    let folder = TempDir::new().unwrap();
    let at = |host: &str, ca_file: Option<PathBuf>, query: &str| {
        let url = people.database.url_at(DatabaseRole::Reader, host, None) + query;
        SqlContacts { ca_file, ..people.at(url) }
    };
    let lookup = SqlContactLookup::open(&at(&named, Some(ca.clone()), "")).await.unwrap();
    assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"));
    // The system's authorities have not signed it, nor has another one; the certificate is of another host; nothing in the URL makes that weaker.
    let weaker = if kind == Postgres { "?sslmode=disable" } else { "?ssl-mode=DISABLED" };
    for (case, settings) in [
        ("without a CA", at(&named, None, "")),
        ("another CA", at(&named, Some(other_ca(&folder)), "")),
        ("another host", at(&unnamed, Some(ca.clone()), "")),
        ("no TLS wanted", at(&named, None, weaker)),
        ("no TLS wanted of another host", at(&unnamed, Some(ca.clone()), weaker)),
    ] {
        let text = said(SqlContactLookup::open(&settings).await);
        assert!(text.starts_with("contacts.url: TLS failed: ") && text.contains("To mend"), "{case}: {text}");
        assert!(!text.contains(people.database.password()), "{case}: {text}");
    }
    // A server that knows no TLS.
    let mut plain = Url::parse(&TestDatabase::replica_url(kind)).unwrap();
    plain.set_host(Some(&named)).unwrap();
    let text =
        said(SqlContactLookup::open(&SqlContacts { ca_file: Some(ca), ..people.at(plain.into()) }).await);
    assert!(text.contains("TLS failed: server does not support TLS"), "{text}");
    // A CA file that is none.
    let nonsense = folder.path().join("nonsense.pem");
    std::fs::write(&nonsense, "nonsense").unwrap();
    said(SqlContactLookup::open(&at(&named, Some(nonsense), "")).await);
    said(SqlContactLookup::open(&at(&named, Some(folder.path().join("missing.pem")), "")).await);
}

/// With and without a CA for servers elsewhere.
async fn a_unix_socket_needs_no_tls(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ADA).await;
    for ca_file in [None, Some(PathBuf::from(service("CA")))] {
        let settings =
            SqlContacts { ca_file, ..people.at(people.database.url_at_socket(DatabaseRole::Writer)) };
        let writer = SqlPasswordWriter::open(&settings, machine::entropy()).await.unwrap();
        assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
        writer.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_is_verified_beyond_this_machine() {
    beyond_this_machine_a_server_is_verified(Postgres).await;
    a_unix_socket_needs_no_tls(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_is_verified_beyond_this_machine() {
    beyond_this_machine_a_server_is_verified(MariaDb).await;
    a_unix_socket_needs_no_tls(MariaDb).await;
}
