use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use keys::chained_log::verify_file;
use keys::{ContactId, LinkId};
use tempfile::TempDir;

use super::*;
use crate::admin::{Admin, Platform};
use crate::request::RequestId;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn admin(user: &str) -> Admin {
    Admin { platform: Platform::Console, user: user.to_owned() }
}

fn link(letter: char) -> LinkId {
    LinkId::parse(&format!("{letter}AAAAAAAAAAAAAAAAAAAAA")).unwrap()
}

fn contact(id: &str) -> ContactId {
    ContactId::new(id).unwrap()
}

fn requested(random: u8, admin: Admin) -> Event {
    Event::ApprovalRequested {
        request: RequestId::from_random([random; 16]),
        contact: contact("ada"),
        admin,
        reasons: Vec::new(),
        protected: false,
        instead_of: None,
        lapses_at: at(900),
        binding: None,
        to: None,
    }
}

fn approved(random: u8, by: &str) -> Event {
    Event::Approved {
        request: RequestId::from_random([random; 16]),
        contact: contact("ada"),
        admin: admin("alice"),
        by: admin(by),
        tell: false,
    }
}

fn issued(letter: char, request: Option<u8>) -> Event {
    Event::Issued {
        link_id: link(letter),
        contact: contact("ada"),
        admin: admin("alice"),
        key_id: serde_json::from_str("\"k4.pid.zXzH6bz1AOPzRp254cwUzhFWJSaNxoBfCW2-fH4v7TWE\"").unwrap(),
        issued_at: at(0),
        expires_at: at(900),
        request: request.map(|random| RequestId::from_random([random; 16])),
    }
}

fn mailed(letter: char, whose: &str) -> Event {
    let (to, accepted_by) = ("a…@example.org".to_owned(), "mail.example.org".to_owned());
    Event::Mailed { link_id: link(letter), contact: contact(whose), admin: admin("alice"), to, accepted_by }
}

fn denied(user: &str) -> Event {
    Event::Denied { admin: admin(user), contact: None, why: Denial::NotAllowed }
}

fn opened() -> (TempDir, PathBuf, Audit) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    let audit = Audit::open(&file, at(0)).unwrap();
    (folder, file, audit)
}

async fn unsound(audit: &Audit) -> Option<(u64, Flaw)> {
    let look = |memory: &Memory| memory.unsound().map(|unsound| (unsound.line, unsound.flaw));
    audit.look(at(0), look).await.unwrap()
}

fn events(file: &PathBuf, kind: &str) -> usize {
    fs::read_to_string(file).unwrap().matches(&format!("\"event\":\"{kind}\"")).count()
}

#[tokio::test]
async fn a_line_that_somebody_slipped_in_makes_the_audit_unsound_here_and_after_a_restart() {
    let (_folder, file, audit) = opened();
    audit.write(at(0), issued('A', None)).await.unwrap();
    assert_eq!(unsound(&audit).await, None);
    let forged = serde_json::to_string(&Entry { at: at(0), event: requested(1, admin("mallory")) }).unwrap();
    writeln!(
        File::options().append(true).open(&file).unwrap(),
        "{},\"prev\":\"beginning\"}}",
        forged.trim_end_matches('}')
    )
    .unwrap();
    let flaw = Flaw::Chain(keys::chained_log::Fault::DoesNotFollow);
    assert_eq!(unsound(&audit).await, Some((2, flaw)));
    // Withdrawing goes on, and so do its lines.
    let revoking = Event::LinkRevoking { link_id: link('A'), contact: contact("ada"), admin: None };
    audit.write(at(1), revoking).await.unwrap();
    let again = Audit::open(&file, at(2)).unwrap();
    assert_eq!(unsound(&again).await, Some((2, flaw)));
    assert!(again.is_writable());
}

#[tokio::test]
async fn two_lines_that_cannot_both_be_true_make_the_audit_unsound() {
    let cases: [(Vec<Event>, Disagreement); 9] = [
        (vec![issued('A', None), issued('A', None)], Disagreement::IssuedTwice),
        (vec![issued('A', None), mailed('A', "bob")], Disagreement::AnotherContact),
        (vec![requested(1, admin("alice")), requested(1, admin("alice"))], Disagreement::RequestedTwice),
        (vec![requested(1, admin("alice")), approved(1, "alice")], Disagreement::OwnApproval),
        (vec![requested(1, admin("mallory")), approved(1, "bob")], Disagreement::AnotherContact),
        (
            vec![requested(1, admin("alice")), approved(1, "bob"), approved(1, "carol")],
            Disagreement::AnsweredTwice,
        ),
        (vec![requested(1, admin("alice")), issued('A', Some(1))], Disagreement::NotApproved),
        (vec![requested(1, admin("mallory")), issued('A', Some(1))], Disagreement::AnotherContact),
        (
            vec![
                requested(1, admin("alice")),
                approved(1, "bob"),
                issued('A', Some(1)),
                issued('B', Some(1)),
            ],
            Disagreement::NotApproved,
        ),
    ];
    for (events, disagreement) in cases {
        let (_folder, file, audit) = opened();
        let line = events.len() as u64;
        for event in events {
            assert_eq!(unsound(&audit).await, None);
            audit.write(at(0), event).await.unwrap();
        }
        let found = Some((line, Flaw::Disagrees(disagreement)));
        assert_eq!(unsound(&audit).await, found);
        assert_eq!(unsound(&Audit::open(&file, at(0)).unwrap()).await, found, "after a restart");
        let mut check = Check::default();
        verify_file(&file, &mut check).unwrap();
        assert_eq!(check.found(), Some((line, disagreement)), "for `audit verify`");
    }
}

