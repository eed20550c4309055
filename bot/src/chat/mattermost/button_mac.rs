//! What a button brings back, under a MAC of ours: the server keeps it out of clients' sight, and does not sign what it sends. Pure.

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

/// Makes MACs with a key that the server and we alone have: the bot account's token, for this purpose alone.
pub(super) struct ButtonMac(Secret);

/// A button's context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ButtonContext {
    action: String,
    contact: String,
    /// Who alone may press.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Seconds since 1970.
    expires: i64,
    mac: String,
}

impl ButtonMac {
    pub(super) fn new(key: Secret) -> Self {
        Self(key)
    }

    /// A context for this action, which `user` alone may bring back, where one is named.
    pub(super) fn sign(
        &self,
        action: Action,
        contact: &str,
        user: Option<&str>,
        now: Timestamp,
    ) -> ButtonContext {
        let mut context = ButtonContext {
            action: action.id(),
            contact: contact.to_owned(),
            user: user.map(str::to_owned),
            expires: (now + GOOD_FOR).as_second(),
            mac: String::new(),
        };
        context.mac = URL_SAFE_NO_PAD.encode(self.mac(&context).finalize().into_bytes());
        context
    }

    /// Checks: the MAC is ours, over action, contact, expiry and who may press, compared in constant time; it has not expired; it is this user's, where it is
    /// somebody's; the action is one.
    pub(super) fn verify(&self, context: &ButtonContext, user: &str, now: Timestamp) -> Option<Action> {
        let given = URL_SAFE_NO_PAD.decode(&context.mac).ok()?;
        self.mac(context).verify_slice(&given).ok()?;
        let is_theirs = context.user.as_deref().is_none_or(|bound| bound == user);
        (is_theirs && now.as_second() < context.expires).then(|| Action::parse(&context.action)).flatten()
    }

    /// Whether a text is the same as a secret, in constant time.
    pub(super) fn is_same(&self, given: &str, secret: &Secret) -> bool {
        let mac = |text: &str| self.over(&["reset-link/v1 mattermost-command", text]);
        let expected = mac(secret.expose()).finalize().into_bytes();
        mac(given).verify_slice(&expected).is_ok()
    }

    fn mac(&self, context: &ButtonContext) -> Hmac<Sha256> {
        let expires = context.expires.to_string();
        let mut pieces = vec![PURPOSE, &context.action, &context.contact, &expires];
        pieces.extend(context.user.as_deref());
        self.over(&pieces)
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

    fn link() -> LinkId {
        LinkId::from_random([7; 24])
    }

    #[test]
    fn what_was_signed_is_good_until_it_expires_and_nothing_else_is() {
        let button_mac = ButtonMac::new(Secret::new("token"));
        let action = Action::Revoke(link());
        let context = button_mac.sign(action, "ada", None, now());
        let verified = |context: &ButtonContext, now: Timestamp| button_mac.verify(context, "alice", now);
        assert_eq!(verified(&context, now()), Some(action));
        assert_eq!(verified(&context, now() + GOOD_FOR - SignedDuration::from_secs(1)), Some(action));
        assert_eq!(verified(&context, now() + GOOD_FOR), None);
        let other = Action::HandOverInstead(link()).id();
        for forged in [
            ButtonContext { action: other, ..context.clone() },
            ButtonContext { contact: "bob".to_owned(), ..context.clone() },
            ButtonContext { user: Some("alice".to_owned()), ..context.clone() },
            ButtonContext { expires: context.expires + 1, ..context.clone() },
            ButtonContext { mac: String::new(), ..context.clone() },
            ButtonContext { mac: "é".to_owned(), ..context.clone() },
        ] {
            assert_eq!(verified(&forged, now()), None, "{forged:?}");
        }
        assert_eq!(ButtonMac::new(Secret::new("another")).verify(&context, "alice", now()), None);
    }

    #[test]
    fn what_is_somebodys_is_good_for_them_alone() {
        let button_mac = ButtonMac::new(Secret::new("token"));
        let action = Action::HandOverInstead(link());
        let context = button_mac.sign(action, "ada", Some("alice"), now());
        assert_eq!(button_mac.verify(&context, "alice", now()), Some(action));
        assert_eq!(button_mac.verify(&context, "mallory", now()), None);
        for user in [None, Some("mallory".to_owned())] {
            let forged = ButtonContext { user, ..context.clone() };
            assert_eq!(button_mac.verify(&forged, "mallory", now()), None, "{forged:?}");
        }
    }

    #[test]
    fn a_button_of_a_version_that_named_nobody_goes_on_working() {
        let button_mac = ButtonMac::new(Secret::new("token"));
        let old =
            r#"{"action":"revoke.BwcHBwcHBwcHBwcHBwcHBw","contact":"ada","expires":1800007200,"mac":"MAC"}"#;
        let context: ButtonContext = serde_json::from_str(old).unwrap();
        let mac = button_mac.over(&[PURPOSE, "revoke.BwcHBwcHBwcHBwcHBwcHBw", "ada", "1800007200"]);
        let context = ButtonContext { mac: URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()), ..context };
        assert_eq!(
            button_mac.verify(&context, "alice", now()),
            Action::parse("revoke.BwcHBwcHBwcHBwcHBwcHBw")
        );
    }

    #[test]
    fn a_token_is_compared_whole() {
        let button_mac = ButtonMac::new(Secret::new("token"));
        assert!(button_mac.is_same("abc", &Secret::new("abc")));
        for other in ["", "ab", "abcd", "ABC"] {
            assert!(!button_mac.is_same(other, &Secret::new("abc")), "{other}");
        }
    }
}
