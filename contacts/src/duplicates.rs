//! Who shares an e-mail with somebody else.

use config::Contacts;
use keys::NormalisedEmail;
use thiserror::Error;

use crate::{DirectoryError, OpenError, SharedEmail, SqliteOperations, ldap, sql};

/// Who shares an e-mail could not be told.
#[derive(Debug, Error)]
pub enum DuplicatesError {
    /// The directory could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// The marks that are there several times, in order, each once.
pub(crate) fn several(mut marks: Vec<u64>) -> Vec<u64> {
    marks.sort_unstable();
    let mut several: Vec<u64> = marks
        .windows(2)
        .filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied())?)
        .collect();
    several.dedup();
    several
}

/// Hands over every e-mail that several contacts have, each with all who have it, active or not, and says how many e-mails that are. However large the
/// directory is, it is never in memory as a whole.
///
/// # Errors
/// [`DuplicatesError`] where the directory cannot be read.
pub async fn list(
    settings: &Contacts,
    mut each: impl FnMut(SharedEmail) + Send,
) -> Result<u64, DuplicatesError> {
    match settings {
        Contacts::Embedded(embedded) => {
            let directory = SqliteOperations::open(&embedded.sqlite_file).await?;
            let count = directory.shared_emails(&mut each).await;
            directory.close().await;
            Ok(count?)
        }
        Contacts::Sql(tables) => Ok(sql::duplicates(tables, &mut each).await?),
        Contacts::Ldap(directory) => Ok(ldap::duplicates(directory, &mut each).await?),
    }
}

/// Contacts in the order of their e-mails, of which only those that are shared are handed over.
pub(crate) struct Grouped<'a> {
    each: &'a mut (dyn FnMut(SharedEmail) + Send),
    /// The e-mail, and who has it first, until there is a second.
    last: Option<(NormalisedEmail, Option<SharedEmail>)>,
    count: u64,
}

impl<'a> Grouped<'a> {
    pub(crate) fn new(each: &'a mut (dyn FnMut(SharedEmail) + Send)) -> Self {
        Self { each, last: None, count: 0 }
    }

    pub(crate) fn add(&mut self, email: &NormalisedEmail, id: String, is_active: bool) {
        let contact = SharedEmail::Contact { id, is_active };
        match &mut self.last {
            Some((last, first)) if last == email => {
                if let Some(first) = first.take() {
                    self.count += 1;
                    (self.each)(SharedEmail::Email(email.masked()));
                    (self.each)(first);
                }
                (self.each)(contact);
            }
            _ => self.last = Some((email.clone(), Some(contact))),
        }
    }

    /// How many e-mails were shared.
    pub(crate) fn end(self) -> u64 {
        self.count
    }
}
