use std::sync::Arc;

use async_trait::async_trait;
use contacts::{
    Contact, DirectoryError, DirectoryServer, NotPrepared, PasswordWriter, PreparedPassword, SetPassword,
};
use keys::{ContactId, PasswordVersion};
use zeroize::Zeroizing;

use super::FakeDirectory;

/// A directory on several servers, none of which ever hears what was changed at another.
#[derive(Clone)]
pub(crate) struct FakeServers(Vec<FakeServer>);

/// One of them.
#[derive(Clone)]
pub(crate) struct FakeServer {
    pub(crate) name: DirectoryServer,
    pub(crate) directory: Arc<FakeDirectory>,
}

impl FakeServers {
    /// Servers at these addresses.
    pub(crate) fn at<const N: usize>(addresses: [&str; N]) -> Self {
        let server = |address: &str| FakeServer {
            name: DirectoryServer::new(address),
            directory: Arc::new(FakeDirectory::conditional().without_intended_versions()),
        };
        Self(addresses.map(server).to_vec())
    }

    pub(crate) fn servers(&self) -> &[FakeServer] {
        &self.0
    }

    /// The settings name this one no longer.
    pub(crate) fn without(&self, address: &str) -> Self {
        Self(self.0.iter().filter(|server| server.name.as_str() != address).cloned().collect())
    }

    fn first(&self) -> &FakeDirectory {
        &self.0[0].directory
    }
}

#[async_trait]
impl PasswordWriter for FakeServer {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        let contact = self.directory.read(id).await?;
        Ok(contact.map(|contact| Contact { server: Some(self.name.clone()), ..contact }))
    }

    fn is_conditional(&self) -> bool {
        self.directory.is_conditional()
    }

    fn is_conditional_for(&self, contact: &Contact) -> bool {
        self.directory.is_conditional_for(contact)
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        self.directory.normalised(password)
    }

    fn max_password_bytes(&self) -> Option<usize> {
        self.directory.max_password_bytes()
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        self.directory.prepare(password).await
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        self.directory.set(id, expected, password).await
    }
}

/// The first server that answers.
#[async_trait]
impl PasswordWriter for FakeServers {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        let mut read = Err(DirectoryError::Unreachable("there is no server".to_owned()));
        for server in &self.0 {
            read = server.read(id).await;
            if read.is_ok() {
                break;
            }
        }
        read
    }

    fn at(&self, server: &DirectoryServer) -> Option<Arc<dyn PasswordWriter>> {
        let found = self.0.iter().find(|one| one.name == *server)?;
        Some(Arc::new(found.clone()))
    }

    fn is_conditional(&self) -> bool {
        self.first().is_conditional()
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        self.first().normalised(password)
    }

    fn max_password_bytes(&self) -> Option<usize> {
        self.first().max_password_bytes()
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        self.first().prepare(password).await
    }

    async fn set(
        &self,
        _id: &ContactId,
        _expected: &PasswordVersion,
        _password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        panic!("a password is set at one server that is named")
    }
}
