//! What went wrong with a connection, in our words.

use std::io;

use rustls::{AlertDescription, CertificateError, Error as RustlsError, PeerIncompatible};

use crate::mail::failure::{Cause, CertificateFault};
use crate::mail::sanitize::sanitize;

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
        _ => Cause::Network(sanitize(&error.to_string())),
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
        RustlsError::General(text) => Cause::Tls(sanitize(text)),
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
