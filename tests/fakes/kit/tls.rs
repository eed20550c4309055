//! Names of the outside world on loopback sockets, with a certificate of a test's own authority.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An acceptor for these names, and the authority (PEM) that a client must trust.
pub(crate) fn acceptor(names: &[&str]) -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are good names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // OpenSSL takes a certificate for self-signed whose issuer has the same name.
    authority.distinguished_name.push(DnType::CommonName, "reset-link test authority");
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority signs itself");
    let server = key();
    let certificate = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        .and_then(|names| names.signed_by(&server, &authority))
        .expect("the authority signs for these names");
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

/// What comes in encrypted goes on in the clear.
pub(crate) async fn unwrap(listener: TcpListener, tls: TlsAcceptor, to: SocketAddr) {
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

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}
