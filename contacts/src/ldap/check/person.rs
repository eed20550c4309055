//! What is seen of one contact.

use keys::text::folded;
use keys::{ContactId, NormalisedEmail};

use crate::contact::masked;
use crate::ldap::contact_lookup::LdapContactLookup;
use crate::ldap::entry::ContactEntry;
use crate::{CheckedLdapContact, CheckedPasswordTime, ContactLookup as _, DirectoryError};

/// Everybody whom a person calls so, active or not.
pub(super) async fn called(
    lookup: &LdapContactLookup,
    typed: &str,
) -> Result<Vec<CheckedLdapContact>, DirectoryError> {
    let folded_typed = folded(typed);
    let mut entries = lookup.alike(typed).await?;
    entries.retain(|entry| entry.ids.iter().any(|id| folded(id) == folded_typed));
    let is_exact = |entry: &ContactEntry| entry.ids.iter().any(|id| id == typed);
    if entries.iter().any(is_exact) {
        entries.retain(is_exact);
    }
    let mut contacts = Vec::new();
    for entry in entries {
        contacts.push(of_entry(lookup, entry).await?);
    }
    Ok(contacts)
}

async fn of_entry(
    lookup: &LdapContactLookup,
    entry: ContactEntry,
) -> Result<CheckedLdapContact, DirectoryError> {
    let flavour = &lookup.directory.flavour;
    let (id, id_refused) = match entry.ids.as_slice() {
        [id] => match ContactId::new(id.as_str()) {
            Ok(id) => (Some(id), None),
            Err(error) => (None, Some(error.to_string())),
        },
        _ => (None, Some("one entry has several ids".to_owned())),
    };
    let email = entry.primary_email().and_then(NormalisedEmail::new);
    let sharing = match (&id, &email) {
        (Some(id), Some(email)) => Some(lookup.others_with_email(email, id).await?),
        _ => None,
    };
    let why_inactive = if entry.is_probe {
        Some("it is the entry for trying (contacts.probe_id)")
    } else if entry.is_active {
        None
    } else if flavour.is_active(&entry.attributes) {
        Some("contacts.active_filter leaves it out")
    } else {
        Some(flavour.why_inactive(&entry.attributes))
    };
    Ok(CheckedLdapContact {
        name: entry.name().map(str::to_owned),
        id_refused,
        masked_emails: entry.emails.iter().map(|email| masked(email)).collect(),
        sharing,
        language: entry.language().map(str::to_owned),
        why_inactive,
        password: match entry.kept_version() {
            Some(version) => CheckedPasswordTime::At(flavour.moment(version)),
            None if entry.has_none_yet() => CheckedPasswordTime::NoneYet,
            None => CheckedPasswordTime::NotKept { cure: flavour.version_cure() },
        },
        is_conditional: flavour.is_conditional(),
        id: entry.ids.join(", "),
        dn: entry.dn,
    })
}
