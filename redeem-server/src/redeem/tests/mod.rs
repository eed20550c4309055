//! Ada with genuine links, before a directory that can be changed under the redeemer's feet.

mod links;
mod races;
mod servers;
mod writes;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use contacts::PasswordWriter;
use jiff::SignedDuration;
use keys::{Receipt, ReceiptOutcome, VerifiedLink};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::fakes::{Call, FakeDirectory, Fault, Links, MovableClock, PUBLIC_URL, binding_secret};
use crate::ledger::{Ledger as _, LinkState, SledLedger, SledSettings};
use crate::outbox::Outbox as _;
use crate::password::Rules;
use crate::set_password::{Capacity, PasswordSetter};

const NOON: &str = "2026-11-26T12:00:00.000Z";
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const DIRECTORY_TIMEOUT: Duration = Duration::from_secs(10);
const SLOT_WAIT: Duration = Duration::from_secs(5);
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const GOOD: &str = "tremendous giraffe sonnet";

/// How long anything may take before a test gives up. Nothing waits this long when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

struct Redeeming {
    _folder: TempDir,
    clock: MovableClock,
    directory: Arc<FakeDirectory>,
    ledger: Arc<SledLedger>,
    links: Links,
    redeemer: Redeemer,
}

impl Redeeming {
    fn at(directory: FakeDirectory) -> Self {
        let directory = Arc::new(directory);
        Self::on(Arc::clone(&directory) as _, directory)
    }

    /// Ada is as `directory` has her.
    fn on(writer: Arc<dyn PasswordWriter>, directory: Arc<FakeDirectory>) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = MovableClock::at(NOON);
        let settings =
            SledSettings { folder: folder.path().join("ledger"), cache_bytes: 1 << 20, lease: LEASE };
        let entropy: Entropy = Arc::new(|buffer| buffer.fill(7));
        let ledger = Arc::new(SledLedger::open(&settings, clock.as_fn(), &entropy).unwrap());
        let links = Links::of(ledger.ledger_epoch());
        let redeemer = redeemer(&links, &ledger, writer, &clock);
        Self { _folder: folder, clock, directory, ledger, links, redeemer }
    }

    fn new() -> Self {
        Self::at(FakeDirectory::conditional())
    }

    /// The same ledger, and a directory of which the settings now say something else.
    fn with_settings(&mut self, writer: Arc<dyn PasswordWriter>) {
        self.redeemer = redeemer(&self.links, &self.ledger, writer, &self.clock);
    }

    /// A link for Ada as the directory has her now.
    fn link(&self, number: u8) -> VerifiedLink {
        let ada = self.directory.ada();
        let email = ada.primary_email.as_deref();
        self.links.bound(&ada.id, number, &ada.password_version, email, self.clock.now())
    }

    async fn redeem(&self, link: &VerifiedLink, password: &str) -> Outcome {
        self.redeemer.redeem(link, new_password(password, password), CLIENT).await
    }

    async fn state(&self, link: &VerifiedLink) -> LinkState {
        self.ledger.look(link).await.unwrap()
    }

    async fn receipts(&self) -> Vec<Receipt> {
        self.ledger.receipts(100).await.unwrap()
    }

    async fn reported(&self) -> Vec<ReceiptOutcome> {
        let mut outcomes: Vec<_> = self.receipts().await.iter().map(|receipt| receipt.outcome).collect();
        outcomes.sort();
        outcomes
    }

    /// Whether a receipt has come in since this was asked last.
    async fn is_told_of_receipts(&self) -> bool {
        let waiting = self.redeemer.receipts_waiting();
        tokio::time::timeout(Duration::from_millis(1), waiting.notified()).await.is_ok()
    }
}

fn redeemer(
    links: &Links,
    ledger: &Arc<SledLedger>,
    writer: Arc<dyn PasswordWriter>,
    clock: &MovableClock,
) -> Redeemer {
    Redeemer::new(
        RedeemSettings { public_url: PUBLIC_URL.to_owned(), binding_secret: binding_secret() },
        links.keyring.trusted().clone(),
        Arc::clone(ledger) as _,
        Arc::new(PasswordSetter::new(
            Rules { min_length: 12, min_strength: 3 },
            Capacity { hashing_slots: 1, slot_wait: SLOT_WAIT, directory_timeout: DIRECTORY_TIMEOUT },
            writer,
        )),
        clock.as_fn(),
        Arc::new(|buffer| buffer.fill(7)),
    )
}

fn new_password(password: &str, confirm: &str) -> NewPassword {
    NewPassword { password: Zeroizing::new(password.to_owned()), confirm: Zeroizing::new(confirm.to_owned()) }
}

fn is_closed(outcome: &Outcome, expected: Closed) -> bool {
    matches!(outcome, Outcome::Closed { why, language: Some(language) } if *why == expected && language == "de")
}
