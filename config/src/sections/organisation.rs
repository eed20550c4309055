//! `[organisation]`.

use std::fmt;

use jiff::tz::TimeZone;
use url::Host;

use crate::accent::Accent;
use crate::logo::Logo;
use crate::problem::Refusal;
use crate::section::{Section, one_line, spoken_language};
use crate::shown::shown;
use crate::support::Support;
use crate::web_address::page_url;

pub(crate) const KEYS: &[&str] = &[
    "name",
    "support",
    "sign_in_url",
    "time_zone",
    "language",
    "logo_file",
    "accent",
    "mail_from",
    "mail_reply_to",
];

/// `[organisation]`: in whose name pages and mails speak. `Debug` shows no e-mail address in full.
#[derive(Clone)]
pub struct Organisation {
    /// As contacts know it.
    pub name: String,
    /// One sentence for the contact, perhaps in several languages: whom to call or write to.
    pub support: Support,
    /// Where a contact signs in once the password is set.
    pub sign_in_url: Option<String>,
    /// In which a contact reads until when a link is good; default UTC.
    pub time_zone: TimeZone,
    /// BCP 47, used where the contact has no language of their own or one that we do not speak; default `en`.
    pub language: String,
    /// Above each page and each mail.
    pub logo: Option<Logo>,
    /// The colour of links and buttons on pages and in mails; default a dark teal.
    pub accent: Accent,
    /// `Name <address>` or an address. Required where `[mail]` is set.
    pub mail_from: Option<String>,
    /// `Name <address>` or an address: where an answer to a mail goes.
    pub mail_reply_to: Option<String>,
}

impl Organisation {
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name", "Example Help Desk", one_line);
        let sign_in_url = section.parsed("sign_in_url", page_url);
        let time_zone = section.parsed("time_zone", time_zone).unwrap_or(TimeZone::UTC);
        let language = section.parsed("language", spoken_language).unwrap_or_else(|| "en".to_owned());
        let support =
            section.per_language("support", "Call the help desk: +44 20 7946 0000.", &language, one_line);
        let logo =
            section.path("logo_file").and_then(|file| section.judge("logo_file", Logo::from_file(&file)));
        let accent = section.parsed("accent", str::parse).unwrap_or_default();
        let mail_from = section.parsed("mail_from", mailbox);
        let mail_reply_to = section.parsed("mail_reply_to", mailbox);
        let (otherwise, by_language) = support?;
        Some(Self {
            name: name?,
            support: Support::new(otherwise, by_language),
            sign_in_url,
            time_zone,
            language,
            logo,
            accent,
            mail_from,
            mail_reply_to,
        })
    }
}

impl fmt::Debug for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, support, sign_in_url, time_zone, language, logo, accent, mail_from, mail_reply_to } =
            self;
        f.debug_struct("Organisation")
            .field("name", name)
            .field("support", support)
            .field("sign_in_url", sign_in_url)
            .field("time_zone", time_zone)
            .field("language", language)
            .field("logo", logo)
            .field("accent", accent)
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
