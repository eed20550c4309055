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

/// How both accounts come to the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// With the rights that the application's page names.
    Table,
    /// By the views that `reset-link contacts views` prints.
    Views,
}

impl ResetLink {
    /// `secrets`: further files that the settings name, and what is in them.
    pub(super) async fn run(
        database: &TestDatabase,
        access: Access,
        page: &Page,
        settings: &str,
        secrets: &[(&str, &str)],
    ) -> Self {
        let (reader, writer) = (database.url(DatabaseRole::Reader), database.url(DatabaseRole::Writer));
        let mut files = vec![("contacts-reader-url", reader.as_str()), ("contacts-writer-url", &writer)];
        files.extend(secrets);
        let place = match access {
            Access::Table => {
                page.grant(database).await;
                Place::on_tables(settings, &files)
            }
            Access::Views => {
                let settings = match settings.contains("\nviews = true\n") {
                    true => settings.to_owned(),
                    false => settings.replacen("[contacts]\n", "[contacts]\nviews = true\n", 1),
                };
                let place = Place::on_tables(&settings, &files);
                let printed = place.run(&["contacts", "views"], "");
                assert!(printed.status.success(), "{printed:?}");
                let printed = String::from_utf8(printed.stdout).unwrap();
                // No Laravel has both tables of reset tokens, and an operator takes such lines out.
                let is_meant = |line: &&str| !line.contains("password_resets");
                database.run(&printed.lines().filter(is_meant).collect::<Vec<_>>().join("\n")).await;
                page.make_policies(database).await;
                place
            }
        };
        let checked = place.run(&["contacts", "check"], "");
        let said = String::from_utf8(checked.stdout).unwrap();
        assert!(checked.status.success(), "{said}");
        if database.kind() != DatabaseKind::Sqlite {
            let complains = |line: &str| line.starts_with("warn") && line.contains("url_file");
            assert!(!said.lines().any(complains), "the accounts may do what is not needed: {said}");
        }
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
