use reset_link_tests::harness::binary::Process;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole, TestDatabase};

use super::page::Page;
use crate::pages::link_for;
use crate::place::{Place, Visitor};

pub(super) const OLD: &str = "the password of before";
pub(super) const NEW: &str = "Grüße: quarrel-lantern otter";
pub(super) const OTHER: &str = "nine-umbrellas-of-a-keeper";

/// reset-link as an operator runs it on the tables of an application, with an account for each half.
pub(super) struct ResetLink {
    pub(super) process: Process,
    visitor: Visitor,
    secrets: Vec<String>,
    // The process works in it.
    _place: Place,
}

impl ResetLink {
    /// With the rights that the page names. `secrets`: further files that the settings name, and what is in them.
    pub(super) async fn run(
        database: &TestDatabase,
        page: &Page,
        settings: &str,
        secrets: &[(&str, &str)],
    ) -> Self {
        page.grant(database).await;
        let (reader, writer) = (database.url(DatabaseRole::Reader), database.url(DatabaseRole::Writer));
        let mut files = vec![("contacts-reader-url", reader.as_str()), ("contacts-writer-url", &writer)];
        files.extend(secrets);
        let place = Place::on_tables(settings, &files);
        let process = place.start().await;
        let mut kept: Vec<_> = secrets.iter().map(|(_, secret)| (*secret).to_owned()).collect();
        if database.kind() != DatabaseKind::Sqlite {
            kept.push(database.password().to_owned());
        }
        Self { process, visitor: Visitor::new(), secrets: kept, _place: place }
    }

    pub(super) async fn link(&mut self, contact: &str) -> String {
        link_for(&mut self.process, contact).await
    }

    /// What the page answers to a password: 200 where it is set.
    pub(super) async fn redeem(&self, link: &str, password: &str) -> u16 {
        let status = self.visitor.redeem(link, password).await;
        let log = self.process.stderr();
        for secret in self.secrets.iter().map(String::as_str).chain([password]) {
            assert!(!log.contains(secret), "the log holds a secret");
        }
        status
    }

    /// From the command to the page that says that it is done.
    pub(super) async fn reset(&mut self, contact: &str, password: &str) {
        let link = self.link(contact).await;
        assert_eq!(self.redeem(&link, password).await, 200, "{}", self.process.stderr());
    }

    /// A link that has been issued sets nothing any more.
    pub(super) async fn refuses(&self, link: &str) {
        assert_eq!(self.redeem(link, OTHER).await, 410, "{}", self.process.stderr());
    }
}
