//! A line that somebody slipped into the audit is believed by nobody, and stops nobody from withdrawing.

use bot::audit::Fate;
use bot::{Action, Admin, Caller, Issued, Platform, Refused, Reply, RequestId};
use config::HandOver;
use keys::LinkId;
use reset_link_tests::harness::{Harness, Plan};
use serde_json::json;

fn bob() -> Caller {
    Admin { platform: Platform::Console, user: "bob".to_owned() }.into()
}

async fn act(harness: &Harness, action: Action) -> Reply {
    let bot = harness.bot();
    harness.on(async move { bot.act(&bob(), action).await }).await
}

fn link_id(harness: &Harness) -> LinkId {
    LinkId::parse(harness.events("issued").last().unwrap()["link_id"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_forged_request_cannot_be_approved() {
    let mut harness = Harness::planned(Plan { hand_over: HandOver::Approve, ..Plan::default() }).await;
    harness.chat.has_desk();
    let request = RequestId::from_random([9; 16]);
    harness.forge(&json!({
        "at": "2026-11-24T09:00:00.000Z", "event": "approval_requested", "request": request.to_string(), "contact": "ada",
        "admin": {"platform": "console", "user": "alice"}, "reasons": [{"reason": "no_primary_email"}], "protected": false,
        "lapses_at": "2026-11-24T09:15:00.000Z", "prev": "forged"
    }));
    for restarts in [false, true] {
        if restarts {
            harness.kill_and_restart().await;
        }
        let Reply::Refused(Refused::AuditUnsound(unsound)) = act(&harness, Action::Approve(request)).await
        else {
            panic!()
        };
        assert_eq!(unsound.file, harness.audit_file());
        assert!(harness.events("approved").is_empty() && harness.events("issued").is_empty());
        assert!(harness.events("approval_closed").is_empty() && harness.chat.questions().is_empty());
        // Nor is anybody asked on the word of such an audit.
        assert!(matches!(harness.refusal_for("bob").await, Refused::AuditUnsound(_)));
    }
    assert!(matches!(act(&harness, Action::Decline(request)).await, Reply::Declined { .. }));
}

#[tokio::test]
async fn on_an_unsound_audit_links_are_withdrawn_and_none_are_issued() {
    let mut harness = Harness::start().await;
    let first = harness.link_for("ada").await;
    let first_id = link_id(&harness);
    let second = harness.link_for("ada").await;
    harness.forge(&json!({"event": "nothing that we write", "prev": "forged"}));
    let said = harness.types("/reset-link contact:ada").await;
    let line = harness.audit().len();
    assert!(said.link.is_none() && said.text.contains(&format!("line {line} of ")), "{}", said.text);
    assert!(
        said.text.contains("links can still be withdrawn") && said.text.contains("To mend"),
        "{}",
        said.text
    );
    let status = harness.types("/reset-status contact:ada").await.text;
    assert!(status.starts_with("The audit is not as it was written"), "{status}");
    assert!(matches!(act(&harness, Action::Revoke(first_id)).await, Reply::LinkRevoked { .. }));
    assert_eq!((harness.open(&first).await.status, harness.open(&second).await.status), (410, 200));
    harness.types("/reset-revoke contact:ada").await;
    assert_eq!(harness.open(&second).await.status, 410);
    assert!(matches!(harness.issue("bob").await, Issued::Refused(Refused::AuditUnsound(_))));
}

#[tokio::test]
async fn buttons_and_status_say_the_same_of_a_link() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let id = link_id(&harness);
    let ada = contacts::ContactEntry::new(keys::ContactId::new("ada").unwrap(), "Ada Lovelace");
    harness.put(vec![ada.with_email("countess@example.org")]).await;
    assert_eq!(harness.redeem(&link, reset_link_tests::harness::PASSWORD).await.status, 410);
    harness.deliver_receipts().await.unwrap();
    let status = harness.types("/reset-status contact:ada").await.text;
    assert!(status.contains("void since the password or e-mail changed"), "{status}");
    // The e-mail may change back: a withdrawal is not refused.
    assert!(matches!(act(&harness, Action::Revoke(id)).await, Reply::LinkRevoked { .. }));
    let again = act(&harness, Action::Revoke(id)).await;
    assert!(matches!(again, Reply::LinkOver(Fate::Withdrawn(_))), "{again:?}");
    let status = harness.types("/reset-status contact:ada").await.text;
    assert!(status.contains("withdrawn at"), "{status}");
}
