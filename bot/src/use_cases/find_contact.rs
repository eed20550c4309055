//! Whom an admin means, and who they are.

use contacts::{Contact, DirectoryError, EmailSharing, Found};
use keys::ContactId;

use crate::admin::{Admin, Caller};
use crate::audit::Denial;
use crate::desk::Desk;
use crate::outcome::Refused;
use crate::policy::delivery::usable_email;
use crate::use_cases::search::Search;

/// Refuses whoever is not on the allow-list, and writes that down.
pub(crate) async fn refuse_stranger(desk: &Desk, caller: &Caller) -> Result<(), Refused> {
    if desk.settings.policy.may_issue(caller) {
        return Ok(());
    }
    desk.deny(&caller.admin, None, Denial::NotAllowed).await;
    Err(Refused::NotAllowed)
}

/// Whether this admin may, and whom they mean.
pub(crate) async fn resolve(
    desk: &Desk,
    search: &Search,
    caller: &Caller,
    typed: &str,
) -> Result<Contact, Refused> {
    refuse_stranger(desk, caller).await?;
    let admin = &caller.admin;
    match desk.directory.find(typed).await {
        Ok(Found::One(contact)) => Ok(contact),
        Ok(Found::Nobody) => {
            desk.deny(admin, None, Denial::NoSuchContact).await;
            Err(Refused::NoSuchContact { near: search.near(caller, typed).await })
        }
        Ok(Found::Several(ids)) => {
            desk.deny(admin, None, Denial::AmbiguousContact).await;
            Err(Refused::AmbiguousContact(ids))
        }
        Err(error) => {
            tracing::error!(%error, "a contact could not be looked up");
            Err(unavailable(&error))
        }
    }
}

/// The contact of exactly this id.
pub(crate) async fn find_exactly(desk: &Desk, id: &ContactId) -> Result<Contact, Refused> {
    match desk.directory.find_exact(id).await {
        Ok(Some(contact)) => Ok(contact),
        Ok(None) => Err(Refused::NoSuchContact { near: Vec::new() }),
        Err(error) => {
            tracing::error!(%error, "a contact could not be looked up");
            Err(unavailable(&error))
        }
    }
}

/// Which other contacts, active or not, have the same normalised e-mail.
pub(crate) async fn email_sharing(desk: &Desk, contact: &Contact) -> Result<EmailSharing, Refused> {
    let Some(email) = usable_email(contact) else { return Ok(EmailSharing::With(Vec::new())) };
    match desk.directory.others_with_email(email.normalised(), &contact.id).await {
        Ok(sharing) => {
            if let EmailSharing::Undecided(reason) = &sharing {
                tracing::warn!(reason, "whether an e-mail is shared is undecided, so it counts as shared");
            }
            Ok(sharing)
        }
        Err(error) => {
            tracing::error!(%error, "who else has an e-mail could not be looked up");
            Err(unavailable(&error))
        }
    }
}

/// What is said of a directory that gave no answer.
fn unavailable(error: &DirectoryError) -> Refused {
    match error {
        DirectoryError::Unusable(_) => Refused::DirectoryUnusable,
        DirectoryError::Unreachable(_) | DirectoryError::OutcomeUnknown(_) => Refused::DirectoryUnavailable,
    }
}

/// Nobody gets a link that leads nowhere.
pub(crate) async fn refuse_obstacle(desk: &Desk, admin: &Admin, contact: &Contact) -> Result<(), Refused> {
    let Some(obstacle) = contact.obstacle.clone() else { return Ok(()) };
    desk.deny(admin, Some(contact.id.clone()), Denial::CannotBeReset).await;
    Err(Refused::CannotBeReset { contact: contact.id.clone(), name: contact.name.clone(), obstacle })
}
