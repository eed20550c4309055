//! The one connection of a role: every request shares it, and a lost one is made anew.

use std::time::Duration;

use config::{LdapContacts, LdapSecurity, Secret};
use ldap3::controls::RawControl;
use ldap3::exop::PasswordModify;
use ldap3::result::ExopResult;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Scope, SearchEntry, SearchResult};
use tokio::sync::Mutex;
use tokio::time::{error::Elapsed, timeout};

use super::error::{describe, describe_result, is_lost};
use super::flavour::EntryModify;
use super::paging;
use super::tls;

/// A connection of one account.
///
/// Invariant: the lock is held while a connection is made, and never while a request waits for its answer: one that stalls holds up nobody.
pub(super) struct LdapConnection {
    settings: LdapConnSettings,
    url: String,
    bind_dn: String,
    password: Secret,
    patience: Duration,
    open: Mutex<OpenConnection>,
}

#[derive(Default)]
struct OpenConnection {
    /// How many there have been.
    number: u64,
    ldap: Option<Ldap>,
}

/// What is searched for.
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [&'a str],
    /// So many entries at most.
    pub(super) limit: usize,
    pub(super) patience: Duration,
    pub(super) control: Option<RawControl>,
}

/// What a search found.
pub(super) struct FoundEntries {
    pub(super) entries: Vec<SearchEntry>,
    /// There are more.
    pub(super) is_cut: bool,
}

/// Why a search found nothing.
#[derive(Debug)]
pub(super) enum SearchError {
    /// It took too long.
    TookTooLong,
    /// RFC 4528: the assertion does not hold.
    AssertionFailed,
    /// Anything else, for the operator.
    Failed(String),
}

/// The Password Modify operation (RFC 3062), as a server's root entry lists it.
pub(super) const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";

/// What is written to an entry.
pub(super) enum EntryWrite<'a> {
    Modify(&'a EntryModify),
    /// RFC 3062.
    PasswordModify {
        password: &'a str,
        controls: &'a [RawControl],
    },
}

/// Why it is not known what a write came to.
pub(super) enum ModifyError {
    /// Nothing was sent.
    NotSent(String),
    /// It was sent, and no answer came.
    AnswerLost(String),
}

impl SearchError {
    pub(super) fn text(&self) -> String {
        match self {
            Self::TookTooLong => "no answer in time".to_owned(),
            Self::AssertionFailed => "an assertion does not hold that must".to_owned(),
            Self::Failed(text) => text.clone(),
        }
    }
}

impl LdapConnection {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// Why the certificate authorities cannot be read.
    pub(super) fn new(settings: &LdapContacts) -> Result<Self, String> {
        let ca_file = settings.ca_file.as_deref();
        let tls = tls::client_config(ca_file).map_err(|error| {
            let file = ca_file.map(|file| file.display().to_string()).unwrap_or_default();
            format!("contacts.ca_file: {file}: {error}")
        })?;
        let patience = settings.timeout.unsigned_abs();
        Ok(Self {
            settings: LdapConnSettings::new()
                .set_conn_timeout(patience)
                .set_config(tls)
                .set_starttls(settings.security == LdapSecurity::StartTls),
            url: settings.url.clone(),
            bind_dn: settings.bind_dn.clone(),
            password: settings.password.clone(),
            patience,
            open: Mutex::default(),
        })
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// The connection with its number: the one that is open, or a new one, on which the account is signed in.
    async fn connected(&self) -> Result<(u64, Ldap), LdapError> {
        let mut open = timeout(self.patience, self.open.lock()).await?;
        let open = &mut *open;
        if let Some(ldap) = open.ldap.as_mut()
            && !ldap.is_closed()
        {
            return Ok((open.number, ldap.clone()));
        }
        open.ldap = None;
        let ldap = timeout(self.patience, self.connect()).await??;
        open.number += 1;
        open.ldap = Some(ldap.clone());
        Ok((open.number, ldap))
    }

    /// What the server answers to a bind with this password, on a connection that ends with it.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn bind_alone(
        &self,
        dn: &str,
        password: &str,
        control: RawControl,
    ) -> Result<LdapResult, String> {
        let bound = timeout(self.patience, async {
            let mut ldap = self.reach().await?;
            let bound = ldap.with_controls(control).simple_bind(dn, password).await?;
            // Whoever cannot take leave is gone.
            let _ = ldap.unbind().await;
            Ok(bound)
        });
        bound.await.unwrap_or_else(|elapsed| Err(elapsed.into())).map_err(|error: LdapError| describe(&error))
    }

    async fn connect(&self) -> Result<Ldap, LdapError> {
        let mut ldap = self.reach().await?;
        ldap.simple_bind(&self.bind_dn, self.password.expose()).await?.success()?;
        Ok(ldap)
    }

