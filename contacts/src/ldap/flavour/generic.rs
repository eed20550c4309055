//! Any other server: the operation that LDAP has for passwords (RFC 3062), or a modify where the server does not list it.

use ldap3::LdapResult;

use super::{
    EntryModify, Flavour, ModifyOutcome, PasswordChange, RequiredControl, judged, replace, versioned,
};
use crate::PasswordRefusal;
use crate::ldap::entry::{ContactEntry, EntryAttributes};
use crate::ldap::policy;
use crate::ldap::probe::Role;

/// When the password was last set, where the server keeps password policies as draft-behera-ldap-password-policy has them.
const CHANGED_TIME: &str = "pwdChangedTime";
/// The draft's lock, which a new password would end.
const LOCKED_TIME: &str = "pwdAccountLockedTime";

pub(super) struct Generic;

impl Flavour for Generic {
    fn attributes(&self) -> &'static [&'static str] {
        &[CHANGED_TIME, LOCKED_TIME]
    }

    /// The server need not know them.
    fn searched_by(&self, _role: Role) -> &'static [&'static str] {
        &[]
    }

    fn required_controls(&self) -> &'static [RequiredControl] {
        &[]
    }

    fn is_conditional(&self) -> bool {
        false
    }

    fn version(&self, attributes: &EntryAttributes) -> Option<String> {
        attributes.first(CHANGED_TIME).map(str::to_owned)
    }

    fn is_active(&self, attributes: &EntryAttributes) -> bool {
        !attributes.first(LOCKED_TIME).is_some_and(policy::is_locked_for_good)
    }

    /// Everybody: of an attribute that a server does not know nothing is true, and nobody would be found.
    fn active_filter(&self) -> String {
        "(objectClass=*)".to_owned()
    }

    fn accepts(&self, password: &str) -> Result<(), PasswordRefusal> {
        if policy::looks_hashed(password) { Err(PasswordRefusal::LooksHashed) } else { Ok(()) }
    }

    fn change(&self, entry: &ContactEntry, password: &str) -> Result<PasswordChange, String> {
        versioned(entry)?;
        Ok(PasswordChange::PasswordModifyOr(set(password)))
    }

    fn trial(&self, password: &str) -> PasswordChange {
        PasswordChange::PasswordModifyOr(set(password))
    }

    fn judge(&self, result: &LdapResult) -> ModifyOutcome {
        judged(result)
    }
}

fn set(password: &str) -> EntryModify {
    EntryModify { changes: vec![replace("userPassword", password)], controls: vec![policy::request()] }
}
