use std::fs;
use std::path::PathBuf;

use reset_link_tests::harness::databases::DatabaseRole::{Reader, Writer};
use reset_link_tests::harness::databases::{DatabaseKind, TestDatabase};

/// A page of `docs/directories`: what it tells an operator to do is what tests do.
pub(super) struct Page {
    lines: Vec<String>,
    grants: Vec<String>,
    policies: Vec<String>,
}

impl Page {
    pub(super) fn of(application: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/directories");
        let text = fs::read_to_string(folder.join(format!("{application}.md"))).unwrap();
        let lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
        let blocks = lines.split(|line| line.starts_with("```")).skip(1).step_by(2);
        let sql = blocks.flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        let beginning_so = |beginning: &str| {
            let statements = sql
                .split(';')
                .filter_map(|statement| statement.find(beginning).map(|at| statement.split_at(at).1));
            statements.map(str::to_owned).collect()
        };
        Self { grants: beginning_so("GRANT "), policies: beginning_so("CREATE POLICY "), lines }
    }

    /// For an application that lacks this table.
    pub(super) fn without(mut self, table: &str) -> Self {
        let all = self.grants.len();
        self.grants.retain(|grant| !grant.contains(&format!(".{table} ")));
        assert!(self.grants.len() < all, "no GRANT names {table}");
        self
    }

    /// The settings in these blocks, counted from 0: those for `[contacts.mapping]` come together.
    pub(super) fn settings(&self, blocks: &[usize]) -> String {
        let mut lines: Vec<&str> = Vec::new();
        for block in blocks {
            let mut begins = self.lines.iter().enumerate().filter(|(_, line)| *line == "```toml");
            let (begin, _) = begins.nth(*block).expect("there is a block of this number");
            for line in self.lines[begin + 1..].iter().take_while(|line| *line != "```") {
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
        for grant in &self.grants {
            Self::run(database, &grant.replace(" ON site.", &format!(" ON {}.", database.name()))).await;
        }
        assert!(self.grants.len() > 1, "the page grants something to each account");
    }

    /// Lets the accounts in where row-level security keeps them out.
    pub(super) async fn make_policies(&self, database: &TestDatabase) {
        for policy in &self.policies {
            Self::run(database, policy).await;
        }
    }

    async fn run(database: &TestDatabase, statement: &str) {
        let mut statement = statement.to_owned();
        for (role, account) in [(Reader, "reset_link_reader"), (Writer, "reset_link_writer")] {
            // In MySQL an account has a host.
            for account in [&format!("{account}@'%'"), account] {
                statement = statement.replace(account, &database.account(role));
            }
        }
        database.run(&format!("{statement};")).await;
    }
}
