//! The people of the try-out: one for each way in which a link can reach somebody.

use keys::ContactId;

use crate::{ContactEntry, DirectoryError, SqliteOperations};

/// A handful of sample contacts: `ada` can be mailed to, `bob` has no e-mail, `carol` and `chris` share one, `dave`'s is `n/a`,
/// `emil` reads German, and `さくら` has a name and id outside the Latin script.
pub fn sample_contacts() -> Vec<ContactEntry> {
    let contact = |id: &str, name: &str| {
        ContactEntry::new(ContactId::new(id).expect("the sample ids are short and plain"), name)
    };
    vec![
        contact("ada", "Ada Lovelace").with_email("ada@example.org").with_language("en"),
        contact("bob", "Bob Baker").with_language("en"),
        contact("carol", "Carol Miller").with_email("family@example.net").with_language("en"),
        contact("chris", "Chris Miller").with_email("Family@Example.net").with_language("en"),
        contact("dave", "Dave Cooper").with_email("n/a").with_language("en"),
        contact("emil", "Emil Kästner").with_email("emil@example.org").with_language("de"),
        contact("さくら", "さくら 山田").with_email("sakura@example.org").with_language("ja"),
    ]
}

/// Adds the sample contacts to a directory that holds nobody; says whether it did.
///
/// # Errors
/// Where the directory cannot be asked or written.
pub async fn ensure_sample(directory: &SqliteOperations) -> Result<bool, DirectoryError> {
    directory.put_into_empty(&sample_contacts()).await
}

#[cfg(test)]
mod tests {
    use keys::NormalisedEmail;

    use super::*;
    use crate::{ContactLookup, EmailSharing, Found, SqliteContactLookup};

    #[tokio::test]
    async fn the_sample_shows_every_way_in_which_a_link_can_reach_somebody() {
        let folder = tempfile::tempdir().unwrap();
        let directory = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
        assert!(ensure_sample(&directory).await.unwrap());

        let lookup = SqliteContactLookup::open(directory.path()).await.unwrap();
        let others = async |id: &str| {
            let Found::One(contact) = lookup.find(id).await.unwrap() else { panic!("{id} is not there") };
            let email = contact.primary_email.as_deref().and_then(NormalisedEmail::new)?;
            let sharing = lookup.others_with_email(&email, &contact.id).await.unwrap();
            let EmailSharing::With(others) = sharing else { panic!("{sharing:?}") };
            Some(others.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>())
        };
        for unique in ["ada", "emil", "さくら"] {
            assert_eq!(others(unique).await, Some(vec![]), "{unique}");
        }
        for without in ["bob", "dave"] {
            assert_eq!(others(without).await, None, "{without}");
        }
        assert_eq!(others("carol").await, Some(vec!["chris".to_owned()]));
        assert_eq!(others("chris").await, Some(vec!["carol".to_owned()]));
    }

    #[tokio::test]
    async fn a_directory_that_holds_somebody_gets_no_sample() {
        let folder = tempfile::tempdir().unwrap();
        let directory = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
        directory.put(&[ContactEntry::new(ContactId::new("own").unwrap(), "Own Contact")]).await.unwrap();
        assert!(!ensure_sample(&directory).await.unwrap());
        assert_eq!(directory.count().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn the_sample_is_added_once() {
        let folder = tempfile::tempdir().unwrap();
        let directory = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
        assert!(ensure_sample(&directory).await.unwrap());
        assert!(!ensure_sample(&directory).await.unwrap());
        assert_eq!(directory.count().await.unwrap(), sample_contacts().len() as u64);
    }
}
