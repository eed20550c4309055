//! The ledger as an operator meets it: its epoch, its binding secret, and links that belong to another one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use bot::{Issued, Refused};
use reset_link_tests::harness::binary::Process;
use reset_link_tests::harness::{Harness, PASSWORD, Plan};

use crate::operating::Place;
use crate::process::{get, post};

#[tokio::test]
async fn the_first_link_works_though_it_is_issued_before_the_first_start() {
    let place = Place::new("");
    let link = place.link_for("ada");
    let _process = Process::configured(&place.config(), place.listen).await;
    assert_eq!(place.verify(&link).0, Some(0));
    assert_eq!(post(&link, PASSWORD).await, 200);
}

#[tokio::test]
async fn a_link_of_a_ledger_that_was_moved_away_is_refused_and_verify_says_why() {
    let place = Place::new("");
    let (ledger, aside) = (place.folder.path().join("data/ledger"), place.folder.path().join("aside"));
    let mut process = Process::configured(&place.config(), place.listen).await;
    let link = place.link_for("ada");
    assert!(process.terminate().await.success());
    fs::rename(&ledger, &aside).unwrap();

    let refused = place.ask(&["issue", "--contact", "ada"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("has begun here") && said.contains("`reset-link run` once"), "{said}");

    let _process = Process::configured(&place.config(), place.listen).await;
    assert_eq!(
        (get(&link).await, post(&link, PASSWORD).await),
        (410.try_into().unwrap(), 410.try_into().unwrap())
    );
    let (code, said) = place.verify(&link);
    assert_eq!(code, Some(1));
    assert!(said.contains("genuine:  yes") && said.contains("made for another ledger"), "{said}");
    assert_eq!(post(&place.link_for("ada"), PASSWORD).await, 200);
}

#[tokio::test]
async fn a_binding_secret_that_was_changed_beneath_a_running_process_stops_issuing() {
    let place = Place::new("");
    let file = place.folder.path().join("data/keys/binding.secret");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut process = Process::configured(&place.config(), place.listen).await;
    place.link_for("ada");
    let before = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    for _ in 0..2 {
        let refused = place.ask(&["issue", "--contact", "ada"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("not the binding secret") && said.contains("restart"), "{said}");
    }
    let doctor = place.ask(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("is not the secret that `reset-link run` started with"), "{said}");
    assert!(process.terminate().await.success());
    let mut process = Process::configured(&place.config(), place.listen).await;
    assert!(process.stderr().contains("another one than at the last start"), "{}", process.stderr());
    let link = place.link_for("ada");
    assert_eq!(get(&link).await, 200);
    assert!(process.terminate().await.success());

    fs::write(&file, before).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = place.ask(&["run"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("chmod 600"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn halves_with_different_binding_secrets_issue_nothing_and_say_why() {
    let harness = Harness::planned(Plan { redeem_half_secret: [9; 32], ..Plan::default() }).await;
    assert!(matches!(harness.issue("ada").await, Issued::Refused(Refused::BindingSecretsDiffer)));
    let said = harness.types("/reset-link contact:ada").await;
    assert!(said.link.is_none() && said.text.contains("keys.binding_secret_file"), "{}", said.text);
    assert_eq!(harness.events("issued").len(), 0);
}
