//! The mailboxes that Postfix delivers to: Maildir, one file for each mail.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mail_parser::{Message, MessageParser};
use reset_link_tests::harness::binary::DEADLINE;

use crate::place::service;

/// A mail as it lies in the mailbox.
pub(crate) struct Mail(Vec<u8>);

impl Mail {
    pub(crate) fn parsed(&self) -> Message<'_> {
        MessageParser::default().parse(&self.0).unwrap()
    }

    pub(crate) fn subject(&self) -> String {
        self.parsed().subject().unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        self.parsed().body_text(0).unwrap().replace("\r\n", "\n")
    }

    pub(crate) fn html(&self) -> String {
        self.parsed().body_html(0).unwrap().into_owned()
    }

    /// The link, which stands alone on a line of the text.
    pub(crate) fn link(&self) -> Option<String> {
        self.line_with("/r/")
    }

    /// Where its reader says that it was not them.
    pub(crate) fn objection(&self) -> Option<String> {
        self.line_with("/n/")
    }

    fn line_with(&self, path: &str) -> Option<String> {
        self.text().lines().find(|line| line.starts_with("http") && line.contains(path)).map(str::to_owned)
    }
}

/// One person's mailbox.
pub(crate) struct Mailbox(PathBuf);

impl Mailbox {
    pub(crate) fn of(name: &str) -> Self {
        Self(PathBuf::from(service("MAILDIRS")).join(name).join("new"))
    }

    /// Waits until a mail with this subject lies there. Postfix delivers in its own time and tells nobody, so this looks again and again.
    pub(crate) async fn receives(&self, subject: &str) -> Mail {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let mails = self.mails();
            if let Some(index) = mails.iter().position(|mail| mail.subject() == subject) {
                return mails.into_iter().nth(index).unwrap();
            }
            let there: Vec<_> = mails.iter().map(Mail::subject).collect();
            assert!(Instant::now() < deadline, "no mail {subject:?} arrives; there are {there:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        // Postfix makes the folder with the first mail.
        let files = fs::read_dir(&self.0).into_iter().flatten();
        files.map(|file| Mail(fs::read(file.unwrap().path()).unwrap())).collect()
    }
}
