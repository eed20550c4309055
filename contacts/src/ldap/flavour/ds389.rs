//! 389 Directory Server, on which Red Hat Directory Server and FreeIPA run: a modify, which the server cannot be told to make under a condition.

use std::collections::HashSet;

use ldap3::{LdapResult, Mod};

use super::{
    EntryModify, Flavour, ModifyOutcome, PasswordChange, RequiredControl, judged, replace, versioned,
};
use crate::PasswordRefusal;
use crate::ldap::entry::{ContactEntry, EntryAttributes};
use crate::ldap::error::inert;
use crate::ldap::filter;
use crate::ldap::policy;
use crate::ldap::probe::Role;

/// When the password was last set, to the second: kept under `passwordTrackUpdateTime`, and written just after the change is answered.
const UPDATE_TIME: &str = "pwdUpdateTime";
/// When FreeIPA's own plug-in last set the password, to the second.
const KERBEROS_CHANGE: &str = "krbLastPwdChange";
/// Whether an account may not sign in, by itself or by one of its roles.
const ACCOUNT_LOCK: &str = "nsAccountLock";
/// Until when an account is locked after failed sign-ins, and how many there were.
const LOCKED_BY_FAILURES: [&str; 2] = ["accountUnlockTime", "passwordRetryCount"];

/// What the server says of a password, in lower case, where a sentence of ours says no less.
const REFUSALS: &[(&str, PasswordRefusal)] = &[
    ("characters long", PasswordRefusal::TooShort),
    ("password in history", PasswordRefusal::UsedBefore),
    ("within password minimum age", PasswordRefusal::TooRecent),
    ("passwords with storage scheme", PasswordRefusal::LooksHashed),
    ("based off of user entry", PasswordRefusal::TooSimple),
    ("failed dictionary check", PasswordRefusal::TooSimple),
];

pub(super) struct Ds389 {
    /// Whether what locks after failed sign-ins is emptied with the change. The server forgets failures by itself, but only after its answer.
    pub(super) unlocks: bool,
}

impl Flavour for Ds389 {
    fn attributes(&self) -> &'static [&'static str] {
        &[UPDATE_TIME, KERBEROS_CHANGE, ACCOUNT_LOCK]
    }

    fn searched_by(&self, _role: Role) -> &'static [&'static str] {
        &[UPDATE_TIME, ACCOUNT_LOCK]
    }

    fn required_controls(&self) -> &'static [RequiredControl] {
        &[]
    }

    fn is_conditional(&self) -> bool {
        false
    }

    fn version(&self, attributes: &EntryAttributes) -> Option<String> {
        match (attributes.first(UPDATE_TIME), attributes.first(KERBEROS_CHANGE)) {
            (Some(update), Some(kerberos)) => Some(format!("{update}/{kerberos}")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }

    fn is_active(&self, attributes: &EntryAttributes) -> bool {
        !attributes.first(ACCOUNT_LOCK).is_some_and(|lock| lock.eq_ignore_ascii_case("true"))
    }

    fn why_inactive(&self, _attributes: &EntryAttributes) -> &'static str {
        "it is disabled (nsAccountLock, its own or by a role)"
    }

    fn version_cure(&self) -> &'static str {
        "set passwordTrackUpdateTime to on, in the policy that holds for the contacts"
    }

    fn active_filter(&self) -> String {
        filter::not(&filter::equal(ACCOUNT_LOCK, "true"))
    }

    fn accepts(&self, password: &str) -> Result<(), PasswordRefusal> {
        if policy::looks_hashed(password) { Err(PasswordRefusal::LooksHashed) } else { Ok(()) }
    }

    fn change(&self, entry: &ContactEntry, password: &str) -> Result<PasswordChange, String> {
        versioned(entry)?;
        let mut changes = vec![replace("userPassword", password)];
        if self.unlocks {
            let cleared = LOCKED_BY_FAILURES.map(|attribute| Mod::Replace(attribute.into(), HashSet::new()));
            changes.extend(cleared);
        }
        Ok(PasswordChange::Modify(EntryModify { changes, controls: vec![policy::request()] }))
    }

    fn judge(&self, result: &LdapResult) -> ModifyOutcome {
        // The code says less than the words: one code stands for all that is wrong with how a password is made.
        match result.rc {
            19 if !result.text.trim().is_empty() => ModifyOutcome::Refused(refusal(&result.text)),
            _ => judged(result),
        }
    }
}

fn refusal(words: &str) -> PasswordRefusal {
    let lower = words.to_ascii_lowercase();
    let known = REFUSALS.iter().find(|(part, _)| lower.contains(part));
    known.map_or_else(|| PasswordRefusal::InOwnWords(inert(words)), |(_, refusal)| refusal.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const DS: Ds389 = Ds389 { unlocks: true };

    fn entry(attributes: &[(&str, &str)]) -> EntryAttributes {
        let held = attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
        EntryAttributes::of(held.collect::<HashMap<_, _>>())
    }

    fn answer(rc: u32, text: &str) -> LdapResult {
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: Vec::new(), ctrls: Vec::new() }
    }

    #[test]
    fn a_version_changes_with_whichever_time_the_server_keeps() {
        let version = |attributes: &[(&str, &str)]| DS.version(&entry(attributes));
        let (one, other) = ("20200101000000Z", "20200102000000Z");
        assert_eq!(version(&[]), None);
        assert_eq!(version(&[("pwdUpdateTime", one)]).as_deref(), Some(one));
        assert_eq!(version(&[("krbLastPwdChange", other)]).as_deref(), Some(other));
        let both = version(&[("pwdUpdateTime", one), ("krbLastPwdChange", other)]).unwrap();
        assert!(both.contains(one) && both.contains(other), "{both}");
    }

    #[test]
    fn who_is_locked_is_inactive_and_who_failed_too_often_is_not() {
        for (attributes, expected) in [
            (&[("nsAccountLock", "TRUE")][..], false),
            (&[("nsaccountlock", "true")], false),
            (&[("nsAccountLock", "false")], true),
            (&[("accountUnlockTime", "20300101000000Z")], true),
            (&[], true),
        ] {
            assert_eq!(DS.is_active(&entry(attributes)), expected, "{attributes:?}");
        }
    }

    #[test]
    fn a_person_hears_in_our_words_what_is_sure_and_in_the_servers_what_is_not() {
        let categories = "invalid password syntax - password must contain at least 3 character categories";
        for (words, expected) in [
            (
                "invalid password syntax - password must be at least 10 characters long",
                PasswordRefusal::TooShort,
            ),
            ("password in history", PasswordRefusal::UsedBefore),
            ("within password minimum age", PasswordRefusal::TooRecent),
            ("invalid password syntax - password based off of user entry", PasswordRefusal::TooSimple),
            (
                "invalid password syntax - passwords with storage scheme are not allowed",
                PasswordRefusal::LooksHashed,
            ),
            (categories, PasswordRefusal::InOwnWords(categories.to_owned())),
            (" ", PasswordRefusal::Unexplained),
        ] {
            assert_eq!(DS.judge(&answer(19, words)), ModifyOutcome::Refused(expected), "{words}");
        }
        let denied = "Insufficient 'write' privilege to the 'accountUnlockTime' attribute";
        assert!(
            matches!(DS.judge(&answer(50, denied)), ModifyOutcome::NotWritten(text) if text.contains("accountUnlockTime"))
        );
        assert_eq!(DS.judge(&answer(32, "")), ModifyOutcome::VersionChanged);
    }
}
