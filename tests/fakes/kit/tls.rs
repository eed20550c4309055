//! Names of the outside world on loopback sockets, with a certificate of a test's own authority.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WantsServerCert;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An acceptor for these names, and the authority (PEM) that a client must trust.
pub(crate) fn acceptor(names: &[&str]) -> (TlsAcceptor, String) {
    let authority = authority();
    let server = key();
    let certificate =
        certificate(names).signed_by(&server, &authority).expect("the authority signs for these names");
    (acceptor_with(certificate.der().clone(), &server), authority.pem())
}

/// An acceptor with this certificate and its key.
pub(crate) fn acceptor_with(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = server_config()
        .with_single_cert(vec![certificate], key)
        .expect("certificate and key belong together");
    TlsAcceptor::from(Arc::new(config))
}

/// TLS 1.2 and 1.3, no certificates of clients.
pub(crate) fn server_config() -> ConfigBuilder<ServerConfig, WantsServerCert> {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_no_client_auth()
}

/// An authority that nobody knows yet.
pub(crate) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are good names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // OpenSSL takes a certificate for self-signed whose issuer has the same name.
    authority.distinguished_name.push(DnType::CommonName, "reset-link test authority");
    CertifiedIssuer::self_signed(authority, key()).expect("an authority signs itself")
}

/// What a server's certificate for these names holds, not signed yet.
pub(crate) fn certificate(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        .expect("these are names")
}

/// A new key.
pub(crate) fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}

/// A client that trusts this authority (PEM) alone.
pub(crate) fn client_config(authority: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).expect("it was just written");
    roots.add(authority).expect("an authority can be trusted");
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// What comes in encrypted goes on in the clear.
pub(crate) async fn terminate(listener: TcpListener, tls: TlsAcceptor, to: SocketAddr) {
    loop {
        let Ok((outside, _)) = listener.accept().await else { continue };
        let tls = tls.clone();
        tokio::spawn(async move {
            let Ok(mut outside) = tls.accept(outside).await else { return };
            let Ok(mut inside) = TcpStream::connect(to).await else { return };
            // It ends with either side.
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}
