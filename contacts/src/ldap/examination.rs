//! Of several servers each is examined before it is used first: one that is set up otherwise than the one that answered at the start would be believed to be alike.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use config::LdapContacts;

use super::connection::LdapConnection;
use super::contact_lookup::LdapDirectory;
use super::probe::Role;
use crate::DirectoryServer;

/// What each server of a directory must be found to be.
pub(super) struct ServerExamination {
    settings: LdapContacts,
    role: Role,
    /// How the server that answered at the start has passwords set, where that depends on the server.
    chosen: Option<String>,
    passed: Mutex<HashSet<DirectoryServer>>,
}

impl ServerExamination {
    /// `chosen`: what was found out of the server that answered at the start.
    pub(super) fn new(settings: &LdapContacts, role: Role, chosen: Option<String>) -> Self {
        Self { settings: settings.clone(), role, chosen, passed: Mutex::default() }
    }

    /// Holds the settings against this server, on a connection that ends with it; a server that has passed is not asked again.
    ///
    /// The type of the answer is written out since whoever examines connects, and whoever connects examines.
    ///
    /// # Errors
    /// What is missing there, with its cure.
    pub(super) fn examine<'a>(
        &'a self,
        server: &'a DirectoryServer,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            if self.passed().contains(server) {
                return Ok(());
            }
            let of_server = self.settings.servers.iter().filter(|named| named.url == server.as_str());
            let settings = LdapContacts { servers: of_server.cloned().collect(), ..self.settings.clone() };
            let connection = LdapConnection::new(&settings)?;
            let checked = LdapDirectory::checked(&connection, &settings, self.role).await;
            connection.close().await;
            if checked?.chosen() != self.chosen {
                return Err("it is of another kind than the server that answered when reset-link started, so passwords would be set in another way. To mend: name servers of one kind in contacts.ldap_url".to_owned());
            }
            self.passed().insert(server.clone());
            Ok(())
        })
    }

    fn passed(&self) -> std::sync::MutexGuard<'_, HashSet<DirectoryServer>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
