//! `[organisation]`.

use std::fmt;

use jiff::tz::TimeZone;
use url::Host;

use crate::accent::Accent;
use crate::key::{Key, Table};
use crate::languages::spoken_language;
use crate::logo::Logo;
use crate::problem::{Place, Problem, Refusal};
use crate::readers::{Path, Text, TextPerLanguage, one_line};
use crate::section::Section;
use crate::shown::shown;
use crate::support::Support;
use crate::web_address::page_url;

pub(crate) const TABLE: Table = Table::new(
    "organisation",
    &[
        NAME.info,
        SUPPORT.info,
        SIGN_IN_URL.info,
        TIME_ZONE.info,
        LANGUAGE.info,
        LOGO_FILE.info,
        ACCENT.info,
        MAIL_FROM.info,
        MAIL_REPLY_TO.info,
    ],
)
.called(&["brand", "company"]);

const NAME: Key<Text<String>> = Key::text("name", "In whose name pages and mails speak.", one_line);
const SUPPORT: Key<TextPerLanguage> = Key::text_per_language(
    "support",
    "One sentence for a contact who is stuck: whom to call or write to.",
    one_line,
);
const SIGN_IN_URL: Key<Text<String>> =
    Key::text("sign_in_url", "Where a contact signs in once the new password is set.", page_url);
const TIME_ZONE: Key<Text<TimeZone>> =
    Key::text("time_zone", "The time zone in which contacts read until when a link is good.", time_zone);
const LANGUAGE: Key<Text<String>> = Key::text(
    "language",
    "The language of pages and mails for a contact who has none of their own.",
    spoken_language,
);
const LOGO_FILE: Key<Path> = Key::path("logo_file", "The logo above pages and mails.");
const ACCENT: Key<Text<Accent>> =
    Key::text("accent", "The colour of links and buttons on pages and in mails.", str::parse);
const MAIL_FROM: Key<Text<String>> = Key::text("mail_from", "The sender of mails.", mailbox).for_bot();
const MAIL_REPLY_TO: Key<Text<String>> =
    Key::text("mail_reply_to", "Where a contact's answer to a mail goes.", mailbox).for_bot();

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
        let name = section.required(&NAME, "Example Help Desk");
        let sign_in_url = section.get(&SIGN_IN_URL);
        let time_zone = section.get(&TIME_ZONE).unwrap_or(TimeZone::UTC);
        let language = section.get(&LANGUAGE).unwrap_or_else(|| "en".to_owned());
        let support = section.per_language(&SUPPORT, "Call the help desk: +44 20 7946 0000.", &language);
        let logo =
            section.get(&LOGO_FILE).and_then(|file| section.judge(LOGO_FILE.info, Logo::from_file(&file)));
        let accent = section.get(&ACCENT).unwrap_or_default();
        let mail_from = section.get(&MAIL_FROM);
        let mail_reply_to = section.get(&MAIL_REPLY_TO);
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

/// Puts on record that there is no sender, where `[mail]`, which stands at `mail`, needs one.
pub(crate) fn require_sender(section: &mut Section<'_>, mail: Place) {
    if !section.has(&MAIL_FROM) {
        let refusal = Refusal::new(
            "is not set, and [mail] needs a sender",
            section.how_to_give(&MAIL_FROM, "Help Desk <help@example.com>"),
        );
        section.problems.push(Problem::new(mail, "organisation.mail_from", refusal));
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
