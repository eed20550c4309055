//! Protection that protects nobody: an entry of `contacts.protected` that is misspelt would otherwise go unnoticed until it is needed.

use contacts::DirectoryError;
use keys::text::spelled_out;

use crate::audit::Event;
use crate::bot::Bot;

impl Bot {
    /// Asks the directory whom each entry of `contacts.protected` names. One that names nobody is told in the log, the audit and each audit channel, at
    /// each start; it goes on protecting whoever comes to have that id. Gives those entries.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn tell_unmet_protection(&self) -> Result<Vec<String>, DirectoryError> {
        let mut unmet = Vec::new();
        for entry in &self.0.settings.policy.protected {
            if !self.0.lookup.called(entry).await?.is_empty() {
                continue;
            }
            tracing::warn!(
                entry = %spelled_out(entry),
                "contacts.protected names nobody here: no contact has this id; correct it, or take it out"
            );
            let event = Event::ProtectsNobody { entry: entry.clone() };
            if let Err(error) = self.0.audit.write_at_start(self.0.now(), event).await {
                tracing::error!(%error, "the audit could not be written");
            }
            unmet.push(entry.clone());
        }
        Ok(unmet)
    }
}
