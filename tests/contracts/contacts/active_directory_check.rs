//! What `contacts check` says of Active Directory: what the rights of the page allow, and what is missing or too much.

use std::sync::Arc;

use config::LdapContacts;
use contacts::{CheckFinding, CheckVerdict, Found, LdapCheck, LdapContactLookup};
use contacts::{CheckedPasswordTime, ContactLookup as _};
use reset_link::machine;
use reset_link_tests::harness::active_directory::{
    ID_ATTRIBUTE, RIGHT_TO_UNLOCK, TestUnit, documented_rights,
};
use reset_link_tests::harness::ldap::LdapAccount;

use super::active_directory::settings;

const PROBE: &str = "reset-link-probe";
const UNKNOWN: &str = "a password that no test knows";

struct Checked {
    unit: Arc<TestUnit>,
    reader: LdapContacts,
    writer: LdapContacts,
}

impl Checked {
    /// With an entry for trying and one contact.
    async fn of(unit: TestUnit) -> Self {
        for (id, email) in [(PROBE, None), ("ada", Some("ada@example.org"))] {
            let mut attributes = vec![(ID_ATTRIBUTE, id), ("displayName", id), ("unicodePwd", UNKNOWN)];
            attributes.extend(email.map(|email| ("mail", email)));
            unit.add_person(&attributes).await;
        }
        let of = |account| LdapContacts { probe_id: Some(PROBE.to_owned()), ..settings(&unit, account) };
        let [reader, writer] = [LdapAccount::Reader, LdapAccount::Writer].map(of);
        Self { unit: Arc::new(unit), reader, writer }
    }

    async fn findings(&self) -> Vec<CheckFinding> {
        let check = LdapCheck::open(&self.reader, &self.writer, machine::entropy()).await;
        let findings = check.findings(&[]).await;
        check.close().await;
        findings.iter().for_each(assert_page_tells_of);
        findings
    }
}

/// Whatever is to be mended stands in the page's table, in the same words.
fn assert_page_tells_of(finding: &CheckFinding) {
    if !matches!(finding.verdict, CheckVerdict::Warn | CheckVerdict::Fail) {
        return;
    }
    assert!(finding.cure.is_some(), "{finding:?}");
    let page = include_str!("../../../docs/directories/active-directory.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let mut told = rows.flat_map(|first| first.split('`').step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let stands_in = |quoted: &String| {
        quoted.len() > 4 && quoted.split('…').all(|part| finding.text.contains(part.trim()))
    };
    assert!(told.any(|quoted| stands_in(&quoted)), "the page has no row for: {}", finding.text);
}

/// How the one finding with these words ended.
fn verdict(findings: &[CheckFinding], words: &str) -> CheckVerdict {
    let found: Vec<_> = findings.iter().filter(|finding| finding.text.contains(words)).collect();
    let [finding] = found.as_slice() else { panic!("{words}: {found:#?} of {findings:#?}") };
    finding.verdict
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_domain_as_the_page_asks_for_has_nothing_to_mend_and_nobody_real_is_changed() {
    let checked = Checked::of(TestUnit::fresh().await).await;
    let ada = checked.unit.person("ada").await.unwrap();
    let before = checked.unit.values(&ada, "uSNChanged").await;
    let findings = checked.findings().await;
    for finding in &findings {
        assert!(matches!(finding.verdict, CheckVerdict::Ok | CheckVerdict::NotChecked), "{finding:#?}");
    }
    for words in [
        "may find contacts",
        "may read what a write depends on",
        "the server is Samba",
        "it may set no password",
        "the server signs in with it",
        "keeps when a password is set",
        "refused where another password was set meanwhile",
        "a password of one character is refused",
        "it may not change mail",
        "it may not add entries",
        "1 contact was looked at; none of them inactive",
    ] {
        assert_eq!(verdict(&findings, words), CheckVerdict::Ok, "{words}");
    }
    assert_eq!(checked.unit.values(&ada, "uSNChanged").await, before);

    let lookup = LdapContactLookup::open(&checked.reader).await.unwrap();
    assert!(matches!(lookup.find(PROBE).await.unwrap(), Found::Nobody));
    let check = LdapCheck::open(&checked.reader, &checked.writer, machine::entropy()).await;
    let [ada] = &check.contacts("ADA").await.unwrap()[..] else { panic!("one contact") };
    assert!(ada.is_conditional && ada.why_inactive.is_none());
    assert!(matches!(ada.password, CheckedPasswordTime::At(_)));
    check.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn each_right_that_is_missing_is_found_before_anybody_uses_a_link() {
    let rights = documented_rights();
    for (missing, _) in rights.iter().enumerate() {
        let mut given = rights.clone();
        let right = given.remove(missing);
        let checked = Checked::of(TestUnit::with_rights(&given).await).await;
        let findings = checked.findings().await;
        assert_eq!(verdict(&findings, "this account may set no password"), CheckVerdict::Fail, "{right}");
        if right.contains(RIGHT_TO_UNLOCK) {
            let writer = LdapContacts { unlock: false, ..checked.writer.clone() };
            let findings = Checked { writer, ..checked }.findings().await;
            assert!(findings.iter().all(|finding| finding.verdict != CheckVerdict::Fail), "{findings:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_right_that_is_too_much_is_found() {
    let unit = TestUnit::fresh().await;
    unit.grant(LdapAccount::Reader, &documented_rights()).await;
    let changes_mail =
        "(OA;CIIO;RPWP;bf967961-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SID)";
    unit.grant(LdapAccount::Writer, &[changes_mail]).await;
    let findings = Checked::of(unit).await.findings().await;
    for words in ["which the bot's must not", "can change more than passwords: mail"] {
        assert_eq!(verdict(&findings, words), CheckVerdict::Fail, "{words}");
    }
}
