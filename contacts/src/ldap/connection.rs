//! The one connection of a role: every request shares it, and a lost one is made anew, at the first server that answers.

use std::sync::Arc;
use std::time::Duration;

use config::{LdapContacts, Secret};
use ldap3::controls::RawControl;
use ldap3::exop::PasswordModify;
use ldap3::result::ExopResult;
use ldap3::{Ldap, LdapError, LdapResult, Scope, SearchEntry, SearchResult};
use net::Roots;
use tokio::sync::Mutex;
use tokio::time::{Instant, error::Elapsed, timeout, timeout_at};

use super::error::{describe, describe_result, is_lost};
use super::examination::ServerExamination;
use super::flavour::{EntryModify, PasswordChange};
use super::paging;
use super::result_entry;
use super::server::{LdapServer, NotConnected};
use super::server_order::ServerOrder;
use crate::DirectoryServer;

/// A connection of one account.
///
/// Invariant: the lock is held while a connection is made, and never while a request waits for its answer: one that stalls holds up nobody. Making one takes no
/// longer than one request may, however many servers are tried.
pub(super) struct LdapConnection {
    /// At least one.
    servers: Vec<LdapServer>,
    bind_dn: String,
    password: Secret,
    patience: Duration,
    /// What each server is asked before it is used first; `None` where the one that answers is being examined.
    examination: Option<Arc<ServerExamination>>,
    open: Mutex<OpenConnection>,
}

struct OpenConnection {
    /// How many there have been.
    number: u64,
    /// With the server's place in the settings.
    ldap: Option<(usize, Ldap)>,
    order: ServerOrder,
}

