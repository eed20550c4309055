use std::borrow::Cow;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::encoding::encoded_chars;
use crate::keyring::{FOOTER_BYTES, Purpose};
use crate::paseto::{HEADER, SIGNATURE_BYTES, TokenError};
use crate::spelling::{decode_unreserved, single_slashes, without_glue};
use crate::{
    Binding, ContactId, KeyId, Keyring, LedgerEpoch, LinkId, MAX_CONTACT_ID_BYTES, TrustedKeys, wire_time,
};

/// The longest lifetime that a link may have, whoever signed it.
pub const MAX_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How far ahead of our clock the issuer's clock may be.
pub const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The longest public URL that links may begin with, in characters.
pub const MAX_PUBLIC_URL_CHARS: usize = 60;

/// Between public URL and token.
const PATH: &str = "/r/";

/// What stands in a payload beside the values.
const PAYLOAD_FRAME: &str = r#"{"sub":"","jti":"","iat":"","exp":"","bnd":"","led":""}"#;

/// The longest payload: the longest contact id, a link id of 24 bytes, two times, binding and ledger epoch of 16 bytes each.
const MAX_PAYLOAD_BYTES: usize = PAYLOAD_FRAME.len()
    + MAX_CONTACT_ID_BYTES
    + encoded_chars(24)
    + 2 * wire_time::CHARS
    + 2 * encoded_chars(16);

/// The longest token, in characters: header, payload and signature, a dot, footer. 503.
pub const MAX_TOKEN_CHARS: usize =
    HEADER.len() + encoded_chars(MAX_PAYLOAD_BYTES + SIGNATURE_BYTES) + 1 + encoded_chars(FOOTER_BYTES);

/// The longest reset link, in characters: the longest public URL, `/r/`, the longest token. 566.
pub const MAX_LINK_CHARS: usize = MAX_PUBLIC_URL_CHARS + PATH.len() + MAX_TOKEN_CHARS;

/// What is to be signed.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// As the directory returned it, never as it was typed.
    pub contact: ContactId,
    /// Fresh random bytes.
    pub link_id: LinkId,
    /// What is below a millisecond is cut off.
    pub issued_at: Timestamp,
    /// More than zero, at most an hour; what is below a millisecond is cut off.
    pub lifetime: SignedDuration,
    /// The contact's password and e-mail as they are now.
    pub binding: Binding,
    /// The ledger that will note the link's one use; no other takes it.
    pub ledger_epoch: LedgerEpoch,
}

/// Why a link could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MintError {
    /// Zero, negative, or over an hour.
    #[error("a link lives more than zero and at most 60 minutes")]
    Lifetime,
    /// The public URL is too long.
    #[error("the link would be longer than {MAX_LINK_CHARS} characters")]
    TooLong,
}

/// A reset link: public URL, `/r/`, token. Whoever holds it can set the contact's password. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResetLink {
    text: String,
    link_id: LinkId,
    expires_at: Timestamp,
}

impl ResetLink {
    /// Signs a link. Pure: the same input gives the same link.
    ///
    /// # Errors
    /// `Lifetime`, `TooLong`.
    pub fn mint(keyring: &Keyring, public_url: &str, new: &NewLink) -> Result<Self, MintError> {
        let issued_at = wire_time::to_millisecond(new.issued_at);
        let lifetime = SignedDuration::from_millis(
            i64::try_from(new.lifetime.as_millis()).map_err(|_| MintError::Lifetime)?,
        );
        if lifetime <= SignedDuration::ZERO || lifetime > MAX_LIFETIME {
            return Err(MintError::Lifetime);
        }
        let expires_at = issued_at.checked_add(lifetime).map_err(|_| MintError::Lifetime)?;
        let payload = Payload {
            sub: new.contact.clone(),
            jti: new.link_id,
            iat: issued_at,
            exp: expires_at,
            bnd: new.binding,
            led: new.ledger_epoch,
        };
        let payload = serde_json::to_vec(&payload).expect("plain strings always serialize");
        let token = keyring.seal(&payload, Purpose::PasswordReset, public_url);
        let text = format!("{public_url}{PATH}{token}");
        if text.len() > MAX_LINK_CHARS {
            return Err(MintError::TooLong);
        }
        Ok(Self { text, link_id: new.link_id, expires_at })
    }

    /// The link itself, for a mail or one admin's eyes; never for a log.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Which link it is.
    pub fn link_id(&self) -> LinkId {
        self.link_id
    }

    /// From when on it is dead.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl fmt::Debug for ResetLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResetLink({}, …)", self.link_id)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    sub: ContactId,
    #[serde(deserialize_with = "LinkId::deserialize_current")]
    jti: LinkId,
    #[serde(with = "wire_time")]
    iat: Timestamp,
    #[serde(with = "wire_time")]
    exp: Timestamp,
    bnd: Binding,
    led: LedgerEpoch,
}

