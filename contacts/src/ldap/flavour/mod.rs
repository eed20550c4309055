//! What differs from one LDAP server to another: when a password was set, who is active, and how a new password is written.

mod active_directory;
mod active_directory_policy;
mod ds389;
mod generic;
mod openldap;
mod openldap_policy;

use std::collections::HashSet;
use std::sync::Arc;

use config::{LdapContacts, LdapFlavour};
use jiff::Timestamp;
use ldap3::controls::RawControl;
use ldap3::{LdapResult, Mod};
use zeroize::Zeroizing;

#[cfg(test)]
pub(super) use openldap::OpenLdap;

use super::connection::LdapConnection;
use super::directory_policy::PolicySource;
use super::entry::{ContactEntry, EntryAttributes};
use super::error::describe_result;
use super::filter;
use super::policy::{self, Refusal};
use super::probe::{self, Role};
use crate::PasswordRefusal;

/// One kind of LDAP server.
pub(super) trait Flavour: Send + Sync {
    /// What is read of each entry beside the attributes that the settings name.
    fn attributes(&self) -> &'static [&'static str];

    /// What an account of this role must be able to search beside the attributes that the settings name: what it may not search looks as if it were not there.
    fn searched_by(&self, role: Role) -> &'static [&'static str];

    /// What each entry of a contact holds: where it does not, the account may not read it.
    fn always_there(&self) -> &'static [&'static str] {
        &[]
    }

    /// The controls without which no password is set.
    fn required_controls(&self) -> &[RequiredControl];

    /// Whether a write says "only if the password is still the one that was read".
    fn is_conditional(&self) -> bool;

    /// How passwords are set and why so, where that depends on the server: for the operator.
    fn chosen(&self) -> Option<String> {
        None
    }

    /// What changes whenever the password does; `None` where the server does not keep it for this entry.
    fn version(&self, attributes: &EntryAttributes) -> Option<String>;

    /// When a password of this version was set, for the operator.
    fn moment(&self, version: &str) -> String {
        version.to_owned()
    }

    /// Whether links are issued for this entry.
    fn is_active(&self, attributes: &EntryAttributes) -> bool;

    /// Why no links are issued for an entry that is inactive.
    fn why_inactive(&self, _attributes: &EntryAttributes) -> &'static str {
        "the directory says that it is disabled"
    }

    /// Whether an entry without a version has no password yet, on a server that is known to keep one: then a write must say "only if there is none yet".
    fn knows_none_yet(&self) -> bool {
        false
    }

    /// Until when the server may sign somebody in by the password that they had before this one; `None` where it does not.
    fn takes_former_password_until(&self, _attributes: &EntryAttributes) -> Option<Timestamp> {
        None
    }

    /// What makes the server keep a version of each password.
    fn version_cure(&self) -> &'static str {
        "see the page of this server below docs/directories for how it comes to keep when a password is set"
    }

    /// The attribute that holds a password.
    fn password_attribute(&self) -> &'static str {
        "userPassword"
    }

    /// What sets this password whatever the entry is like: for the entry that is made for trying, and no other.
    fn trial(&self, password: &str) -> PasswordChange {
        PasswordChange::Modify(EntryModify {
            changes: vec![replace(self.password_attribute(), password)],
            controls: vec![policy::request()],
        })
    }

    /// What makes the server hash the passwords that it is sent.
    fn hash_cure(&self) -> &'static str {
        "have the server hash what it is sent, before anybody uses a link"
    }

    /// What lets the writer read what is stored for the entry that is made for trying, and for no other.
    fn probe_rule(&self, probe: &str, writer: &str) -> String {
        format!(
            "{writer} needs the right to read {} of {probe}, and of nobody else",
            self.password_attribute()
        )
    }

    /// Where the server tells an account that may read it which indexes it has.
    fn index_rules(&self) -> Option<IndexRules> {
        None
    }

    /// Whether the server shows a password, or what it made of it, to nobody at all.
    fn hides_passwords(&self) -> bool {
        false
    }

    /// A filter that leaves out as many inactive entries as the server can tell.
    fn active_filter(&self) -> String;

    /// E-mails that the entry holds beside those of the attribute that the settings name.
    fn other_emails(&self, _attributes: &EntryAttributes) -> Vec<String> {
        Vec::new()
    }

    /// The attributes that hold those.
    fn email_attributes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a reference to another server leads where no contact is.
    fn holds_no_contacts(&self, _reference: &str) -> bool {
        false
    }

    /// A filter that finds every entry that holds this e-mail, in the attribute that the settings name or elsewhere.
    fn holds_email(&self, attribute: &str, email: &str) -> String {
        filter::equal(attribute, email)
    }

    /// Whether the server would take this password for what it is: asked before anything is sent.
    fn accepts(&self, password: &str) -> Result<(), PasswordRefusal>;

    /// Where the policy for new passwords is read beforehand; `None` where that is not known.
    fn policy_source(&self) -> Option<&'static PolicySource> {
        None
    }

    /// What sets this password, on an entry as it was just read.
    ///
    /// # Errors
    /// Why it cannot be set on this entry, for the operator.
    fn change(&self, entry: &ContactEntry, password: &str) -> Result<PasswordChange, String>;

    /// What the answer to that means.
    fn judge(&self, result: &LdapResult) -> ModifyOutcome;
}