/// The connection as one request uses it.
struct SharedConnection {
    number: u64,
    server: usize,
    ldap: Ldap,
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
    /// Who answered.
    pub(super) server: DirectoryServer,
    pub(super) entries: Vec<SearchEntry>,
    /// There are more.
    pub(super) is_cut: bool,
    /// Branches that are at another server, each as the URL where they are: nothing in them was looked at.
    pub(super) references: Vec<String>,
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
        let mut roots = Roots::of_this_machine();
        if let Some(file) = &settings.ca_file {
            roots = roots
                .and_file(file)
                .map_err(|error| format!("contacts.ca_file: {}: {error}", file.display()))?;
        }
        let servers = settings.servers.iter().map(|server| LdapServer::new(server, &roots));
        let servers = servers.collect::<Result<Vec<_>, _>>()?;
        let order = ServerOrder::of(servers.len());
        Ok(Self {
            servers,
            bind_dn: settings.bind_dn.clone(),
            password: settings.password.clone(),
            patience: settings.timeout.unsigned_abs(),
            examination: None,
            open: Mutex::new(OpenConnection { number: 0, ldap: None, order }),
        })
    }

    /// From now on no server is used that has not passed this.
    pub(super) fn examined_by(self, examination: &Arc<ServerExamination>) -> Self {
        Self { examination: Some(Arc::clone(examination)), ..self }
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Until when a request that is begun now may be sent.
    pub(super) fn until(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// What the server that is asked everything else answers to a bind with this password, on a connection that ends with it.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn bind_alone(
        &self,
        dn: &str,
        password: &str,
        control: RawControl,
    ) -> Result<LdapResult, String> {
        let SharedConnection { server, .. } = self.connected(self.until()).await?;
        let bound = timeout(self.patience, async {
            let mut ldap = self.servers[server].open().await?;
            let bound = ldap.with_controls(control).simple_bind(dn, password).await?;
            // Whoever cannot take leave is gone.
            let _ = ldap.unbind().await;
            Ok(bound)
        });
        bound.await.unwrap_or_else(|elapsed| Err(elapsed.into())).map_err(|error: LdapError| describe(&error))
    }

    /// The connection: the one that is open, or until this time a new one, on which the account is signed in.
    async fn connected(&self, until: Instant) -> Result<SharedConnection, String> {
        let lock = timeout_at(until, self.open.lock()).await;
        let mut open = lock.map_err(|elapsed| describe(&elapsed.into()))?;
        if let Some((server, ldap)) = &mut open.ldap
            && !ldap.is_closed()
        {
            let (server, ldap) = (*server, ldap.clone());
            return Ok(SharedConnection { number: open.number, server, ldap });
        }
        open.ldap = None;
        let (server, ldap) = self.first_to_answer(&mut open.order, until).await?;
        open.number += 1;
        open.ldap = Some((server, ldap.clone()));
        Ok(SharedConnection { number: open.number, server, ldap })
    }

    /// Tries one server after the other. Of the time that is left each has an equal share.
    async fn first_to_answer(
        &self,
        order: &mut ServerOrder,
        until: Instant,
    ) -> Result<(usize, Ldap), String> {
        let began = Instant::now();
        // Who had hardly any time has not failed to answer.
        let is_fair = until.saturating_duration_since(began) >= self.patience / 2;
        let mut failures = Vec::new();
        let in_turn = order.at(began);
        let mut untried = u32::try_from(in_turn.len()).unwrap_or(u32::MAX);
        for server in in_turn {
            let share = until.saturating_duration_since(Instant::now()) / untried;
            untried -= 1;
            let (failure, is_refused) = match timeout(share, self.connect_to(server)).await {
                Ok(Ok(ldap)) => {
                    order.has_answered(server);
                    return Ok((server, ldap));
                }
                Ok(Err(failure)) => failure,
                Err(elapsed) => (describe(&elapsed.into()), false),
            };
            if is_fair || is_refused {
                order.has_not_answered(server, Instant::now());
            }
            if self.servers.len() > 1 {
                let server = self.servers[server].name().as_str();
                if is_refused {
                    tracing::error!(
                        server,
                        failure,
                        "a server of the contact directory does not accept the account, or is not as it must be"
                    );
                } else {
                    tracing::warn!(server, failure, "a server of the contact directory does not answer");
                }
            }
            failures.push(self.at(server, &failure));
        }
        Err(failures.join("; "))
    }

    /// A connection to this server, once it has been examined. Otherwise why there is none, and whether the server itself is the cause.
    async fn connect_to(&self, server: usize) -> Result<Ldap, (String, bool)> {
        let server = &self.servers[server];
        let ldap = match server.connect(&self.bind_dn, self.password.expose()).await {
            Ok(ldap) => ldap,
            Err(NotConnected::Refused(error)) => return Err((describe(&error), true)),
            Err(NotConnected::Unreachable(error)) => return Err((describe(&error), false)),
        };
        if let Some(examination) = &self.examination {
            examination.examine(server.name()).await.map_err(|missing| (missing, true))?;
        }
        Ok(ldap)
    }

    /// With the server, where that is in doubt.
    fn at(&self, server: usize, text: &str) -> String {
        match self.servers.as_slice() {
            [_] => text.to_owned(),
            servers => format!("{}: {text}", servers[server].name().as_str()),
        }
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
            let connected = self.connected(self.until()).await;
            let SharedConnection { number, server, ldap } = connected.map_err(SearchError::Failed)?;
            let found = match timeout(search.patience, paging::search(ldap, search)).await {
                Ok(found) => found,
                Err(elapsed) => Err(LdapError::from(elapsed)),
            };
            match found {
                Ok(SearchResult(entries, result)) => {
                    return judged(self.servers[server].name(), entries, &result);
                }
                Err(error) => {
                    self.leave(number).await;
                    match error {
                        error if is_first && is_lost(&error) => is_first = false,
                        LdapError::Timeout { .. } => return Err(SearchError::TookTooLong),
                        error => return Err(SearchError::Failed(self.at(server, &describe(&error)))),
                    }
                }
            }
        }
    }

    /// Searches for everybody, however many there are, each page in the time that one search may take.
    ///
    /// # Errors
    /// See [`SearchError`]; also where the server does not list all of them.
    pub(super) async fn for_each_entry(
        &self,
        search: &Search<'_>,
        each: &mut (dyn FnMut(SearchEntry) + Send),
    ) -> Result<(), SearchError> {
        let failed = |error: LdapError| match error {
            LdapError::Timeout { .. } => SearchError::TookTooLong,
            error => SearchError::Failed(describe(&error)),
        };
        let connected = self.connected(self.until()).await;
        let SharedConnection { number, server, ldap } = connected.map_err(SearchError::Failed)?;
        let server = self.servers[server].name();
        let mut listed = 0_usize;
        let result = paging::for_each(ldap, search, &mut |page| {
            listed += page.len();
            page.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).for_each(&mut *each);
        })
        .await;
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                self.leave(number).await;
                return Err(failed(error));
            }
        };
        if judged(server, Vec::new(), &result)?.is_cut {
            return Err(SearchError::Failed(format!(
                "the server lists no more than {listed} entries to this account. To mend: let it list all, in pages (with OpenLDAP `limits`, with 389 Directory Server nsSizeLimit and nsPagedSizeLimit of the account)"
            )));
        }
        Ok(())
    }

    /// Sets the password of an entry. Where the connection was lost before anything was sent, once more on a new one. It is sent until this time or not at all, and its
    /// answer is waited for as long as for that of any request.
    ///
    /// # Errors
    /// See [`ModifyError`].
    pub(super) async fn write(
        &self,
        dn: &str,
        change: &PasswordChange,
        until: Instant,
    ) -> Result<LdapResult, ModifyError> {
        let mut is_first = true;
        loop {
            let connected = self.connected(until).await;
            let SharedConnection { number, server, ldap } = connected.map_err(ModifyError::NotSent)?;
            if Instant::now() >= until {
                return Err(ModifyError::NotSent("there was no time left to send it".to_owned()));
            }
            let answered: Result<Result<LdapResult, LdapError>, Elapsed> =
                timeout(self.patience, write_on(ldap, self.patience, dn, change)).await;
            match answered.unwrap_or_else(|elapsed| Err(elapsed.into())) {
                Ok(result) => return Ok(result),
                Err(error) => {
                    self.leave(number).await;
                    match error {
                        LdapError::OpSend { .. } if is_first => is_first = false,
                        LdapError::OpSend { .. } => {
                            return Err(ModifyError::NotSent(self.at(server, &describe(&error))));
                        }
                        error => return Err(ModifyError::AnswerLost(self.at(server, &describe(&error)))),
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
        let SharedConnection { mut ldap, .. } = self.connected(self.until()).await?;
        ldap.with_timeout(self.patience);
        Ok(ldap)
    }

    /// Takes leave of the server.
    pub(super) async fn close(&self) {
        let ldap = self.open.lock().await.ldap.take();
        if let Some((_, mut ldap)) = ldap {
            // Whoever cannot take leave is gone.
            let _ = timeout(self.patience, ldap.unbind()).await;
        }
    }
}

async fn write_on(
    mut ldap: Ldap,
    patience: Duration,
    dn: &str,
    change: &PasswordChange,
) -> Result<LdapResult, LdapError> {
    let ldap = ldap.with_timeout(patience);
    match change {
        PasswordChange::Modify(EntryModify { changes, controls }) => {
            ldap.with_controls(controls.clone()).modify(dn, changes.clone()).await
        }
        PasswordChange::PasswordModify { password, controls } => {
            let set = PasswordModify { user_id: Some(dn), old_pass: None, new_pass: Some(password) };
            let answer = ldap.with_controls(controls.clone()).extended(set).await;
            answer.map(|ExopResult(_, result)| result)
        }
    }
}

fn judged(
    server: &DirectoryServer,
    entries: Vec<ldap3::ResultEntry>,
    result: &LdapResult,
) -> Result<FoundEntries, SearchError> {
    let is_cut = match result.rc {
        0 => false,
        // Size limit, ours or the server's; administrative limit.
        4 | 11 => true,
        3 => return Err(SearchError::TookTooLong),
        122 => return Err(SearchError::AssertionFailed),
        _ => return Err(SearchError::Failed(describe_result(result))),
    };
    let entries = entries.into_iter().map(result_entry::read).collect::<Option<_>>();
    let entries =
        entries.ok_or_else(|| SearchError::Failed("the server answered what is no entry".to_owned()))?;
    Ok(FoundEntries { server: server.clone(), entries, is_cut, references: result.refs.clone() })
}

#[cfg(test)]
mod tests;
