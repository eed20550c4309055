//! What a domain, or a policy of its own for some of its people (PSO), asks of a new password that somebody else sets for them.
//!
//! Neither the least age nor, unless the write says so, the history is held against such a password.

use config::LdapContacts;

use crate::ldap::directory_policy::PolicySource;
use crate::ldap::entry::EntryAttributes;
use crate::{Lockout, PasswordPolicy};

/// DOMAIN_PASSWORD_COMPLEX of MS-SAMR, in `pwdProperties`.
const COMPLEX: u32 = 1;
/// Of five kinds of characters a complex password has so many.
const KINDS: usize = 3;

const LOCKOUT: &str = "lockoutThreshold";

pub(super) static POLICY: PolicySource = PolicySource {
    named_by: "msDS-ResultantPSO",
    default: |settings| settings.policy_dn.clone().or_else(|| domain_of(settings)),
    attributes: &[
        "minPwdLength",
        "pwdProperties",
        "msDS-MinimumPasswordLength",
        "msDS-PasswordComplexityEnabled",
    ],
    of_contact: &[],
    read: |policy, _| read(policy),
    lockout_attributes: &[LOCKOUT],
    lockout,
};

/// Where `contacts.enforce_history` has each write hold former passwords against the new one.
pub(super) static POLICY_WITH_HISTORY: PolicySource = PolicySource {
    attributes: &[
        "minPwdLength",
        "pwdProperties",
        "pwdHistoryLength",
        "msDS-MinimumPasswordLength",
        "msDS-PasswordComplexityEnabled",
        "msDS-PasswordHistoryLength",
    ],
    named_by: POLICY.named_by,
    default: POLICY.default,
    of_contact: POLICY.of_contact,
    read: |policy, _| PasswordPolicy {
        remembers: number(policy, &["pwdHistoryLength", "msDS-PasswordHistoryLength"]),
        ..read(policy)
    },
    lockout_attributes: POLICY.lockout_attributes,
    lockout: POLICY.lockout,
};

/// 0 means never (MS-SAMR, section 3.1.1.8.6). A domain that shows none lets this account not read it.
fn lockout(policy: &EntryAttributes) -> Lockout {
    match policy.first(LOCKOUT).and_then(|number| number.parse().ok()) {
        Some(failures) => Lockout::of(failures),
        None => Lockout::Unknown(format!("this account may not read {LOCKOUT} of the domain")),
    }
}

fn read(policy: &EntryAttributes) -> PasswordPolicy {
    let of_domain = number(policy, &["pwdProperties"]).is_some_and(|properties| properties & COMPLEX != 0);
    let of_some = policy.first("msDS-PasswordComplexityEnabled");
    let is_complex = of_domain || of_some.is_some_and(|complex| complex.eq_ignore_ascii_case("TRUE"));
    let min = number(policy, &["minPwdLength", "msDS-MinimumPasswordLength"]);
    PasswordPolicy {
        min_chars: min.and_then(|min| usize::try_from(min).ok()),
        min_kinds: is_complex.then_some(KINDS),
        ..PasswordPolicy::default()
    }
}

/// The first of these attributes that is a number above 0: an entry has those of its own kind alone.
fn number(policy: &EntryAttributes, attributes: &[&str]) -> Option<u32> {
    attributes
        .iter()
        .find_map(|attribute| policy.first(attribute)?.parse().ok())
        .filter(|number: &u32| *number > 0)
}

/// The entry at the head of the domain: what the base ends with.
fn domain_of(settings: &LdapContacts) -> Option<String> {
    let is_part =
        |part: &&str| part.trim_start().get(..3).is_some_and(|name| name.eq_ignore_ascii_case("dc="));
    let mut parts: Vec<&str> = settings.base.rsplit(',').take_while(is_part).collect();
    parts.reverse();
    (!parts.is_empty()).then(|| parts.join(",").trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use config::{LdapAccountSettings, LdapFlavour, Secret};

    use super::*;

    fn entry(attributes: &[(&str, &str)]) -> EntryAttributes {
        EntryAttributes::of(
            attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect(),
        )
    }

    #[test]
    fn a_domain_and_a_policy_for_some_say_the_same_in_other_attributes() {
        for (policy, min_chars, min_kinds, remembers) in [
            (
                &[("minPwdLength", "7"), ("pwdProperties", "1"), ("pwdHistoryLength", "24")][..],
                Some(7),
                Some(3),
                Some(24),
            ),
            (&[("minPwdLength", "0"), ("pwdProperties", "16"), ("pwdHistoryLength", "0")], None, None, None),
            (
                &[
                    ("msDS-MinimumPasswordLength", "14"),
                    ("msDS-PasswordComplexityEnabled", "TRUE"),
                    ("msDS-PasswordHistoryLength", "5"),
                ],
                Some(14),
                Some(3),
                Some(5),
            ),
            (&[("msDS-PasswordComplexityEnabled", "FALSE")], None, None, None),
            (&[], None, None, None),
        ] {
            let expected = PasswordPolicy { min_chars, min_kinds, ..PasswordPolicy::default() };
            let nobody = entry(&[]);
            assert_eq!((POLICY.read)(&entry(policy), &nobody), expected, "{policy:?}");
            let expected = PasswordPolicy { remembers, ..expected };
            assert_eq!((POLICY_WITH_HISTORY.read)(&entry(policy), &nobody), expected, "{policy:?}");
        }
    }

    #[test]
    fn the_domain_is_what_the_base_ends_with_unless_the_settings_name_a_policy() {
        for (base, expected) in [
            ("OU=People,DC=ad,DC=example,DC=org", Some("DC=ad,DC=example,DC=org")),
            ("OU=A\\, B, dc=example, dc=org", Some("dc=example, dc=org")),
            ("DC=example", Some("DC=example")),
            ("OU=People,O=Example", None),
        ] {
            let account = LdapAccountSettings {
                dn: "cn=a".to_owned(),
                password: Secret::new("x"),
                key: "contacts.writer_dn",
            };
            let settings =
                LdapContacts::new(LdapFlavour::ActiveDirectory, "ldaps://localhost", base, account);
            assert_eq!((POLICY.default)(&settings).as_deref(), expected, "{base}");
            let named = LdapContacts { policy_dn: Some("CN=x".to_owned()), ..settings };
            assert_eq!((POLICY.default)(&named).as_deref(), Some("CN=x"));
        }
    }
}
