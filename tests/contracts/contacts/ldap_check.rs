//! What `contacts check` says of an LDAP directory: each finding once as it should be, and once where something is wrong.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use config::{Contacts, LdapAccountSettings, LdapContacts, LdapFlavour, Secret};
use contacts::{
    CheckFinding, CheckVerdict, CheckedPasswordTime, ContactLookup as _, EmailSharing, Found, LdapCheck,
    LdapContactLookup, LdapPasswordWriter, Obstacle, PasswordWriter as _, SetPassword, SharedEmail,
};
use keys::ContactId;
use reset_link::machine;
use reset_link_tests::harness::database_proxy::{Break, DatabaseProxy};
use reset_link_tests::harness::ldap::{self, LdapAccount, PROBE, TestTree};

use super::ldap::settings;

const UNKNOWN: &str = "a password that no test knows";

/// A tree with an entry for trying and one contact.
struct Checked {
    tree: TestTree,
    reader: LdapContacts,
    writer: LdapContacts,
}

impl Checked {
    async fn in_database(suffix: &'static str, probe: &str) -> Self {
        let tree = TestTree::fresh_in(suffix).await;
        tree.add_probe(probe).await;
        let of = |account| LdapContacts { probe_id: Some(PROBE.to_owned()), ..settings(&tree, account) };
        let [reader, writer] = [LdapAccount::Reader, LdapAccount::Writer].map(of);
        Self { tree, reader, writer }
    }

    /// As docs/directories/openldap.md says.
    async fn complete() -> Self {
        let checked = Self::in_database(ldap::COMPLETE, "probe").await;
        checked.add("ada").await;
        checked
    }

    async fn add(&self, id: &str) -> String {
        let mail = format!("{id}@example.org");
        self.tree.add_person(&[("uid", id), ("cn", id), ("mail", &mail), ("userPassword", UNKNOWN)]).await
    }

    fn as_root(&self, settings: &LdapContacts) -> LdapContacts {
        LdapContacts {
            bind_dn: self.tree.root_dn(),
            password: Secret::new(ldap::root_password()),
            ..settings.clone()
        }
    }

    fn probe(&self) -> String {
        format!("cn=probe,{}", self.tree.base())
    }

    async fn findings(&self) -> Vec<CheckFinding> {
        findings(&self.reader, &self.writer).await
    }
}

async fn findings(reader: &LdapContacts, writer: &LdapContacts) -> Vec<CheckFinding> {
    let check = LdapCheck::open(reader, writer, machine::entropy()).await;
    let findings = check.findings(&[]).await;
    check.close().await;
    findings.iter().for_each(assert_page_tells_of);
    findings
}

