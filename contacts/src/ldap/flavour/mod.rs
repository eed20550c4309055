//! What differs from one LDAP server to another: when a password was set, who is active, and how a new password is written.

mod openldap;

use std::collections::HashSet;

use config::LdapFlavour;
use ldap3::controls::RawControl;
use ldap3::{LdapResult, Mod};

use super::entry::{ContactEntry, EntryAttributes};
use super::probe::Role;
use crate::PasswordRefusal;

/// One kind of LDAP server.
pub(super) trait Flavour: Send + Sync {
    /// What is read of each entry beside the attributes that the settings name.
    fn attributes(&self) -> &'static [&'static str];

    /// What an account of this role must be able to search beside the attributes that the settings name: what it may not search looks as if it were not there.
    fn searched_by(&self, role: Role) -> &'static [&'static str];

    /// The controls without which no password is set.
    fn required_controls(&self) -> &'static [RequiredControl];

    /// Whether a write says "only if the password is still the one that was read".
    fn is_conditional(&self) -> bool;

    /// What changes whenever the password does; `None` where the server does not keep it for this entry.
    fn version(&self, attributes: &EntryAttributes) -> Option<String>;

    /// Whether links are issued for this entry.
    fn is_active(&self, attributes: &EntryAttributes) -> bool;

    /// A filter that leaves out as many inactive entries as the server can tell.
    fn active_filter(&self) -> String;

    /// Whether the server would take this password for what it is: asked before anything is sent.
    fn accepts(&self, password: &str) -> Result<(), PasswordRefusal>;

    /// The modify that sets this password, on an entry as it was just read.
    ///
    /// # Errors
    /// Why it cannot be set on this entry, for the operator.
    fn change(&self, entry: &ContactEntry, password: &str) -> Result<PasswordChange, String>;

    /// What the answer to that modify means.
    fn judge(&self, result: &LdapResult) -> ModifyOutcome;
}

/// A control that the server must know.
pub(super) struct RequiredControl {
    /// As the server's root entry lists it.
    pub(super) oid: &'static str,
    /// What is wrong without it.
    pub(super) missing: &'static str,
}

/// One modify of an entry.
pub(super) struct PasswordChange {
    pub(super) changes: Vec<Mod<Vec<u8>>>,
    pub(super) controls: Vec<RawControl>,
}

/// What a modify came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ModifyOutcome {
    /// The new password holds.
    Set,
    /// Nothing was written: another password was set meanwhile, or the entry is gone.
    VersionChanged,
    /// Nothing was written: the entry is no longer as it was read, perhaps for another reason than its password.
    EntryChanged,
    /// Nothing was written: the person may choose another password.
    Refused(PasswordRefusal),
    /// Nothing was written, whichever password it is.
    NotWritten(String),
    /// The server itself does not say what became of it.
    Unknown(String),
}

/// The flavour that the settings name.
pub(super) fn of(flavour: LdapFlavour) -> &'static dyn Flavour {
    match flavour {
        LdapFlavour::OpenLdap => &openldap::OpenLdap,
    }
}

/// The attribute has this value alone afterwards.
pub(super) fn replace(attribute: &str, value: impl Into<Vec<u8>>) -> Mod<Vec<u8>> {
    Mod::Replace(attribute.as_bytes().to_vec(), HashSet::from([value.into()]))
}
