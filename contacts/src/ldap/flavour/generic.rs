//! Any other server: the operation that LDAP has for passwords (RFC 3062), or a modify where the server does not list it.

use ldap3::LdapResult;
use zeroize::Zeroizing;

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

/// The Password Modify operation, as a server's root entry lists it.
const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
const EXTENSIONS: &str = "supportedExtension";

/// What is asked of the server's root entry.
pub(super) const OF_ROOT: &[&str] = &[EXTENSIONS];

pub(super) struct Generic {
    knows_password_modify: bool,
}

impl Generic {
    /// As it is on the server with this root entry.
    pub(super) fn on(root: &EntryAttributes) -> Self {
        let knows_password_modify = root.values(EXTENSIONS).iter().any(|oid| oid == PASSWORD_MODIFY);
        Self { knows_password_modify }
    }

    fn set(&self, password: &str) -> PasswordChange {
        let controls = vec![policy::request()];
        if self.knows_password_modify {
            PasswordChange::PasswordModify { password: Zeroizing::new(password.to_owned()), controls }
        } else {
            PasswordChange::Modify(EntryModify { changes: vec![replace("userPassword", password)], controls })
        }
    }
}

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

    fn chosen(&self) -> Option<String> {
        let how = if self.knows_password_modify {
            "by the Password Modify operation (RFC 3062)"
        } else {
            "by a modify of userPassword, since the server does not list the Password Modify operation (RFC 3062): see that it hashes what it is sent"
        };
        Some(format!("passwords are set {how}, and a link whose outcome is not known counts as used"))
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
        Ok(self.set(password))
    }

    fn trial(&self, password: &str) -> PasswordChange {
        self.set(password)
    }

    fn judge(&self, result: &LdapResult) -> ModifyOutcome {
        judged(result)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_operation_for_passwords_is_used_where_the_server_lists_it() {
        for (listed, expected) in [
            (&["1.3.6.1.4.1.1466.20037", PASSWORD_MODIFY][..], true),
            (&["1.3.6.1.4.1.1466.20037"], false),
            (&[], false),
        ] {
            let listed = listed.iter().map(|oid| (*oid).to_owned()).collect();
            let root = EntryAttributes::of(HashMap::from([(EXTENSIONS.to_owned(), listed)]));
            let generic = Generic::on(&root);
            assert_eq!(generic.knows_password_modify, expected);
            assert_eq!(!generic.chosen().unwrap().contains("modify of userPassword"), expected);
        }
    }
}
