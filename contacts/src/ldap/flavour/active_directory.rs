//! Active Directory, of Windows or of Samba: a modify that takes away the old `pwdLastSet`, where the server is known to refuse it once that is gone.

use config::{ActiveDirectorySettings, ConditionalWrite, LdapContacts};
use jiff::{SignedDuration, Timestamp};
use ldap3::controls::RawControl;
use ldap3::{LdapResult, Mod};

use super::active_directory_policy::{POLICY, POLICY_WITH_HISTORY};
use super::{EntryModify, Flavour, ModifyOutcome, PasswordChange, RequiredControl, replace};
use crate::PasswordRefusal;
use crate::ldap::directory_policy::PolicySource;
use crate::ldap::entry::{ContactEntry, EntryAttributes};
use crate::ldap::error::describe_result;
use crate::ldap::filter;
use crate::ldap::probe::Role;

/// When the password was last set, in 100 ns since 1601; 0 where it must be changed at the next sign-in.
const LAST_SET: &str = "pwdLastSet";
/// So many of these are a second.
const TICKS_PER_SECOND: i64 = 10_000_000;
/// Windows counts from the one year, Unix from the other.
const SECONDS_FROM_1601_TO_1970: i64 = 11_644_473_600;
/// How long the password of before is taken after another was set: the default of Samba and of Windows.
const OLD_PASSWORD_ALLOWED: SignedDuration = SignedDuration::from_mins(60);
/// What the server replaces by the present time.
const NOW: &str = "-1";
/// How often the password was set, as the domain controllers tell each other (MS-ADTS 3.1.1.4.5.16): neither a lock nor another change of the entry counts.
/// The server makes it for each answer, and finds nobody by it.
const KEY_VERSION: &str = "msDS-KeyVersionNumber";
/// When the entry was last changed in any way, to the second: a lock after failed sign-ins is such a change, and each domain controller keeps its own.
const CHANGED: &str = "whenChanged";
/// What is written, and never read.
const PASSWORD: &str = "unicodePwd";
/// Flags of an account.
const ACCOUNT_CONTROL: &str = "userAccountControl";
/// The flag of those that are disabled.
const DISABLED: u32 = 2;
/// Matching rule: each bit of the value is set.
const ALL_BITS: &str = "1.2.840.113556.1.4.803";
/// Since when an account is locked, after too many failures; 0 unlocks it.
const LOCKOUT_TIME: &str = "lockoutTime";
/// Further e-mails, each behind its kind.
const PROXY_ADDRESSES: &str = "proxyAddresses";
/// The kind of those that are Internet addresses: in capitals that of the primary one.
const SMTP: &str = "smtp:";

/// Where each domain refers to whoever searches it from its root on: names, schema and DNS.
const WITHOUT_CONTACTS: [&str; 3] = ["CN=Configuration", "DC=DomainDnsZones", "DC=ForestDnsZones"];

/// The server's root entry: who made it. Windows says nothing.
const VENDOR: &str = "vendorName";
/// The server's root entry: what it is.
const CAPABILITIES: &str = "supportedCapabilities";
/// LDAP_CAP_ACTIVE_DIRECTORY_OID of MS-ADTS.
const IS_ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// LDAP_SERVER_POLICY_HINTS_OID of MS-ADTS.
const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";
/// `SEQUENCE { INTEGER 1 }`: the history holds at a reset too.
const ENFORCE_HISTORY: &[u8] = &[0x30, 3, 2, 1, 1];

/// Windows's ERROR_PASSWORD_RESTRICTION, as the server's words begin.
const BREAKS_POLICY: &str = "0000052D";

/// What is asked of the root entry.
pub(super) const OF_ROOT: &[&str] = &[VENDOR, CAPABILITIES];

#[derive(Debug)]
pub(super) struct ActiveDirectory {
    is_samba: bool,
    unlocks: bool,
    settings: ActiveDirectorySettings,
    required_controls: Vec<RequiredControl>,
}

