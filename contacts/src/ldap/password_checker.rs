//! Checking a present password: a bind as its owner, on a connection of its own.

use async_trait::async_trait;
use jiff::Timestamp;
use keys::{ContactId, PasswordVersion};
use ldap3::LdapResult;
use zeroize::Zeroizing;

use super::error::{data_code, describe_result};
use super::password_writer::LdapPasswordWriter;
use super::policy;
use super::probe;
use crate::{DirectoryError, Lockout, PasswordCheck, PasswordChecker, PasswordWriter};

/// The name of an entry that no directory has.
const NOBODY: &str = "cn=reset-link asks for nobody by this name";

/// No directory takes a longer one, in bytes.
const LONGEST: usize = 1_024;

#[async_trait]
impl PasswordChecker for LdapPasswordWriter {
    async fn check(
        &self,
        id: &ContactId,
        password: Zeroizing<String>,
    ) -> Result<PasswordCheck, DirectoryError> {
        let directory = &self.directory;
        let entry = directory.entry(id).await?;
        let unmet = match &entry {
            None => Some(PasswordCheck::NoSuchContact),
            Some(entry) if !entry.is_active => Some(PasswordCheck::Disabled),
            Some(_) => None,
        };
        if !may_be_sent(&password) {
            return Ok(unmet.unwrap_or(PasswordCheck::Differs));
        }
        let Some(entry) = entry.filter(|_| unmet.is_none()) else {
            self.bind_as_nobody(&password).await?;
            return Ok(unmet.unwrap_or(PasswordCheck::NoSuchContact));
        };
        let bound = directory.connection.bind_alone(&entry.dn, &password, policy::request()).await;
        // Read before the bind: where another password is set between, its version is another one, and nothing is written over it.
        let checked = bound.and_then(|result| judged(&result, entry.version()));
        let checked = checked.map_err(|text| directory.unreachable(&text))?;
        let until = directory.flavour.takes_former_password_until(&entry.attributes);
        let Some(until) = until.filter(|_| matches!(checked, PasswordCheck::Matches { .. })) else {
            return Ok(checked);
        };
        // Both times are the server's: how this machine's clock goes does not matter.
        let now = probe::current_time(&directory.connection).await;
        Ok(told_apart(checked, until, now.map_err(|text| directory.unreachable(&text))?))
    }

    async fn lockout(&self) -> Lockout {
        self.directory.lockout().await
    }

    async fn close(&self) {
        PasswordWriter::close(self).await;
    }
}

impl LdapPasswordWriter {
    /// What a check of a contact costs, for somebody who is none: a connection and a bind that fails, by a name that no entry has.
    async fn bind_as_nobody(&self, password: &str) -> Result<(), DirectoryError> {
        let directory = &self.directory;
        let name = format!("{NOBODY},{}", directory.settings.base);
        let bound = directory.connection.bind_alone(&name, password, policy::request()).await;
        bound.map(drop).map_err(|text| directory.unreachable(&text))
    }
}

/// Security: a bind without a password is an anonymous one, and some servers let it succeed (RFC 4513, section 5.1.2). Servers in C end a text at NUL.
fn may_be_sent(password: &str) -> bool {
    !password.is_empty() && password.len() <= LONGEST && !password.contains('\0')
}

/// Security: a sign-in that the former password may have passed as well proves nothing yet.
fn told_apart(checked: PasswordCheck, former_until: Timestamp, now: Timestamp) -> PasswordCheck {
    match checked {
        PasswordCheck::Matches { .. } if now < former_until => PasswordCheck::PresentOrFormer,
        checked => checked,
    }
}

/// What the answer to a bind says of the password.
fn judged(result: &LdapResult, version: PasswordVersion) -> Result<PasswordCheck, String> {
    Ok(match (result.rc, policy::code(result)) {
        // The errors of draft-behera-ldap-password-policy-11, section 6.2: of these the first and the third come once the password was found right.
        (_, Some(0)) => PasswordCheck::Expired { version },
        (_, Some(1)) => PasswordCheck::Locked,
        (_, Some(2)) => PasswordCheck::MustChange { version },
        (0, _) => PasswordCheck::Matches { version },
        (49, _) => return of_active_directory(&result.text, version),
        // The entry holds none.
        (48, _) => PasswordCheck::NoPassword,
        (32, _) => PasswordCheck::NoSuchContact,
        // 389 Directory Server says so in words: "Exceed password retry limit", "Account inactivated".
        (19, _) => PasswordCheck::Locked,
        (53, _) if result.text.contains("inactivated") => PasswordCheck::Disabled,
        _ => return Err(describe_result(result)),
    })
}

