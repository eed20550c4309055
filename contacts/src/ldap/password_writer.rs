//! Setting passwords, by an account that may do nothing else.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use config::LdapContacts;
use jiff::Timestamp;
use keys::{ContactId, PasswordVersion};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::connection::ModifyError;
use super::contact_lookup::LdapDirectory;
use super::directory_policy::KeptPolicies;
use super::entry::{ContactEntry, is_kept};
use super::flavour::ModifyOutcome;
use super::probe::Role;
use crate::{
    Contact, DirectoryError, DirectoryServer, NotPrepared, OpenError, PasswordPolicy, PasswordWriter,
    PreparedPassword, SetPassword,
};

/// How often an entry that changes for another reason than its password, such as a failed sign-in, is read anew.
const ATTEMPTS: u32 = 5;
/// How often, and how far apart, an entry is read until it shows that its password was set.
const READINGS: u32 = 20;
const BETWEEN_READINGS: Duration = Duration::from_millis(60);

/// An LDAP directory, for whoever sets passwords.
pub struct LdapPasswordWriter {
    pub(super) directory: Arc<LdapDirectory>,
    /// The directory at each of its servers alone, on a connection of its own that is made once it is asked.
    alone: Vec<(DirectoryServer, Arc<LdapDirectory>)>,
    policies: Arc<KeptPolicies>,
}

impl LdapPasswordWriter {
    /// Connects, and holds the settings against the server.
    ///
    /// # Errors
    /// [`OpenError::Ldap`] where it cannot be reached, or is not as the config says.
    pub async fn open(settings: &LdapContacts) -> Result<Self, OpenError> {
        let directory = Arc::new(LdapDirectory::open(settings, Role::Writer).await?);
        let alone = match settings.servers.as_slice() {
            [only] => vec![(DirectoryServer::new(&only.url), Arc::clone(&directory))],
            servers => {
                let alone = servers.iter().map(|server| {
                    let alone = directory.at(server)?;
                    Ok((DirectoryServer::new(&server.url), Arc::new(alone)))
                });
                alone.collect::<Result<_, String>>().map_err(OpenError::Ldap)?
            }
        };
        let writer = Self { directory, alone, policies: Arc::default() };
        if let Some(chosen) = writer.chosen() {
            tracing::info!(key = settings.account_key, chosen, "how passwords are set depends on the server");
        }
        Ok(writer)
    }

    /// How passwords are set and why so, where that depends on the server: for the operator.
    pub fn chosen(&self) -> Option<String> {
        self.directory.flavour.chosen()
    }

    /// Sets the password of an entry that is still as it was read.
    async fn modify(
        &self,
        entry: &ContactEntry,
        password: &str,
        until: Instant,
    ) -> Result<ModifyOutcome, DirectoryError> {
        let flavour = &self.directory.flavour;
        let change = flavour.change(entry, password).map_err(|text| self.directory.unreachable(&text))?;
        let answer = self.directory.connection.write(&entry.dn, &change, until).await;
        answer.map(|result| flavour.judge(&result)).map_err(|error| match error {
            ModifyError::NotSent(text) => self.directory.unreachable(&text),
            ModifyError::AnswerLost(text) => self.outcome_unknown(&text),
        })
    }

    /// Waits, and not for long, until the server shows that a password was set: one that notes it only after its answer would let another link to the
    /// same contact pass meanwhile.
    async fn until_noted(&self, id: &ContactId, before: &PasswordVersion) {
        for _ in 0..READINGS {
            match self.directory.entry(id).await {
                Ok(Some(entry)) if entry.version() == *before => {}
                // What happens from here on is no longer about this password.
                _ => return,
            }
            tokio::time::sleep(BETWEEN_READINGS).await;
        }
        tracing::warn!(
            key = self.directory.settings.account_key,
            "the directory does not note that a password was set: other links of this contact stay good until they expire. To mend: see the page of this server below docs/directories for how it keeps the time"
        );
    }

