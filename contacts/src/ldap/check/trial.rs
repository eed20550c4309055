//! Requests on the entry that is made for trying, and what they came to.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ldap3::controls::RawControl;
use ldap3::{LdapError, LdapResult, Mod};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::ldap::connection::ModifyError;
use crate::ldap::contact_lookup::LdapDirectory;
use crate::ldap::error::{describe, describe_result};
use crate::ldap::flavour::{EntryModify, ModifyOutcome, PasswordChange};
use crate::{Entropy, PasswordRefusal};

/// OpenLDAP's: everything is checked, the rights as well, and nothing is done. A server that does not know it refuses, since it is critical.
const NO_OPERATION: &str = "1.3.6.1.4.1.4203.666.5.2";
/// The answer to a request that would have been carried out.
const WOULD_BE_DONE: u32 = 0x410e;
/// The answer of a server that does not know a critical control.
const UNKNOWN_CONTROL: u32 = 12;
/// Insufficient access rights.
const DENIED: u32 = 50;

/// What a request came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// It was carried out.
    Done,
    /// The account may not.
    Denied,
    /// The entry was no longer as it was read.
    Stale,
    /// Not this password.
    Refused(PasswordRefusal),
    /// Anything else, for the operator.
    Failed(String),
}

/// A password that nobody knows, with characters of each kind that policies ask for.
pub(super) fn unknown_password(entropy: &Entropy) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 24]);
    entropy(bytes.as_mut());
    Zeroizing::new(format!("aZ7-{}", URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}

/// Sets this password, whatever the entry is like.
pub(super) async fn set(directory: &LdapDirectory, dn: &str, password: &str) -> Tried {
    change(directory, dn, &directory.flavour.trial(password)).await
}

/// Sends what sets this password.
pub(super) async fn change(directory: &LdapDirectory, dn: &str, change: &PasswordChange) -> Tried {
    of_write(directory, directory.connection.write(dn, change, directory.connection.until()).await)
}

/// Gives an attribute the values that it has: where that goes, others would as well.
pub(super) async fn rewrite(
    directory: &LdapDirectory,
    dn: &str,
    attribute: &str,
    values: &[String],
) -> Tried {
    let values: HashSet<Vec<u8>> = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    let changes = vec![Mod::Replace(attribute.as_bytes().to_vec(), values)];
    let rewritten = PasswordChange::Modify(EntryModify { changes, controls: Vec::new() });
    of_write(directory, directory.connection.write(dn, &rewritten, directory.connection.until()).await)
}

fn of_write(directory: &LdapDirectory, sent: Result<LdapResult, ModifyError>) -> Tried {
    match sent {
        Ok(result) if result.rc == DENIED => Tried::Denied,
        Ok(result) => match directory.flavour.judge(&result) {
            ModifyOutcome::Set => Tried::Done,
            ModifyOutcome::VersionChanged | ModifyOutcome::EntryChanged => Tried::Stale,
            ModifyOutcome::Refused(refusal) => Tried::Refused(refusal),
            ModifyOutcome::NotWritten(text) | ModifyOutcome::Unknown(text) => Tried::Failed(text),
        },
        Err(ModifyError::NotSent(text) | ModifyError::AnswerLost(text)) => Tried::Failed(text),
    }
}

/// Whether the account may add an entry beside this one: asked without adding it where the server can, and otherwise added and deleted.
pub(super) async fn add(directory: &LdapDirectory, beside: &str, entropy: &Entropy) -> Tried {
    let Some((_, parent)) = split(beside) else { return Tried::Failed("it is below nothing".to_owned()) };
    let mut bytes = [0; 8];
    entropy(&mut bytes);
    let name = format!("reset-link-try-{:016x}", u64::from_be_bytes(bytes));
    let dn = format!("cn={name},{parent}");
    let attributes = vec![
        ("objectClass", HashSet::from(["person"])),
        ("cn", HashSet::from([name.as_str()])),
        ("sn", HashSet::from(["try"])),
    ];
    let asked = request(directory, async |ldap| {
        ldap.with_controls(no_operation()).add(&dn, attributes.clone()).await
    })
    .await;
    match asked {
        Ok(result) if result.rc == UNKNOWN_CONTROL => {}
        answer => return of_request(answer),
    }
    let added = of_request(request(directory, async |ldap| ldap.add(&dn, attributes).await).await);
    if added == Tried::Done
        && let left @ (Tried::Denied | Tried::Failed(_)) =
            of_request(request(directory, async |ldap| ldap.delete(&dn).await).await)
    {
        tracing::warn!(
            dn,
            ?left,
            "an entry that was added for trying could not be deleted: delete it by hand"
        );
    }
    added
}

/// Whether the account may delete this entry: asked without deleting it; `None` where the server cannot be asked so.
pub(super) async fn delete(directory: &LdapDirectory, dn: &str) -> Option<Tried> {
    let asked = request(directory, async |ldap| ldap.with_controls(no_operation()).delete(dn).await).await;
    match asked {
        Ok(result) if result.rc == UNKNOWN_CONTROL => None,
        answer => Some(of_request(answer)),
    }
}

fn no_operation() -> RawControl {
    RawControl { ctype: NO_OPERATION.to_owned(), crit: true, val: None }
}

fn of_request(answer: Result<LdapResult, String>) -> Tried {
    match answer {
        Ok(result) => match result.rc {
            0 | WOULD_BE_DONE => Tried::Done,
            DENIED => Tried::Denied,
            _ => Tried::Failed(describe_result(&result)),
        },
        Err(text) => Tried::Failed(text),
    }
}

async fn request(
    directory: &LdapDirectory,
    send: impl AsyncFnOnce(&mut ldap3::Ldap) -> Result<LdapResult, LdapError>,
) -> Result<LdapResult, String> {
    let mut ldap = directory.connection.for_trying().await?;
    let patience: Duration = directory.connection.patience();
    match timeout(patience, send(&mut ldap)).await {
        Ok(answer) => answer.map_err(|error| describe(&error)),
        Err(elapsed) => Err(describe(&elapsed.into())),
    }
}

/// The first name of a distinguished name, and the entry above it.
pub(super) fn split(dn: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let comma = dn.char_indices().find(|(_, c)| {
        let ends = *c == ',' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    comma.and_then(|(at, _)| Some((dn.get(..at)?, dn.get(at + 1..)?)))
}

/// Why a policy refuses a password, for the operator.
pub(super) fn refusal(refusal: &PasswordRefusal) -> String {
    match refusal {
        PasswordRefusal::TooShort => "it is too short".to_owned(),
        PasswordRefusal::TooLong => "it is too long".to_owned(),
        PasswordRefusal::TooSimple => "it is too simple".to_owned(),
        PasswordRefusal::UsedBefore => "it was used before".to_owned(),
        PasswordRefusal::TooRecent => "the present one was set too recently".to_owned(),
        PasswordRefusal::LooksHashed => "it looks like a hash".to_owned(),
        PasswordRefusal::InOwnWords(words) => words.clone(),
        PasswordRefusal::Unexplained => "it does not say why".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distinguished_name_is_split_at_its_first_comma_that_is_one() {
        for (dn, expected) in [
            ("uid=a,ou=b,dc=c", Some(("uid=a", "ou=b,dc=c"))),
            (r"cn=a\, b,dc=c", Some((r"cn=a\, b", "dc=c"))),
            (r"cn=a\\,dc=c", Some((r"cn=a\\", "dc=c"))),
            (r"cn=a\2Cb,dc=c", Some((r"cn=a\2Cb", "dc=c"))),
            ("dc=c", None),
        ] {
            assert_eq!(split(dn), expected, "{dn}");
        }
    }
}
