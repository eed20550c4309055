use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::keyring::Purpose;
use crate::paseto::TokenError;
use crate::spelling::without_glue;
use crate::{ContactId, Keyring, LinkId, MAX_CLOCK_SKEW, TrustedKeys, wire_time};

/// How long somebody may say that it was not them.
pub const OBJECTION_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Between public URL and token.
const PATH: &str = "/n/";

/// What somebody may say that they did not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionSubject {
    /// Asking for this link.
    Link,
    /// Setting a new password.
    Change,
}

/// What a mail lets its reader object to.
#[derive(Debug, Clone)]
pub struct NewObjection {
    /// Whose password.
    pub contact: ContactId,
    /// Which link, or which change.
    pub event: LinkId,
    /// Which of the two.
    pub subject: ObjectionSubject,
    /// When it was; links issued up to then are withdrawn by the objection, and later ones are not.
    pub at: Timestamp,
}

/// A link by which somebody says "it wasn't me": public URL, `/n/`, token. It can withdraw links and nothing else. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectionLink(String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    sub: ContactId,
    #[serde(deserialize_with = "LinkId::deserialize_current")]
    jti: LinkId,
    #[serde(with = "wire_time")]
    iat: Timestamp,
    what: ObjectionSubject,
}

impl ObjectionLink {
    /// Signs one. Pure: the same input gives the same link.
    pub fn sign(keyring: &Keyring, public_url: &str, new: &NewObjection) -> Self {
        let payload = Payload {
            sub: new.contact.clone(),
            jti: new.event,
            iat: wire_time::to_millisecond(new.at),
            what: new.subject,
        };
        let payload = serde_json::to_vec(&payload).expect("plain strings always serialize");
        Self(format!("{public_url}{PATH}{}", keyring.seal(&payload, Purpose::Objection, public_url)))
    }

    /// The link itself, for a mail to the contact; never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ObjectionLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectionLink(…)")
    }
}

/// Why a text is not an objection that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ObjectionError {
    /// Not one of our tokens.
    #[error("damaged or not ours: {0}")]
    Token(#[from] TokenError),
    /// Signed by us, and yet not an objection.
    #[error("signed, but not an objection")]
    Payload,
    /// About something more than 60 s ahead of our clock.
    #[error("about something in the future: the clocks of this machine and the issuer's differ")]
    NotYetValid,
    /// Genuine, and over a day old.
    #[error("over a day old")]
    Expired,
}

/// An objection whose signature, time and form have been checked.
///
/// Invariant: only `verify` makes one.
#[derive(Debug, Clone)]
pub struct VerifiedObjection {
    contact: ContactId,
    event: LinkId,
    subject: ObjectionSubject,
    at: Timestamp,
}