/// A control that the server must know.
#[derive(Debug)]
pub(super) struct RequiredControl {
    /// As the server's root entry lists it.
    pub(super) oid: &'static str,
    /// What is wrong without it.
    pub(super) missing: &'static str,
}

/// How a password is set.
pub(super) enum PasswordChange {
    /// By a modify of the entry.
    Modify(EntryModify),
    /// By the Password Modify operation (RFC 3062), under these controls.
    PasswordModify { password: Zeroizing<String>, controls: Vec<RawControl> },
}

/// Where a server tells its indexes: an entry for each database, with rules like `uid,mail eq,sub`.
pub(super) struct IndexRules {
    /// The entry below which the databases are.
    pub(super) base: &'static str,
    /// The name below which a database's entries are.
    pub(super) suffix_attribute: &'static str,
    /// One rule in each value.
    pub(super) rule_attribute: &'static str,
}

/// One modify of an entry.
pub(super) struct EntryModify {
    pub(super) changes: Vec<Mod<Vec<u8>>>,
    pub(super) controls: Vec<RawControl>,
}

/// What setting a password came to.
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

/// The flavour that the settings name, as it is on this server.
///
/// # Errors
/// Where the server cannot be asked what it is, or is another one.
pub(super) async fn of(
    settings: &LdapContacts,
    connection: &LdapConnection,
) -> Result<Arc<dyn Flavour>, String> {
    match settings.flavour {
        LdapFlavour::OpenLdap => Ok(Arc::new(openldap::OpenLdap)),
        LdapFlavour::Ds389 => Ok(Arc::new(ds389::Ds389 { unlocks: settings.unlock })),
        LdapFlavour::ActiveDirectory => {
            let root = probe::root_entry(connection, active_directory::OF_ROOT).await?;
            let flavour = active_directory::ActiveDirectory::on(&root, settings)?;
            Ok(Arc::new(flavour))
        }
        LdapFlavour::Generic => {
            let root = probe::root_entry(connection, generic::OF_ROOT).await?;
            Ok(Arc::new(generic::Generic::on(&root)))
        }
    }
}

/// The page that says what such a server must have.
pub(super) fn page(flavour: LdapFlavour) -> &'static str {
    match flavour {
        LdapFlavour::OpenLdap => "docs/directories/openldap.md",
        LdapFlavour::Ds389 => "docs/directories/389ds.md",
        LdapFlavour::ActiveDirectory => "docs/directories/active-directory.md",
        LdapFlavour::Generic => "docs/directories/ldap-generic.md",
    }
}

/// Where nothing of an entry changes with its password, no write can tell that it comes too late.
fn versioned(entry: &ContactEntry) -> Result<(), String> {
    if entry.has_version() {
        Ok(())
    } else {
        Err("the directory does not say when this password was last set, so it is left alone. To mend: see the page of this server below docs/directories for how it keeps that time".to_owned())
    }
}

/// What an answer means that every server gives.
fn judged(result: &LdapResult) -> ModifyOutcome {
    match result.rc {
        0 => ModifyOutcome::Set,
        // The entry is gone.
        32 => ModifyOutcome::VersionChanged,
        // "Other": the server itself does not say what became of it.
        80 => ModifyOutcome::Unknown(describe_result(result)),
        _ => match policy::refusal(result) {
            Refusal::Password(refusal) => ModifyOutcome::Refused(refusal),
            Refusal::Operator(text) => ModifyOutcome::NotWritten(text),
        },
    }
}

/// The attribute has this value alone afterwards.
pub(super) fn replace(attribute: &str, value: impl Into<Vec<u8>>) -> Mod<Vec<u8>> {
    Mod::Replace(attribute.as_bytes().to_vec(), HashSet::from([value.into()]))
}
