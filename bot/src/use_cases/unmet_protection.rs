//! Protection that protects nobody: an entry of `contacts.protected` that is misspelt would otherwise go unnoticed until it is needed.

use contacts::DirectoryError;
use keys::text::spelled_out;

use crate::audit::Event;
use crate::desk::Desk;

/// Asks the directory whom each entry of `contacts.protected` names. One that names nobody is told in the log, the audit and each audit channel, at
/// each start; it goes on protecting whoever comes to have that id. Gives those entries.
///
/// # Errors
/// Where the directory cannot be asked.
pub(crate) async fn report_unmet_protection(desk: &Desk) -> Result<Vec<String>, DirectoryError> {
    let mut unmet = Vec::new();
    for entry in &desk.settings.policy.protected {
        if !desk.directory.called(entry).await?.is_empty() {
            continue;
        }
        tracing::warn!(
            entry = %spelled_out(entry),
            "contacts.protected names nobody here: no contact has this id; correct it, or take it out"
        );
        let event = Event::ProtectsNobody { entry: entry.clone() };
        if let Err(error) = desk.audit.write_at_start(desk.now(), event).await {
            tracing::error!(%error, "the audit could not be written");
        }
        unmet.push(entry.clone());
    }
    Ok(unmet)
}
