//! From a command to a link: mailed or handed over and why, or refused; and nothing leaves that the audit does not hold.

use bot::mail::{Cause, MailFailure, Step};
use bot::policy::HandOverReason;
use bot::{Admin, Issued, Platform, Refused};
use config::HandOver;
use contacts::ContactEntry;
use keys::ContactId;
use reset_link_tests::harness::{Harness, PASSWORD, Plan, link_in};

async fn with_mail() -> Harness {
    Harness::planned(Plan { mail: true, ..Plan::default() }).await
}

fn refused_by_server() -> MailFailure {
    let answer = "5.1.1 no such user".to_owned();
    MailFailure::Refused { step: Step::Recipient, code: 550, answer }
}

async fn reasons_for(harness: &Harness, contact: &str) -> Vec<HandOverReason> {
    match harness.issue(contact).await {
        Issued::HandedOver(handed_over) => handed_over.reasons,
        other => panic!("not handed over: {other:?}"),
    }
}

fn shared_with(id: &str) -> HandOverReason {
    HandOverReason::EmailShared { others: vec![ContactId::new(id).unwrap()] }
}

#[tokio::test]
async fn every_reason_for_handing_over_is_told() {
    use HandOverReason::{MailServerNotConfigured, NoPrimaryEmail};
    let harness = Harness::start().await;
    for (contact, reasons) in [
        ("ada", vec![MailServerNotConfigured]),
        ("bob", vec![MailServerNotConfigured, NoPrimaryEmail]),
        ("dave", vec![MailServerNotConfigured, NoPrimaryEmail]),
        ("carol", vec![MailServerNotConfigured, shared_with("chris")]),
        ("chris", vec![MailServerNotConfigured, shared_with("carol")]),
    ] {
        assert_eq!(reasons_for(&harness, contact).await, reasons, "{contact}");
    }
    let harness = with_mail().await;
    for (contact, reasons) in
        [("bob", vec![NoPrimaryEmail]), ("dave", vec![NoPrimaryEmail]), ("carol", vec![shared_with("chris")])]
    {
        assert_eq!(reasons_for(&harness, contact).await, reasons, "{contact}");
    }
    assert_eq!(harness.mailer.attempts().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_mailed_is_no_address_and_never_a_failure_of_the_mail_server() {
    let harness = with_mail().await;
    let addresses = [
        "he\u{200b}len@example.org",
        "\u{feff}helen@example.org",
        "helen@exam\u{ad}ple.org",
        "h[1]@example.org",
    ];
    for (number, address) in addresses.into_iter().enumerate() {
        let id = format!("helen-{number}");
        let entry = ContactEntry::new(ContactId::new(id.as_str()).unwrap(), "Helen").with_email(address);
        harness.put(vec![entry]).await;
        assert_eq!(reasons_for(&harness, &id).await, [HandOverReason::NoPrimaryEmail], "{address:?}");
    }
    assert_eq!(harness.mailer.attempts().len(), 0);
}

#[tokio::test]
async fn an_admin_reads_all_reasons_the_link_and_how_to_mend_it() {
    let harness = Harness::start().await;
    let said = harness.types("/reset-link contact:carol").await;
    let order = [
        "no mail server",
        "shared by another contact: chris",
        "Make sure that you are talking to Carol Miller (carol)",
        "until 09:15",
        "[mail]",
        "address of their own",
    ];
    let places: Vec<_> = order.iter().map(|piece| said.text.find(piece)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {}", said.text);
    assert_eq!(harness.redeem(&said.link.unwrap(), PASSWORD).await.status, 200);
    let handed_over = &harness.events("handed_over")[0];
    assert_eq!(handed_over["reasons"][0]["reason"], "mail_server_not_configured");
    assert_eq!(handed_over["reasons"][1]["detail"], "chris");
}

#[tokio::test]
async fn a_contact_with_an_address_of_their_own_gets_a_mail_and_the_admin_no_link() {
    let harness = with_mail().await;
    let said = harness.types("/reset-link contact:ada").await;
    assert_eq!(said.link, None);
    assert!(said.text.contains("accepted by mail.example.org"), "{}", said.text);
    assert!(!said.text.contains("ada@example.org") && !said.text.contains("v4.public."), "{}", said.text);
    let mails = harness.mailer.mails();
    assert_eq!(mails[0].to.expose(), "ada@example.org");
    assert_eq!(harness.redeem(&link_in(&mails[0]).unwrap(), PASSWORD).await.status, 200);
    let kinds: Vec<_> =
        harness.audit().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["issued", "mailed"]);
}

#[tokio::test]
async fn where_the_mail_fails_the_same_link_is_handed_over_with_the_servers_answer() {
    let harness = with_mail().await;
    harness.mailer.fails_next(refused_by_server());
    let said = harness.types("/reset-link contact:ada").await;
    assert!(said.text.contains("550 5.1.1 no such user"), "{}", said.text);
    let link = said.link.unwrap();
    assert_eq!(link_in(&harness.mailer.attempts()[0]).as_deref(), Some(link.as_str()));
    assert_eq!(harness.events("issued").len(), 1);
    assert_eq!(harness.events("handed_over")[0]["reasons"][0]["reason"], "mail_failed");
    // The contact hears that the help desk has a link.
    harness.finish_notices().await;
    let notices = harness.mailer.mails();
    assert_eq!((notices.len(), link_in(&notices[0])), (1, None));
    assert_eq!(harness.events("hand_over_noticed")[0]["notice"], "mailed");
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn where_the_mail_servers_answer_is_missing_the_admin_hears_that_the_mail_may_arrive_yet() {
    let harness = with_mail().await;
    harness.mailer.fails_next(MailFailure::OutcomeUnknown { cause: Cause::Closed });
    let said = harness.types("/reset-link contact:ada").await;
    assert!(said.text.contains("may arrive yet"), "{}", said.text);
    assert_eq!(link_in(&harness.mailer.attempts()[0]), said.link);
    assert_eq!(harness.events("handed_over")[0]["reasons"][0]["reason"], "mail_outcome_unknown");
}

#[tokio::test]
async fn where_links_are_not_handed_over_none_is_made_that_could_not_be_mailed() {
    for mail in [false, true] {
        let harness = Harness::planned(Plan { hand_over: HandOver::Refuse, mail, ..Plan::default() }).await;
        let said = harness.types("/reset-link contact:bob").await;
        assert_eq!(said.link, None);
        assert!(
            said.text.contains("no primary e-mail") && said.text.contains("hands no links over"),
            "{}",
            said.text
        );
        assert_eq!((harness.events("issued").len(), harness.mailer.attempts().len()), (0, 0));
        let withheld = &harness.events("withheld")[0];
        assert_eq!((withheld["contact"].as_str(), withheld["link_id"].as_str()), (Some("bob"), None));
    }
}

#[tokio::test]
async fn where_links_are_not_handed_over_a_mail_that_fails_stays_with_nobody() {
    let harness = Harness::planned(Plan { hand_over: HandOver::Refuse, mail: true, ..Plan::default() }).await;
    harness.mailer.fails_next(refused_by_server());
    let said = harness.types("/reset-link contact:ada").await;
    assert_eq!(said.link, None);
    assert!(!said.text.contains("v4.public.") && said.text.contains("no such user"), "{}", said.text);
    assert_eq!(harness.events("handed_over").len(), 0);
    assert_eq!(harness.events("withheld")[0]["link_id"], harness.events("issued")[0]["link_id"]);
    assert!(harness.types("/reset-link contact:ada").await.text.contains("E-mailed"));
}

#[tokio::test]
async fn without_its_audit_no_link_leaves() {
    for mail in [false, true] {
        let mut harness = Harness::planned(Plan { mail, ..Plan::default() }).await;
        harness.link_for("bob").await;
        let aside = harness.audit_file().with_extension("aside");
        std::fs::rename(harness.audit_file(), &aside).unwrap();
        let said = harness.types("/reset-link contact:ada").await;
        assert_eq!(said.link, None);
        assert!(said.text.contains("audit cannot be written"), "{}", said.text);
        assert!(matches!(harness.refusal_for("ada").await, Refused::AuditUnavailable));
        assert_eq!(harness.mailer.attempts().len(), 0);
        // An empty file in its place is not the audit either.
        std::fs::write(harness.audit_file(), "").unwrap();
        assert!(matches!(harness.refusal_for("ada").await, Refused::AuditUnavailable));
        std::fs::rename(&aside, harness.audit_file()).unwrap();
        harness.kill_and_restart().await;
        assert_eq!(harness.events("issued").len(), 1);
        assert!(!matches!(harness.issue("ada").await, Issued::Refused(_)));
    }
}

#[tokio::test]
async fn a_contact_is_known_by_the_id_that_the_directory_returns() {
    let harness = Harness::start().await;
    let said = harness.types("/reset-link contact:ADA").await;
    assert!(said.text.contains("(ada)") && !said.text.contains("ADA"), "{}", said.text);
    assert_eq!(harness.events("issued")[0]["contact"], "ada");
    let page = harness.open(&said.link.unwrap()).await;
    assert!(page.body.contains("ada") && !page.body.contains("ADA"));
    // Limits count them as one.
    for typed in ["Ada", " ada ", "aDa", "ada", "ADA", "adA", "AdA", "ADa", "aDA"] {
        harness.link_for(typed).await;
    }
    assert!(matches!(harness.refusal_for("ada").await, Refused::Limit(..)));
}

#[tokio::test]
async fn an_id_that_could_be_several_contacts_is_refused_unless_typed_exactly() {
    let harness = Harness::start().await;
    let entry = |id: &str, name: &str| ContactEntry::new(ContactId::new(id).unwrap(), name);
    harness.put(vec![entry("Grace", "Grace Hopper"), entry("grace", "Grace Kelly")]).await;
    let said = harness.types("/reset-link contact:GRACE").await;
    assert_eq!(said.link, None);
    assert!(said.text.contains("Grace, grace"), "{}", said.text);
    assert_eq!(harness.events("issued").len(), 0);
    assert_eq!(harness.events("denied")[0]["why"], "ambiguous_contact");
    let said = harness.types("/reset-link contact:grace").await;
    assert!(said.text.contains("Grace Kelly (grace)"), "{}", said.text);
}

#[tokio::test]
async fn who_is_not_on_the_list_gets_nothing_and_learns_nothing() {
    let harness = Harness::start().await;
    let mallory = || Admin { platform: Platform::Console, user: "mallory".to_owned() };
    let known = harness.types_as(mallory(), "/reset-link contact:ada").await;
    let unknown = harness.types_as(mallory(), "/reset-link contact:nobody-at-all").await;
    assert_eq!((known.link, &known.text), (None, &unknown.text));
    let status = harness.types_as(mallory(), "/reset-status contact:ada").await;
    assert_eq!(status.text, known.text);
    assert!(harness.audit().iter().all(|line| line["event"] == "denied" && line["why"] == "not_allowed"));
}

#[tokio::test]
async fn what_was_typed_for_nobody_is_not_written_down() {
    let harness = Harness::start().await;
    let said = harness.types("/reset-link contact:hunter2-typed-by-mistake").await;
    assert!(said.text.contains("No active contact"), "{}", said.text);
    let audit = std::fs::read_to_string(harness.audit_file()).unwrap();
    assert!(audit.contains("no_such_contact") && !audit.contains("hunter2"), "{audit}");
}
