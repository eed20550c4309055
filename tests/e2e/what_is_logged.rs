//! The log of the whole flow, at the finest level, holds no secret.

use std::fs;

use reset_link_tests::harness::binary::Process;

use crate::process::{get, link_for, post};

const PASSWORD: &str = "quarrel-lantern-otter-plaza";
const WEAK: &str = "password1234";

async fn asks(process: &mut Process, line: &str, expected: &str) {
    let answer = process.ask(line).await;
    assert!(answer.contains(expected), "{expected}: {answer}");
}

#[tokio::test]
async fn no_token_password_or_full_address_is_ever_logged() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::try_out_with(folder.path(), &[("RUST_LOG", "trace")]).await;
    let handed_over = link_for(&mut process, "ada").await;
    asks(&mut process, "/mail on", "Mail is on").await;
    let mailed = link_for(&mut process, "ada").await;
    assert_eq!(get(&mailed).await, 200);
    assert_eq!(post(&mailed, WEAK).await, 422);
    assert_eq!(post(&mailed, PASSWORD).await, 200);
    process.heard("has used your link").await;
    assert_eq!(post(&mailed, PASSWORD).await, 410);
    assert_eq!(post(&handed_over, PASSWORD).await, 410);
    let damaged = mailed.replace("v4.public.e", "v4.public.f");
    assert_eq!(get(&damaged).await, 400);
    asks(&mut process, &format!("/reset-link {mailed}"), "longer than any contact's id").await;
    asks(&mut process, "/reset-link contact:ada@example.org", "No active contact").await;
    asks(&mut process, "/reset-revoke contact:ada", "are withdrawn").await;
    // Something that is an error: the audit moved away.
    fs::rename(folder.path().join("audit.jsonl"), folder.path().join("audit.old")).unwrap();
    asks(&mut process, "/reset-link contact:emil", "The audit cannot be written").await;
    fs::rename(folder.path().join("audit.old"), folder.path().join("audit.jsonl")).unwrap();
    assert!(process.terminate().await.success());
    let logged = process.stderr();

    assert!(
        logged.contains("the redeem server listens") && logged.contains("the audit cannot be written"),
        "{logged}"
    );
    for link in [&handed_over, &mailed, &damaged] {
        let token = link.split("/r/").nth(1).unwrap();
        for piece in token.as_bytes().chunks(40).filter(|piece| piece.len() == 40) {
            // The footer names the key, which is no secret: what is a secret stands before it.
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(!logged.contains(piece), "a piece of a token is in the log: {logged}");
        }
    }
    for secret in ["v4.public.", PASSWORD, WEAK, "ada@example.org", "emil@example.org", "argon2id"] {
        assert!(!logged.contains(secret), "{secret} is in the log: {logged}");
    }
    // The audits: whose e-mail and which link, but neither of them in full.
    for audit in ["audit.jsonl", "redeem-audit.jsonl"] {
        let text = fs::read_to_string(folder.path().join(audit)).unwrap();
        for secret in ["v4.public.", PASSWORD, WEAK, "ada@example.org", "argon2id"] {
            assert!(!text.contains(secret), "{secret} is in {audit}: {text}");
        }
        assert!(text.contains("\"contact\":\"ada\""), "{text}");
    }
}
