//! Whom we trust, and what went wrong where trust or the connection failed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use thiserror::Error;
use tokio_rustls::TlsConnector;

use super::answer;
use super::failure::{Cause, CertificateFault};
use super::wire::Duplex;

/// The mail settings cannot be used as they are.
#[derive(Debug, Error)]
pub enum MailSettingsError {
    /// `ca_file` cannot be read, or is not PEM.
    #[error("[mail] ca_file {}: {cause}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// Only one of `username` and `password` is set.
    #[error("[mail] username and password go together: set both, or neither")]
    HalfALogin,
    /// The host can be neither a DNS name nor an IP address.
    #[error("[mail] host {0} is neither a DNS name nor an IP address")]
    Host(String),
}

/// The machine's own roots and, where there is one, the operator's CA file.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, MailSettingsError> {
    let mut roots = RootCertStore::empty();
    // A machine without roots of its own is no error here: the CA file may be all that is needed, and where it is not, the handshake says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let failed = |cause: String| MailSettingsError::CaFile { path: path.to_owned(), cause };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| failed(error.to_string()))?;
        if certificates.is_empty() {
            return Err(failed("there is no certificate in it (PEM is wanted)".to_owned()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| failed(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The handshake; answers with the encrypted stream and the version of TLS.
pub(super) async fn handshake(
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    stream: Box<dyn Duplex>,
) -> Result<(Box<dyn Duplex>, &'static str), Cause> {
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| cause_of(&error))?;
    let version = match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    };
    Ok((Box::new(stream), version))
}

/// What an I/O error means in our words; rustls wraps its own errors into them.
pub(super) fn cause_of(error: &io::Error) -> Cause {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return match error {
            rustls::Error::InvalidCertificate(fault) => Cause::Certificate(certificate_fault(fault)),
            other => Cause::Tls(answer::inert(&other.to_string())),
        };
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::ConnectionRefused,
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::NotConnected
        | io::ErrorKind::BrokenPipe => Cause::Closed,
        _ => Cause::Network(answer::inert(&error.to_string())),
    }
}

fn certificate_fault(error: &CertificateError) -> CertificateFault {
    match error {
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        other if other.to_string().contains("CaUsedAsEndEntity") => CertificateFault::AuthorityAsServer,
        other => CertificateFault::Other(answer::inert(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::{MailSettingsError, client_config};

    #[test]
    fn a_ca_file_that_holds_no_certificate_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("empty.pem", ""),
            ("text.pem", "hello"),
            ("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let error = client_config(Some(&path)).unwrap_err();
            assert!(
                matches!(&error, MailSettingsError::CaFile { path: named, .. } if *named == path),
                "{error}"
            );
        }
        assert!(client_config(Some(&folder.path().join("missing.pem"))).is_err());
    }
}
