//! The server's certificates, good and bad.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::TlsAcceptor;

use super::script::Signed;
use crate::fakes::kit::tls;

/// An acceptor with a certificate for these names, and what a client must trust to accept it (PEM).
pub(super) fn acceptor(signed: Signed, names: &[String]) -> (TlsAcceptor, String) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match signed {
        Signed::ByAuthority => tls::acceptor(&names),
        Signed::ByItself => signed_by_itself(&tls::certificate(&names)),
        Signed::AsAuthority => {
            let mut certificate = tls::certificate(&names);
            certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            signed_by_itself(&certificate)
        }
        Signed::InVersion1 => of_version_1(),
    }
}

fn signed_by_itself(certificate: &CertificateParams) -> (TlsAcceptor, String) {
    let key: KeyPair = tls::key();
    let certificate = certificate.self_signed(&key).expect("a key signs its own certificate");
    (tls::acceptor_with(certificate.der().clone(), &key), certificate.pem())
}

/// rustls would not show such a certificate if it were asked first.
fn of_version_1() -> (TlsAcceptor, String) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/v1.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/v1.key")).expect("a key");
    let provider = rustls::crypto::ring::default_provider();
    let key = provider.key_provider.load_private_key(key).expect("a key that ring takes");
    let shown = CertifiedKey::new(vec![certificate.expect("a certificate")], key);
    let config = tls::server_config().with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    (TlsAcceptor::from(Arc::new(config)), tls::authority().pem())
}
