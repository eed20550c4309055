//! What a link costs beyond its signature: mint against a bare `sign`, verify against a bare `verify_strict`, of the same bytes, in the same run.
//!
//! `cargo bench -p reset-link-keys` prints the median of the ratios of many short rounds, the two in turn, so that a machine whose speed drifts says the
//! same. The limit is 1.1.
#![expect(clippy::print_stdout, reason = "a benchmark's report")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer as _, SigningKey};
use jiff::{SignedDuration, Timestamp};
use reset_link_keys::{
    Binding, BindingSecret, ContactId, Keyring, LedgerEpoch, LinkId, NewLink, NormalisedEmail,
    PasswordVersion, ResetLink, SecretKey, UntrustedToken,
};

const URL: &str = "https://reset.example.com";
const LIMIT: f64 = 1.1;
const ROUNDS: usize = 300;
const CALLS: u32 = 20;

fn main() -> ExitCode {
    let now: Timestamp = "2026-11-23T09:24:00.250Z".parse().expect("a time");
    let seed = [42; 32];
    let keyring = Keyring::new(SecretKey::from_seed(&seed), []);
    let contact = ContactId::new("ada").expect("an id");
    let link_id = LinkId::from_random([9; 24]);
    let email = NormalisedEmail::new("ada@example.org");
    let secret = BindingSecret::from_random(&[6; 32]);
    let new = NewLink {
        binding: Binding::new(&secret, link_id, &contact, &PasswordVersion::new("v1"), email.as_ref()),
        contact,
        link_id,
        issued_at: now,
        lifetime: SignedDuration::from_mins(15),
        ledger_epoch: LedgerEpoch::from_random([8; 16]),
    };
    let link = ResetLink::mint(&keyring, URL, &new).expect("a link");

    let bare = SigningKey::from_bytes(&seed);
    let public = bare.verifying_key();
    // As many bytes as are signed for this link: the pre-authentication encoding of header, payload, footer and implicit assertion.
    let message =
        vec![
            7;
            8 + 4 * 8 + "v4.public.".len() + 182 + 61 + "reset-link/v2 password-reset ".len() + URL.len()
        ];
    let signature = bare.sign(&message);

    let mint = ratio(
        || {
            let _ = black_box(ResetLink::mint(&keyring, URL, black_box(&new)));
        },
        || {
            let _ = black_box(bare.sign(black_box(&message)));
        },
    );
    let verify = ratio(
        || {
            let _ = black_box(UntrustedToken::from_link(black_box(link.expose()), URL).verify(
                keyring.trusted(),
                URL,
                now,
            ));
        },
        || {
            let _ = black_box(public.verify_strict(black_box(&message), &signature));
        },
    );
    let mut code = ExitCode::SUCCESS;
    for (name, ratio) in [("mint / sign", mint), ("verify / verify_strict", verify)] {
        let verdict = if ratio <= LIMIT { "within" } else { "OVER" };
        println!("{name:<24} {ratio:.3}   {verdict} the limit of {LIMIT}");
        if ratio > LIMIT {
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// The median over many rounds of how long `ours` takes as a multiple of `bare`.
fn ratio(ours: impl Fn(), bare: impl Fn()) -> f64 {
    let mut ratios: Vec<f64> =
        (0..ROUNDS).map(|_| time(&ours).as_secs_f64() / time(&bare).as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ROUNDS / 2).copied().unwrap_or(f64::NAN)
}

fn time(call: &impl Fn()) -> Duration {
    let begin = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    begin.elapsed()
}
