//! Whom we trust, and what went wrong where trust or the connection failed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error as RustlsError, PeerIncompatible, RootCertStore,
};
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
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>()) {
        return cause_of_tls(error);
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

/// In sentences of our own: rustls puts the names of its types into its texts.
fn cause_of_tls(error: &RustlsError) -> Cause {
    match error {
        RustlsError::InvalidCertificate(fault) => Cause::Certificate(certificate_fault(fault)),
        RustlsError::AlertReceived(AlertDescription::ProtocolVersion)
        | RustlsError::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Cause::OldTls,
        RustlsError::AlertReceived(alert) => Cause::Tls(refused_with(*alert)),
        RustlsError::PeerIncompatible(_) => {
            Cause::Tls("the server speaks TLS in a way that this program does not".to_owned())
        }
        RustlsError::InvalidMessage(_)
        | RustlsError::InappropriateMessage { .. }
        | RustlsError::PeerSentOversizedRecord => Cause::Tls("what the server sent is not TLS".to_owned()),
        RustlsError::NoCertificatesPresented => Cause::Tls("the server showed no certificate".to_owned()),
        RustlsError::General(text) => Cause::Tls(answer::inert(text)),
        _ => Cause::Tls("the server does not keep to the protocol".to_owned()),
    }
}

/// A server's alert (RFC 8446 §6.2), by its number where it needs no words of its own.
fn refused_with(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "the server has no cipher in common with this program".to_owned()
        }
        AlertDescription::CertificateRequired => {
            "the server wants a certificate from its clients, which this program has none of".to_owned()
        }
        AlertDescription::UnrecognisedName => "the server has no certificate for this name".to_owned(),
        AlertDescription::InternalError => "the server reports an error of its own".to_owned(),
        alert => format!("the server broke the handshake off (alert {})", u8::from(alert)),
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
        CertificateError::Revoked => CertificateFault::Revoked,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            CertificateFault::OtherPurpose
        }
        // The checking library has no other name for these two than the one in its text.
        other if other.to_string().contains("CaUsedAsEndEntity") => CertificateFault::AuthorityAsServer,
        other if other.to_string().contains("UnsupportedCertVersion") => CertificateFault::OldVersion,
        _ => CertificateFault::Unreadable,
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
