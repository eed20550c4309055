use std::fs;
use std::path::PathBuf;

use reset_link_tests::harness::databases::DatabaseRole::{Reader, Writer};
use reset_link_tests::harness::databases::{DatabaseKind, TestDatabase};

/// A page of `docs/directories`: what it tells an operator to do is what tests do.
pub(super) struct Page(Vec<String>);

impl Page {
    pub(super) fn of(application: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/directories");
        let text = fs::read_to_string(folder.join(format!("{application}.md"))).unwrap();
        Self(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// For an application that lacks this table.
    pub(super) fn without(mut self, table: &str) -> Self {
        let lines = self.0.len();
        self.0.retain(|line| !(line.starts_with("GRANT ") && line.contains(&format!(".{table} "))));
        assert!(self.0.len() < lines, "no GRANT names {table}");
        self
    }

    /// The settings in these blocks, counted from 0: those for `[contacts.mapping]` come together.
    pub(super) fn settings(&self, blocks: &[usize]) -> String {
        let mut lines: Vec<&str> = Vec::new();
        for block in blocks {
            let mut begins = self.0.iter().enumerate().filter(|(_, line)| *line == "```toml");
            let (begin, _) = begins.nth(*block).expect("there is a block of this number");
            for line in self.0[begin + 1..].iter().take_while(|line| *line != "```") {
                if !line.starts_with('[') || !lines.contains(&line.as_str()) {
                    lines.push(line);
                }
            }
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Gives both accounts what the page says.
    pub(super) async fn grant(&self, database: &TestDatabase) {
        if database.kind() == DatabaseKind::Sqlite {
            return;
        }
        let mut granted = 0;
        for statement in self.0.iter().filter(|line| line.starts_with("GRANT ")) {
            let mut statement = statement.replace(" ON site.", &format!(" ON {}.", database.name()));
            for (role, account) in [(Reader, "reset_link_reader"), (Writer, "reset_link_writer")] {
                // In MySQL an account has a host.
                for account in [&format!("{account}@'%'"), account] {
                    statement = statement.replace(account, &database.account(role));
                }
            }
            database.run(&statement).await;
            granted += 1;
        }
        assert!(granted > 1, "the page grants something to each account");
    }
}
