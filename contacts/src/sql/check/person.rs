//! What is seen of one contact.

use keys::{ContactId, NormalisedEmail};

use super::contents::written_kind;
use super::{CheckedAccount, lookup};
use crate::contact::masked;
use crate::sql::rows::ContactRow;
use crate::{CheckedContact, ContactLookup as _, DirectoryError};

/// Everybody whom a person calls so, active or not.
pub(super) async fn called(
    reader: &CheckedAccount,
    typed: &str,
) -> Result<Vec<CheckedContact>, DirectoryError> {
    let mut rows = lookup(reader).called_so(typed).await?;
    if let Some(exact) = rows.iter().position(|row| row.id == typed) {
        rows = vec![rows.swap_remove(exact)];
    }
    let mut contacts = Vec::new();
    for row in rows {
        contacts.push(of_row(reader, row).await?);
    }
    Ok(contacts)
}

async fn of_row(reader: &CheckedAccount, row: ContactRow) -> Result<CheckedContact, DirectoryError> {
    let hash = &reader.settings.mapping.hash;
    let (id, id_refused) = match ContactId::new(row.id.as_str()) {
        Ok(id) => (Some(id), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let email = row.email.as_deref().and_then(NormalisedEmail::new);
    let sharing = match (&id, &email) {
        (Some(id), Some(email)) => Some(lookup(reader).others_with_email(email, id).await?),
        _ => None,
    };
    Ok(CheckedContact {
        name: row.name.clone(),
        id_refused,
        masked_email: row.email.as_deref().map(masked),
        sharing,
        is_active: row.is_active,
        may_replace: reader.table.hasher.may_replace(Some(&row.kind)),
        stored_kind: row.kind,
        written_kind: written_kind(hash.scheme),
        language: row.language,
        id: row.id,
    })
}
