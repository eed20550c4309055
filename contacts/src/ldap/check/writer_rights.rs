//! What the writer must be able to do, set a password as a link does, and what it must not: anything else.

use std::time::Duration;

use super::reader_rights::{can_see, others_are_searched, stored};
use super::trial::{self, Tried};
use super::{FLAVOUR, PROBE};
use crate::ldap::contact_lookup::LdapDirectory;
use crate::ldap::entry::ContactEntry;
use crate::ldap::error::describe_result;
use crate::ldap::flavour;
use crate::ldap::policy;
use crate::{CheckFinding, Entropy};

/// How often an entry that keeps changing is read anew.
const ATTEMPTS: u32 = 5;
/// The answer to a bind whose password is not the entry's, or that nobody may make.
const INVALID_CREDENTIALS: u32 = 49;
/// How often, and how far apart, the entry is read until it shows that its password was set: longer than a second in all.
const READINGS: u32 = 20;
const BETWEEN_READINGS: Duration = Duration::from_millis(60);

/// Tries it on the entry that is made for it.
pub(super) async fn check(
    directory: &LdapDirectory,
    probe: ContactEntry,
    entropy: &Entropy,
) -> Vec<CheckFinding> {
    let trial = Trial { directory, dn: probe.dn.clone(), entropy };
    let mut findings = trial.of_passwords(&probe).await;
    findings.push(trial.of_other_attributes(&probe).await);
    findings.push(trial.of_entries().await);
    findings
}

struct Trial<'a> {
    directory: &'a LdapDirectory,
    dn: String,
    entropy: &'a Entropy,
}