impl VerifiedObjection {
    /// Checks a token from outside: length, header, base64url, footer, signature, and only then the JSON and the time. Retired keys are trusted too.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(
        token: &str,
        trusted: &TrustedKeys,
        public_url: &str,
        now: Timestamp,
    ) -> Result<Self, ObjectionError> {
        let (payload, _) = trusted.open(without_glue(token), Purpose::Objection, public_url)?;
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| ObjectionError::Payload)?;
        let age = now.duration_since(payload.iat);
        if -age > MAX_CLOCK_SKEW {
            return Err(ObjectionError::NotYetValid);
        }
        if age >= OBJECTION_LIFETIME {
            return Err(ObjectionError::Expired);
        }
        let Payload { sub: contact, jti: event, iat: at, what: subject } = payload;
        Ok(Self { contact, event, subject, at })
    }

    /// Whose password.
    pub fn contact(&self) -> &ContactId {
        &self.contact
    }

    /// Which link, or which change.
    pub fn event(&self) -> LinkId {
        self.event
    }

    /// Which of the two.
    pub fn subject(&self) -> ObjectionSubject {
        self.subject
    }

    /// When it was: links issued up to then are withdrawn.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binding, BindingSecret, LedgerEpoch, NewLink, PasswordVersion, ResetLink, SecretKey};
    use crate::{Revocation, SignedRevocation, UntrustedToken};

    const URL: &str = "https://reset.example.org";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn keyring(byte: u8) -> Keyring {
        Keyring::new(SecretKey::from_seed(&[byte; 32]), [])
    }

    fn new() -> NewObjection {
        let contact = ContactId::new("ada").unwrap();
        let event = LinkId::from_random([7; 24]);
        NewObjection { contact, event, subject: ObjectionSubject::Link, at: at(0) }
    }

    fn token(byte: u8) -> String {
        let link = ObjectionLink::sign(&keyring(byte), URL, &new());
        link.expose().strip_prefix("https://reset.example.org/n/").unwrap().to_owned()
    }

    fn verify(token: &str, second: i64) -> Result<VerifiedObjection, ObjectionError> {
        VerifiedObjection::verify(token, keyring(1).trusted(), URL, at(second))
    }

    #[test]
    fn it_says_for_a_day_what_was_signed() {
        let objection = verify(&token(1), 24 * 3_600 - 1).unwrap();
        assert_eq!(
            (objection.contact().as_str(), objection.event(), objection.subject(), objection.at()),
            ("ada", LinkId::from_random([7; 24]), ObjectionSubject::Link, at(0))
        );
        assert_eq!(verify(&token(1), 24 * 3_600).unwrap_err(), ObjectionError::Expired);
        assert!(verify(&token(1), -60).is_ok());
        assert_eq!(verify(&token(1), -61).unwrap_err(), ObjectionError::NotYetValid);
        assert!(
            verify(&format!("{}.", token(1)), 0).is_ok(),
            "with a full stop that a mail program took along"
        );
    }

    #[test]
    fn a_key_that_is_not_trusted_and_another_public_url_open_nothing_and_a_retired_key_does() {
        assert!(matches!(verify(&token(2), 0), Err(ObjectionError::Token(_))));
        let trusted = keyring(1).trusted().clone().with_retired([keyring(2).public_key()]);
        assert!(VerifiedObjection::verify(&token(2), &trusted, URL, at(0)).is_ok());
        assert!(VerifiedObjection::verify(&token(2), &trusted, "https://evil.example", at(0)).is_err());
        let link = link_of(2);
        assert!(
            UntrustedToken::from_link(&link, URL).verify(&trusted, URL, at(1)).is_err(),
            "a retired key signs no link"
        );
    }

    fn link_of(byte: u8) -> String {
        let contact = ContactId::new("ada").unwrap();
        let link_id = LinkId::from_random([7; 24]);
        let secret = BindingSecret::from_random(&[1; 32]);
        let new = NewLink {
            binding: Binding::new(&secret, link_id, &contact, &PasswordVersion::new("1"), None),
            contact,
            link_id,
            issued_at: at(0),
            lifetime: SignedDuration::from_mins(15),
            ledger_epoch: LedgerEpoch::from_random([3; 16]),
        };
        ResetLink::mint(&keyring(byte), URL, &new).unwrap().expose().to_owned()
    }

    #[test]
    fn no_token_passes_for_one_of_another_purpose() {
        let trusted = keyring(1);
        let link = link_of(1);
        let link_token = link.rsplit('/').next().unwrap();
        assert!(matches!(verify(link_token, 0), Err(ObjectionError::Token(TokenError::Signature))));
        let objection = token(1);
        assert!(UntrustedToken::new(&objection).verify(trusted.trusted(), URL, at(0)).is_err());
        assert!(SignedRevocation::from_wire(objection).verify(trusted.trusted(), URL).is_err());
        let revocation = Revocation::Contact { contact: ContactId::new("ada").unwrap(), issued_up_to: at(0) };
        let revocation = SignedRevocation::sign(&trusted, URL, &revocation);
        assert!(verify(revocation.as_str(), 0).is_err());
    }

    #[test]
    fn whatever_is_changed_in_it_opens_nothing() {
        let genuine = token(1);
        for place in (0..genuine.len()).step_by(7) {
            let mut bytes = genuine.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            assert!(verify(&String::from_utf8(bytes).unwrap(), 0).is_err(), "{place}");
        }
    }
}
