//! `[organisation]`.

use std::fmt;

use jiff::tz::TimeZone;
use url::Host;

use crate::problem::Refusal;
use crate::section::{Section, one_line};
use crate::shown::shown;
use crate::web_address::page_url;

pub(crate) const KEYS: &[&str] =
    &["name", "support", "sign_in_url", "time_zone", "language", "mail_from", "mail_reply_to"];

/// The languages that pages and mails are written in.
pub const LANGUAGES: &[&str] = &["en", "de"];

/// `[organisation]`: in whose name pages and mails speak. `Debug` shows no e-mail address in full.
#[derive(Clone)]
pub struct Organisation {
    /// As contacts know it.
    pub name: String,
    /// One sentence for the contact: whom to call or write to.
    pub support: String,
    /// Where a contact signs in once the password is set.
    pub sign_in_url: Option<String>,
    /// In which a contact reads until when a link is good; default UTC.
    pub time_zone: TimeZone,
    /// BCP 47, used where the contact has no language of their own or one that we do not speak; default `en`.
    pub language: String,
    /// `Name <address>` or an address. Required where `[mail]` is set.
    pub mail_from: Option<String>,
    /// `Name <address>` or an address: where an answer to a mail goes.
    pub mail_reply_to: Option<String>,
}

impl Organisation {
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name", "Example Help Desk", one_line);
        let support = section.required("support", "Call the help desk: +44 20 7946 0000.", one_line);
        let sign_in_url = section.parsed("sign_in_url", page_url);
        let time_zone = section.parsed("time_zone", time_zone).unwrap_or(TimeZone::UTC);
        let language = section.parsed("language", language).unwrap_or_else(|| "en".to_owned());
        let mail_from = section.parsed("mail_from", mailbox);
        let mail_reply_to = section.parsed("mail_reply_to", mailbox);
        Some(Self {
            name: name?,
            support: support?,
            sign_in_url,
            time_zone,
            language,
            mail_from,
            mail_reply_to,
        })
    }
}

impl fmt::Debug for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, support, sign_in_url, time_zone, language, mail_from, mail_reply_to } = self;
        f.debug_struct("Organisation")
            .field("name", name)
            .field("support", &format_args!("{}", shown(support)))
            .field("sign_in_url", sign_in_url)
            .field("time_zone", time_zone)
            .field("language", language)
            .field("mail_from", &mail_from.as_deref().map(shown))
            .field("mail_reply_to", &mail_reply_to.as_deref().map(shown))
            .finish()
    }
}

fn time_zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).ok_or_else(|| {
        Refusal::new(
            format!("{} is not a time zone that this machine knows", shown(name)),
            "use an IANA name like \"Europe/Berlin\" or \"UTC\", and see that tzdata is installed",
        )
    })
}

fn language(tag: &str) -> Result<String, Refusal> {
    if LANGUAGES.contains(&tag) {
        return Ok(tag.to_owned());
    }
    let spoken: Vec<String> = LANGUAGES.iter().map(|language| format!("\"{language}\"")).collect();
    let cause = format!("{} is not a language that pages and mails are written in", shown(tag));
    Err(Refusal::new(cause, format!("use {}", spoken.join(" or "))))
}

/// `Name <local@domain>` or `local@domain`, on one line. What the mail server makes of it is for it to say.
fn mailbox(text: &str) -> Result<String, Refusal> {
    let mailbox = one_line(text)?;
    let address = match mailbox.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((_, address)) => address,
        None => &mailbox,
    };
    if is_address(address) {
        return Ok(mailbox);
    }
    Err(Refusal::new(
        format!("{} has no e-mail address", shown(text)),
        "use \"Help Desk <help@example.com>\" or \"help@example.com\"",
    ))
}

fn is_address(address: &str) -> bool {
    let stray = |character: char| character.is_whitespace() || "<>,;()".contains(character);
    address.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !local.contains('@') && !address.contains(stray) && Host::parse(domain).is_ok()
    })
}
