use askama::Template;
use config::{Accent, Logo, Organisation, Support, SupportPart, support_parts};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keys::{ContactId, EmailAddress, LinkId};
use lettre::Address;
use lettre::message::Mailbox;
use texts::{Key, Language, Value, mail};
use thiserror::Error;

use super::message::OutgoingMail;
use super::sanitize::one_line;

/// Why no mail can be sent in the organisation's name.
#[derive(Debug, Error)]
pub enum MailBrandingError {
    /// There is no sender.
    #[error(
        "[organisation] mail_from is missing: mails need a sender, such as `Help desk <help@example.org>`"
    )]
    NoSender,
    /// The sender is not an address.
    #[error(
        "[organisation] {0} is not an e-mail address: write `help@example.org` or `Help desk <help@example.org>`"
    )]
    NotAnAddress(&'static str),
}

/// Whom a mail is for.
#[derive(Clone, Copy)]
pub struct Recipient<'a> {
    /// As the directory returned it.
    pub id: &'a ContactId,
    /// As the directory holds it; perhaps empty.
    pub name: &'a str,
    /// Where the mail goes.
    pub email: &'a EmailAddress,
    /// BCP 47; the organisation's own language where it is absent, or one that we do not speak.
    pub language: Option<&'a str>,
}

/// Who wanted a link, as the contact reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy<'a> {
    /// An admin; by the name that the operator has given them, where there is one.
    HelpDesk(Option<&'a str>),
    /// Somebody on the page for a forgotten password.
    Page,
}

/// A link that is mailed.
#[derive(Clone, Copy)]
pub struct MailedLink<'a> {
    /// The link itself.
    pub link: &'a str,
    /// Which.
    pub link_id: LinkId,
    /// When it was asked for.
    pub issued_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Who asked.
    pub asked_by: AskedBy<'a>,
    /// Where the contact says that it was not them.
    pub objection: &'a str,
}

/// In whose name mails are written. Its functions are pure: the time is a parameter, and the same values make the same mail.
#[derive(Clone)]
pub struct MailBranding {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    organisation: String,
    support: Support,
    sign_in_url: Option<String>,
    time_zone: TimeZone,
    language: String,
    logo: Option<Logo>,
    accent: Accent,
}

/// The box that a logo is fitted into, in CSS pixels.
const LOGO_BOX: (u32, u32) = (200, 40);

/// What a mail says, before it is laid out as text and HTML.
struct MailContent<'a> {
    kind: &'static str,
    link_id: LinkId,
    subject: Key,
    /// What a list of mails shows beside the subject.
    preview: String,
    greeting: String,
    before: Vec<String>,
    action: Option<Button<'a>>,
    after: Vec<String>,
    /// Where the reader says that it was not them.
    objection: Option<&'a str>,
    now: Timestamp,
}