/// Whatever is to be mended stands in the page's table, in the same words.
fn assert_page_tells_of(finding: &CheckFinding) {
    if !matches!(finding.verdict, CheckVerdict::Warn | CheckVerdict::Fail) {
        return;
    }
    assert!(finding.cure.is_some(), "{finding:?}");
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/directories/openldap.md");
    let page = fs::read_to_string(page).unwrap();
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
#[ignore = "needs slapd (tests/with-services)"]
async fn a_directory_as_the_page_asks_for_has_nothing_to_mend_and_nobody_real_is_changed() {
    let checked = Checked::complete().await;
    let ada = checked.tree.person("ada").await.unwrap();
    let csn = checked.tree.values(&ada, "entryCSN").await;
    let findings = checked.findings().await;
    assert!(findings.iter().all(|finding| finding.verdict == CheckVerdict::Ok), "{findings:#?}");
    for words in [
        "may find contacts",
        "may read what a write depends on",
        "it may set no password",
        "may not read userPassword",
        "the server signs in with it",
        "keeps when a password is set",
        "refused where another password was set meanwhile",
        "hashes the passwords",
        "a password of one character is refused",
        "it may not change mail, uid, cn",
        "neither add nor delete",
        "1 contact was looked at; none of them inactive",
        "every id that was looked at",
        "has one e-mail",
        "indexes answer look-ups",
    ] {
        assert_eq!(verdict(&findings, words), CheckVerdict::Ok, "{words}");
    }
    assert_eq!(checked.tree.values(&ada, "entryCSN").await, csn);
    assert_eq!(checked.tree.values(&checked.probe(), "pwdChangedTime").await.len(), 1);
    // A second time it has a password already, perhaps of this very second.
    let findings = checked.findings().await;
    assert!(findings.iter().all(|finding| finding.verdict == CheckVerdict::Ok), "{findings:#?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn without_the_entry_for_trying_nothing_is_tried() {
    let checked = Checked::complete().await;
    let with = |probe_id: Option<&str>| {
        let of = |settings: &LdapContacts| LdapContacts {
            probe_id: probe_id.map(str::to_owned),
            ..settings.clone()
        };
        (of(&checked.reader), of(&checked.writer))
    };
    let (reader, writer) = with(None);
    let told = findings(&reader, &writer).await;
    assert_eq!(verdict(&told, "set contacts.probe_id"), CheckVerdict::NotChecked);
    assert!(!told.iter().any(|finding| finding.text.contains("it may set no password")), "{told:#?}");
    for wrong in ["reset-link-prob", "RESET-LINK-PROBE", &"a".repeat(65)] {
        let (reader, writer) = with(Some(wrong));
        let told = findings(&reader, &writer).await;
        let wrong: Vec<_> = told.iter().filter(|finding| finding.subject == "contacts.probe_id").collect();
        let [wrong] = wrong.as_slice() else { panic!("{told:#?}") };
        assert_eq!(wrong.verdict, CheckVerdict::Fail);
        assert!(!told.iter().any(|finding| finding.text.contains("it may set no password")), "{told:#?}");
    }
    assert!(checked.tree.values(&checked.probe(), "userPassword").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_entry_that_may_be_a_persons_is_refused_and_keeps_its_password() {
    let checked = Checked::complete().await;
    let add = async |attributes: &[(&str, &str)]| {
        let mut all = vec![("cn", "x"), ("userPassword", UNKNOWN)];
        all.extend_from_slice(attributes);
        checked.tree.add_person(&all).await
    };
    add(&[("uid", "reset-link-probe-of-eve"), ("mail", "eve@example.org")]).await;
    add(&[("uid", "bob")]).await;
    add(&[("uid", "reset-link-probe-2")]).await;
    let protected = ["Reset-Link-Probe-2".to_owned()];
    for (id, why) in [
        ("ada", "it has an e-mail"),
        ("reset-link-probe-of-eve", "it has an e-mail"),
        ("bob", "neither its id nor its own name begins with reset-link-probe"),
        ("reset-link-probe-2", "contacts.protected names it"),
    ] {
        let of = |settings: &LdapContacts| LdapContacts { probe_id: Some(id.to_owned()), ..settings.clone() };
        let check = LdapCheck::open(&of(&checked.reader), &of(&checked.writer), machine::entropy()).await;
        let told = check.findings(&protected).await;
        check.close().await;
        told.iter().for_each(assert_page_tells_of);
        assert_eq!(verdict(&told, why), CheckVerdict::Fail, "{id}");
        assert!(!told.iter().any(|finding| finding.text.contains("it may set no password")), "{told:#?}");
        let dn = checked.tree.person(id).await.unwrap();
        assert!(checked.tree.signs_in(&dn, UNKNOWN).await, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn where_the_reader_does_not_see_whose_entry_it_is_nothing_is_tried() {
    let checked = Checked::complete().await;
    let reader = LdapContacts { password: Secret::new("another"), ..checked.reader.clone() };
    let told = findings(&reader, &checked.writer).await;
    assert_eq!(verdict(&told, "whether that entry is nobody's"), CheckVerdict::NotChecked);
    assert!(checked.tree.values(&checked.probe(), "userPassword").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_password_of_one_character_does_not_stay_where_the_answer_is_lost() {
    let checked = Checked::in_database(ldap::WITHOUT_POLICY, "probe").await;
    let proxy = DatabaseProxy::before(&ldap::url()).await;
    let through = {
        let url = format!("ldap://{}", proxy.address());
        let account = LdapAccountSettings {
            dn: checked.writer.bind_dn.clone(),
            password: checked.writer.password.clone(),
            key: checked.writer.account_key,
        };
        LdapContacts {
            probe_id: checked.writer.probe_id.clone(),
            ..LdapContacts::new(LdapFlavour::OpenLdap, &url, &checked.writer.base, account)
        }
    };
    // An octet string of one byte, `x`.
    proxy.breaks("\u{4}\u{1}x", Break::CutAnswer, 1);
    let told = findings(&checked.reader, &through).await;
    assert!(proxy.is_done());
    assert_eq!(verdict(&told, "whether a policy holds for it is not known"), CheckVerdict::NotChecked);
    assert!(!told.iter().any(|finding| finding.text.contains("the policy holds")), "{told:#?}");
    assert!(!checked.tree.signs_in(&checked.probe(), "x").await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_account_that_may_do_everything_is_told_of_each_thing() {
    let checked = Checked::complete().await;
    let told = findings(&checked.as_root(&checked.reader), &checked.as_root(&checked.writer)).await;
    for words in [
        "can set passwords, which the bot's must not",
        "This account is the rootdn or its like",
        "can change more than passwords: mail, uid, cn, preferredLanguage",
        "can add and delete entries",
    ] {
        assert_eq!(verdict(&told, words), CheckVerdict::Fail, "{words}");
    }
    // The reader reads that of the entry for trying, and the writer searches all.
    let sees: Vec<_> =
        told.iter().filter(|finding| finding.text.contains("userPassword of contacts")).collect();
    assert_eq!(sees.len(), 2, "{told:#?}");
    // A password of one character does not stay, and what was asked was not done.
    assert!(!checked.tree.signs_in(&checked.probe(), "x").await);
    assert!(checked.tree.person("ada").await.is_some());
    assert!(checked.tree.signs_in(&checked.tree.person("ada").await.unwrap(), UNKNOWN).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn clear_text_and_missing_indexes_come_to_light() {
    let checked = Checked::in_database(ldap::CLEAR_TEXT, "probe").await;
    checked.add("ada").await;
    let told = checked.findings().await;
    assert_eq!(verdict(&told, "stores passwords in clear text"), CheckVerdict::Fail);
    assert_eq!(
        verdict(&told, "no index answers uid (eq), uid (sub), mail (eq), mail (sub), cn (sub)"),
        CheckVerdict::Warn
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_database_without_the_overlay_comes_to_light() {
    let checked = Checked::in_database(ldap::WITHOUT_POLICY, "probe").await;
    checked.tree.add_person(&[("uid", "ada"), ("cn", "Ada")]).await;
    let told = checked.findings().await;
    assert_eq!(verdict(&told, "does not keep when a password is set"), CheckVerdict::Fail);
    assert_eq!(verdict(&told, "or there is no policy"), CheckVerdict::Fail);
    assert_eq!(verdict(&told, "stores passwords in clear text"), CheckVerdict::Fail);
    assert_eq!(verdict(&told, "so they get no link"), CheckVerdict::Warn);
    assert_eq!(verdict(&told, "nobody who was looked at has a primary e-mail"), CheckVerdict::Warn);
    assert_eq!(verdict(&told, "cannot be seen by this account"), CheckVerdict::NotChecked);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn rights_that_the_writer_lacks_come_to_light() {
    for (probe, words) in [
        ("out-of-reach", "this account may set no password"),
        ("without-sign-in", "does not sign in with it"),
    ] {
        let checked = Checked::in_database(ldap::COMPLETE, probe).await;
        assert_eq!(verdict(&checked.findings().await, words), CheckVerdict::Fail, "{probe}");
    }
    let checked = Checked::in_database(ldap::COMPLETE, "as any other").await;
    let told = checked.findings().await;
    let rule = format!("access to dn.exact=\"cn=as any other,{}\" attrs=userPassword", checked.tree.base());
    assert_eq!(verdict(&told, &rule), CheckVerdict::NotChecked);
    assert_eq!(verdict(&told, "nobody can be found"), CheckVerdict::Warn);

    // What is compared must be searchable.
    let reader = LdapContacts { name_attribute: "givenName".to_owned(), ..checked.reader.clone() };
    let writer =
        LdapContacts { bind_dn: reader.bind_dn.clone(), password: reader.password.clone(), ..checked.writer };
    let told = findings(&reader, &writer).await;
    assert_eq!(verdict(&told, "may not search givenName"), CheckVerdict::Fail);
    assert_eq!(verdict(&told, "may not search entryCSN"), CheckVerdict::Fail);
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn the_entry_for_trying_gets_no_link() {
    let checked = Checked::complete().await;
    checked.findings().await;
    let lookup = LdapContactLookup::open(&checked.reader).await.unwrap();
    let writer = LdapPasswordWriter::open(&checked.writer).await.unwrap();
    let probe = ContactId::new(PROBE).unwrap();
    assert!(matches!(lookup.find(PROBE).await.unwrap(), Found::Nobody));
    assert!(lookup.find_exact(&probe).await.unwrap().is_none());
    assert!(lookup.search("reset", 25).await.unwrap().is_empty());
    assert!(writer.read(&probe).await.unwrap().is_none());
    assert_eq!(lookup.called(PROBE).await.unwrap(), [probe]);
    // Without being named it is an entry like others.
    let unnamed = LdapContacts { probe_id: None, ..checked.reader.clone() };
    let lookup = LdapContactLookup::open(&unnamed).await.unwrap();
    assert!(matches!(lookup.find(PROBE).await.unwrap(), Found::One(_)));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn whoever_has_no_change_time_has_no_password_yet_once_the_server_is_known_to_keep_it() {
    let checked = Checked::complete().await;
    checked.tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    let new = ContactId::new("new").unwrap();
    let find = async || {
        let lookup = LdapContactLookup::open(&checked.reader).await.unwrap();
        lookup.find_exact(&new).await.unwrap().unwrap()
    };
    assert_eq!(find().await.obstacle, Some(Obstacle::NoChangeTime));
    let told = checked.findings().await;
    assert_eq!(verdict(&told, "1 of 2 contacts have no password yet"), CheckVerdict::Ok);
    let unnamed = |settings: &LdapContacts| LdapContacts { probe_id: None, ..settings.clone() };
    let told = findings(&unnamed(&checked.reader), &unnamed(&checked.writer)).await;
    assert_eq!(verdict(&told, "for 1 of 3 contacts the directory does not say"), CheckVerdict::Warn);
    // The entry for trying has a time now.
    let link = find().await;
    assert_eq!(link.obstacle, None);
    assert!(checked.findings().await.iter().all(|finding| finding.verdict == CheckVerdict::Ok));

    let writer = Arc::new(LdapPasswordWriter::open(&checked.writer).await.unwrap());
    let set = |password: &'static str| {
        let (writer, id, version) = (Arc::clone(&writer), new.clone(), link.password_version.clone());
        tokio::spawn(async move {
            let prepared = writer.prepare(password.to_owned().into()).await.unwrap();
            writer.set(&id, &version, prepared).await.unwrap()
        })
    };
    // Two at once: the server itself decides.
    let (one, other) = (set("first correct horse"), set("second correct horse"));
    let both = [one.await.unwrap(), other.await.unwrap()];
    assert!(both.contains(&SetPassword::Set) && both.contains(&SetPassword::VersionChanged), "{both:?}");
    assert_eq!(set("third correct horse").await.unwrap(), SetPassword::VersionChanged);
    let dn = checked.tree.person("new").await.unwrap();
    assert!(!checked.tree.signs_in(&dn, "third correct horse").await);
    assert_ne!(find().await.password_version, link.password_version);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_sample_tells_what_contacts_are_like() {
    let checked = Checked::complete().await;
    let add = async |more: &[(&str, &str)]| {
        let mut all = vec![("cn", "x"), ("userPassword", UNKNOWN)];
        all.extend_from_slice(more);
        checked.tree.add_person(&all).await
    };
    add(&[("uid", "bob")]).await;
    add(&[("uid", "eve"), ("mail", "eve@example.org"), ("mail", "eve@example.net")]).await;
    add(&[("uid", "zoe"), ("mail", "n/a"), ("pwdAccountLockedTime", "000001010000Z")]).await;
    let long = "a".repeat(65);
    add(&[("uid", &long)]).await;
    add(&[("uid", "two"), ("uid", "too")]).await;
    let told = checked.findings().await;
    assert_eq!(verdict(&told, "all 6 contacts were looked at; 1 inactive"), CheckVerdict::Ok);
    assert_eq!(verdict(&told, "2 of 6 contacts have an id that no link can carry"), CheckVerdict::Warn);
    assert_eq!(
        verdict(
            &told,
            "handed over for 3 without an e-mail, 1 with several e-mails, of which none is the primary one, 1 with an e-mail that is no address"
        ),
        CheckVerdict::Ok
    );
    add(&[("uid", "ada")]).await;
    assert_eq!(verdict(&checked.findings().await, "none of them gets a link: ada"), CheckVerdict::Fail);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn shared_emails_are_listed_from_the_whole_directory_or_the_server_is_said_not_to_list_it() {
    let list = async |checked: &Checked| {
        let mut lines = Vec::new();
        let contacts = Contacts::Ldap(Box::new(checked.reader.clone()));
        let count = contacts::duplicates::list(&contacts, |line| lines.push(line)).await;
        count.map(|count| (count, lines)).map_err(|error| error.to_string())
    };
    // More than slapd lists unless it is told otherwise, and more than two pages.
    let members = 520;
    let checked = Checked::complete().await;
    checked.tree.add_family(members, "Family@example.org").await;
    let both = [("mail", "ADA@example.org"), ("mail", "family@EXAMPLE.org")];
    checked.tree.add_person(&[&[("uid", "bob"), ("cn", "Bob")][..], &both].concat()).await;
    let (count, lines) = list(&checked).await.unwrap();
    assert_eq!((count, lines.len()), (2, 2 + 2 + members + 1));
    let of = |id: &str| SharedEmail::Contact { id: id.to_owned(), is_active: true };
    let first = [SharedEmail::Email("a…@example.org".to_owned()), of("ada"), of("bob")];
    assert_eq!(lines[..3], first);

    let checked = Checked::in_database(ldap::CLEAR_TEXT, "probe").await;
    checked.tree.add_family(members, "family@example.org").await;
    let refused = list(&checked).await.unwrap_err();
    assert!(refused.contains("lists no more than 500 entries") && refused.contains("`limits`"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn one_contact_is_shown_as_reset_link_sees_it() {
    let checked = Checked::complete().await;
    let mail = ("mail", "ADA@example.org");
    checked
        .tree
        .add_person(&[("uid", "bob"), ("cn", "Bob"), mail, ("pwdAccountLockedTime", "000001010000Z")])
        .await;
    checked
        .tree
        .add_person(&[("uid", "Ceo"), ("cn", "x"), ("mail", "a@example.org"), ("mail", "b@example.org")])
        .await;
    checked.tree.add_person(&[("uid", "ceo"), ("uid", "boss"), ("cn", "y")]).await;
    let check = LdapCheck::open(&checked.reader, &checked.writer, machine::entropy()).await;
    let one = async |typed: &str| {
        let mut found = check.contacts(typed).await.unwrap();
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    };
    let bob = ContactId::new("bob").unwrap();
    let ada = one(" ADA ").await;
    assert_eq!((ada.id.as_str(), ada.masked_emails.as_slice()), ("ada", &["a…@example.org".to_owned()][..]));
    assert_eq!(ada.sharing, Some(EmailSharing::With(vec![bob])));
    assert_eq!(ada.password, CheckedPasswordTime::At("20200101000000Z".to_owned()));
    assert!(ada.is_conditional && ada.why_inactive.is_none() && ada.dn.contains("employeeNumber="));

    let bob = one("bob").await;
    assert!(bob.why_inactive.unwrap().contains("administrator has locked it"));
    assert!(matches!(bob.password, CheckedPasswordTime::NotKept { cure } if cure.contains("ppolicy")));
    assert!(one(PROBE).await.why_inactive.unwrap().contains("contacts.probe_id"));
    assert_eq!(one("Ceo").await.masked_emails.len(), 2);
    assert_eq!(check.contacts("CEO").await.unwrap().len(), 2);
    assert!(one("boss").await.id_refused.unwrap().contains("several ids"));
    assert!(check.contacts("nobody").await.unwrap().is_empty());
    check.close().await;
}