impl ActiveDirectory {
    /// On the server of this root entry.
    ///
    /// # Errors
    /// Where it is another kind of server.
    pub(super) fn on(root: &EntryAttributes, settings: &LdapContacts) -> Result<Self, String> {
        let LdapContacts { unlock, active_directory: settings, .. } = settings;
        if !root.values(CAPABILITIES).iter().any(|capability| capability == IS_ACTIVE_DIRECTORY) {
            return Err(
                "contacts.flavour: the server is not Active Directory. To mend: name the flavour that it is"
                    .to_owned(),
            );
        }
        let history = settings.enforce_history.then_some(RequiredControl {
            oid: POLICY_HINTS,
            missing: "contacts.enforce_history: the server does not know how to hold former passwords against a reset (control 1.2.840.113556.1.4.2239)",
        });
        let is_samba = root.first(VENDOR).is_some_and(|vendor| vendor.starts_with("Samba"));
        Ok(Self {
            is_samba,
            unlocks: *unlock,
            settings: *settings,
            required_controls: history.into_iter().collect(),
        })
    }

    fn history_control(&self) -> Option<RawControl> {
        self.settings.enforce_history.then(|| RawControl {
            ctype: POLICY_HINTS.to_owned(),
            crit: true,
            val: Some(ENFORCE_HISTORY.to_vec()),
        })
    }
}