/// The one thing to do: a button, and its link as text, last and small.
struct Button<'a> {
    button: String,
    as_text: Option<String>,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    language: &'a str,
    subject: &'a str,
    preview: &'a str,
    organisation: &'a str,
    /// The id of the picture within the mail, its width and its height.
    logo: Option<(&'a str, u32, u32)>,
    accent: Accent,
    greeting: &'a str,
    before: &'a [String],
    action: Option<&'a Button<'a>>,
    after: &'a [String],
    /// What stands on the link, and where it leads.
    objection: Option<(String, &'a str)>,
    support_label: &'a str,
    support: Vec<SupportPart<'a>>,
    automatic: &'a str,
}

impl MailBranding {
    /// Takes the organisation's settings in.
    ///
    /// # Errors
    /// Where the sender is missing, or an address is none.
    pub fn new(organisation: &Organisation) -> Result<Self, MailBrandingError> {
        let from = organisation.mail_from.as_deref().ok_or(MailBrandingError::NoSender)?;
        let from = mailbox(from).ok_or(MailBrandingError::NotAnAddress("mail_from"))?;
        let reply_to = organisation
            .mail_reply_to
            .as_deref()
            .map(|text| mailbox(text).ok_or(MailBrandingError::NotAnAddress("mail_reply_to")))
            .transpose()?;
        Ok(Self {
            from,
            reply_to,
            organisation: one_line(&organisation.name),
            support: organisation.support.clone(),
            sign_in_url: organisation.sign_in_url.clone(),
            time_zone: organisation.time_zone.clone(),
            language: organisation.language.clone(),
            logo: organisation.logo.clone(),
            accent: organisation.accent,
        })
    }

    /// The mail that carries the link, and tells who asked for it and when.
    pub fn reset_mail(&self, to: &Recipient<'_>, mailed: &MailedLink<'_>, now: Timestamp) -> OutgoingMail {
        let words = self.words(to.language);
        let until = words.time(mailed.expires_at, now);
        let at = words.date_and_time(mailed.issued_at);
        let id = ("id", Value::from(to.id.as_str()));
        let why = match mailed.asked_by {
            AskedBy::HelpDesk(Some(name)) => {
                words.say(mail::RESET_WHY_NAMED, &[id, ("at", at.into()), ("name", one_line(name).into())])
            }
            AskedBy::HelpDesk(None) => words.say(mail::RESET_WHY_HELP_DESK, &[id, ("at", at.into())]),
            AskedBy::Page => words.say(mail::RESET_WHY_PAGE, &[id, ("at", at.into())]),
        };
        let content = MailContent {
            kind: "reset",
            link_id: mailed.link_id,
            subject: mail::RESET_SUBJECT,
            preview: words.say(mail::RESET_PREVIEW, &[("until", until.as_str().into())]),
            greeting: words.greeting(to.name),
            before: vec![why, words.say(mail::RESET_WHAT, &[])],
            action: Some(Button {
                button: words.say(mail::RESET_BUTTON, &[]),
                as_text: Some(words.say(mail::RESET_LINK_AS_TEXT, &[])),
                url: mailed.link,
            }),
            after: vec![
                words.say(
                    mail::RESET_UNTIL,
                    &[("until", until.into()), ("minutes", minutes(mailed.expires_at, now).into())],
                ),
                words.say(mail::RESET_NOT_YOU, &[]),
            ],
            objection: Some(mailed.objection),
            now,
        };
        words.write(&content, to.name, to.email)
    }

    /// The notice after a new password was set: no password, only what happened, whom to ask, and where to say that it was not them.
    pub fn changed_notice(
        &self,
        to: &Recipient<'_>,
        link_id: LinkId,
        changed_at: Timestamp,
        objection: &str,
        now: Timestamp,
    ) -> OutgoingMail {
        let words = self.words(to.language);
        let at = words.date_and_time(changed_at);
        let mut before =
            vec![words.say(mail::CHANGED_WHY, &[("id", to.id.as_str().into()), ("at", at.as_str().into())])];
        let action = self.sign_in_url.as_deref().map(|url| Button {
            button: words.say(mail::CHANGED_BUTTON, &[]),
            as_text: None,
            url,
        });
        if action.is_some() {
            before.push(words.say(mail::CHANGED_SIGN_IN, &[]));
        }
        let greeting = words.greeting(to.name);
        let content = MailContent {
            kind: "changed",
            link_id,
            subject: mail::CHANGED_SUBJECT,
            preview: words.say(mail::CHANGED_PREVIEW, &[("at", at.into())]),
            greeting,
            before,
            action,
            after: vec![words.say(mail::CHANGED_NOT_YOU, &[])],
            objection: Some(objection),
            now,
        };
        words.write(&content, to.name, to.email)
    }

    /// The notice that a link was given to the help desk although the contact has a usable address: without the link.
    pub fn handed_over_notice(
        &self,
        to: &Recipient<'_>,
        link_id: LinkId,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> OutgoingMail {
        let words = self.words(to.language);
        let (at, until) = (words.date_and_time(now), words.time(expires_at, now));
        let content = MailContent {
            kind: "handed-over",
            link_id,
            subject: mail::HANDED_OVER_SUBJECT,
            preview: words.say(mail::HANDED_OVER_PREVIEW, &[("until", until.as_str().into())]),
            greeting: words.greeting(to.name),
            before: vec![
                words.say(mail::HANDED_OVER_WHY, &[("id", to.id.as_str().into()), ("at", at.into())]),
                words.say(
                    mail::HANDED_OVER_UNTIL,
                    &[("until", until.into()), ("minutes", minutes(expires_at, now).into())],
                ),
                words.say(mail::HANDED_OVER_NOT_YOU, &[]),
            ],
            action: None,
            after: Vec::new(),
            objection: None,
            now,
        };
        words.write(&content, to.name, to.email)
    }

    /// The mail of `reset-link mail test`. The id need not name a link: it only tells one test from the next.
    pub fn test_mail(&self, to: &EmailAddress, id: LinkId, now: Timestamp) -> OutgoingMail {
        let words = self.words(None);
        let content = MailContent {
            kind: "test",
            link_id: id,
            subject: mail::TEST_SUBJECT,
            preview: words.say(mail::TEST_PREVIEW, &[]),
            greeting: words.greeting(""),
            before: vec![words.say(mail::TEST_WHY, &[])],
            action: None,
            after: Vec::new(),
            objection: None,
            now,
        };
        words.write(&content, "", to)
    }

    fn words(&self, language: Option<&str>) -> Words<'_> {
        Words { branding: self, language: Language::choose(language, None, &self.language) }
    }
}

/// The organisation's words in one language.
struct Words<'a> {
    branding: &'a MailBranding,
    language: Language,
}

