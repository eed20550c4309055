//! What reset-link signs: Ed25519 keys, the keyring, link tokens, revocations; and the receipt that comes back.
//!
//! Touches: key files, the chained logs, and nothing else. Never touches: the clock, the network, randomness, async. Time and random bytes are parameters.

mod binding;
mod binding_secret;
pub mod chained_log;
mod contact_id;
pub mod disk;
mod email;
mod encoding;
mod id128;
mod key;
mod key_file;
mod keyring;
mod ledger_epoch;
mod link;
mod link_id;
mod objection;
mod paserk;
mod paseto;
mod receipt;
mod revocation;
pub mod spelling;
pub mod text;
pub mod whole_file;
pub mod wire_time;
mod wish;

pub use binding::{Binding, PasswordVersion};
pub use binding_secret::BindingSecret;
pub use contact_id::{ContactId, ContactIdError, MAX_CONTACT_ID_BYTES};
pub use email::{EmailAddress, NormalisedEmail};
pub use encoding::DecodeError;
pub use id128::Id128;
pub use key::{KeyError, KeyId, PublicKey, SecretKey};
pub use key_file::Keeper;
pub use keyring::{Keyring, TrustedKeys};
pub use ledger_epoch::LedgerEpoch;
pub use link::{
    ExpiredLink, LinkError, MAX_CLOCK_SKEW, MAX_LIFETIME, MAX_LINK_CHARS, MAX_PUBLIC_URL_CHARS,
    MAX_TOKEN_CHARS, MintError, NewLink, ResetLink, UntrustedToken, VerifiedLink,
};
pub use link_id::LinkId;
pub use objection::{
    NewObjection, OBJECTION_LIFETIME, ObjectionError, ObjectionLink, ObjectionSubject, VerifiedObjection,
};
pub use paseto::TokenError;
pub use receipt::{Receipt, ReceiptOutcome};
pub use revocation::{Revocation, RevocationError, SignedRevocation};
pub use wish::{WISH_LIFETIME, Wish, WishId};

#[cfg(test)]
mod vectors;