impl Flavour for ActiveDirectory {
    fn attributes(&self) -> &'static [&'static str] {
        &[LAST_SET, KEY_VERSION, CHANGED, ACCOUNT_CONTROL, PROXY_ADDRESSES]
    }

    fn searched_by(&self, role: Role) -> &'static [&'static str] {
        match role {
            Role::Reader => &[LAST_SET, CHANGED, ACCOUNT_CONTROL, PROXY_ADDRESSES],
            Role::Writer => &[LAST_SET, CHANGED, ACCOUNT_CONTROL],
        }
    }

    fn always_there(&self) -> &'static [&'static str] {
        &[LAST_SET, CHANGED, ACCOUNT_CONTROL]
    }

    fn required_controls(&self) -> &[RequiredControl] {
        &self.required_controls
    }

    fn is_conditional(&self) -> bool {
        match self.settings.conditional {
            ConditionalWrite::Auto => self.is_samba,
            ConditionalWrite::Always => true,
            ConditionalWrite::Never => false,
        }
    }

    fn chosen(&self) -> Option<String> {
        let server = if self.is_samba { "Samba" } else { "not Samba, so Windows or the like" };
        let because = match self.settings.conditional {
            ConditionalWrite::Auto => format!("the server is {server}"),
            ConditionalWrite::Always => "contacts.conditional = \"always\"".to_owned(),
            ConditionalWrite::Never => "contacts.conditional = \"never\"".to_owned(),
        };
        let how = if self.is_conditional() {
            "a password is set only while it is the one that the link was issued for"
        } else {
            "a password is set without a condition, and a link whose outcome is not known counts as used"
        };
        Some(format!("{how}: {because}"))
    }

    fn version(&self, attributes: &EntryAttributes) -> Option<String> {
        match attributes.first(LAST_SET)? {
            // It stays 0 where somebody who must change it is given another one that must be changed.
            "0" => Some(match attributes.first(KEY_VERSION) {
                Some(number) => format!("0/{number}"),
                // No password was ever set, or the account may not read it.
                None => format!("0/changed/{}", attributes.first(CHANGED)?),
            }),
            last_set => Some(last_set.to_owned()),
        }
    }

    fn moment(&self, version: &str) -> String {
        if version.starts_with("0/") {
            return "a time that is not kept; it must be changed at the next sign-in".to_owned();
        }
        moment(version).map_or_else(|| version.to_owned(), |moment| moment.to_string())
    }

    /// An entry whose flags cannot be read may be disabled.
    fn is_active(&self, attributes: &EntryAttributes) -> bool {
        let flags = attributes.first(ACCOUNT_CONTROL).and_then(|flags| flags.parse::<u32>().ok());
        flags.is_some_and(|flags| flags & DISABLED == 0)
    }

    fn why_inactive(&self, attributes: &EntryAttributes) -> &'static str {
        match attributes.first(ACCOUNT_CONTROL) {
            Some(_) => "it is disabled (userAccountControl)",
            None => "the bot's account may not read whether it is disabled (userAccountControl)",
        }
    }

    fn takes_former_password_until(&self, attributes: &EntryAttributes) -> Option<Timestamp> {
        if !self.settings.old_password_allowed {
            return None;
        }
        moment(attributes.first(LAST_SET)?)?.checked_add(OLD_PASSWORD_ALLOWED).ok()
    }

    fn version_cure(&self) -> &'static str {
        "let both accounts read pwdLastSet"
    }

    fn password_attribute(&self) -> &'static str {
        PASSWORD
    }

    fn hides_passwords(&self) -> bool {
        true
    }

    fn trial(&self, password: &str) -> PasswordChange {
        let changes = vec![replace(PASSWORD, as_unicode_pwd(password))];
        PasswordChange::Modify(EntryModify { changes, controls: Vec::new() })
    }

    fn active_filter(&self) -> String {
        filter::not(&format!("({ACCOUNT_CONTROL}:{ALL_BITS}:={DISABLED})"))
    }

    fn other_emails(&self, attributes: &EntryAttributes) -> Vec<String> {
        let addresses = attributes.values_with_options(PROXY_ADDRESSES).into_iter();
        let of_internet = addresses.filter_map(|address| {
            let (kind, address) = address.split_at_checked(SMTP.len())?;
            kind.eq_ignore_ascii_case(SMTP).then(|| address.to_owned())
        });
        of_internet.collect()
    }

    fn email_attributes(&self) -> &'static [&'static str] {
        &[PROXY_ADDRESSES]
    }

    fn holds_no_contacts(&self, reference: &str) -> bool {
        let path = reference.split_once("://").and_then(|(_, behind)| behind.split_once('/'));
        path.is_some_and(|(_, dn)| {
            WITHOUT_CONTACTS
                .iter()
                .any(|&first| dn.split(',').next().is_some_and(|of_dn| of_dn.eq_ignore_ascii_case(first)))
        })
    }

    fn holds_email(&self, attribute: &str, email: &str) -> String {
        let among_others = filter::equal(PROXY_ADDRESSES, &format!("{SMTP}{email}"));
        filter::any(&[filter::equal(attribute, email), among_others])
    }

    /// The server keeps every text.
    fn accepts(&self, _password: &str) -> Result<(), PasswordRefusal> {
        Ok(())
    }

    fn policy_source(&self) -> Option<&'static PolicySource> {
        Some(if self.settings.enforce_history { &POLICY_WITH_HISTORY } else { &POLICY })
    }

    fn change(&self, entry: &ContactEntry, password: &str) -> Result<PasswordChange, String> {
        let last_set = entry.attributes.first(LAST_SET).ok_or(
            "this account may not read pwdLastSet. To mend: see docs/directories/active-directory.md for the rights of each account",
        )?;
        let mut changes = Vec::new();
        if self.is_conditional() {
            changes.push(Mod::Delete(LAST_SET.into(), [last_set.into()].into()));
            changes.push(Mod::Add(LAST_SET.into(), [NOW.into()].into()));
        }
        changes.push(replace(PASSWORD, as_unicode_pwd(password)));
        if self.unlocks {
            changes.push(replace(LOCKOUT_TIME, "0"));
        }
        let controls = self.history_control().into_iter().collect();
        Ok(PasswordChange::Modify(EntryModify { changes, controls }))
    }

    fn judge(&self, result: &LdapResult) -> ModifyOutcome {
        match result.rc {
            0 => ModifyOutcome::Set,
            // No such value: the password was set meanwhile, if the entry says so too.
            16 if self.is_conditional() => ModifyOutcome::EntryChanged,
            32 => ModifyOutcome::VersionChanged,
            19 | 53 if result.text.trim_start().starts_with(BREAKS_POLICY) => {
                ModifyOutcome::Refused(refusal(&result.text))
            }
            50 => ModifyOutcome::NotWritten(format!(
                "{}. An account that is or was an administrator's (adminCount = 1) is out of its reach in any case",
                describe_result(result)
            )),
            // "Operations error" and "other": the server itself does not say what became of it.
            1 | 80 => ModifyOutcome::Unknown(describe_result(result)),
            _ => ModifyOutcome::NotWritten(describe_result(result)),
        }
    }
}

/// The time that a `pwdLastSet` says.
fn moment(last_set: &str) -> Option<Timestamp> {
    let since_1601 = last_set.parse::<i64>().ok()? / TICKS_PER_SECOND;
    Timestamp::from_second(since_1601.checked_sub(SECONDS_FROM_1601_TO_1970)?).ok()
}

