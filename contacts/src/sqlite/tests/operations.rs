use super::*;

#[tokio::test]
async fn a_listing_goes_on_where_it_stopped_until_everybody_was_named_once() {
    let everybody: Vec<_> = ["a", "B", "c", "さくら", "z"].map(contact).into();
    let directory = TestDirectory::new(&everybody).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = directory.operations.list(after.as_ref(), 2).await.unwrap();
        after = page.last().map(|record| record.entry.id.clone());
        seen.extend(page.iter().map(|record| record.entry.id.as_str().to_owned()));
        if page.len() < 2 {
            break;
        }
    }
    assert_eq!(seen, ["B", "a", "c", "z", "さくら"]);
}

#[tokio::test]
async fn a_contact_is_shown_as_it_stands_active_or_not() {
    let old = contact("old").with_email("Old@Example.org").with_language("pt-BR").inactive();
    let directory = TestDirectory::new(std::slice::from_ref(&old)).await;
    let shown = directory.operations.show(&id("old")).await.unwrap().unwrap();
    assert_eq!(shown.entry, old);
    assert!(!shown.has_password);
    assert!(directory.operations.show(&id("OLD")).await.unwrap().is_none());
}

#[tokio::test]
async fn putting_a_contact_again_changes_all_but_the_password() {
    let directory =
        TestDirectory::new(&[contact("ada").with_email("ada@example.org").with_language("en")]).await;
    directory.behind_our_back("UPDATE contacts SET password_hash = '$argon2id$x'").await.unwrap();
    let version = directory.one("ada").await.password_version;
    let changed = ContactEntry::new(id("ada"), "Ada King").with_email("countess@example.org");
    directory.operations.put(std::slice::from_ref(&changed)).await.unwrap();
    assert_eq!(directory.operations.show(&id("ada")).await.unwrap().unwrap().entry, changed);
    assert_eq!(directory.one("ada").await.password_version, version);
    assert_eq!(directory.others("countess@example.org", "bob").await, ["ada"]);
    assert!(directory.others("ada@example.org", "bob").await.is_empty());
}

#[tokio::test]
async fn contacts_are_put_all_or_none() {
    let directory = TestDirectory::new(&[]).await;
    // The table refuses an empty name, here behind a thousand good rows.
    let mut contacts: Vec<_> = (0..1000).map(|n| contact(&format!("c{n}"))).collect();
    contacts.push(ContactEntry::new(id("bad"), ""));
    assert!(directory.operations.put(&contacts).await.is_err());
    assert_eq!(directory.operations.count().await.unwrap(), 0);
}
