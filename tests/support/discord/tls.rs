//! `discord.com` on a loopback socket, with a certificate of a test's own authority.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// An acceptor for `discord.com`, and the authority (PEM) that a client must trust.
pub(super) fn discord_com() -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are good names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority signs itself");
    let server = key();
    let certificate = CertificateParams::new(vec!["discord.com".to_owned()])
        .and_then(|names| names.signed_by(&server, &authority))
        .expect("the authority signs for discord.com");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server.serialize_der())),
        )
        .expect("certificate and key belong together");
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}
