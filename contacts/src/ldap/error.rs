//! What a directory says, for an operator.

use keys::text::spelled_out;
use ldap3::{LdapError, LdapResult};
use rustls::CertificateError;

use crate::DirectoryError;

/// Longer messages of a server are cut off.
const LONGEST: usize = 300;

/// What happened, with its cure where there is a usual one.
pub(super) fn describe(error: &LdapError) -> String {
    match error {
        LdapError::LdapResult { result } => describe_result(result),
        LdapError::Timeout { .. } => "no answer in time".to_owned(),
        LdapError::Io { source } => format!("the connection failed: {source}{}", cure_of_tls(source)),
        LdapError::OpSend { .. } | LdapError::ResultRecv { .. } | LdapError::EndOfStream => {
            "the connection was lost".to_owned()
        }
        LdapError::FilterParsing => {
            "contacts.filter is no filter. To mend: write one like (objectClass=person)".to_owned()
        }
        other => other.to_string(),
    }
}

fn cure_of_tls(error: &std::io::Error) -> &'static str {
    use CertificateError as Wrong;
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return "";
    };
    match error {
        rustls::Error::InvalidCertificate(Wrong::Expired | Wrong::ExpiredContext { .. }) => {
            ". To mend: renew the server's certificate, or set this machine's clock right"
        }
        rustls::Error::InvalidCertificate(Wrong::NotValidYet | Wrong::NotValidYetContext { .. }) => {
            ". To mend: set this machine's clock right, or the clock of the machine on which the server's certificate was made"
        }
        rustls::Error::InvalidCertificate(Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) => {
            ". To mend: write in contacts.ldap_url a host that the server's certificate names, or give the server a certificate for this one"
        }
        rustls::Error::InvalidCertificate(Wrong::UnknownIssuer | Wrong::BadSignature) => {
            ". To mend: name in contacts.ca_file the certificate authority that signed the server's certificate (PEM)"
        }
        _ => {
            ". To mend: the server needs a certificate for the host that contacts.ldap_url names; contacts.ca_file trusts a certificate authority of your own"
        }
    }
}

/// RFC 4511, appendix A. The server's words name entries and attributes, and no values.
pub(super) fn describe_result(result: &LdapResult) -> String {
    let (what, cure) = match result.rc {
        10 => (
            "this server takes no writes: it refers to another one",
            "name in contacts.ldap_url servers that take writes, and no replica that only reads",
        ),
        13 | 8 => ("the server wants TLS", "begin contacts.ldap_url with ldaps://, or set contacts.ca_file"),
        32 => ("there is no such entry", "check contacts.base, and that this account may read it"),
        34 => ("this is no distinguished name", "check contacts.base and the account's DN"),
        49 if let Some(why) = data_code(&result.text).and_then(why_not_signed_in) => {
            (why, "see to this account with the directory's own tools")
        }
        48 | 49 => ("the server does not accept this account", "check its DN and its password"),
        50 => (
            "this account may not do that",
            "see the page of this server below docs/directories for the rights of each account",
        ),
        12 => (
            "the server lacks a control",
            "see the page of this server below docs/directories for what it must have",
        ),
        _ => return format!("result {}{}", result.rc, words(&result.text)),
    };
    format!("{what} (result {}{}). To mend: {cure}", result.rc, words(&result.text))
}

/// Windows's error in the words of Active Directory, where a sign-in is refused: `…, data 52e, v4563`.
pub(super) fn data_code(text: &str) -> Option<u32> {
    let (_, code) = text.split_once(", data ")?;
    u32::from_str_radix(code.split(',').next()?.trim(), 16).ok()
}

/// What Active Directory says beyond a wrong name or a wrong password, which it does not tell apart.
fn why_not_signed_in(code: u32) -> Option<&'static str> {
    match code {
        0x530 => Some("this account may not sign in at this time"),
        0x531 => Some("this account may not sign in from this machine"),
        0x532 => Some("the password of this account has expired"),
        0x533 => Some("this account is disabled"),
        0x701 => Some("this account has expired"),
        0x773 => Some("the password of this account must be changed before it signs in"),
        0x775 => Some("this account is locked after too many failed sign-ins"),
        _ => None,
    }
}

fn words(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!(": {}", inert(text)) }
}

/// A server's words on one line, without characters that act or that nobody sees.
pub(super) fn inert(text: &str) -> String {
    let line: String =
        text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    spelled_out(&line).into_owned()
}

/// Whether a connection broke: a question that changes nothing may be asked on another one.
pub(super) fn is_lost(error: &LdapError) -> bool {
    matches!(
        error,
        LdapError::Io { .. }
            | LdapError::OpSend { .. }
            | LdapError::ResultRecv { .. }
            | LdapError::EndOfStream
    )
}

/// Nothing was changed.
pub(super) fn unreachable(key: &str, text: &str) -> DirectoryError {
    DirectoryError::Unreachable(format!("{key}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_active_directory_says_of_an_account_is_told_apart() {
        for (code, expected) in [
            ("52e", "the server does not accept this account"),
            ("525", "the server does not accept this account"),
            ("532", "has expired"),
            ("533", "is disabled"),
            ("773", "must be changed"),
            ("775", "is locked"),
        ] {
            let text = format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {code}, v1db1"
            );
            let result =
                LdapResult { rc: 49, matched: String::new(), text, refs: Vec::new(), ctrls: Vec::new() };
            let said = describe_result(&result);
            assert!(said.contains(expected) && said.contains(code), "{said}");
        }
    }
}
