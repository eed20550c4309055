//! OpenLDAP with its password policy overlay (slapo-ppolicy): a modify under a critical assertion (RFC 4528).

use ldap3::LdapResult;

use super::openldap_policy::POLICY;
use super::{
    EntryModify, Flavour, IndexRules, ModifyOutcome, PasswordChange, RequiredControl, judged, replace,
};
use crate::PasswordRefusal;
use crate::ldap::directory_policy::PolicySource;
use crate::ldap::entry::{ContactEntry, EntryAttributes};
use crate::ldap::filter;
use crate::ldap::policy::{self, POLICY_CONTROL};
use crate::ldap::probe::{ASSERTION_CONTROL, Role, assertion};

/// When the password was last set: the overlay keeps it, to the second.
pub(super) const CHANGED_TIME: &str = "pwdChangedTime";
/// Another one after each change of the entry, a failed sign-in among them.
const ENTRY_CSN: &str = "entryCSN";
/// Since when an account is locked.
const LOCKED_TIME: &str = "pwdAccountLockedTime";
/// The value of it by which an administrator locks an account for good, as one compares it that takes each moment for the same in all its spellings.
const LOCKED_FOR_GOOD: &str = "000001010000Z";

pub(in crate::ldap) struct OpenLdap;

impl Flavour for OpenLdap {
    fn attributes(&self) -> &'static [&'static str] {
        &[CHANGED_TIME, ENTRY_CSN, LOCKED_TIME]
    }

    fn searched_by(&self, role: Role) -> &'static [&'static str] {
        match role {
            Role::Reader => &[CHANGED_TIME, LOCKED_TIME],
            Role::Writer => &[CHANGED_TIME, ENTRY_CSN, LOCKED_TIME],
        }
    }

    fn required_controls(&self) -> &[RequiredControl] {
        &[
            RequiredControl {
                oid: ASSERTION_CONTROL,
                missing: "the server knows no assertions (RFC 4528), without which two links could set one password",
            },
            RequiredControl {
                oid: POLICY_CONTROL,
                missing: "the server has no password policy overlay (ppolicy), which says when a password was set",
            },
        ]
    }

    fn is_conditional(&self) -> bool {
        true
    }

    fn version(&self, attributes: &EntryAttributes) -> Option<String> {
        attributes.first(CHANGED_TIME).map(str::to_owned)
    }

    fn is_active(&self, attributes: &EntryAttributes) -> bool {
        !attributes.first(LOCKED_TIME).is_some_and(policy::is_locked_for_good)
    }

    fn why_inactive(&self, _attributes: &EntryAttributes) -> &'static str {
        "an administrator has locked it for good, and a reset would unlock it"
    }

    fn knows_none_yet(&self) -> bool {
        true
    }

    fn version_cure(&self) -> &'static str {
        "load the password policy overlay (ppolicy) for the database of contacts.base, and give it a ppolicy_default"
    }

    fn hash_cure(&self) -> &'static str {
        "add ppolicy_hash_cleartext below the overlay (olcPPolicyHashCleartext: TRUE in cn=config), and set anew each password that was set without it"
    }

    fn probe_rule(&self, probe: &str, writer: &str) -> String {
        format!(
            "access to dn.exact=\"{probe}\" attrs=userPassword by dn.exact=\"{writer}\" write by anonymous auth by * none"
        )
    }

    fn index_rules(&self) -> Option<IndexRules> {
        Some(IndexRules { base: "cn=config", suffix_attribute: "olcSuffix", rule_attribute: "olcDbIndex" })
    }

    fn active_filter(&self) -> String {
        filter::not(&filter::equal(LOCKED_TIME, LOCKED_FOR_GOOD))
    }

    fn accepts(&self, password: &str) -> Result<(), PasswordRefusal> {
        if policy::looks_hashed(password) { Err(PasswordRefusal::LooksHashed) } else { Ok(()) }
    }

    fn policy_source(&self) -> Option<&'static PolicySource> {
        Some(&POLICY)
    }

    fn change(&self, entry: &ContactEntry, password: &str) -> Result<PasswordChange, String> {
        let changed = match entry.attributes.first(CHANGED_TIME) {
            Some(changed) => filter::equal(CHANGED_TIME, changed),
            None if entry.has_version() => filter::not(&filter::present(CHANGED_TIME)),
            None => return Err(
                "the directory does not say when this password was last set, so it is left alone. To mend: set one with the directory's own tools, under the password policy overlay".to_owned(),
            ),
        };
        let csn = entry.attributes.first(ENTRY_CSN).ok_or(
            "this account may not read entryCSN. To mend: see docs/directories/openldap.md for the rights of each account",
        )?;
        // Two passwords set in one second have the same time, but not the same entryCSN.
        let is_as_read = filter::all(&[changed, filter::equal(ENTRY_CSN, csn)]);
        Ok(PasswordChange::Modify(EntryModify {
            changes: vec![replace("userPassword", password)],
            controls: vec![assertion(&is_as_read), policy::request()],
        }))
    }

    fn judge(&self, result: &LdapResult) -> ModifyOutcome {
        match result.rc {
            122 => ModifyOutcome::EntryChanged,
            _ => judged(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_lock_for_good_is_one_in_each_spelling_of_its_time() {
        for (locked, expected) in [
            ("000001010000Z", false),
            ("00000101000000Z", false),
            ("00000101000000.0Z", false),
            ("20260101000000Z", true),
        ] {
            let held = HashMap::from([(LOCKED_TIME.to_owned(), vec![locked.to_owned()])]);
            assert_eq!(OpenLdap.is_active(&EntryAttributes::of(held)), expected, "{locked}");
        }
    }
}
