//! A data folder that version 1 left behind, killed in the middle of its work, and what this version makes of it.
//!
//! `tests/fixtures/version-1` was made with the executable of that time by an operator's commands. In it: ada's link is redeemed; eve's as well, and its mark
//! pruned; bob's links are withdrawn; carol's link is unused; dan's is redeemed and the bot does not know yet; fay's is claimed, and nobody finished.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contacts::SqlitePasswordWriter;
use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use keys::{
    Binding, BindingSecret, ContactId, Keeper, Keyring, LinkError, LinkId, NewLink, PasswordVersion,
    ResetLink, SecretKey, UntrustedToken, VerifiedLink,
};
use redeem_server::ledger::{Ledger as _, LinkState, SledLedger, SledSettings};
use redeem_server::outbox::Outbox as _;
use redeem_server::password::Rules;
use redeem_server::redeem::{Closed, Outcome, RedeemSettings, Redeemer};
use redeem_server::set_password::{Capacity, PasswordSetter};
use reset_link_tests::harness::binary::{Process, command, free_address};
use reset_link_tests::harness::clock::MovableClock;
use reset_link_tests::harness::{PASSWORD, audit_text};
use reset_link_tests::wait;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{get, login, post};

/// Part of what the links of the fixture are signed over.
const PUBLIC_URL: &str = "http://127.0.0.1:1";

struct Left {
    folder: TempDir,
    facts: Value,
}

impl Left {
    fn behind() -> Self {
        let folder = TempDir::new().unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version-1");
        copy(&fixture, folder.path());
        let facts = serde_json::from_slice(&fs::read(folder.path().join("facts.json")).unwrap()).unwrap();
        Self { folder, facts }
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    fn of(&self, contact: &str, what: &str) -> &str {
        self.facts[contact][what].as_str().unwrap()
    }

    /// When it was killed.
    fn then(&self) -> Timestamp {
        self.facts["stopped_at"].as_str().unwrap().parse().unwrap()
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("reset-link.toml")
    }

    fn listening_at(&self, listen: SocketAddr) {
        let (url, login) = (format!("http://{listen}"), login());
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\n[server]\npublic_url = {url:?}\nlisten = \"{listen}\"\n\
             [ledger]\nlease = \"10s\"\n[console]\nenabled = true\nallow = [{login:?}]\n"
        );
        fs::write(self.config(), config).unwrap();
    }

    fn keyring(&self) -> Keyring {
        let keeper = Keeper { user: nix::unistd::Uid::current().as_raw(), credentials: None };
        Keyring::new(SecretKey::load(&self.data("keys/signing.k4.secret"), &keeper).unwrap(), [])
    }

    /// The ledger, on a clock that stands at the time at which it was left.
    fn ledger(&self) -> (SledLedger, MovableClock) {
        let settings = SledSettings {
            folder: self.data("ledger"),
            cache_bytes: 16 << 20,
            lease: SignedDuration::from_secs(10),
        };
        let clock = MovableClock::at(self.facts["stopped_at"].as_str().unwrap());
        let entropy: redeem_server::Entropy = Arc::new(|buffer| buffer.fill(7));
        (SledLedger::open(&settings, clock.as_fn(), &entropy).unwrap(), clock)
    }

    /// A link of today for this ledger.
    fn link(
        &self,
        ledger: &SledLedger,
        contact: &str,
        issued_at: Timestamp,
        lifetime: SignedDuration,
    ) -> VerifiedLink {
        let (contact, link_id) = (ContactId::new(contact).unwrap(), LinkId::from_random([3; 24]));
        let secret = BindingSecret::from_random(&[6; 32]);
        let new = NewLink {
            binding: Binding::new(&secret, link_id, &contact, &PasswordVersion::new("v"), None),
            contact,
            link_id,
            issued_at,
            lifetime,
            ledger_epoch: ledger.ledger_epoch(),
        };
        let link = ResetLink::mint(&self.keyring(), PUBLIC_URL, &new).unwrap();
        let token = UntrustedToken::from_link(link.expose(), PUBLIC_URL);
        token.verify(self.keyring().trusted(), PUBLIC_URL, issued_at).unwrap()
    }
}

