use crate::encoding::{encode, encoded_chars};
use crate::paseto::{self, Parts, TokenError};
use crate::{KeyId, MAX_TOKEN_CHARS, PublicKey, SecretKey};

/// A footer: `{"kid":"k4.pid.…"}`, with the id's 33 bytes (PASERK, `pid`) as text.
pub(crate) const FOOTER_BYTES: usize = r#"{"kid":"k4.pid."}"#.len() + encoded_chars(33);

/// What a token is for; it is signed but not sent, so that no token passes for another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    PasswordReset,
    /// As version 1 signed it: to tell such links from damaged ones, and never to sign.
    PasswordResetOfVersion1,
    Revoke,
    Objection,
}

impl Purpose {
    fn implicit_assertion(self, public_url: &str) -> String {
        let purpose = match self {
            Self::PasswordReset => "reset-link/v2 password-reset",
            Self::PasswordResetOfVersion1 => "reset-link/v1 password-reset",
            Self::Revoke => "reset-link/v2 revoke",
            Self::Objection => "reset-link/v2 objection",
        };
        format!("{purpose} {public_url}")
    }
}

#[derive(Debug, Clone)]
struct TrustedKey {
    key: PublicKey,
    id: KeyId,
    footer: String,
    encoded_footer: String,
}

impl TrustedKey {
    fn new(key: PublicKey) -> Self {
        let id = key.id();
        let footer = footer(&id);
        Self { key, id, encoded_footer: encode(footer.as_bytes()), footer }
    }
}

fn footer(id: &KeyId) -> String {
    format!(r#"{{"kid":"{id}"}}"#)
}

/// The public keys whose links are accepted: all that a machine needs which checks links and must not make them.
#[derive(Debug, Clone)]
pub struct TrustedKeys {
    keys: Vec<TrustedKey>,
    /// Their links are accepted no more; what their mails let a contact object to still is.
    retired: Vec<TrustedKey>,
}

impl TrustedKeys {
    /// Trusts these keys.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let mut trusted: Vec<TrustedKey> = Vec::new();
        for key in keys {
            if !trusted.iter().any(|known| known.key == key) {
                trusted.push(TrustedKey::new(key));
            }
        }
        Self { keys: trusted, retired: Vec::new() }
    }

    /// Trusts these keys too, for objections alone: a contact may object to a link for a day, whatever became of the key that signed it.
    #[must_use]
    pub fn with_retired(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        self.retired = keys.into_iter().map(TrustedKey::new).collect();
        self
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.iter().map(|trusted| &trusted.id)
    }

    /// Checks, in this order: length, header, base64url, footer against each trusted key's exact footer (never parsed), signature. Hands out the
    /// payload and the key.
    pub(crate) fn open(
        &self,
        token: &str,
        purpose: Purpose,
        public_url: &str,
    ) -> Result<(Vec<u8>, KeyId), TokenError> {
        if token.len() > MAX_TOKEN_CHARS {
            return Err(TokenError::TooLong);
        }
        let parts = Parts::split(token)?;
        let retired = self.retired.iter().filter(|_| purpose == Purpose::Objection);
        let trusted = self
            .keys
            .iter()
            .chain(retired)
            .find(|trusted| trusted.encoded_footer == parts.footer)
            .ok_or(TokenError::UnknownKey)?;
        let implicit = purpose.implicit_assertion(public_url);
        let payload =
            parts.verify(trusted.key.verifying(), trusted.footer.as_bytes(), implicit.as_bytes())?;
        Ok((payload, trusted.id.clone()))
    }
}

/// One key that signs, and any number whose links are still accepted: rotation needs no downtime.
#[derive(Debug)]
pub struct Keyring {
    signing: SecretKey,
    signing_id: KeyId,
    footer: String,
    trusted: TrustedKeys,
}

impl Keyring {
    /// Signs with one key and trusts it as well as the others.
    pub fn new(signing: SecretKey, others: impl IntoIterator<Item = PublicKey>) -> Self {
        let public = signing.public_key();
        let signing_id = public.id();
        Self {
            footer: footer(&signing_id),
            trusted: TrustedKeys::new([public].into_iter().chain(others)),
            signing,
            signing_id,
        }
    }

    /// The id of the key that signs.
    pub fn signing_key_id(&self) -> &KeyId {
        &self.signing_id
    }

    /// The key that checks what this keyring signs.
    pub fn public_key(&self) -> PublicKey {
        self.signing.public_key()
    }

    /// The public halves alone.
    pub fn trusted(&self) -> &TrustedKeys {
        &self.trusted
    }

    pub(crate) fn seal(&self, payload: &[u8], purpose: Purpose, public_url: &str) -> String {
        let implicit = purpose.implicit_assertion(public_url);
        paseto::sign(self.signing.signing(), payload, self.footer.as_bytes(), implicit.as_bytes())
    }
}