/// MS-ADTS 3.1.1.3.1.5: the password in double quotes, as UTF-16 in little-endian order.
fn as_unicode_pwd(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Samba says which rule is broken. Windows says "the constraints", which are those of complexity as a rule.
fn refusal(text: &str) -> PasswordRefusal {
    let said = |words: &str| text.contains(words);
    if said("too short") {
        PasswordRefusal::TooShort
    } else if said("already used") {
        PasswordRefusal::UsedBefore
    } else if said("too young") {
        PasswordRefusal::TooRecent
    } else {
        PasswordRefusal::TooSimple
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use config::{LdapAccountSettings, LdapFlavour, Secret};
    use ldap3::SearchEntry;

    use super::*;

    const SETTINGS: ActiveDirectorySettings = ActiveDirectorySettings {
        conditional: ConditionalWrite::Auto,
        enforce_history: false,
        old_password_allowed: true,
    };

    fn attributes(given: &[(&str, &[&str])]) -> EntryAttributes {
        let held = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        EntryAttributes::of(
            given.iter().map(|(name, values)| ((*name).to_owned(), held(values))).collect::<HashMap<_, _>>(),
        )
    }

    fn contacts(active_directory: ActiveDirectorySettings) -> LdapContacts {
        let account = LdapAccountSettings {
            dn: "cn=a".to_owned(),
            password: Secret::new("x"),
            key: "contacts.writer_dn",
        };
        let defaults =
            LdapContacts::new(LdapFlavour::ActiveDirectory, "ldaps://localhost", "dc=example", account);
        LdapContacts { active_directory, ..defaults }
    }

    fn server(vendor: &[&str], settings: ActiveDirectorySettings) -> ActiveDirectory {
        let root = attributes(&[(CAPABILITIES, &[IS_ACTIVE_DIRECTORY]), (VENDOR, vendor)]);
        ActiveDirectory::on(&root, &contacts(settings)).unwrap()
    }

    fn samba(settings: ActiveDirectorySettings) -> ActiveDirectory {
        server(&["Samba Team (https://www.samba.org)"], settings)
    }

    fn change(flavour: &ActiveDirectory, last_set: &str) -> EntryModify {
        let attrs = HashMap::from([(LAST_SET.to_owned(), vec![last_set.to_owned()])]);
        let entry = SearchEntry { dn: "cn=ada".to_owned(), attrs, bin_attrs: HashMap::new() };
        let entry = ContactEntry::of(&contacts(flavour.settings), flavour, entry);
        match flavour.change(&entry, "a\u{1f511}").unwrap() {
            PasswordChange::Modify(modify) => modify,
            PasswordChange::PasswordModify { .. } => panic!("Active Directory does not know that operation"),
        }
    }

    fn judged(flavour: &ActiveDirectory, rc: u32, text: &str) -> ModifyOutcome {
        let text = text.to_owned();
        flavour.judge(&LdapResult { rc, matched: String::new(), text, refs: Vec::new(), ctrls: Vec::new() })
    }

    #[test]
    fn a_write_is_conditional_as_the_settings_or_else_the_server_say() {
        for (conditional, on_samba, on_windows) in [
            (ConditionalWrite::Auto, true, false),
            (ConditionalWrite::Always, true, true),
            (ConditionalWrite::Never, false, false),
        ] {
            let settings = ActiveDirectorySettings { conditional, ..SETTINGS };
            for (flavour, expected) in [(samba(settings), on_samba), (server(&[], settings), on_windows)] {
                assert_eq!(flavour.is_conditional(), expected, "{flavour:?}");
                assert_eq!(flavour.chosen().unwrap().contains("only while"), expected, "{flavour:?}");
                let has_condition = change(&flavour, "5").changes.iter().any(|change| match change {
                    Mod::Delete(name, values) => name == b"pwdLastSet" && values.contains(&b"5"[..]),
                    _ => false,
                });
                assert_eq!(has_condition, expected, "{flavour:?}");
            }
        }
    }

    #[test]
    fn references_to_what_each_domain_has_hide_no_contacts() {
        let flavour = samba(SETTINGS);
        for (reference, expected) in [
            ("ldap://ad.example.org/CN=Configuration,DC=ad,DC=example,DC=org", true),
            ("ldaps://DomainDnsZones.ad.example.org/DC=DomainDnsZones,DC=ad,DC=example,DC=org", true),
            (
                "ldap://ForestDnsZones.ad.example.org:389/dc=forestdnszones,DC=ad,DC=example,DC=org??base",
                true,
            ),
            ("ldap://sales.ad.example.org/DC=sales,DC=ad,DC=example,DC=org", false),
            ("ldap://other.example.org/", false),
            ("DC=DomainDnsZones", false),
        ] {
            assert_eq!(flavour.holds_no_contacts(reference), expected, "{reference}");
        }
    }

    #[test]
    fn what_is_no_active_directory_is_refused() {
        let root = attributes(&[(VENDOR, &["Samba"]), (CAPABILITIES, &["1.2.840.113556.1.4.1851"])]);
        let refused = ActiveDirectory::on(&root, &contacts(SETTINGS)).unwrap_err();
        assert!(refused.contains("contacts.flavour"), "{refused}");
    }

    #[test]
    fn one_modify_takes_the_old_time_away_sets_the_password_and_unlocks() {
        let in_quotes = vec![b'"', 0, b'a', 0, 0x3d, 0xd8, 0x11, 0xdd, b'"', 0];
        let set = Mod::Replace(b"unicodePwd".to_vec(), [in_quotes].into());
        let unlock = Mod::Replace(b"lockoutTime".to_vec(), [b"0".to_vec()].into());
        for last_set in ["134402214645867650", "0"] {
            let delete = Mod::Delete(b"pwdLastSet".to_vec(), [last_set.as_bytes().to_vec()].into());
            let add = Mod::Add(b"pwdLastSet".to_vec(), [b"-1".to_vec()].into());
            let changed = change(&samba(SETTINGS), last_set);
            assert_eq!(changed.changes, [delete, add, set.clone(), unlock.clone()]);
            assert!(changed.controls.is_empty());
        }
        let locked = ActiveDirectory { unlocks: false, ..server(&[], SETTINGS) };
        assert_eq!(change(&locked, "5").changes, [set]);
    }

    #[test]
    fn the_history_is_enforced_by_a_critical_control_that_the_server_must_know() {
        let flavour = server(&[], ActiveDirectorySettings { enforce_history: true, ..SETTINGS });
        let controls = change(&flavour, "5").controls;
        let [control] = controls.as_slice() else { panic!("{controls:?}") };
        assert_eq!((control.ctype.as_str(), control.crit), ("1.2.840.113556.1.4.2239", true));
        assert_eq!(control.val.as_deref(), Some(&[0x30, 0x03, 0x02, 0x01, 0x01][..]));
        let required: Vec<&str> = flavour.required_controls().iter().map(|control| control.oid).collect();
        assert_eq!(required, ["1.2.840.113556.1.4.2239"]);
    }

    #[test]
    fn a_version_is_the_time_at_which_the_password_was_set() {
        let version = |given: &[(&str, &[&str])]| samba(SETTINGS).version(&attributes(given));
        let changed: (&str, &[&str]) = (CHANGED, &["20261127025104.0Z"]);
        assert_eq!(version(&[(LAST_SET, &["1344"]), changed]).as_deref(), Some("1344"));
        assert_eq!(version(&[(LAST_SET, &["0"])]), None);
        assert_eq!(version(&[changed]), None);
    }

    #[test]
    fn an_operator_is_told_a_time_and_not_windowss_number() {
        for (version, expected) in [
            ("134402214645867650", "2026-11-27T02:51:04Z"),
            ("116444736000000000", "1970-01-01T00:00:00Z"),
            ("x", "x"),
        ] {
            assert_eq!(samba(SETTINGS).moment(version), expected);
        }
        assert!(samba(SETTINGS).moment("0/20261127025104.0Z").contains("must be changed"));
    }

    #[test]
    fn of_a_password_that_must_be_changed_the_version_is_the_same_at_each_server_and_after_a_lock() {
        let version = |number: &str, changed: &str| {
            let given: &[(&str, &[&str])] =
                &[(LAST_SET, &["0"]), (KEY_VERSION, &[number]), (CHANGED, &[changed])];
            samba(SETTINGS).version(&attributes(given)).unwrap()
        };
        assert_eq!(version("4", "20261127025104.0Z"), "0/4");
        assert_eq!(version("4", "20261127031500.0Z"), "0/4");
        assert_eq!(version("5", "20261127025104.0Z"), "0/5");
        // Nothing of a password is kept where none was ever set.
        let without: &[(&str, &[&str])] = &[(LAST_SET, &["0"]), (CHANGED, &["20261127025104.0Z"])];
        let without = samba(SETTINGS).version(&attributes(without));
        assert_eq!(without.as_deref(), Some("0/changed/20261127025104.0Z"));
    }

    #[test]
    fn the_former_password_is_taken_for_an_hour_unless_the_settings_say_otherwise() {
        let until = |allowed: bool, last_set: &str| {
            let settings = ActiveDirectorySettings { old_password_allowed: allowed, ..SETTINGS };
            samba(settings).takes_former_password_until(&attributes(&[(LAST_SET, &[last_set])]))
        };
        let set = until(true, "134402214645867650");
        assert_eq!(set.map(|until| until.to_string()).as_deref(), Some("2026-11-27T03:51:04Z"));
        assert_eq!(until(false, "134402214645867650"), None);
        assert_eq!(until(true, "x"), None);
    }

    #[test]
    fn whose_flags_say_disabled_or_nothing_is_inactive() {
        for (flags, expected) in [
            (&["512"][..], true),
            (&["66048"], true),
            (&["514"], false),
            (&["66050"], false),
            (&["x"], false),
            (&[], false),
        ] {
            assert_eq!(
                samba(SETTINGS).is_active(&attributes(&[(ACCOUNT_CONTROL, flags)])),
                expected,
                "{flags:?}"
            );
        }
    }

    #[test]
    fn addresses_of_the_internet_are_e_mails_and_no_others() {
        let held: &[&str] = &["SMTP:a@example.org", "smtp:b@example.org", "X400:c=de;", "smtp", "größe"];
        let emails = samba(SETTINGS).other_emails(&attributes(&[(PROXY_ADDRESSES, held)]));
        assert_eq!(emails, ["a@example.org", "b@example.org"]);
    }

    #[test]
    fn a_person_hears_of_their_password_and_the_operator_of_the_rest() {
        let flavour = samba(SETTINGS);
        // Samba's words, and Windows's.
        let of_samba = "0000052D: Constraint violation - check_password_restrictions: the password ";
        for (rc, text, expected) in [
            (
                19,
                format!("{of_samba}is too short. It should be equal or longer than 7 characters!"),
                PasswordRefusal::TooShort,
            ),
            (19, format!("{of_samba}does not meet the complexity criteria!"), PasswordRefusal::TooSimple),
            (19, format!("{of_samba}was already used (in history)!"), PasswordRefusal::UsedBefore),
            (
                19,
                "0000052D: Constraint violation - check_password_restrictions: password is too young to change!"
                    .to_owned(),
                PasswordRefusal::TooRecent,
            ),
            (
                19,
                "0000052D: AtrErr: DSID-03191083, #1:\n\t0: 0000052D: DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)"
                    .to_owned(),
                PasswordRefusal::TooSimple,
            ),
            (
                53,
                "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n".to_owned(),
                PasswordRefusal::TooSimple,
            ),
        ] {
            assert_eq!(judged(&flavour, rc, &text), ModifyOutcome::Refused(expected), "{text}");
        }
        for (rc, text) in [
            (53, "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0"),
            (19, "00000057: something else"),
            (50, "00002098: SecErr: DSID-031514A0, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0"),
            (8, "00002028: LdapErr: DSID-0C090259"),
        ] {
            assert!(matches!(judged(&flavour, rc, text), ModifyOutcome::NotWritten(_)), "{text}");
        }
        assert_eq!(judged(&flavour, 0, ""), ModifyOutcome::Set);
        assert_eq!(
            judged(&flavour, 16, "00002085: old pwdLastSet value not found!"),
            ModifyOutcome::EntryChanged
        );
        assert!(matches!(judged(&server(&[], SETTINGS), 16, ""), ModifyOutcome::NotWritten(_)));
        assert!(matches!(judged(&flavour, 80, ""), ModifyOutcome::Unknown(_)));
    }
}