impl Trial<'_> {
    fn key(&self) -> &'static str {
        self.directory.settings.account_key
    }

    fn page(&self) -> &'static str {
        flavour::page(self.directory.settings.flavour)
    }

    async fn of_passwords(&self, before: &ContactEntry) -> Vec<CheckFinding> {
        let password = trial::unknown_password(self.entropy);
        if let Some(finding) = self.not_set(trial::set(self.directory, &self.dn, &password).await) {
            return vec![finding];
        }
        let mut findings = vec![self.of_sign_in(&password).await];
        match self.of_versions(before).await {
            Ok(of_versions) => findings.extend(of_versions),
            Err(finding) => findings.push(finding),
        }
        findings.push(self.of_storage().await);
        findings.extend(self.of_policy().await);
        findings
    }

    /// What is wrong where no password could be set.
    fn not_set(&self, tried: Tried) -> Option<CheckFinding> {
        let key = self.key();
        Some(match tried {
            Tried::Done => return None,
            Tried::Denied => CheckFinding::fail(
                key,
                "this account may set no password: that of the entry for trying was refused to it",
                format!(
                    "give it the right to write {} of contacts and of the entry for trying (see {})",
                    self.directory.flavour.password_attribute(),
                    self.page()
                ),
            ),
            Tried::Stale => {
                CheckFinding::not_checked(key, "the entry for trying is gone, or keeps changing: check again")
            }
            Tried::Refused(why) => CheckFinding::not_checked(
                key,
                format!(
                    "whether it may set a password is not known: the policy refuses a random one for the entry for trying ({})",
                    trial::refusal(&why)
                ),
            ),
            Tried::Failed(text) => CheckFinding::fail(
                key,
                format!("this account sets no password: {text}"),
                format!("see {} for what the server must have, and what each account may", self.page()),
            ),
        })
    }

    async fn of_sign_in(&self, password: &str) -> CheckFinding {
        let bound = self.directory.connection.bind_alone(&self.dn, password, policy::request()).await;
        match bound.map(|result| (result.rc, describe_result(&result))) {
            Ok((0, _)) => CheckFinding::ok(
                self.key(),
                "it sets the password of the entry for trying, and the server signs in with it",
            ),
            Ok((INVALID_CREDENTIALS, _)) => CheckFinding::fail(
                self.key(),
                "a password was set, and the server does not sign in with it: that of the entry for trying",
                format!(
                    "let everybody sign in (`by anonymous auth`, see {}), and see that no lock is on that entry",
                    self.page()
                ),
            ),
            Ok((_, text)) | Err(text) => CheckFinding::not_checked(
                self.key(),
                format!("whether the server signs in with a password that was set is not known: {text}"),
            ),
        }
    }

    /// Whether the server keeps that a password was set, and holds a write to what was read.
    async fn of_versions(&self, before: &ContactEntry) -> Result<Vec<CheckFinding>, CheckFinding> {
        let mut first = self.noted(before).await?;
        if first.kept_version().is_none() {
            // Some servers keep nothing of a first password.
            let again = trial::set(self.directory, &self.dn, &trial::unknown_password(self.entropy)).await;
            if let Some(finding) = self.not_set(again) {
                return Ok(vec![finding]);
            }
            first = self.noted(before).await?;
        }
        let (as_read, second) = self.set_as_a_link_does(first).await?;
        let after = self.noted(before).await?;
        let Some(version) = after.kept_version() else {
            return Ok(vec![CheckFinding::fail(
                FLAVOUR,
                "the server does not keep when a password is set, so no link can be issued",
                self.directory.flavour.version_cure(),
            )]);
        };
        if let Some(finding) = self.not_set(second) {
            return Ok(vec![finding]);
        }
        let mut findings = vec![if before.kept_version() == Some(version) {
            CheckFinding::fail(
                FLAVOUR,
                "what the server keeps of a password stays the same when another is set, so a link would go on working",
                self.directory.flavour.version_cure(),
            )
        } else {
            CheckFinding::ok(FLAVOUR, "the server keeps when a password is set")
        }];
        if self.directory.flavour.is_conditional() {
            findings.push(self.of_condition(&as_read).await);
        } else {
            findings.push(CheckFinding::ok(
                FLAVOUR,
                "a write is not conditional: where its answer is lost, the link counts as used",
            ));
        }
        Ok(findings)
    }

    /// Sets a password on the entry as it was read, which is read anew while it changes for other reasons. Gives the entry as it was read last.
    async fn set_as_a_link_does(
        &self,
        mut entry: ContactEntry,
    ) -> Result<(ContactEntry, Tried), CheckFinding> {
        for _ in 0..ATTEMPTS {
            let password = trial::unknown_password(self.entropy);
            let change = match self.directory.flavour.change(&entry, &password) {
                Ok(change) => change,
                Err(text) => return Ok((entry, Tried::Failed(text))),
            };
            match trial::change(self.directory, &self.dn, &change).await {
                Tried::Stale => entry = self.read().await?,
                tried => return Ok((entry, tried)),
            }
        }
        Ok((entry, Tried::Stale))
    }

    /// Whether a write on an entry that has changed since is refused.
    async fn of_condition(&self, stale: &ContactEntry) -> CheckFinding {
        let password = trial::unknown_password(self.entropy);
        let Ok(change) = self.directory.flavour.change(stale, &password) else {
            return CheckFinding::not_checked(FLAVOUR, "whether a write is conditional was not tried");
        };
        match trial::change(self.directory, &self.dn, &change).await {
            Tried::Stale => {
                CheckFinding::ok(FLAVOUR, "a write is refused where another password was set meanwhile")
            }
            Tried::Done => CheckFinding::fail(
                FLAVOUR,
                "the server ignores the condition of a write: two links could set one password",
                format!(
                    "see whether contacts.flavour names this server, and {} for what it must have",
                    self.page()
                ),
            ),
            Tried::Denied => CheckFinding::not_checked(
                FLAVOUR,
                "whether a write is conditional is not known: it was refused for its rights",
            ),
            Tried::Refused(why) => CheckFinding::not_checked(
                FLAVOUR,
                format!(
                    "whether a write is conditional is not known: the policy refuses the password ({})",
                    trial::refusal(&why)
                ),
            ),
            Tried::Failed(text) => CheckFinding::not_checked(
                FLAVOUR,
                format!("whether a write is conditional is not known: {text}"),
            ),
        }
    }

    /// Whether the server hashes what it is sent.
    async fn of_storage(&self) -> CheckFinding {
        match others_are_searched(self.directory).await {
            Ok(true) => return can_see(self.directory, "search"),
            Ok(false) => {}
            Err(error) => return CheckFinding::not_checked(self.key(), error.text()),
        }
        let password = trial::unknown_password(self.entropy);
        let set = trial::set(self.directory, &self.dn, &password).await;
        if let Some(finding) = self.not_set(set) {
            return finding;
        }
        match stored(self.directory, &self.dn).await {
            Ok(stored) if stored.is_empty() && self.directory.flavour.hides_passwords() => {
                CheckFinding::ok(FLAVOUR, "the server shows to nobody what it keeps of a password")
            }
            Ok(stored) if stored.is_empty() => CheckFinding::not_checked(
                FLAVOUR,
                format!(
                    "whether the server hashes passwords cannot be seen. A rule before the others makes it so: {}",
                    self.directory.flavour.probe_rule(&self.dn, &self.directory.settings.bind_dn)
                ),
            ),
            Ok(stored)
                if stored
                    .iter()
                    .all(|stored| stored.starts_with('{') && !stored.contains(password.as_str())) =>
            {
                CheckFinding::ok(FLAVOUR, "the server hashes the passwords that it is sent")
            }
            Ok(_) => CheckFinding::fail(
                FLAVOUR,
                "the server stores passwords in clear text",
                self.directory.flavour.hash_cure(),
            ),
            Err(error) => CheckFinding::not_checked(FLAVOUR, error.text()),
        }
    }

    /// Whether a policy holds for this account. Afterwards the entry has a long password in any case: an answer that was lost says nothing of what was written.
    async fn of_policy(&self) -> Vec<CheckFinding> {
        let tried = trial::set(self.directory, &self.dn, "x").await;
        let replaced = self.replace_short(&tried).await;
        std::iter::once(self.of_short(tried)).chain(replaced).collect()
    }

    /// Sets a long password where a short one may be. Says so where that does not go.
    async fn replace_short(&self, tried: &Tried) -> Option<CheckFinding> {
        if matches!(tried, Tried::Denied | Tried::Refused(_)) {
            return None;
        }
        let mut again = Tried::Stale;
        for _ in 0..ATTEMPTS {
            let password = trial::unknown_password(self.entropy);
            again = trial::set(self.directory, &self.dn, &password).await;
            if again == Tried::Done {
                return None;
            }
            tokio::time::sleep(BETWEEN_READINGS).await;
        }
        tracing::warn!(?again, "the entry for trying may have kept a password of one character");
        Some(CheckFinding::fail(
            PROBE,
            "the entry for trying may have kept a password of one character",
            "set another one, or delete the entry",
        ))
    }

    fn of_short(&self, tried: Tried) -> CheckFinding {
        match tried {
            Tried::Done => CheckFinding::fail(
                self.key(),
                "it can set a password of one character. This account is the rootdn or its like, for which no policy holds, or there is no policy",
                format!(
                    "name an account that may write {} and nothing else, and give the directory a policy (see {})",
                    self.directory.flavour.password_attribute(),
                    self.page()
                ),
            ),
            Tried::Denied | Tried::Stale => {
                CheckFinding::not_checked(self.key(), "whether a policy holds for it was not tried")
            }
            Tried::Failed(text) => CheckFinding::not_checked(
                self.key(),
                format!("whether a policy holds for it is not known: {text}"),
            ),
            Tried::Refused(_) => CheckFinding::ok(
                self.key(),
                "the policy holds for it: a password of one character is refused",
            ),
        }
    }

    /// Gives each attribute that the settings name the values that it has.
    async fn of_other_attributes(&self, probe: &ContactEntry) -> CheckFinding {
        let settings = &self.directory.settings;
        let mut attributes = vec![
            settings.email_attribute.as_str(),
            settings.id_attribute.as_str(),
            settings.name_attribute.as_str(),
            settings.language_attribute.as_str(),
        ];
        attributes.dedup();
        let mut changed = Vec::new();
        let mut refused = Vec::new();
        for attribute in attributes {
            let values = probe.attributes.values(attribute);
            match trial::rewrite(self.directory, &self.dn, attribute, values).await {
                Tried::Done => changed.push(attribute),
                Tried::Denied => refused.push(attribute),
                // What the server refuses for another reason proves nothing.
                Tried::Stale | Tried::Refused(_) | Tried::Failed(_) => {}
            }
        }
        if !changed.is_empty() {
            return CheckFinding::fail(
                self.key(),
                format!("this account can change more than passwords: {}", changed.join(", ")),
                format!(
                    "leave it the right to write {} alone (see {})",
                    self.directory.flavour.password_attribute(),
                    self.page()
                ),
            );
        }
        if refused.is_empty() {
            return CheckFinding::not_checked(
                self.key(),
                "whether it may change other attributes is not known",
            );
        }
        CheckFinding::ok(self.key(), format!("it may not change {}", refused.join(", ")))
    }

    async fn of_entries(&self) -> CheckFinding {
        let added = trial::add(self.directory, &self.dn, self.entropy).await;
        let deleted = trial::delete(self.directory, &self.dn).await;
        let mut may = Vec::new();
        if added == Tried::Done {
            may.push("add");
        }
        if deleted == Some(Tried::Done) {
            may.push("delete");
        }
        if !may.is_empty() {
            return CheckFinding::fail(
                self.key(),
                format!("this account can {} entries", may.join(" and ")),
                format!("take that right from it (see {})", self.page()),
            );
        }
        match (added, deleted) {
            (Tried::Denied, Some(Tried::Denied)) => {
                CheckFinding::ok(self.key(), "it may neither add nor delete entries")
            }
            (Tried::Denied, None) => CheckFinding::ok(
                self.key(),
                "it may not add entries; whether it may delete them cannot be asked without deleting one",
            ),
            (Tried::Failed(text), _) | (_, Some(Tried::Failed(text))) => CheckFinding::not_checked(
                self.key(),
                format!("whether it may add or delete entries is not known: {text}"),
            ),
            _ => CheckFinding::not_checked(self.key(), "whether it may add or delete entries is not known"),
        }
    }

    /// The entry once it shows another version than before, or after long enough: servers count in seconds, and some note a password after their answer.
    async fn noted(&self, before: &ContactEntry) -> Result<ContactEntry, CheckFinding> {
        let mut entry = self.read().await?;
        for _ in 0..READINGS {
            if entry.kept_version().is_some() && entry.kept_version() != before.kept_version() {
                break;
            }
            tokio::time::sleep(BETWEEN_READINGS).await;
            entry = self.read().await?;
        }
        Ok(entry)
    }

    async fn read(&self) -> Result<ContactEntry, CheckFinding> {
        match self.directory.probe().await {
            Ok(Some(entry)) => Ok(entry),
            Ok(None) => Err(CheckFinding::not_checked(PROBE, "the entry for trying is gone meanwhile")),
            Err(error) => Err(CheckFinding::not_checked(PROBE, error.to_string())),
        }
    }
}
