//! What an operator sees of an LDAP directory, and whether both accounts may do what they must and nothing more.
//!
//! Invariant: nobody real is changed. What an account may do is tried on the entry that is made for it (`contacts.probe_id`), and not at all without one, nor on
//! an entry that might be a person's.

mod both_accounts;
mod index;
mod person;
mod policy;
mod reader_rights;
mod sample;
mod trial;
mod writer_rights;

use config::{LdapContacts, LdapFlavour};
use keys::ContactId;
use keys::text::folded;

use super::contact_lookup::{LdapContactLookup, LdapDirectory};
use super::entry::ContactEntry;
use super::flavour;
use super::password_writer::LdapPasswordWriter;
use crate::{
    CheckFinding, CheckedLdapContact, ContactLookup as _, DirectoryError, Entropy, OpenError,
    PasswordWriter as _,
};

const PROBE: &str = "contacts.probe_id";
/// How the id of the entry for trying begins, or where ids are numbers its own name: a wrong id in the settings must not cost a person their password.
const PROBE_MARK: &str = "reset-link-probe";
const BASE: &str = "contacts.base";
const ID: &str = "contacts.id_attribute";
const EMAIL: &str = "contacts.email_attribute";
const CONDITIONAL: &str = "contacts.conditional";
const FLAVOUR: &str = "contacts.flavour";

/// An LDAP directory, for whoever checks it.
pub struct LdapCheck {
    reader: Result<LdapContactLookup, CheckFinding>,
    writer: Result<LdapPasswordWriter, CheckFinding>,
    entropy: Entropy,
}

impl LdapCheck {
    /// Opens the directory as both halves do. The passwords that are tried are drawn from `entropy`.
    pub async fn open(reader: &LdapContacts, writer: &LdapContacts, entropy: Entropy) -> Self {
        let as_reader = LdapContactLookup::open(reader).await;
        let as_writer = LdapPasswordWriter::open(writer).await;
        Self {
            reader: as_reader.map_err(|error| not_opened(reader, &error)),
            writer: as_writer.map_err(|error| not_opened(writer, &error)),
            entropy,
        }
    }

    /// Everything but single contacts. The entry that is made for trying has another password afterwards, which nobody knows; an entry that these ids protect
    /// is not taken for it.
    pub async fn findings(&self, protected: &[String]) -> Vec<CheckFinding> {
        self.found(Some(protected)).await
    }

    /// What reading alone shows: nothing is tried, and nobody's password is set.
    pub async fn findings_of_reading(&self) -> Vec<CheckFinding> {
        self.found(None).await
    }

    async fn found(&self, trying: Option<&[String]>) -> Vec<CheckFinding> {
        let mut findings = Vec::new();
        // Both accounts would say the same of an entry that is not there.
        let mut without_probe = None;
        match &self.reader {
            Ok(LdapContactLookup { directory, .. }) => {
                findings.push(accepted(directory, "may find contacts"));
                if let Some(protected) = trying {
                    match probe(directory, protected).await {
                        Ok(probe) => {
                            findings.extend(reader_rights::check(directory, &probe, &self.entropy).await);
                        }
                        Err(finding) => without_probe = Some(finding),
                    }
                }
            }
            Err(finding) => {
                findings.push(finding.clone());
                // The writer need not see e-mails.
                without_probe = trying.filter(|_| self.writer.is_ok()).map(|_| {
                    CheckFinding::not_checked(
                        PROBE,
                        "what the account that sets passwords may do was not tried, since the bot's account did not see whether that entry is nobody's",
                    )
                });
            }
        }
        match &self.writer {
            Ok(writer) => {
                findings.push(accepted(&writer.directory, "may read what a write depends on"));
                let key = match writer.directory.settings.flavour {
                    LdapFlavour::ActiveDirectory => CONDITIONAL,
                    _ => FLAVOUR,
                };
                findings.extend(writer.chosen().map(|chosen| CheckFinding::ok(key, chosen)));
                if let Some(protected) = trying.filter(|_| without_probe.is_none()) {
                    match probe(&writer.directory, protected).await {
                        Ok(probe) => findings
                            .extend(writer_rights::check(&writer.directory, probe, &self.entropy).await),
                        Err(finding) => without_probe = Some(finding),
                    }
                }
            }
            Err(finding) => findings.push(finding.clone()),
        }
        findings.extend(without_probe);
        if let Ok(reader) = &self.reader {
            findings.extend(sample::check(&reader.directory).await);
            if let Ok(writer) = &self.writer {
                findings.extend(both_accounts::check(&reader.directory, &writer.directory).await);
            }
            findings.extend(index::check(&reader.directory).await);
        }
        findings
    }

