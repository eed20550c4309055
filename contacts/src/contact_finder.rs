use std::sync::Arc;

use keys::{ContactId, EmailAddress};

use crate::{ContactLookup, DirectoryError, Found};

/// Whom somebody means who typed an id or an e-mail, and nothing else of a directory: no search, no names.
#[derive(Clone)]
pub struct ContactFinder(Arc<dyn ContactLookup>);

impl ContactFinder {
    /// Asks this directory.
    pub fn new(lookup: Arc<dyn ContactLookup>) -> Self {
        Self(lookup)
    }

    /// The one active contact who has this id, or to whom alone this e-mail belongs; `None` where it is nobody, or not certain.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn find(&self, typed: &str) -> Result<Option<ContactId>, DirectoryError> {
        match self.0.find(typed).await? {
            Found::One(contact) => return Ok(Some(contact.id)),
            Found::Several(_) => return Ok(None),
            Found::Nobody => {}
        }
        let Some(email) = EmailAddress::new(typed) else { return Ok(None) };
        let mut having = self.0.with_email(email.normalised(), 2).await?;
        let one = having.pop();
        Ok(one.filter(|_| having.is_empty()).map(|contact| contact.id))
    }
}
