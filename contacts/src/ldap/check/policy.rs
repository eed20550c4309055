//! The directory's password policy, beside our own rule for the length.

use jiff::Timestamp;

use super::LdapCheck;
use crate::ldap::directory_policy::KeptPolicies;
use crate::{CheckFinding, PasswordPolicy};

const POLICY: &str = "contacts.policy_dn";

impl LdapCheck {
    /// What the form tells of the policy of whoever has none of their own, and whether anybody can keep both it and a minimum of so many characters.
    pub async fn of_policy(&self, min_length: usize, now: Timestamp) -> Option<CheckFinding> {
        let directory = &self.writer.as_ref().ok()?.directory;
        directory.flavour.policy_source()?;
        let policy = directory.password_policy(&KeptPolicies::default(), None, now).await;
        Some(judged(policy, directory.settings.policy_dn.as_deref(), min_length))
    }
}

fn judged(policy: PasswordPolicy, named: Option<&str>, min_length: usize) -> CheckFinding {
    if let Some(max) = policy.max_bytes.filter(|max| *max < min_length) {
        return CheckFinding::warn(
            POLICY,
            format!(
                "the directory takes at most {max} bytes, and passwords.min_length wants {min_length} characters: nobody can set a password"
            ),
            "raise the directory's limit (pwdMaxLength), or lower passwords.min_length",
        );
    }
    let PasswordPolicy { min_chars, max_bytes, min_kinds, remembers, not_before: _ } = policy;
    let told: Vec<String> = [
        min_chars.map(|min| format!("at least {min} characters")),
        max_bytes.map(|max| format!("at most {max} bytes")),
        min_kinds.map(|min| format!("{min} kinds of characters")),
        remembers.map(|count| format!("none of the last {count}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (told.as_slice(), named) {
        ([], Some(named)) => CheckFinding::warn(
            POLICY,
            format!(
                "{named} says nothing of new passwords, or the account that sets them may not read it: the form tells no policy"
            ),
            "let that account read the entry (see the page of this server below docs/directories), or leave the key out",
        ),
        ([], None) => CheckFinding::ok(
            POLICY,
            "no policy can be read beforehand: the form tells none, and the directory decides",
        ),
        (told, _) => {
            CheckFinding::ok(POLICY, format!("the form tells the directory's policy: {}", told.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CheckVerdict;

    #[test]
    fn a_maximum_below_our_minimum_and_a_policy_that_says_nothing_are_warned_of() {
        let none = PasswordPolicy::default();
        let of = |min_chars, max_bytes| PasswordPolicy { min_chars, max_bytes, ..none };
        for (policy, named, verdict, text) in [
            (of(None, Some(11)), None, CheckVerdict::Warn, "at most 11 bytes"),
            (of(None, Some(12)), None, CheckVerdict::Ok, "at most 12 bytes"),
            (
                of(Some(14), Some(64)),
                Some("cn=x"),
                CheckVerdict::Ok,
                "at least 14 characters, at most 64 bytes",
            ),
            (none, Some("cn=x"), CheckVerdict::Warn, "cn=x says nothing"),
            (none, None, CheckVerdict::Ok, "the form tells none"),
        ] {
            let finding = judged(policy, named, 12);
            assert_eq!(finding.verdict, verdict, "{finding:?}");
            assert!(finding.text.contains(text), "{finding:?}");
        }
    }
}