/// Large files are compressed. Nothing is open to others, as it was.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            fs::create_dir(to.join(name)).unwrap();
            copy(&path, &to.join(name));
        } else if let Some(plain) = name.strip_suffix(".gz") {
            io::copy(
                &mut GzDecoder::new(File::open(&path).unwrap()),
                &mut File::create(to.join(plain)).unwrap(),
            )
            .unwrap();
        } else {
            fs::copy(&path, to.join(name)).unwrap();
            fs::set_permissions(to.join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

#[tokio::test]
async fn the_first_start_of_this_version_goes_on_where_version_1_was_killed() {
    let left = Left::behind();
    let listen = free_address();
    left.listening_at(listen);
    let config = left.config();
    let config = config.to_str().unwrap();
    let issue = || command(["issue", "--contact", "carol", "--json", "--config", config], "");
    let refused = issue();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("start `reset-link run` once"), "{refused:?}");
    let doctor = command(["doctor", "--config", config], "");
    assert!(
        String::from_utf8_lossy(&doctor.stdout).contains("the ledger is of an earlier version"),
        "{doctor:?}"
    );

    let mut process = Process::configured(config.as_ref(), listen).await;
    assert!(process.stderr().contains("the ledger is of an earlier version"), "{}", process.stderr());
    let settled = process.logged("an unfinished claim was settled").await;
    assert!(settled.contains(left.of("fay", "link_id")) && settled.contains("good_again=true"), "{settled}");
    let mode = fs::metadata(left.data("keys/binding.secret")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // The receipt that was waiting reaches the audit of that time; its lines and names stay readable.
    let mut status = String::new();
    wait::until("receipt in the audit", async || {
        status = process.ask("/reset-status contact:dan").await;
        status.contains("used")
    })
    .await;
    assert!(status.contains("dan"), "{status}");
    assert!(process.ask("/reset-status contact:bob").await.contains("withdrawn"));
    let audit = audit_text(&left.data("audit.jsonl"));
    let redeemed =
        |link_id: &str| audit.lines().any(|line| line.contains("\"redeemed\"") && line.contains(link_id));
    for contact in ["ada", "dan", "eve"] {
        assert!(redeemed(left.of(contact, "link_id")), "{contact}");
    }
    assert!(command(["audit", "verify", "--config", config], "").status.success());

    // What a link of version 1 has behind its public URL is no link of this one; and new ones work.
    let path = left.of("carol", "link").strip_prefix(PUBLIC_URL).unwrap();
    assert!(get(&format!("{}{path}", process.url())).await.is_client_error());
    let answer: Value = serde_json::from_slice(&issue().stdout).unwrap();
    assert_eq!(post(answer["link"].as_str().unwrap(), PASSWORD).await, 200);
}

#[tokio::test]
async fn a_ledger_of_version_1_keeps_its_floor_its_withdrawals_its_receipts_and_its_claims() {
    let left = Left::behind();
    let now = left.then();
    let (ledger, clock) = left.ledger();
    let receipts = ledger.receipts(10).await.unwrap();
    assert!(
        receipts.iter().any(|receipt| receipt.link_id.to_string() == left.of("dan", "link_id")),
        "{receipts:?}"
    );
    let unsettled = ledger.unsettled().await.unwrap();
    assert_eq!(unsettled.len(), 1);
    assert_eq!(unsettled[0].link_id.to_string(), left.of("fay", "link_id"));

    let minute = SignedDuration::from_mins(1);
    let look = async |contact: &str, issued_at: Timestamp, lifetime: SignedDuration| {
        ledger.look(&left.link(&ledger, contact, issued_at, lifetime)).await.unwrap()
    };
    assert_eq!(look("bob", now - minute, minute * 30).await, LinkState::Withdrawn);
    assert_eq!(look("carol", now - minute, minute * 30).await, LinkState::Unused);
    // Eve's link of 30 s was pruned: what expired then is not opened again, should the clock go back.
    let eve = left.of("eve", "expires").parse::<Timestamp>().unwrap();
    clock.move_by((eve - minute / 2).duration_since(now));
    assert_eq!(look("eve", eve - minute, minute).await, LinkState::Expired);
}

#[tokio::test]
async fn a_link_of_version_1_is_recognised_and_its_page_says_to_ask_for_a_new_one() {
    let left = Left::behind();
    let (keyring, now) = (left.keyring(), left.then());
    let verify = |contact: &str| {
        UntrustedToken::from_link(left.of(contact, "link"), PUBLIC_URL).verify(
            keyring.trusted(),
            PUBLIC_URL,
            now,
        )
    };
    assert!(matches!(verify("carol"), Err(LinkError::OfVersion1(link)) if link.contact.as_str() == "carol"));
    assert!(matches!(verify("eve"), Err(LinkError::Expired(_))));

    let (ledger, clock) = left.ledger();
    let directory = SqlitePasswordWriter::open(&left.data("contacts.sqlite")).await.unwrap();
    let settings = RedeemSettings {
        public_url: PUBLIC_URL.to_owned(),
        binding_secret: BindingSecret::from_random(&[6; 32]),
    };
    let minute = Duration::from_secs(60);
    let passwords = PasswordSetter::new(
        Rules { min_length: 12, min_strength: 3 },
        Capacity { hashing_slots: 1, slot_wait: minute, directory_timeout: minute },
        Arc::new(directory),
    );
    let redeemer = Redeemer::new(
        settings,
        keyring.trusted().clone(),
        Arc::new(ledger),
        Arc::new(passwords),
        clock.as_fn(),
        Arc::new(|buffer: &mut [u8]| buffer.fill(7)),
    );
    let dead = redeemer.verify(left.of("carol", "link").strip_prefix(&format!("{PUBLIC_URL}/r/")).unwrap());
    let outcome = redeemer.dead(&dead.unwrap_err()).await;
    assert!(matches!(outcome, Outcome::Closed { why: Closed::LedgerIsYounger, .. }), "{outcome:?}");
}
