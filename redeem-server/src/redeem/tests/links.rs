//! What a link shows and does while nobody interferes.

use contacts::PasswordPolicy;

use super::*;
use crate::password::BrokenRule;

#[tokio::test]
async fn a_link_sets_a_password_once_and_each_further_try_is_reported() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
    assert_eq!(redeeming.directory.password(), GOOD);
    let receipts = redeeming.receipts().await;
    let [receipt] = receipts.as_slice() else { panic!("{receipts:?}") };
    assert_eq!((receipt.link_id, &receipt.contact), (link.link_id(), link.contact()));
    assert_eq!((receipt.outcome, receipt.client), (ReceiptOutcome::Redeemed, Some(CLIENT)));
    assert_eq!((receipt.key_id.as_ref(), receipt.at), (Some(link.key_id()), redeeming.clock.now()));
    assert!(redeeming.is_told_of_receipts().await);
    assert!(is_closed(&redeeming.redeem(&link, "another giraffe sonnet").await, Closed::Used));
    assert_eq!(redeeming.directory.password(), GOOD);
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::Redeemed, ReceiptOutcome::RefusedUsed]);
    assert!(redeeming.is_told_of_receipts().await);
}

#[tokio::test]
async fn looking_at_a_link_writes_nothing() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    for _ in 0..3 {
        let Outcome::Form(form) = redeeming.redeemer.show(&link).await else { panic!("the form") };
        assert_eq!((form.name.as_str(), form.language.as_deref()), ("Ada Lovelace", Some("de")));
        assert_eq!((form.expires_at, form.policy.max_bytes), (link.expires_at(), Some(72)));
    }
    assert_eq!(redeeming.directory.calls(), [Call::Read; 3]);
    assert_eq!((redeeming.state(&link).await, redeeming.receipts().await), (LinkState::Unused, vec![]));
    redeeming.directory.change_email("other@example.org");
    assert!(is_closed(&redeeming.redeemer.show(&link).await, Closed::Overtaken));
    assert_eq!(redeeming.receipts().await, [], "nobody has tried to redeem it");
}

#[tokio::test]
async fn what_the_directory_is_known_to_refuse_is_told_with_our_rules_and_never_sent_to_it() {
    let policy = PasswordPolicy { min_chars: Some(30), min_kinds: Some(3), ..PasswordPolicy::default() };
    let redeeming = Redeeming::at(FakeDirectory::conditional().with_policy(policy));
    let link = redeeming.link(1);
    let Outcome::Form(form) = redeeming.redeemer.show(&link).await else { panic!("the form") };
    assert_eq!(form.policy, policy);
    let outcome = redeeming.redeemer.redeem(&link, new_password(GOOD, "other"), CLIENT).await;
    let Outcome::Rejected(form, broken) = outcome else { panic!("{outcome:?}") };
    assert_eq!(form.policy, policy);
    let (short, simple) = (BrokenRule::TooShort { min: 30 }, BrokenRule::TooFewKinds { min: 3 });
    assert_eq!(broken, [short, simple, BrokenRule::ConfirmDiffers]);
    assert_eq!(redeeming.state(&link).await, LinkState::Unused);
    assert!(redeeming.directory.calls().iter().all(|call| *call == Call::Read), "nothing was sent");
    let kept = "Tremendous giraffe sonnet of 1815";
    assert!(matches!(redeeming.redeem(&link, kept).await, Outcome::Done));
}

#[tokio::test]
async fn a_password_that_breaks_rules_is_told_all_of_them_and_the_link_stays_good() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    let outcome = redeeming.redeemer.redeem(&link, new_password("ada", "adb"), CLIENT).await;
    let Outcome::Rejected(form, broken) = outcome else { panic!("{outcome:?}") };
    assert_eq!(form.contact.as_str(), "ada");
    assert!(broken.contains(&BrokenRule::TooShort { min: 12 }), "{broken:?}");
    assert!(
        broken.contains(&BrokenRule::OwnData) && broken.contains(&BrokenRule::ConfirmDiffers),
        "{broken:?}"
    );
    let own = "ada@example.org ada@example.org";
    assert!(matches!(redeeming.redeem(&link, own).await, Outcome::Rejected(..)), "her own e-mail");
    assert_eq!(redeeming.directory.calls(), [Call::Read; 2], "nothing was hashed or written");
    assert_eq!((redeeming.state(&link).await, redeeming.receipts().await), (LinkState::Unused, vec![]));
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
}

#[tokio::test]
async fn each_reason_why_a_link_is_dead_is_its_own_and_is_reported_where_it_is_news() {
    let redeeming = Redeeming::new();
    let [overtaken, withdrawn, expired] = [1, 2, 3].map(|number| redeeming.link(number));
    let foreign = Links::of(keys::LedgerEpoch::from_random([1; 16])).link(4, redeeming.clock.now());
    redeeming.ledger.revoke(&crate::fakes::revocation(&withdrawn)).await.unwrap();
    redeeming.directory.change_password("hers, by another way");
    assert!(is_closed(&redeeming.redeem(&overtaken, GOOD).await, Closed::Overtaken));
    assert!(is_closed(&redeeming.redeem(&withdrawn, GOOD).await, Closed::Withdrawn));
    assert!(is_closed(&redeeming.redeem(&foreign, GOOD).await, Closed::LedgerIsYounger));
    let news = [
        ReceiptOutcome::RefusedWithdrawn,
        ReceiptOutcome::RefusedOvertaken,
        ReceiptOutcome::RefusedLedgerIsYounger,
        ReceiptOutcome::Revoked,
    ];
    assert_eq!(redeeming.reported().await, news);
    redeeming.clock.move_by(SignedDuration::from_mins(15));
    assert!(is_closed(&redeeming.redeem(&expired, GOOD).await, Closed::Expired));
    assert_eq!(redeeming.reported().await, news, "that a link has expired is nobody's news");
    assert_eq!(redeeming.directory.password(), "hers, by another way");
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_told_why() {
    let redeeming = Redeeming::new();
    assert_eq!(redeeming.redeemer.verify("v4.public.x").unwrap_err(), Dead::Damaged);
    let damaged = redeeming.redeemer.dead(&Dead::Damaged).await;
    assert!(matches!(damaged, Outcome::Closed { why: Closed::Damaged, language: None }));
    assert_eq!(redeeming.directory.calls(), [], "nothing is looked up for it");
    let ada = redeeming.redeemer.account(&redeeming.directory.ada().id).await;
    assert_eq!((ada.name.as_str(), ada.language.as_deref()), ("Ada Lovelace", Some("de")));
    redeeming.directory.fail_next(Call::Read, Fault::Unreachable);
    let unknown = redeeming.redeemer.account(&redeeming.directory.ada().id).await;
    assert_eq!((unknown.contact.as_str(), unknown.name.as_str(), unknown.language), ("ada", "", None));
}
