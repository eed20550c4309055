//! What is different in the 389 Directory Server of `tests/with-services`: names of attributes, and rights that stand in the tree itself.

use crate::harness::ldap::variable;

/// Who may do everything, and for whom no policy holds.
pub(super) const ROOT: &str = "cn=Directory Manager";
/// When a password was set.
pub(super) const PASSWORD_TIME: &str = "pwdUpdateTime";

/// `ldaps://…`, by a host that the server's certificate names.
///
/// # Panics
/// Where `tests/with-services` has not started the server.
pub fn tls_url() -> String {
    variable("TEST_SERVICES_DS389")
}

/// `ldap://…`, in clear text.
///
/// # Panics
/// Where `tests/with-services` has not started the server.
pub fn clear_url() -> String {
    variable("TEST_SERVICES_DS389_CLEAR")
}

pub(super) fn root_password() -> String {
    variable("TEST_SERVICES_DS389_PASSWORD")
}

/// The rights that docs/directories/389ds.md gives, with what some tests read beside it: an e-mail in all letters, and the time of any change.
pub(super) fn rights(reader: &str, writer: &str) -> [String; 2] {
    let found = "objectClass || uid || cn || mail || preferredLanguage || pwdUpdateTime || nsAccountLock";
    [
        format!(
            r#"(targetattr = "{found} || description || modifyTimestamp")(version 3.0; acl "reset-link finds contacts"; allow (read, search, compare) userdn = "ldap:///{reader} || ldap:///{writer}";)"#
        ),
        format!(
            r#"(targetattr = "userPassword || accountUnlockTime || passwordRetryCount")(version 3.0; acl "reset-link sets passwords"; allow (write) userdn = "ldap:///{writer}";)"#
        ),
    ]
}
