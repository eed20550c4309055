use jiff::{SignedDuration, Timestamp};
use keys::{
    Binding, BindingSecret, ContactId, Keyring, LedgerEpoch, LinkId, NewLink, NormalisedEmail,
    PasswordVersion, ResetLink, Revocation, SecretKey, UntrustedToken, VerifiedLink,
};

pub(crate) const PUBLIC_URL: &str = "https://reset.example.com";

pub(crate) fn binding_secret() -> BindingSecret {
    BindingSecret::from_random(&[6; 32])
}

pub(crate) fn contact_id(id: &str) -> ContactId {
    ContactId::new(id).unwrap()
}

/// Makes genuine links of 15 minutes for one ledger.
pub(crate) struct Links {
    pub(crate) keyring: Keyring,
    ledger_epoch: LedgerEpoch,
}

impl Links {
    pub(crate) fn of(ledger_epoch: LedgerEpoch) -> Self {
        Self { keyring: Keyring::new(SecretKey::from_seed(&[5; 32]), []), ledger_epoch }
    }

    /// For a contact with this password version and e-mail.
    pub(crate) fn bound(
        &self,
        contact: &ContactId,
        number: u8,
        version: &PasswordVersion,
        email: Option<&str>,
        now: Timestamp,
    ) -> VerifiedLink {
        let link_id = LinkId::from_random([number; 24]);
        let email = email.and_then(NormalisedEmail::new);
        let new = NewLink {
            contact: contact.clone(),
            link_id,
            issued_at: now,
            lifetime: SignedDuration::from_mins(15),
            binding: Binding::new(&binding_secret(), link_id, contact, version, email.as_ref()),
            ledger_epoch: self.ledger_epoch,
        };
        let link = ResetLink::mint(&self.keyring, PUBLIC_URL, &new).unwrap();
        let token = UntrustedToken::from_link(link.expose(), PUBLIC_URL);
        token.verify(self.keyring.trusted(), PUBLIC_URL, now).unwrap()
    }

    /// For Ada, where nobody looks at the directory.
    pub(crate) fn link(&self, number: u8, now: Timestamp) -> VerifiedLink {
        self.bound(&contact_id("ada"), number, &PasswordVersion::new("v1"), None, now)
    }
}

pub(crate) fn revocation(link: &VerifiedLink) -> Revocation {
    Revocation::Link {
        link_id: link.link_id(),
        contact: link.contact().clone(),
        expires_at: link.expires_at(),
    }
}
