use std::fmt;
use std::time::SystemTime;

use config::Logo;
use jiff::Timestamp;
use keys::EmailAddress;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::failure::{Cause, MailFailure, Step};
use super::sanitize::{one_line, shorten};

/// The longest name in front of an address, in characters.
const LONGEST_NAME: usize = 100;

/// A mail, composed and ready to be sent. `Debug` shows neither the address nor the text: a link may stand in it.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// In whose name.
    pub from: Mailbox,
    /// Where an answer goes, where that is not the sender.
    pub reply_to: Option<Mailbox>,
    /// The contact's name; perhaps empty.
    pub to_name: String,
    /// The contact's address.
    pub to: EmailAddress,
    /// One line.
    pub subject: String,
    /// For readers that show plain text; the link alone on its line.
    pub text: String,
    /// For all others.
    pub html: String,
    /// The picture that `html` shows, and the id that it has there: it travels within the mail.
    pub logo: Option<(String, Logo)>,
    /// When it was composed.
    pub date: Timestamp,
    /// Without the angle brackets: `reset.<link id>@<domain>`.
    pub message_id: String,
    /// BCP 47.
    pub language: String,
}

impl OutgoingMail {
    /// The mail as lettre knows it. Both texts go as quoted-printable: no server on the way has a reason to break a line of them, and the whole
    /// mail is ASCII unless the address is not.
    ///
    /// # Errors
    /// Where the contact's address cannot stand in a mail.
    pub fn to_message(&self) -> Result<Message, MailFailure> {
        let unusable = || MailFailure::Unreachable { step: Step::Recipient, cause: Cause::Address };
        let (local, domain) = self.to.expose().rsplit_once('@').ok_or_else(unusable)?;
        // What can be mailed has been decided, by the one rule for it.
        let address = Address::new_dangerous(local, domain);
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![address.clone()]);
        let envelope = envelope.map_err(|_| unusable())?;
        let name = shorten(&one_line(&self.to_name), LONGEST_NAME);
        let to = Mailbox::new(Some(name).filter(|name| !name.is_empty()), address);
        let mut message = Message::builder().envelope(envelope).from(self.from.clone()).to(to);
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let part = |content_type, body: &str| {
            SinglePart::builder()
                .header(content_type)
                .header(ContentTransferEncoding::QuotedPrintable)
                .body(body.to_owned())
        };
        // `=_` cannot occur in quoted-printable text, so the boundary is never part of a body.
        let boundary = format!("=_{}", self.message_id.split('@').next().unwrap_or_default());
        let html = part(ContentType::TEXT_HTML, &self.html);
        let text = part(ContentType::TEXT_PLAIN, &self.text);
        let parts = match &self.logo {
            None => MultiPart::alternative().boundary(boundary).singlepart(text).singlepart(html),
            Some((id, logo)) => {
                let picture = SinglePart::builder()
                    .header(ContentType::parse(logo.media_type()).map_err(|_| unusable())?)
                    .header(ContentTransferEncoding::Base64)
                    .header(ContentDisposition::inline())
                    .header(ContentId::from(format!("<{id}>")))
                    .body(logo.bytes().to_vec());
                let with_picture = MultiPart::related()
                    .boundary(format!("{boundary}.related"))
                    .singlepart(html)
                    .singlepart(picture);
                MultiPart::alternative().boundary(boundary).singlepart(text).multipart(with_picture)
            }
        };
        message
            .subject(one_line(&self.subject))
            .date(SystemTime::try_from(self.date).unwrap_or(SystemTime::UNIX_EPOCH))
            .message_id(Some(format!("<{}>", self.message_id)))
            // No answer by a machine, please (RFC 3834; the other is what Exchange listens to).
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"))
            .raw_header(header("Content-Language", &self.language))
            .multipart(parts)
            .map_err(|_| unusable())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMail")
            .field("to", &self.to)
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use keys::EmailAddress;
    use proptest::prelude::*;

    use super::OutgoingMail;

    fn mail(to: EmailAddress) -> OutgoingMail {
        OutgoingMail {
            from: "Help desk <help@example.org>".parse().unwrap(),
            reply_to: None,
            to_name: "Ada".to_owned(),
            to,
            subject: "A new password".to_owned(),
            text: "Hello\n".to_owned(),
            html: "<p>Hello</p>\n".to_owned(),
            logo: None,
            date: "2026-11-24T09:24:00Z".parse().unwrap(),
            message_id: "reset.1@example.org".to_owned(),
            language: "en".to_owned(),
        }
    }

    proptest! {
        /// There is one rule for what can be mailed: what passes it never fails here.
        #[test]
        fn whatever_can_be_mailed_makes_a_mail_to_just_that_address(local in "[ -~]{1,12}|\\PC{1,12}|[a-zé\u{94d}क]{1,12}", domain in "[a-zü-]{1,12}\\.[a-z]{2,4}") {
            if let Some(address) = EmailAddress::new(&format!("{local}@{domain}")) {
                let message = mail(address.clone()).to_message().unwrap();
                let to: Vec<&str> = message.envelope().to().iter().map(AsRef::as_ref).collect();
                prop_assert_eq!(to, [address.expose()]);
                prop_assert!(!message.formatted().is_empty());
            }
        }
    }
}