impl Words<'_> {
    fn say(&self, key: Key, args: &[(&'static str, Value<'_>)]) -> String {
        let mut args = args.to_vec();
        args.push(("organisation", self.branding.organisation.as_str().into()));
        self.language.say_with(key, &args)
    }

    fn time(&self, at: Timestamp, now: Timestamp) -> String {
        texts::clock_time(&self.language, at, now, &self.branding.time_zone)
    }

    fn date_and_time(&self, at: Timestamp) -> String {
        texts::date_time(&self.language, at, &self.branding.time_zone)
    }

    fn greeting(&self, name: &str) -> String {
        match one_line(name) {
            name if name.is_empty() => self.say(mail::GREETING_NAMELESS, &[]),
            name => self.say(mail::GREETING, &[("name", name.into())]),
        }
    }

    fn write(&self, content: &MailContent<'_>, to_name: &str, to: &EmailAddress) -> OutgoingMail {
        let language = self.language.tag();
        let subject = self.say(content.subject, &[]);
        let (support_label, automatic) = (self.say(mail::SUPPORT, &[]), self.say(mail::AUTOMATIC, &[]));
        let mut paragraphs = vec![content.greeting.as_str()];
        paragraphs.extend(content.before.iter().map(String::as_str));
        paragraphs.extend(content.action.iter().map(|action| action.url));
        paragraphs.extend(content.after.iter().map(String::as_str));
        paragraphs.extend(content.objection);
        let help = one_line(self.branding.support.in_language(&language));
        let support = format!("{support_label} {help}");
        paragraphs.extend([support.as_str(), &self.branding.organisation, &automatic]);
        let text = paragraphs.join("\n\n") + "\n";
        let logo_id = format!("logo@{}", self.branding.from.email.domain());
        let logo = self.branding.logo.as_ref().map(|logo| {
            let (width, height) = logo.fitted(LOGO_BOX.0, LOGO_BOX.1);
            (logo_id.as_str(), width, height)
        });
        let page = Page {
            language: &language,
            subject: &subject,
            preview: &content.preview,
            logo,
            accent: self.branding.accent,
            organisation: &self.branding.organisation,
            greeting: &content.greeting,
            before: &content.before,
            action: content.action.as_ref(),
            after: &content.after,
            objection: content.objection.map(|url| (self.say(mail::OBJECTION, &[]), url)),
            support_label: &support_label,
            support: support_parts(&help),
            automatic: &automatic,
        };
        let html = page.render().expect("the template writes into memory and calls nothing that fails");
        OutgoingMail {
            from: self.branding.from.clone(),
            reply_to: self.branding.reply_to.clone(),
            to_name: to_name.to_owned(),
            to: to.clone(),
            message_id: format!("{}.{}@{}", content.kind, content.link_id, self.branding.from.email.domain()),
            subject,
            text,
            html,
            logo: self.branding.logo.clone().map(|logo| (logo_id, logo)),
            date: content.now,
            language,
        }
    }
}

/// For how many minutes; cut, not rounded, so that there are never less than it says.
fn minutes(expires_at: Timestamp, now: Timestamp) -> i64 {
    expires_at.duration_since(now).as_mins().max(0)
}

/// `Name <address>` or an address; the name without anything that could break a header, the domain in its ASCII form.
fn mailbox(text: &str) -> Option<Mailbox> {
    let mailbox: Mailbox = one_line(text).parse().ok()?;
    let address = EmailAddress::new(mailbox.email.as_ref())?;
    let (local, domain) = address.expose().rsplit_once('@')?;
    let address = Address::new(local, domain).ok()?;
    Some(Mailbox::new(mailbox.name.filter(|name| !name.is_empty()), address))
}