    /// What is seen of one contact, active or not; several where ids are as good as the same, none where nobody has it.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub async fn contacts(&self, typed: &str) -> Result<Vec<CheckedLdapContact>, DirectoryError> {
        match &self.reader {
            Ok(reader) => person::called(reader, typed).await,
            Err(finding) => Err(DirectoryError::Unreachable(finding.text.clone())),
        }
    }

    /// Everybody whom a person calls so ([`crate::ContactLookup::called`]).
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        match &self.reader {
            Ok(reader) => reader.called(typed).await,
            Err(finding) => Err(DirectoryError::Unreachable(finding.text.clone())),
        }
    }

    /// Takes leave of the server.
    pub async fn close(&self) {
        if let Ok(reader) = &self.reader {
            reader.close().await;
        }
        if let Ok(writer) = &self.writer {
            writer.close().await;
        }
    }
}

fn accepted(directory: &LdapDirectory, may: &str) -> CheckFinding {
    let LdapContacts { account_key, bind_dn, servers, base, .. } = &directory.settings;
    let servers: Vec<&str> = servers.iter().map(|server| server.url.as_str()).collect();
    CheckFinding::ok(
        account_key,
        format!("{bind_dn} is accepted by {} and {may} below {base}", servers.join(" or ")),
    )
}

fn not_opened(settings: &LdapContacts, error: &OpenError) -> CheckFinding {
    of_text(settings.account_key, &error.to_string(), flavour::page(settings.flavour))
}

/// A text of ours with its cure behind it, taken apart.
fn of_text(subject: &'static str, text: &str, page: &str) -> CheckFinding {
    let text = text.strip_prefix(subject).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(text);
    match text.split_once(". To mend: ") {
        Some((cause, cure)) => CheckFinding::fail(subject, cause, cure),
        None => CheckFinding::fail(
            subject,
            text,
            format!("see {page} for what the server must have, and what each account may"),
        ),
    }
}

/// The entry that is made for trying, as this account sees it. Security: an entry that might be a person's is refused, since its password would be gone.
async fn probe(directory: &LdapDirectory, protected: &[String]) -> Result<ContactEntry, CheckFinding> {
    let Some(id) = &directory.settings.probe_id else {
        return Err(CheckFinding::not_checked(
            PROBE,
            format!(
                "what the accounts may do was not tried, since no entry is named for it: make one that is nobody's ({} shows it), and set contacts.probe_id to its id",
                flavour::page(directory.settings.flavour)
            ),
        ));
    };
    match directory.probe().await {
        Ok(Some(entry)) => match whose(&entry, id, protected) {
            None => Ok(entry),
            Some(why) => Err(CheckFinding::fail(
                PROBE,
                format!("the entry {id} may be a person's, so nothing was tried on it: {why}"),
                format!(
                    "make an entry that is nobody's ({} shows it), without an e-mail, with an id that begins with {PROBE_MARK}",
                    flavour::page(directory.settings.flavour)
                ),
            )),
        },
        Ok(None) => Err(CheckFinding::fail(
            PROBE,
            format!(
                "nobody below contacts.base has exactly the id {id}, so what the accounts may do was not tried"
            ),
            "write it as the directory has it, and let contacts.filter take it for a contact; or make the entry",
        )),
        Err(error) => Err(of_text(PROBE, &error.to_string(), flavour::page(directory.settings.flavour))),
    }
}

/// Why this entry might be a person's.
fn whose(entry: &ContactEntry, id: &str, protected: &[String]) -> Option<&'static str> {
    let own_name = trial::split(&entry.dn).and_then(|(first, _)| first.split_once('='));
    let is_marked =
        id.starts_with(PROBE_MARK) || own_name.is_some_and(|(_, name)| name.starts_with(PROBE_MARK));
    if entry.has_some_email() {
        Some("it has an e-mail")
    } else if protected.iter().any(|protected| folded(protected) == folded(id)) {
        Some("contacts.protected names it")
    } else if !is_marked {
        Some("neither its id nor its own name begins with reset-link-probe")
    } else {
        None
    }
}
