//! TLS as a client: whom we trust, and the handshake.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Certificate authorities of which one must vouch for whoever we connect to.
#[derive(Debug, Clone)]
pub struct Roots(Arc<RootCertStore>);

impl Roots {
    /// Nobody.
    pub fn none() -> Self {
        Self(Arc::new(RootCertStore::empty()))
    }

    /// Those that this machine trusts.
    pub fn of_this_machine() -> Self {
        let mut roots = RootCertStore::empty();
        // A machine without roots of its own is no error here: another authority may be all that is needed, and where it is not, the handshake says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self(Arc::new(roots))
    }

    /// These, and those that browsers trust (Mozilla's), whatever this machine does.
    #[must_use]
    pub fn and_of_the_web(mut self) -> Self {
        Arc::make_mut(&mut self.0).extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        self
    }

    /// These, and those in a PEM file.
    ///
    /// # Errors
    /// Why the file holds no certificates.
    pub fn and_file(mut self, file: &Path) -> Result<Self, String> {
        let certificates = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            return Err("there is no certificate in it (PEM is wanted)".to_owned());
        }
        for certificate in certificates {
            Arc::make_mut(&mut self.0).add(certificate).map_err(|error| error.to_string())?;
        }
        Ok(self)
    }

    /// The same, for whoever verifies a certificate.
    pub fn store(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.0)
    }

    /// How a client speaks TLS that trusts these: versions 1.2 and 1.3, with ring, without a certificate of its own.
    pub fn client_config(&self) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(Arc::clone(&self.0))
            .with_no_client_auth()
    }
}

impl From<RootCertStore> for Roots {
    fn from(roots: RootCertStore) -> Self {
        Self(Arc::new(roots))
    }
}

/// A client of TLS.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl Tls {
    /// One that trusts these.
    pub fn new(roots: &Roots) -> Self {
        Self(TlsConnector::from(Arc::new(roots.client_config())))
    }

    /// The handshake with a host, by its name or address.
    ///
    /// # Errors
    /// Where the host's name is none, the connection breaks, or the other side is not vouched for: then rustls's own error stands within.
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &ServerName<'static>,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        self.0.connect(host.clone(), stream).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("empty.pem", ""),
            ("text.pem", "hello"),
            ("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            assert!(Roots::none().and_file(&file).is_err(), "{name}");
        }
        assert!(Roots::none().and_file(&folder.path().join("missing.pem")).is_err());
    }
}
