//! What a sample of the contacts holds: whose e-mails, ids and passwords are of what kind.

use std::collections::BTreeMap;

use keys::text::spelled_out;
use keys::{ContactId, NormalisedEmail};

use super::{BASE, EMAIL, FLAVOUR, ID};
use crate::CheckFinding;
use crate::ldap::connection::SearchError;
use crate::ldap::contact_lookup::LdapDirectory;
use crate::ldap::entry::ContactEntry;

/// So many entries are looked at, and fewer where the server lists fewer.
const SAMPLE: usize = 1_000;
/// So many ids are named.
const SHOWN: usize = 5;

#[derive(Default)]
struct Sample {
    entries: usize,
    is_cut: bool,
    inactive: usize,
    without_email: usize,
    several_emails: usize,
    no_address: usize,
    without_version: usize,
    ids: BTreeMap<String, usize>,
    /// Ids that cannot be one, each with why.
    refused_ids: Vec<String>,
}

/// Looks at it.
pub(super) async fn check(directory: &LdapDirectory) -> Vec<CheckFinding> {
    let (entries, is_cut) = match entries(directory).await {
        Ok(found) => found,
        Err(error) => {
            return vec![CheckFinding::not_checked(
                BASE,
                format!("what the entries hold was not looked at: {}", error.text()),
            )];
        }
    };
    let mut sample = Sample { is_cut, ..Sample::default() };
    entries.iter().filter(|entry| !entry.is_probe).for_each(|entry| sample.add(entry));
    if sample.entries == 0 {
        return vec![CheckFinding::warn(
            BASE,
            "no contact is below contacts.base that contacts.filter lets through: nobody can be found",
            "check contacts.base and contacts.filter, and that the reader may read the entries; or wait for the first contact",
        )];
    }
    vec![sample.of_entries(), sample.of_ids(), sample.of_emails(), sample.of_versions(directory).await]
}

async fn entries(directory: &LdapDirectory) -> Result<(Vec<ContactEntry>, bool), SearchError> {
    let all = "(objectClass=*)";
    let (mut entries, is_cut) = directory.entries(all, SAMPLE, directory.connection.patience()).await?;
    if !is_cut {
        directory.mark_inactive(&mut entries, all).await?;
    }
    Ok((entries, is_cut))
}

impl Sample {
    fn add(&mut self, entry: &ContactEntry) {
        self.entries += 1;
        self.inactive += usize::from(!entry.is_active);
        self.without_version += usize::from(entry.is_active && !entry.has_version());
        match entry.emails.as_slice() {
            [] => self.without_email += 1,
            [email] => self.no_address += usize::from(NormalisedEmail::new(email).is_none()),
            _ => self.several_emails += 1,
        }
        let shown = |id: &str| format!("\"{}\"", spelled_out(id).chars().take(80).collect::<String>());
        match entry.ids.as_slice() {
            [id] => match ContactId::new(id.as_str()) {
                Ok(_) => *self.ids.entry(id.clone()).or_default() += 1,
                Err(error) => self.refused_ids.push(format!("{} ({error})", shown(id))),
            },
            [] => self.refused_ids.push(format!("{} (it has none)", spelled_out(&entry.dn))),
            ids => {
                let ids: Vec<_> = ids.iter().map(|id| shown(id)).collect();
                self.refused_ids.push(format!("{} (one entry has all of them)", ids.join(" and ")));
            }
        }
    }

    fn of_entries(&self) -> CheckFinding {
        let entries = self.entries;
        let looked_at = match (entries, self.is_cut) {
            (1, false) => "1 contact was looked at".to_owned(),
            (_, false) => format!("all {entries} contacts were looked at"),
            (_, true) => format!("{entries} contacts were looked at, and there are more"),
        };
        if self.inactive == entries {
            return CheckFinding::warn(
                BASE,
                format!("{looked_at}: all of them are inactive, and nobody gets a link"),
                "check contacts.base and contacts.filter; `reset-link contacts check ID` says why somebody is inactive",
            );
        }
        let inactive = if self.inactive == 0 {
            "none of them inactive".to_owned()
        } else {
            format!("{} inactive", self.inactive)
        };
        CheckFinding::ok(BASE, format!("{looked_at}; {inactive}"))
    }

    fn of_ids(&self) -> CheckFinding {
        let twice: Vec<_> = self
            .ids
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|(id, _)| spelled_out(id).into_owned())
            .collect();
        if !twice.is_empty() {
            return CheckFinding::fail(
                ID,
                format!("several entries have one id, and none of them gets a link: {}", some(&twice)),
                "set contacts.id_attribute to an attribute that is unique below contacts.base; or give each of them an id of its own",
            );
        }
        if !self.refused_ids.is_empty() {
            return CheckFinding::warn(
                ID,
                format!(
                    "{} of {} contacts have an id that no link can carry: {}",
                    self.refused_ids.len(),
                    self.entries,
                    some(&self.refused_ids)
                ),
                "set contacts.id_attribute to an attribute of which each entry has one short value (employeeNumber, say)",
            );
        }
        CheckFinding::ok(ID, "every id that was looked at fits into a link")
    }

    fn of_emails(&self) -> CheckFinding {
        let counts: Vec<_> = [
            (self.without_email, "without an e-mail"),
            (self.several_emails, "with several e-mails, of which none is the primary one"),
            (self.no_address, "with an e-mail that is no address"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        if self.without_email + self.several_emails + self.no_address == self.entries {
            return CheckFinding::warn(
                EMAIL,
                format!(
                    "nobody who was looked at has a primary e-mail, so every link is handed over: {}",
                    counts.join(", ")
                ),
                "check contacts.email_attribute, and that the reader may read it",
            );
        }
        CheckFinding::ok(
            EMAIL,
            if counts.is_empty() {
                "everybody who was looked at has one e-mail".to_owned()
            } else {
                format!("links are handed over for {}", counts.join(", "))
            },
        )
    }

    async fn of_versions(&self, directory: &LdapDirectory) -> CheckFinding {
        if self.without_version == 0 {
            return CheckFinding::ok(
                FLAVOUR,
                "for everybody who was looked at it is known when their password was set, or that it never was",
            );
        }
        let Self { without_version, entries, .. } = self;
        let knows_none_yet = directory.flavour.knows_none_yet();
        if knows_none_yet && directory.probe_has_a_version().await {
            return CheckFinding::ok(
                FLAVOUR,
                format!(
                    "{without_version} of {entries} contacts have no password yet, and get links from the next start on: this server keeps when one is set"
                ),
            );
        }
        let cure = if knows_none_yet {
            "set contacts.probe_id and run `reset-link contacts check`: where that shows that the server keeps this time, such a contact gets a link as well"
        } else {
            directory.flavour.version_cure()
        };
        CheckFinding::warn(
            FLAVOUR,
            format!(
                "for {without_version} of {entries} contacts the directory does not say when their password was set, so they get no link"
            ),
            cure,
        )
    }
}

/// The first of them.
fn some(all: &[String]) -> String {
    let named: Vec<_> = all.iter().take(SHOWN).map(String::as_str).collect();
    let more = if all.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}
