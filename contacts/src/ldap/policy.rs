//! What a password policy says of a password (draft-behera-ldap-password-policy-11, section 6.2).

use ldap3::LdapResult;
use ldap3::asn1::parse_tag;
use ldap3::controls::RawControl;

use super::error::{describe_result, inert};
use crate::PasswordRefusal;

/// Request and response control have one name.
pub(super) const POLICY_CONTROL: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

/// Asks the server to say which rule a password breaks.
pub(super) fn request() -> RawControl {
    RawControl { ctype: POLICY_CONTROL.to_owned(), crit: false, val: None }
}

/// Whether this value of `pwdAccountLockedTime` is the one by which an administrator locks an account for good: it is a moment, which has several spellings
/// (`000001010000Z`, `00000101000000Z`).
pub(super) fn is_locked_for_good(locked_since: &str) -> bool {
    locked_since.starts_with("00000101")
}

/// What a refused modify means.
pub(super) enum Refusal {
    /// This password: the person may choose another one.
    Password(PasswordRefusal),
    /// Any password, in words for the operator.
    Operator(String),
}

/// Reads the refusal of a modify.
pub(super) fn refusal(result: &LdapResult) -> Refusal {
    let refusal = match code(result) {
        Some(5) => PasswordRefusal::TooSimple,
        Some(6) => PasswordRefusal::TooShort,
        Some(7) => PasswordRefusal::TooRecent,
        Some(8) => PasswordRefusal::UsedBefore,
        Some(9) => PasswordRefusal::TooLong,
        Some(3 | 4) => {
            return Refusal::Operator(format!(
                "the password policy lets this account set no password{}. To mend: set pwdSafeModify to FALSE and pwdAllowUserChange to TRUE in it",
                words(result)
            ));
        }
        // A constraint that has no code: the server's own words.
        _ if result.rc == 19 && !result.text.trim().is_empty() => {
            PasswordRefusal::InOwnWords(inert(&result.text))
        }
        _ if result.rc == 19 => PasswordRefusal::Unexplained,
        _ => return Refusal::Operator(describe_result(result)),
    };
    Refusal::Password(refusal)
}

fn words(result: &LdapResult) -> String {
    if result.text.is_empty() { String::new() } else { format!(" ({})", inert(&result.text)) }
}

/// The error in the response control: `SEQUENCE { warning [0] …, error [1] ENUMERATED }`, both optional.
pub(super) fn code(result: &LdapResult) -> Option<u8> {
    let control = result.ctrls.iter().find(|control| control.1.ctype == POLICY_CONTROL)?;
    let (_, value) = parse_tag(control.1.val.as_deref()?).ok()?;
    let error = value.expect_constructed()?.into_iter().find_map(|part| part.match_id(1))?;
    match error.expect_primitive()?.as_slice() {
        [code] => Some(*code),
        _ => None,
    }
}

/// Whether a server would take this for a hash that was made already, and store it as it stands.
pub(super) fn looks_hashed(password: &str) -> bool {
    let scheme = password.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use ldap3::controls::Control;

    use super::*;

    fn refused(rc: u32, text: &str, control: Option<&[u8]>) -> LdapResult {
        let control = control.map(|value| {
            Control(
                None,
                RawControl { ctype: POLICY_CONTROL.to_owned(), crit: false, val: Some(value.to_vec()) },
            )
        });
        let ctrls = control.into_iter().collect();
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: Vec::new(), ctrls }
    }

    #[test]
    fn a_code_is_read_and_anything_else_is_none() {
        for (value, expected) in [
            (&[0x30, 3, 0x81, 1, 6][..], Some(6)),
            (&[0x30, 8, 0xa0, 3, 0x80, 1, 5, 0x81, 1, 8], Some(8)),
            // 389 Directory Server writes each length in four bytes.
            (&[0x30, 0x84, 0, 0, 0, 3, 0x81, 1, 7], Some(7)),
            (&[0x30, 0], None),
            (&[0x30, 5, 0xa0, 3, 0x80, 1, 5], None),
            (&[0x30, 9, 0x81, 1, 6], None),
            (&[0x30, 3, 0x81, 9, 6], None),
            (&[0x30], None),
            (&[], None),
        ] {
            assert_eq!(code(&refused(19, "", Some(value))), expected, "{value:?}");
        }
    }

    #[test]
    fn a_person_hears_of_their_password_and_the_operator_of_the_rest() {
        let for_person = |result: &LdapResult| match refusal(result) {
            Refusal::Password(refusal) => refusal,
            Refusal::Operator(text) => panic!("{text}"),
        };
        assert_eq!(
            for_person(&refused(19, "Password fails quality checking policy", Some(&[0x30, 3, 0x81, 1, 6]))),
            PasswordRefusal::TooShort
        );
        assert_eq!(
            for_person(&refused(19, "Not\nthis\u{202e}", None)),
            PasswordRefusal::InOwnWords("Not this\\u202e".to_owned())
        );
        assert_eq!(for_person(&refused(19, " ", None)), PasswordRefusal::Unexplained);
        for result in
            [refused(53, "operation restricted", None), refused(50, "", Some(&[0x30, 3, 0x81, 1, 4]))]
        {
            assert!(matches!(refusal(&result), Refusal::Operator(_)), "{result:?}");
        }
    }

    #[test]
    fn what_begins_with_a_scheme_looks_hashed() {
        for (password, expected) in [
            ("{SSHA}abc", true),
            ("{CLEARTEXT}abc", true),
            ("{}abc", false),
            ("{a b}c", false),
            ("a{SSHA}b", false),
            ("{SSHA", false),
        ] {
            assert_eq!(looks_hashed(password), expected, "{password}");
        }
    }
}
