//! Mail over a real socket: what a server may do to us, and what arrives.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod certificates;
mod letters;
mod refusals;
mod test_run;

use std::time::Duration;

use bot::mail::{
    Accepted, AskedBy, MailBranding, MailFailure, MailSender, MailedLink, OutgoingMail, Recipient,
    SmtpSender, TimeLimits,
};
use config::{Mail, Organisation};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keys::{ContactId, EmailAddress, LinkId, MAX_LINK_CHARS};

/// Far longer than any step takes: tests that wait for a limit shorten that of one step only.
const PATIENT: Duration = Duration::from_secs(60);

fn organisation() -> Organisation {
    Organisation {
        name: "Example Ltd".to_owned(),
        support: "Call 030 1234567 or write to help@example.org.".into(),
        sign_in_url: Some("https://portal.example.org/sign-in?lang=en&from=mail".to_owned()),
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
        language: "en".to_owned(),
        logo: None,
        accent: config::Accent::default(),
        mail_from: Some("Help desk <help@example.org>".to_owned()),
        mail_reply_to: Some("support@example.org".to_owned()),
    }
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::new(text).unwrap()
}

fn link_id() -> LinkId {
    LinkId::from_random([7; 24])
}

/// As long as a link can be.
fn link() -> String {
    let mut link = "https://reset.example.org/r/v4.public.".to_owned();
    while link.len() < MAX_LINK_CHARS {
        link.push_str("eyJzdWIi-Oi_I0MiJ9.");
    }
    link.chars().take(MAX_LINK_CHARS).collect()
}

fn now() -> Timestamp {
    "2026-11-24T09:24:00Z".parse().unwrap()
}

fn expires_at() -> Timestamp {
    "2026-11-24T09:39:00Z".parse().unwrap()
}

/// The reset mail for somebody with this name, address and language.
fn reset_mail(name: &str, address: &str, language: &str) -> OutgoingMail {
    let id = ContactId::new("42").unwrap();
    let email = email(address);
    let to = Recipient { id: &id, name, email: &email, language: Some(language) };
    MailBranding::new(&organisation()).unwrap().reset_mail(&to, &mailed(&link(), expires_at()), now())
}

/// A link that Alice of the help desk asked for.
fn mailed(link: &str, expires_at: Timestamp) -> MailedLink<'_> {
    MailedLink {
        link,
        link_id: link_id(),
        issued_at: now(),
        expires_at,
        asked_by: AskedBy::HelpDesk(Some("Alice")),
        objection: OBJECTION,
    }
}

/// Where a contact says that it was not them.
const OBJECTION: &str = "https://reset.example.org/n/v4.public.eyJzdWIiOiI0MiJ9";

fn ada() -> OutgoingMail {
    reset_mail("Ada Lovelace", "ada.lovelace@example.org", "en")
}

async fn send(settings: &Mail, mail: &OutgoingMail) -> Result<Accepted, MailFailure> {
    send_within(settings, mail, TimeLimits::each(PATIENT)).await
}

async fn send_within(
    settings: &Mail,
    mail: &OutgoingMail,
    limits: TimeLimits,
) -> Result<Accepted, MailFailure> {
    SmtpSender::with_limits(settings, limits).unwrap().send(mail).await
}
