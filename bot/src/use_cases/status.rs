//! What became of a contact's links.

use keys::chained_log::LogError;

use crate::admin::Caller;
use crate::desk::Desk;
use crate::outcome::{Refused, Reply, Status};
use crate::use_cases::find_contact::resolve;
use crate::use_cases::search::Search;

/// Answers `/reset-status`.
pub(crate) async fn status(desk: &Desk, search: &Search, caller: &Caller, typed: &str) -> Reply {
    let contact = match resolve(desk, search, caller, typed).await {
        Ok(contact) => contact,
        Err(refused) => return Reply::Refused(refused),
    };
    let now = desk.now();
    let told = async {
        let unsound = desk.audit.look(now, |memory| memory.unsound().cloned()).await?;
        Ok::<_, LogError>((desk.audit.history(now, &contact.id).await?, unsound))
    };
    match told.await {
        Ok((links, unsound)) => {
            Reply::Status(Status { contact: contact.id, name: contact.name, links, unsound, now })
        }
        Err(error) => {
            tracing::error!(%error, "the audit cannot be read");
            Reply::Refused(Refused::AuditUnavailable)
        }
    }
}
