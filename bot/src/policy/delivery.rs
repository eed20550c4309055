//! Mail, or hand over: the decision, pure.

use contacts::{Contact, EmailSharing};
use keys::{ContactId, EmailAddress};

use crate::audit::Reason;
use crate::mail::MailFailure;

/// Thousands of contacts may share an `info@…`; a line of the audit has an end.
const NAMED_IN_AUDIT: usize = 20;

/// How a link goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// To the contact.
    Mail(EmailAddress),
    /// To the admin who asked; never empty, in the order in which they are told.
    HandOver(Vec<HandOverReason>),
}

/// Why a link went to the admin and not by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOverReason {
    /// The operator has set none.
    MailServerNotConfigured,
    /// There is none, or it cannot be an address (`n/a`).
    NoPrimaryEmail,
    /// Other contacts have the same one.
    EmailShared {
        /// Who.
        others: Vec<ContactId>,
    },
    /// The directory could not tell with certainty whether others have it.
    EmailSharingUndecided,
    /// The mail server refused it or could not be reached.
    MailFailed {
        /// The server's own answer, addresses masked, sanitized.
        answer: String,
    },
    /// The mail server fell silent once it had the mail: it may arrive yet.
    MailOutcomeUnknown {
        /// What happened, addresses masked, sanitized.
        answer: String,
    },
    /// It was mailed, and the admin wanted it in hand instead.
    AskedInstead,
    /// The contact asked the help desk, and the admin wanted it in hand.
    AskedInHand,
}

impl HandOverReason {
    /// The word in the audit and in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::MailServerNotConfigured => "mail_server_not_configured",
            Self::NoPrimaryEmail => "no_primary_email",
            Self::EmailShared { .. } => "email_shared",
            Self::EmailSharingUndecided => "email_sharing_undecided",
            Self::MailFailed { .. } => "mail_failed",
            Self::MailOutcomeUnknown { .. } => "mail_outcome_unknown",
            Self::AskedInstead => "asked_instead",
            Self::AskedInHand => "asked_in_hand",
        }
    }

    /// What stands in the audit beside the word: other contacts' ids, the mail server's masked answer.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::MailServerNotConfigured
            | Self::NoPrimaryEmail
            | Self::EmailSharingUndecided
            | Self::AskedInstead
            | Self::AskedInHand => None,
            Self::EmailShared { others } => {
                let named =
                    others.iter().take(NAMED_IN_AUDIT).map(ContactId::as_str).collect::<Vec<_>>().join(", ");
                match others.len().checked_sub(NAMED_IN_AUDIT) {
                    None | Some(0) => Some(named),
                    Some(more) => Some(format!("{named} and {more} more")),
                }
            }
            Self::MailFailed { answer } | Self::MailOutcomeUnknown { answer } => Some(answer.clone()),
        }
    }
}

impl HandOverReason {
    /// Whether the contact could have been mailed all the same: then they hear that the help desk has a link.
    pub(crate) fn is_despite_email(&self) -> bool {
        match self {
            Self::MailFailed { .. }
            | Self::MailOutcomeUnknown { .. }
            | Self::AskedInstead
            | Self::AskedInHand => true,
            Self::MailServerNotConfigured
            | Self::NoPrimaryEmail
            | Self::EmailShared { .. }
            | Self::EmailSharingUndecided => false,
        }
    }
}

impl From<&MailFailure> for HandOverReason {
    fn from(failure: &MailFailure) -> Self {
        let answer = failure.to_string();
        match failure {
            MailFailure::OutcomeUnknown { .. } => Self::MailOutcomeUnknown { answer },
            _ => Self::MailFailed { answer },
        }
    }
}

/// Decides. `sharing` says which other contacts, active or not, have the same normalised e-mail.
pub(crate) fn decide(
    is_mail_configured: bool,
    email: Option<EmailAddress>,
    sharing: EmailSharing,
) -> Delivery {
    let mut reasons = Vec::new();
    if !is_mail_configured {
        reasons.push(HandOverReason::MailServerNotConfigured);
    }
    if email.is_none() {
        reasons.push(HandOverReason::NoPrimaryEmail);
    } else {
        match sharing {
            EmailSharing::With(others) if others.is_empty() => {}
            EmailSharing::With(others) => reasons.push(HandOverReason::EmailShared { others }),
            EmailSharing::Undecided(_) => reasons.push(HandOverReason::EmailSharingUndecided),
        }
    }
    match email {
        Some(email) if reasons.is_empty() => Delivery::Mail(email),
        _ => Delivery::HandOver(reasons),
    }
}

/// The contact's primary e-mail; `None` where there is none that can be mailed.
pub(crate) fn usable_email(contact: &Contact) -> Option<EmailAddress> {
    contact.primary_email.as_deref().and_then(EmailAddress::new)
}

/// The reasons as the audit has them.
pub(crate) fn in_audit(reasons: &[HandOverReason]) -> Vec<Reason> {
    reasons
        .iter()
        .map(|reason| Reason { reason: reason.as_str().to_owned(), detail: reason.detail() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<ContactId> {
        ids.iter().map(|id| ContactId::new(*id).unwrap()).collect()
    }

    #[test]
    fn a_unique_address_and_a_mail_server_mean_mail() {
        let email = EmailAddress::new("ada@example.org");
        assert_eq!(decide(true, email.clone(), EmailSharing::With(vec![])), Delivery::Mail(email.unwrap()));
    }

    #[test]
    fn an_address_that_may_be_shared_is_not_mailed() {
        let sharing = EmailSharing::Undecided("it took too long".to_owned());
        let reasons = vec![HandOverReason::EmailSharingUndecided];
        assert_eq!(decide(true, EmailAddress::new("ada@example.org"), sharing), Delivery::HandOver(reasons));
    }

    #[test]
    fn thousands_who_share_an_address_do_not_fill_the_audit() {
        let others = (0..7000).map(|number| ContactId::new(format!("c{number}")).unwrap()).collect();
        let detail = HandOverReason::EmailShared { others }.detail().unwrap();
        assert!(detail.starts_with("c0, c1, ") && detail.ends_with("c19 and 6980 more"), "{detail}");
    }

    #[test]
    fn every_reason_that_applies_is_told_in_order() {
        let email = || EmailAddress::new("family@example.net");
        let shared = HandOverReason::EmailShared { others: ids(&["chris", "cora"]) };
        for (configured, email, others, reasons) in [
            (false, email(), ids(&[]), vec![HandOverReason::MailServerNotConfigured]),
            (true, None, ids(&[]), vec![HandOverReason::NoPrimaryEmail]),
            (true, email(), ids(&["chris", "cora"]), vec![shared.clone()]),
            (
                false,
                None,
                ids(&[]),
                vec![HandOverReason::MailServerNotConfigured, HandOverReason::NoPrimaryEmail],
            ),
            (false, email(), ids(&["chris", "cora"]), vec![HandOverReason::MailServerNotConfigured, shared]),
        ] {
            assert_eq!(decide(configured, email, EmailSharing::With(others)), Delivery::HandOver(reasons));
        }
    }
}
