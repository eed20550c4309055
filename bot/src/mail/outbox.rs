use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use lettre::{AsyncFileTransport, AsyncTransport, Tokio1Executor};

use super::failure::{Accepted, Cause, MailFailure, Step};
use super::message::OutgoingMail;
use super::sanitize::sanitize;
use super::sender::MailSender;

/// Writes mails into a folder, for the try-out: everybody who can read the folder can use the links in it.
pub struct FileSender {
    folder: PathBuf,
    shown: String,
    transport: AsyncFileTransport<Tokio1Executor>,
}

impl FileSender {
    /// Opens the outbox; a folder that does not exist is made, readable for this user alone.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new(folder: impl AsRef<Path>) -> io::Result<Self> {
        let folder = folder.as_ref();
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let transport = AsyncFileTransport::new(folder);
        Ok(Self { folder: folder.to_owned(), shown: folder.display().to_string(), transport })
    }
}

#[async_trait]
impl MailSender for FileSender {
    fn server(&self) -> &str {
        &self.shown
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<Accepted, MailFailure> {
        let unwritable = |error: lettre::transport::file::Error| MailFailure::Unreachable {
            step: Step::Message,
            cause: Cause::Outbox(sanitize(&error.to_string())),
        };
        let id = self.transport.send(mail.to_message()?).await.map_err(unwritable)?;
        let file = self.folder.join(format!("{id}.eml"));
        Ok(Accepted {
            by: self.shown.clone(),
            answer: format!("written to {}", file.display()),
            file: Some(file),
        })
    }
}