    /// A connection on which nobody is signed in.
    async fn reach(&self) -> Result<Ldap, LdapError> {
        let (connection, ldap) = LdapConnAsync::with_settings(self.settings.clone(), &self.url).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(error = describe(&error), "a connection to the contact directory has ended");
            }
        });
        Ok(ldap)
    }

    /// The next request makes a new connection. Requests that still wait on this one may yet be answered.
    async fn leave(&self, number: u64) {
        let mut open = self.open.lock().await;
        if open.number == number {
            open.ldap = None;
        }
    }

    /// Searches. Where the connection has broken meanwhile, once more on a new one.
    ///
    /// # Errors
    /// See [`SearchError`].
    pub(super) async fn search(&self, search: &Search<'_>) -> Result<FoundEntries, SearchError> {
        let mut is_first = true;
        loop {
            let (number, ldap) =
                self.connected().await.map_err(|error| SearchError::Failed(describe(&error)))?;
            let found = match timeout(search.patience, paging::search(ldap, search)).await {
                Ok(found) => found,
                Err(elapsed) => Err(LdapError::from(elapsed)),
            };
            match found {
                Ok(SearchResult(entries, result)) => return judged(entries, &result),
                Err(error) => {
                    self.leave(number).await;
                    match error {
                        error if is_first && is_lost(&error) => is_first = false,
                        LdapError::Timeout { .. } => return Err(SearchError::TookTooLong),
                        error => return Err(SearchError::Failed(describe(&error))),
                    }
                }
            }
        }
    }

    /// Changes an entry. Where the connection was lost before anything was sent, on a new one.
    ///
    /// # Errors
    /// See [`ModifyError`].
    pub(super) async fn write(&self, dn: &str, write: &EntryWrite<'_>) -> Result<LdapResult, ModifyError> {
        let mut is_first = true;
        loop {
            let (number, ldap) =
                self.connected().await.map_err(|error| ModifyError::NotSent(describe(&error)))?;
            let answered: Result<Result<LdapResult, LdapError>, Elapsed> =
                timeout(self.patience, write_on(ldap, self.patience, dn, write)).await;
            match answered.unwrap_or_else(|elapsed| Err(elapsed.into())) {
                Ok(result) => return Ok(result),
                Err(error) => {
                    self.leave(number).await;
                    match error {
                        LdapError::OpSend { .. } if is_first => is_first = false,
                        LdapError::OpSend { .. } => return Err(ModifyError::NotSent(describe(&error))),
                        error => return Err(ModifyError::AnswerLost(describe(&error))),
                    }
                }
            }
        }
    }

    /// The connection itself, for whoever tries what an account may do: each request once, and none again.
    ///
    /// # Errors
    /// Why there is none, for the operator.
    pub(super) async fn for_trying(&self) -> Result<Ldap, String> {
        let (_, mut ldap) = self.connected().await.map_err(|error| describe(&error))?;
        ldap.with_timeout(self.patience);
        Ok(ldap)
    }

    /// Whether the server signs somebody in, on a connection of its own.
    ///
    /// # Errors
    /// Why that is not known, for the operator.
    pub(super) async fn signs_in(&self, dn: &str, password: &str) -> Result<bool, String> {
        let bound = timeout(self.patience, async {
            let (connection, mut ldap) =
                LdapConnAsync::with_settings(self.settings.clone(), &self.url).await?;
            tokio::spawn(async move { connection.drive().await });
            let bound = ldap.simple_bind(dn, password).await;
            // Whoever cannot take leave is gone.
            let _ = ldap.unbind().await;
            bound
        });
        match bound.await.unwrap_or_else(|elapsed| Err(elapsed.into())) {
            Ok(result) if result.rc == 0 => Ok(true),
            Ok(result) if result.rc == 49 => Ok(false),
            Ok(result) => Err(describe_result(&result)),
            Err(error) => Err(describe(&error)),
        }
    }

    /// Takes leave of the server.
    pub(super) async fn close(&self) {
        let ldap = self.open.lock().await.ldap.take();
        if let Some(mut ldap) = ldap {
            // Whoever cannot take leave is gone.
            let _ = timeout(self.patience, ldap.unbind()).await;
        }
    }
}

async fn write_on(
    mut ldap: Ldap,
    patience: Duration,
    dn: &str,
    write: &EntryWrite<'_>,
) -> Result<LdapResult, LdapError> {
    let ldap = ldap.with_timeout(patience);
    match write {
        EntryWrite::Modify(EntryModify { changes, controls }) => {
            ldap.with_controls(controls.clone()).modify(dn, changes.clone()).await
        }
        EntryWrite::PasswordModify { password, controls } => {
            let set = PasswordModify { user_id: Some(dn), old_pass: None, new_pass: Some(password) };
            let answer = ldap.with_controls(controls.to_vec()).extended(set).await;
            answer.map(|ExopResult(_, result)| result)
        }
    }
}

fn judged(entries: Vec<ldap3::ResultEntry>, result: &LdapResult) -> Result<FoundEntries, SearchError> {
    let is_cut = match result.rc {
        0 => false,
        // Size limit, ours or the server's; administrative limit.
        4 | 11 => true,
        3 => return Err(SearchError::TookTooLong),
        122 => return Err(SearchError::AssertionFailed),
        _ => return Err(SearchError::Failed(describe_result(result))),
    };
    let entries = entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect();
    Ok(FoundEntries { entries, is_cut })
}
