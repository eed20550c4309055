//! E-mails that several entries of an LDAP directory have.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use config::LdapContacts;
use keys::NormalisedEmail;
use ldap3::Scope;

use super::connection::{Search, SearchError};
use super::contact_lookup::LdapDirectory;
use super::entry::{ContactEntry, attributes};
use super::probe::Role;
use crate::duplicates::Grouped;
use crate::duplicates::several;
use crate::{OpenError, SharedEmail};

/// So many shared e-mails are in memory at once; for more the directory is read again.
const AT_ONCE: usize = 50_000;

/// Hands over who shares an e-mail, and says how many e-mails are shared. Whatever the directory's size, memory is needed for 8 bytes of each e-mail and for
/// so many of those who share one as there are at once.
///
/// # Errors
/// [`OpenError::Ldap`] where the directory cannot be read, or its server does not list all of it.
pub(crate) async fn duplicates(
    settings: &LdapContacts,
    each: &mut (dyn FnMut(SharedEmail) + Send),
) -> Result<u64, OpenError> {
    let directory = LdapDirectory::open(settings, Role::Reader).await?;
    let listed = list(&directory, each).await;
    directory.connection.close().await;
    listed.map_err(|error| OpenError::Ldap(format!("{}: {}", settings.account_key, error.text())))
}

async fn list(
    directory: &LdapDirectory,
    each: &mut (dyn FnMut(SharedEmail) + Send),
) -> Result<u64, SearchError> {
    let state = RandomState::new();
    let mut marks = Vec::new();
    for_each(directory, &mut |_, emails| marks.extend(emails.iter().map(|email| state.hash_one(email))))
        .await?;
    let several = several(marks);
    let mut groups = Grouped::new(each);
    for some in several.chunks(AT_ONCE) {
        let mut alike: BTreeMap<String, (NormalisedEmail, Vec<(String, bool)>)> = BTreeMap::new();
        for_each(directory, &mut |entry, emails| {
            for email in emails {
                if some.binary_search(&state.hash_one(&email)).is_ok() {
                    let (_, holders) =
                        alike.entry(email.expose().to_owned()).or_insert_with(|| (email, Vec::new()));
                    holders.push((entry.ids.join(", "), entry.is_active));
                }
            }
        })
        .await?;
        for (email, mut holders) in alike.into_values() {
            holders.sort();
            for (id, is_active) in holders {
                groups.add(&email, id, is_active);
            }
        }
    }
    Ok(groups.end())
}

/// Reads all entries of contacts, page after page, each with its e-mails, of which none is there twice.
async fn for_each(
    directory: &LdapDirectory,
    each: &mut (dyn FnMut(&ContactEntry, HashSet<NormalisedEmail>) + Send),
) -> Result<(), SearchError> {
    let LdapDirectory { settings, flavour, connection, .. } = directory;
    let search = Search {
        base: &settings.base,
        scope: Scope::Subtree,
        filter: &settings.filter,
        attributes: &attributes(settings, &**flavour),
        limit: usize::MAX,
        patience: connection.patience(),
        control: None,
    };
    connection
        .for_each_entry(&search, &mut |entry| {
            let entry = ContactEntry::of(settings, &**flavour, entry);
            let emails = entry.all_emails().filter_map(NormalisedEmail::new).collect();
            each(&entry, emails);
        })
        .await
}
