//! What only the try-out has: sample contacts, mail into a folder, and a few words of welcome.

use std::net::SocketAddr;
use std::path::PathBuf;
use texts::{Key, chat};

use async_trait::async_trait;
use bot::chat::console::OwnCommands;
use bot::mail::{FileSender, MailBranding};
use bot::{Bot, Mailer};
use contacts::ensure_sample;
use std::sync::Arc;

use reset_link::exit_error::ExitError;

use crate::new_keys;
use crate::outcome::say;

/// Makes what is not there yet: keys and sample contacts. What is there stays.
pub(super) async fn prepare(config: &config::Bot) -> Result<(), ExitError> {
    let key_file = &config.keys.signing_key_file;
    if !key_file.exists() {
        new_keys::make_key(key_file)?;
    }
    let contacts = contacts::open::operations_or_create(&config.contacts).await?;
    ensure_sample(&contacts).await?;
    contacts.close().await;
    Ok(())
}

/// `occupied`: where it would have listened, had somebody else not done so.
pub(super) async fn say_welcome(config: &config::Bot, occupied: Option<SocketAddr>) -> Result<(), ExitError> {
    let contacts = contacts::open::operations(&config.contacts).await?;
    let records = contacts.list(None, 20).await?;
    contacts.close().await;
    let elsewhere =
        occupied.map_or_else(String::new, |address| format!("   ({address} is taken by another program)"));
    say(format_args!(
        "reset-link, try-out mode. Everything is kept in {}; nothing leaves this machine.\n\nThe redeem server: {}{elsewhere}\nContacts:",
        config.data.dir.display(),
        config.public_url.as_str()
    ));
    for record in records {
        let entry = &record.entry;
        say(format_args!(
            "  {:<8}  {}, {}",
            entry.id.as_str(),
            entry.name,
            entry.expose_email().unwrap_or("no e-mail")
        ));
    }
    say(format_args!(
        "\nContacts help themselves at {}/: a forgotten password, and another one for whoever knows theirs.",
        config.public_url.as_str()
    ));
    say(
        "\nType what a help desk's admin would type in chat:\n  /reset-link contact:ada      a link to reset Ada's password\n  /reset-status contact:ada    what became of it\n  \
         /reset-revoke contact:ada    withdraw it\n  /mail on                     mail goes to a folder; /mail off: no mail server\n  /help, /quit",
    );
    Ok(())
}

/// `/mail on` and `/mail off`.
pub(super) struct MailSwitch {
    bot: Bot,
    config: config::Bot,
}

impl MailSwitch {
    pub(super) fn new(bot: Bot, config: config::Bot) -> Self {
        Self { bot, config }
    }

    fn outbox(&self) -> PathBuf {
        self.config.data.dir.join("outbox")
    }

    fn on(&self) -> Result<String, ExitError> {
        let outbox = self.outbox();
        let sender = Arc::new(FileSender::new(&outbox)?);
        self.bot.set_mailer(Some(Mailer {
            sender,
            branding: MailBranding::new(&self.config.organisation)?,
            retry: None,
        }));
        Ok(format!("Mail is on: it goes to files in {}, and its text is shown here.", outbox.display()))
    }
}

#[async_trait]
impl OwnCommands for MailSwitch {
    async fn answer(&self, text: &str) -> Option<String> {
        let mut words = text.split_whitespace();
        if words.next() != Some("/mail") {
            return None;
        }
        Some(match (words.next(), words.next()) {
            (Some("on"), None) => {
                self.on().unwrap_or_else(|error| format!("Mail stays as it is: {:#}", error.error))
            }
            (Some("off"), None) => {
                self.bot.set_mailer(None);
                "Mail is off: no mail server is configured.".to_owned()
            }
            _ => "The forms: /mail on, /mail off".to_owned(),
        })
    }

    fn help(&self) -> Option<Key> {
        Some(chat::HELP_MAIL)
    }
}
