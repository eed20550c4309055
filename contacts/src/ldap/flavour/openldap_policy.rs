//! What a policy of slapo-ppolicy asks of a new password (draft-behera-ldap-password-policy-11, section 5.2).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::openldap::CHANGED_TIME;
use crate::Lockout;
use crate::PasswordPolicy;
use crate::ldap::directory_policy::PolicySource;
use crate::ldap::entry::EntryAttributes;

/// A password that must be changed is never too young.
const RESET: &str = "pwdReset";

const LOCKOUT: &str = "pwdLockout";
const MAX_FAILURE: &str = "pwdMaxFailure";

pub(super) static POLICY: PolicySource = PolicySource {
    named_by: "pwdPolicySubentry",
    default: |settings| settings.policy_dn.clone(),
    attributes: &["pwdCheckQuality", "pwdMinLength", "pwdMaxLength", "pwdInHistory", "pwdMinAge"],
    of_contact: &[CHANGED_TIME, RESET],
    read,
    lockout_attributes: &[LOCKOUT, MAX_FAILURE],
    lockout,
};

/// Nobody is locked out unless the policy says so (draft-behera-ldap-password-policy-11, sections 5.2.9 and 5.2.11). What a policy does not say and what this
/// account may not read look alike, so only a policy that says it is taken at its word.
fn lockout(policy: &EntryAttributes) -> Lockout {
    let unknown = |attribute: &str| {
        Lockout::Unknown(format!("the policy does not say {attribute}, or this account may not read it"))
    };
    match (policy.first(LOCKOUT), policy.first(MAX_FAILURE).map(str::parse)) {
        (None, _) => unknown(LOCKOUT),
        (Some(on), _) if !on.eq_ignore_ascii_case("TRUE") => Lockout::Never,
        (Some(_), Some(Ok(failures))) => Lockout::of(failures),
        (Some(_), _) => unknown(MAX_FAILURE),
    }
}

fn read(policy: &EntryAttributes, contact: &EntryAttributes) -> PasswordPolicy {
    let number = |attribute: &str| policy.first(attribute)?.parse::<u32>().ok().filter(|number| *number > 0);
    // Lengths hold only where the server looks into passwords at all.
    let looks = number("pwdCheckQuality").is_some();
    let length = |attribute: &str| number(attribute).filter(|_| looks).and_then(|n| usize::try_from(n).ok());
    let must_change = contact.first(RESET).is_some_and(|reset| reset.eq_ignore_ascii_case("TRUE"));
    let not_before = contact.first(CHANGED_TIME).and_then(moment).zip(number("pwdMinAge"));
    let not_before = not_before.filter(|_| !must_change).and_then(|(changed, seconds)| {
        changed.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()
    });
    PasswordPolicy {
        // In bytes there, of which so many characters have at least as many.
        min_chars: length("pwdMinLength"),
        max_bytes: length("pwdMaxLength"),
        min_kinds: None,
        remembers: number("pwdInHistory"),
        not_before,
    }
}

/// The moment that a generalized time in UTC names (RFC 4517, section 3.3.13), to the second.
fn moment(text: &str) -> Option<Timestamp> {
    let (seconds, rest) = text.split_at_checked(14)?;
    let time = DateTime::strptime("%Y%m%d%H%M%S", seconds).ok()?;
    rest.ends_with('Z').then(|| TimeZone::UTC.to_timestamp(time).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &str)]) -> EntryAttributes {
        EntryAttributes::of(
            attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect(),
        )
    }

    #[test]
    fn lengths_hold_only_where_the_server_looks_into_passwords() {
        let lengths = [("pwdMinLength", "14"), ("pwdMaxLength", "64"), ("pwdInHistory", "5")];
        for (quality, min, max) in [("0", None, None), ("1", Some(14), Some(64)), ("2", Some(14), Some(64))] {
            let mut policy = lengths.to_vec();
            policy.push(("pwdCheckQuality", quality));
            let policy = read(&entry(&policy), &entry(&[]));
            assert_eq!((policy.min_chars, policy.max_bytes, policy.remembers), (min, max, Some(5)));
        }
        assert_eq!(read(&entry(&lengths), &entry(&[])).min_chars, None);
    }

    #[test]
    fn a_young_password_says_from_when_on_another_one_is_taken() {
        let policy = entry(&[("pwdMinAge", "3600")]);
        let changed = (CHANGED_TIME, "20260714190500Z");
        let young = read(&policy, &entry(&[changed]));
        assert_eq!(young.not_before, Some("2026-07-14T20:05:00Z".parse().unwrap()));
        assert_eq!(read(&policy, &entry(&[changed, (RESET, "TRUE")])).not_before, None);
        assert_eq!(read(&policy, &entry(&[])), PasswordPolicy::default());
        assert_eq!(read(&entry(&[("pwdMinAge", "0")]), &entry(&[changed])), PasswordPolicy::default());
    }

    #[test]
    fn only_a_policy_that_says_so_locks_nobody_out() {
        let told = |attributes: &[(&str, &str)]| lockout(&entry(attributes));
        assert_eq!(told(&[(LOCKOUT, "TRUE"), (MAX_FAILURE, "5")]), Lockout::After(5));
        for never in [&[(LOCKOUT, "TRUE"), (MAX_FAILURE, "0")][..], &[(LOCKOUT, "FALSE")]] {
            assert_eq!(told(never), Lockout::Never);
        }
        for (attributes, missing) in
            [(&[][..], LOCKOUT), (&[(MAX_FAILURE, "5")], LOCKOUT), (&[(LOCKOUT, "TRUE")], MAX_FAILURE)]
        {
            assert!(matches!(told(attributes), Lockout::Unknown(why) if why.contains(missing)));
        }
    }

    #[test]
    fn a_time_is_read_to_the_second_and_anything_else_is_none() {
        assert_eq!(moment("20260714190500.123456Z"), moment("20260714190500Z"));
        for text in ["", "20260714", "20260714190500", "20261414190500Z", "2026071419050éZ"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