#[tokio::test]
async fn a_request_that_was_approved_and_came_to_a_link_is_sound() {
    let (_folder, _, audit) = opened();
    for event in [
        requested(1, admin("alice")),
        approved(1, "bob"),
        issued('A', Some(1)),
        mailed('A', "ada"),
        requested(2, admin("alice")),
        approved(2, "bob"),
        // Approved by a former process, and told of as interrupted by this one.
        Event::ApprovalClosed {
            request: RequestId::from_random([2; 16]),
            contact: contact("ada"),
            admin: admin("alice"),
            why: Closing::Interrupted,
            by: None,
            refusal: None,
            tell: false,
        },
        // Of links and requests that are older than what is remembered nothing is known.
        mailed('Z', "bob"),
        approved(9, "bob"),
    ] {
        audit.write(at(0), event).await.unwrap();
    }
    assert_eq!(unsound(&audit).await, None);
}

#[tokio::test]
async fn an_audit_of_an_earlier_version_opens_and_is_sound() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit.jsonl");
    // The first four lines that LOGGING.md shows are a whole audit, as the first version wrote it.
    let documented = include_str!("../../../docs/LOGGING.md");
    let lines: Vec<_> = documented.lines().filter(|line| line.starts_with("{\"at\"")).take(4).collect();
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    let now = "2026-11-24T01:30:00Z".parse().unwrap();
    let audit = Audit::open(&file, now).unwrap();
    let looked = audit.look(now, move |memory| {
        let fates: Vec<_> = memory.issued().map(|link| link.fate(now)).collect();
        (memory.unsound().cloned(), fates)
    });
    let (unsound, fates) = looked.await.unwrap();
    assert_eq!(unsound, None);
    assert!(matches!(fates[..], [Fate::Redeemed(_)]), "{fates:?}");
    audit.write(now, denied("bob")).await.unwrap();
    assert_eq!(verify_file(&file, &mut |_: &str| ()).unwrap().lines, 5);
}

#[tokio::test]
async fn a_flood_of_denials_becomes_three_lines_and_a_number() {
    let (_folder, file, audit) = opened();
    for _ in 0..500 {
        audit.write(at(0), denied("mallory")).await.unwrap();
    }
    audit.write(at(0), denied("bob")).await.unwrap();
    assert_eq!((events(&file, "denied"), events(&file, "denied_in_bulk")), (4, 0));
    audit.write_denials(at(59), false).await.unwrap();
    assert_eq!(events(&file, "denied_in_bulk"), 0, "the minute is not over");
    audit.write_denials(at(60), false).await.unwrap();
    audit.write_denials(at(61), true).await.unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(events(&file, "denied_in_bulk"), 1, "{text}");
    assert!(text.contains("\"why\":\"not_allowed\",\"denials\":497"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_another_process_keeps_fails_every_append_once_and_heals() {
    let (_folder, file, audit) = opened();
    audit.set_patience(Duration::from_millis(50));
    let holder = File::open(&file).unwrap();
    holder.lock().unwrap();
    let appends: Vec<_> = (0..5)
        .map(|_| {
            let audit = audit.clone();
            tokio::spawn(async move { audit.write(at(0), denied("bob")).await })
        })
        .collect();
    for append in appends {
        assert!(matches!(append.await.unwrap(), Err(LogError::Locked { .. })));
    }
    assert!(!audit.is_writable());
    holder.unlock().unwrap();
    audit.write(at(0), issued('A', None)).await.unwrap();
    assert!(audit.is_writable());
}

#[tokio::test]
async fn an_audit_that_is_gone_is_known_to_be_until_it_is_back() {
    let (_folder, file, audit) = opened();
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).unwrap();
    assert!(audit.look(at(0), |_| ()).await.is_err());
    assert!(!audit.is_writable());
    fs::rename(&aside, &file).unwrap();
    audit.look(at(0), |_| ()).await.unwrap();
    assert!(audit.is_writable());
}
