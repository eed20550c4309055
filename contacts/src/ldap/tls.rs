//! Whom a connection to a directory trusts, and for which host.

use std::net::Ipv6Addr;
use std::sync::Arc;

use net::Roots;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

/// How TLS is spoken to a host by its name or its IPv4 address.
pub(super) fn for_host(roots: &Roots) -> Arc<ClientConfig> {
    Arc::new(roots.client_config())
}

/// How TLS is spoken to a host by its IPv6 address, which the LDAP library does not take for the name of a host: whatever name it asks for, the certificate must be
/// for this address.
///
/// # Errors
/// Where no authority is trusted at all.
pub(super) fn for_address(roots: &Roots, address: Ipv6Addr) -> Result<Arc<ClientConfig>, String> {
    let mut config = roots.client_config();
    let provider = Arc::clone(config.crypto_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.store(), provider)
        .build()
        .map_err(|error| error.to_string())?;
    let address = ServerName::IpAddress(address.into());
    config.dangerous().set_certificate_verifier(Arc::new(AddressVerifier { address, verifier }));
    // An address is never sent (RFC 6066, section 3), and the name in its stead is nobody's.
    config.enable_sni = false;
    Ok(Arc::new(config))
}

/// Verifies as usual, for an address in the place of the name that was asked for.
#[derive(Debug)]
struct AddressVerifier {
    address: ServerName<'static>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AddressVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier.verify_server_cert(end_entity, intermediates, &self.address, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