    /// Looks whether the server has noted a first password. No more are set where it has not, or does not say so in time.
    async fn look_for_first(&self, id: &ContactId, until: Instant) {
        let read = timeout_at(until, self.directory.entry(id)).await;
        let is_noted = matches!(read, Ok(Ok(Some(entry))) if entry.kept_version().is_some());
        if !is_noted {
            self.directory.first_passwords.end(self.directory.settings.account_key);
        }
    }

    fn outcome_unknown(&self, text: &str) -> DirectoryError {
        DirectoryError::OutcomeUnknown(format!("{}: {text}", self.directory.settings.account_key))
    }
}

#[async_trait]
impl PasswordWriter for LdapPasswordWriter {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.directory.read(id).await
    }

    fn at(&self, server: &DirectoryServer) -> Option<Arc<dyn PasswordWriter>> {
        let (server, directory) = self.alone.iter().find(|(name, _)| name == server)?;
        let alone = vec![(server.clone(), Arc::clone(directory))];
        Some(Arc::new(Self { directory: Arc::clone(directory), alone, policies: Arc::clone(&self.policies) }))
    }

    fn is_conditional(&self) -> bool {
        self.directory.flavour.is_conditional()
    }

    /// "Only if there is none yet" holds again and again where the server does not note a password, which is not known before one was set.
    fn is_conditional_for(&self, contact: &Contact) -> bool {
        self.is_conditional() && is_kept(&contact.password_version)
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    fn max_password_bytes(&self) -> Option<usize> {
        None
    }

    async fn password_policy(&self, contact: Option<&Contact>, now: Timestamp) -> PasswordPolicy {
        self.directory.password_policy(&self.policies, contact, now).await
    }

    /// The server hashes.
    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        Ok(PreparedPassword::new(password, None))
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        if let Err(refusal) = self.directory.flavour.accepts(&password.value) {
            return Ok(SetPassword::Refused(refusal));
        }
        // A link is good again when its lease ends: a modify that is sent later would set a password by a link that was taken back meanwhile. (The config holds
        // `timeout` to a sixth of the lease.)
        let patience = self.directory.connection.patience();
        let until = Instant::now() + patience;
        let mut turn = None;
        for _ in 0..ATTEMPTS {
            let entry = timeout_at(until, self.directory.entry(id))
                .await
                .unwrap_or_else(|_| Err(self.directory.unreachable("no answer in time")))?;
            let Some(entry) = entry.filter(|entry| entry.is_active && entry.version() == *expected) else {
                return Ok(SetPassword::VersionChanged);
            };
            if entry.has_none_yet() && turn.is_none() {
                let begun = timeout_at(until, self.directory.first_passwords.begin()).await;
                turn = Some(begun.map_err(|_| self.directory.unreachable("no answer in time"))?);
                // Whoever was before us may have set it.
                continue;
            }
            let outcome = self.modify(&entry, &password.value, until).await;
            if entry.has_none_yet()
                && matches!(
                    outcome,
                    Ok(ModifyOutcome::Set | ModifyOutcome::Unknown(_))
                        | Err(DirectoryError::OutcomeUnknown(_))
                )
            {
                self.look_for_first(id, until + patience).await;
            }
            match outcome? {
                ModifyOutcome::Set => {
                    if !self.is_conditional() {
                        // The password is set, whatever comes of this.
                        let _ = timeout_at(until + patience, self.until_noted(id, expected)).await;
                    }
                    return Ok(SetPassword::Set);
                }
                ModifyOutcome::VersionChanged => return Ok(SetPassword::VersionChanged),
                ModifyOutcome::EntryChanged => {}
                ModifyOutcome::Refused(refusal) => return Ok(SetPassword::Refused(refusal)),
                ModifyOutcome::NotWritten(text) => return Err(self.directory.unreachable(&text)),
                ModifyOutcome::Unknown(text) => return Err(self.outcome_unknown(&text)),
            }
        }
        Err(self.directory.unreachable("the entry kept changing while its password was to be set: try again"))
    }

    async fn close(&self) {
        self.directory.connection.close().await;
        for (_, alone) in &self.alone {
            alone.connection.close().await;
        }
    }
}
