//! Whom a connection to a directory trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// TLS 1.2 and 1.3 with ring, for a server whose certificate one of this machine's authorities vouches for, or one in this PEM file.
///
/// # Errors
/// Why the file holds no certificates.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    // A machine without roots of its own is no error here: another authority may be all that is needed, and where it is not, the handshake says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        let certificates = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            return Err("there is no certificate in it (PEM is wanted)".to_owned());
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("empty.pem", ""), ("text.pem", "hello")] {
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            assert!(client_config(Some(&file)).is_err(), "{name}");
        }
        assert!(client_config(Some(&folder.path().join("missing.pem"))).is_err());
        assert!(client_config(None).is_ok());
    }
}