/// Active Directory and Samba name the reason by a Windows error in hexadecimal: `…, comment: AcceptSecurityContext error, data 52e, v4563`. Others name none.
fn of_active_directory(text: &str, version: PasswordVersion) -> Result<PasswordCheck, String> {
    Ok(match data_code(text) {
        // ERROR_PASSWORD_EXPIRED and ERROR_PASSWORD_MUST_CHANGE come once the password was found right.
        Some(0x532) => PasswordCheck::Expired { version },
        Some(0x773) => PasswordCheck::MustChange { version },
        // ERROR_ACCOUNT_DISABLED, ERROR_ACCOUNT_EXPIRED.
        Some(0x533 | 0x701) => PasswordCheck::Disabled,
        // ERROR_ACCOUNT_LOCKED_OUT.
        Some(0x775) => PasswordCheck::Locked,
        // ERROR_INVALID_LOGON_HOURS, ERROR_INVALID_WORKSTATION.
        Some(data @ (0x530 | 0x531)) => {
            return Err(format!("the contact may not sign in now, or not from this machine (data {data:x})"));
        }
        // ERROR_LOGON_FAILURE, ERROR_NO_SUCH_USER, and whoever says nothing.
        _ => PasswordCheck::Differs,
    })
}

#[cfg(test)]
mod tests {
    use ldap3::controls::{Control, RawControl};

    use super::*;

    const V: &str = "20260714190500Z";

    fn of(rc: u32, text: &str, error: Option<u8>) -> Result<PasswordCheck, String> {
        let control = error.map(|error| RawControl {
            ctype: policy::POLICY_CONTROL.to_owned(),
            crit: false,
            val: Some(vec![0x30, 3, 0x81, 1, error]),
        });
        let ctrls = control.into_iter().map(|control| Control(None, control)).collect();
        let result =
            LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: Vec::new(), ctrls };
        judged(&result, PasswordVersion::new(V))
    }

    #[test]
    fn what_is_no_password_is_never_sent() {
        let [longest, longer] = [1_024, 1_025].map(|bytes| "x".repeat(bytes));
        for password in ["", "\0", "correct\0horse", longer.as_str()] {
            assert!(!may_be_sent(password), "{password:.8?}");
        }
        for password in [" ", "correct horse", longest.as_str()] {
            assert!(may_be_sent(password), "{password:.8?}");
        }
    }

    #[test]
    fn a_password_policy_says_by_a_code_why_nobody_signs_in() {
        let version = PasswordVersion::new(V);
        for (rc, error, expected) in [
            (0, None, PasswordCheck::Matches { version: version.clone() }),
            (0, Some(2), PasswordCheck::MustChange { version: version.clone() }),
            (49, Some(0), PasswordCheck::Expired { version }),
            (49, Some(1), PasswordCheck::Locked),
            (19, Some(1), PasswordCheck::Locked),
            (49, None, PasswordCheck::Differs),
            (48, None, PasswordCheck::NoPassword),
            (32, None, PasswordCheck::NoSuchContact),
        ] {
            assert_eq!(of(rc, "", error), Ok(expected), "{rc} {error:?}");
        }
        assert_eq!(
            of(53, "Account inactivated. Contact system administrator.", None),
            Ok(PasswordCheck::Disabled)
        );
        assert_eq!(of(19, "Exceed password retry limit. Please try later.", None), Ok(PasswordCheck::Locked));
        for rc in [1, 8, 51, 52, 53, 80] {
            assert!(of(rc, "", None).is_err(), "{rc}");
        }
    }

    #[test]
    fn active_directory_says_by_a_windows_error_why_nobody_signs_in() {
        let version = PasswordVersion::new(V);
        for (data, expected) in [
            ("52e", PasswordCheck::Differs),
            ("525", PasswordCheck::Differs),
            ("532", PasswordCheck::Expired { version: version.clone() }),
            ("533", PasswordCheck::Disabled),
            ("701", PasswordCheck::Disabled),
            ("773", PasswordCheck::MustChange { version }),
            ("775", PasswordCheck::Locked),
        ] {
            let text = format!(
                "80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data {data}, v4563"
            );
            assert_eq!(of(49, &text, None), Ok(expected), "{data}");
        }
        for data in ["530", "531"] {
            let text = format!(
                "80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data {data}, v4563"
            );
            assert!(of(49, &text, None).unwrap_err().contains("may not sign in now"), "{data}");
        }
    }

    #[test]
    fn a_sign_in_proves_nothing_while_the_former_password_is_taken_too() {
        let [before, until] =
            ["2026-11-27T03:51:03Z", "2026-11-27T03:51:04Z"].map(|time| time.parse::<Timestamp>().unwrap());
        let matches = || PasswordCheck::Matches { version: PasswordVersion::new(V) };
        assert_eq!(told_apart(matches(), until, before), PasswordCheck::PresentOrFormer);
        assert_eq!(told_apart(matches(), until, until), matches());
        assert_eq!(told_apart(PasswordCheck::Differs, until, before), PasswordCheck::Differs);
        assert_eq!(PasswordCheck::PresentOrFormer.version(), None);
    }

    #[test]
    fn debug_output_shows_no_version() {
        let version = PasswordVersion::new(V);
        assert_eq!(format!("{:?}", PasswordCheck::Matches { version }), "Matches");
    }
}
