//! What became of a contact's links.

use keys::chained_log::LogError;

use crate::admin::Caller;
use crate::bot::Bot;
use crate::outcome::{Refused, Reply, Status};

impl Bot {
    pub(crate) async fn status(&self, caller: &Caller, typed: &str) -> Reply {
        let contact = match self.0.resolve(caller, typed).await {
            Ok(contact) => contact,
            Err(refused) => return Reply::Refused(refused),
        };
        let now = self.0.now();
        let told = async {
            let unsound = self.0.audit.look(now, |memory| memory.unsound().cloned()).await?;
            Ok::<_, LogError>((self.0.audit.history(now, &contact.id).await?, unsound))
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
}
