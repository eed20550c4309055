//! What a button brings back, sealed by us: the server keeps it out of clients' sight, and does not sign what it sends. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use config::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::request::Action;

/// How long a button does something: longer than any link or request lives.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(2);

const PURPOSE: &str = "reset-link/v1 mattermost-button";

/// Seals with a key that the server and we alone have: the bot account's token, for this purpose alone.
pub(super) struct Sealer(Secret);

/// A button's context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Context {
    action: String,
    contact: String,
    /// Seconds since 1970.
    expires: i64,
    mac: String,
}

impl Sealer {
    pub(super) fn new(key: Secret) -> Self {
        Self(key)
    }

    pub(super) fn seal(&self, action: Action, contact: &str, now: Timestamp) -> Context {
        let (action, expires) = (action.id(), (now + GOOD_FOR).as_second());
        let mac = self.mac(&action, contact, expires).finalize().into_bytes();
        Context { action, contact: contact.to_owned(), expires, mac: URL_SAFE_NO_PAD.encode(mac) }
    }

    /// Checks: the seal is ours, over action, contact and expiry, compared in constant time; it has not expired; the action is one.
    pub(super) fn open(&self, context: &Context, now: Timestamp) -> Option<Action> {
        let given = URL_SAFE_NO_PAD.decode(&context.mac).ok()?;
        self.mac(&context.action, &context.contact, context.expires).verify_slice(&given).ok()?;
        (now.as_second() < context.expires).then(|| Action::parse(&context.action)).flatten()
    }

    /// Whether a text is the same as a secret, in constant time.
    pub(super) fn is_same(&self, given: &str, secret: &Secret) -> bool {
        let mac = |text: &str| self.over(&["reset-link/v1 mattermost-command", text]);
        let expected = mac(secret.expose()).finalize().into_bytes();
        mac(given).verify_slice(&expected).is_ok()
    }

    fn mac(&self, action: &str, contact: &str, expires: i64) -> Hmac<Sha256> {
        self.over(&[PURPOSE, action, contact, &expires.to_string()])
    }

    /// Over the pieces with their lengths, so that none runs into the next.
    fn over(&self, pieces: &[&str]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()).expect("a key of any length will do");
        for piece in pieces {
            mac.update(&(piece.len() as u64).to_le_bytes());
            mac.update(piece.as_bytes());
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use keys::LinkId;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_until_it_expires_and_nothing_else_does() {
        let sealer = Sealer::new(Secret::new("token"));
        let action = Action::Revoke(LinkId::from_random([7; 24]));
        let context = sealer.seal(action, "ada", now());
        assert_eq!(sealer.open(&context, now()), Some(action));
        assert_eq!(sealer.open(&context, now() + GOOD_FOR - SignedDuration::from_secs(1)), Some(action));
        assert_eq!(sealer.open(&context, now() + GOOD_FOR), None);
        let other = Action::HandOverInstead(LinkId::from_random([7; 24])).id();
        for forged in [
            Context { action: other, ..context.clone() },
            Context { contact: "bob".to_owned(), ..context.clone() },
            Context { expires: context.expires + 1, ..context.clone() },
            Context { mac: String::new(), ..context.clone() },
            Context { mac: "é".to_owned(), ..context.clone() },
        ] {
            assert_eq!(sealer.open(&forged, now()), None, "{forged:?}");
        }
        assert_eq!(Sealer::new(Secret::new("another")).open(&context, now()), None);
    }

    #[test]
    fn a_token_is_compared_whole() {
        let sealer = Sealer::new(Secret::new("token"));
        assert!(sealer.is_same("abc", &Secret::new("abc")));
        for other in ["", "ab", "abcd", "ABC"] {
            assert!(!sealer.is_same(other, &Secret::new("abc")), "{other}");
        }
    }
}