/// What a link of version 1 said, as far as it matters still.
#[derive(Deserialize)]
struct PayloadOfVersion1 {
    sub: ContactId,
    jti: LinkId,
    #[serde(with = "wire_time")]
    exp: Timestamp,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkError {
    /// Not one of our tokens as it stands.
    #[error("damaged or not ours: {0}")]
    Token(#[from] TokenError),
    /// Signed by us, and yet not a link: unknown, missing or duplicate fields, or values of the wrong form.
    #[error("signed, but not a reset link")]
    Payload,
    /// Signed by us, and yet a lifetime of zero or over an hour.
    #[error("signed, but with a lifetime that no link may have")]
    Lifetime,
    /// Issued more than 60 s ahead of our clock: one of the two clocks is wrong.
    #[error("issued in the future: the clocks of this machine and the issuer's differ")]
    NotYetValid,
    /// Genuine, and over.
    #[error("expired")]
    Expired(ExpiredLink),
    /// Genuine, and made before the upgrade to version 2 of the links: no ledger takes it any more.
    #[error("made by an earlier version")]
    OfVersion1(ExpiredLink),
}

/// A genuine link that opens nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredLink {
    /// Whose password it would have reset.
    pub contact: ContactId,
    /// Which link it was.
    pub link_id: LinkId,
    /// Its own expiry.
    pub expires_at: Timestamp,
    /// Who signed it.
    pub key_id: KeyId,
}

/// A token from outside: nothing about it has been proved.
#[derive(Clone)]
pub struct UntrustedToken<'a>(Cow<'a, str>);

impl<'a> UntrustedToken<'a> {
    /// Takes any text, as it stands.
    pub fn new(token: &'a str) -> Self {
        Self(Cow::Borrowed(token))
    }

    /// Takes a whole link as a person copied it, or a mail program passed it on: the token is what stands behind the public URL and `/r/`, without
    /// brackets and marks around it, needless percent-encodings, doubled slashes, a query or a fragment. A text that does not begin so is taken as a
    /// bare token.
    pub fn from_link(link: &str, public_url: &str) -> Self {
        let link = link.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
        let link = link.split(['?', '#']).next().unwrap_or_default();
        let decoded = decode_unreserved(link);
        let plain = single_slashes(&decoded);
        let ours = format!("{}{PATH}", single_slashes(public_url));
        // Host names know no letter case, and whoever has changed that of a path has made a link for no other public URL.
        let begins = plain.get(..ours.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&ours));
        let token = if begins { plain.get(ours.len()..).unwrap_or_default() } else { &plain };
        Self(Cow::Owned(without_glue(token).to_owned()))
    }

    /// The token as it is judged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks, in this order: length, header, base64url (strict), the footer against each trusted key's exact footer, the signature (strict), and
    /// only then the JSON (unknown and duplicate fields refused), `0 < exp - iat <= 1 h`, `iat` at most 60 s ahead, `now < exp`.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(
        &self,
        trusted: &TrustedKeys,
        public_url: &str,
        now: Timestamp,
    ) -> Result<VerifiedLink, LinkError> {
        let (payload, key_id) = match trusted.open(&self.0, Purpose::PasswordReset, public_url) {
            Err(TokenError::Signature) => return Err(self.of_version_1(trusted, public_url, now)),
            opened => opened?,
        };
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| LinkError::Payload)?;
        let lifetime = payload.exp.duration_since(payload.iat);
        if lifetime <= SignedDuration::ZERO || lifetime > MAX_LIFETIME {
            return Err(LinkError::Lifetime);
        }
        if payload.iat.duration_since(now) > MAX_CLOCK_SKEW {
            return Err(LinkError::NotYetValid);
        }
        if now >= payload.exp {
            let Payload { sub: contact, jti: link_id, exp: expires_at, .. } = payload;
            return Err(LinkError::Expired(ExpiredLink { contact, link_id, expires_at, key_id }));
        }
        Ok(VerifiedLink {
            contact: payload.sub,
            link_id: payload.jti,
            issued_at: payload.iat,
            expires_at: payload.exp,
            binding: payload.bnd,
            ledger_epoch: payload.led,
            key_id,
        })
    }

    /// Why a token whose signature does not match opens nothing: made by version 1, expired, or altered.
    fn of_version_1(&self, trusted: &TrustedKeys, public_url: &str, now: Timestamp) -> LinkError {
        let Ok((payload, key_id)) = trusted.open(&self.0, Purpose::PasswordResetOfVersion1, public_url)
        else {
            return TokenError::Signature.into();
        };
        match serde_json::from_slice(&payload) {
            Ok(PayloadOfVersion1 { sub: contact, jti: link_id, exp: expires_at }) => {
                let link = ExpiredLink { contact, link_id, expires_at, key_id };
                if now >= expires_at { LinkError::Expired(link) } else { LinkError::OfVersion1(link) }
            }
            Err(_) => LinkError::Payload,
        }
    }
}

impl fmt::Debug for UntrustedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UntrustedToken(…)")
    }
}

/// A link whose signature, times and form have been checked.
///
/// Invariant: only `UntrustedToken::verify` makes one.
#[derive(Debug, Clone)]
pub struct VerifiedLink {
    contact: ContactId,
    link_id: LinkId,
    issued_at: Timestamp,
    expires_at: Timestamp,
    binding: Binding,
    ledger_epoch: LedgerEpoch,
    key_id: KeyId,
}

impl VerifiedLink {
    /// Whose password it resets.
    pub fn contact(&self) -> &ContactId {
        &self.contact
    }

    /// Which link it is.
    pub fn link_id(&self) -> LinkId {
        self.link_id
    }

    /// When it was issued.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// From when on it is dead.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// What the contact's password and e-mail must still be.
    pub fn binding(&self) -> Binding {
        self.binding
    }

    /// Which ledger it was made for.
    pub fn ledger_epoch(&self) -> LedgerEpoch {
        self.ledger_epoch
    }

    /// Which key signed it.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }
}
