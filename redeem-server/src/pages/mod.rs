//! What a person sees: an `Outcome`, or a `Notice` of the server itself, becomes a page with its status.

mod assets;
mod broken;
mod form;
mod notice;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{Logo, Support, SupportPart, support_parts};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use texts::Language;

pub use self::assets::{Asset, Assets};
pub use self::notice::Notice;
use crate::password::Rules;
use crate::redeem::{Account, Closed, Outcome};

/// The box that a logo is fitted into, in CSS pixels: the first field stays on a phone's first screen.
const LOGO_BOX: (u32, u32) = (200, 40);

/// In whose name and under which address the pages speak.
pub struct Site {
    organisation: String,
    support: Support,
    logo: Option<Picture>,
    assets: Assets,
    sign_in_url: Option<String>,
    time_zone: TimeZone,
    language: String,
    /// The path of the public URL, without a trailing slash: empty, or `/reset`.
    prefix: String,
    rules: Rules,
}

/// The logo as it stands in a page.
struct Picture {
    /// A `data:` address (RFC 2397).
    source: String,
    width: u32,
    height: u32,
}

impl From<&Logo> for Picture {
    fn from(logo: &Logo) -> Self {
        let (width, height) = logo.fitted(LOGO_BOX.0, LOGO_BOX.1);
        let source = format!("data:{};base64,{}", logo.media_type(), STANDARD.encode(logo.bytes()));
        Self { source, width, height }
    }
}

/// One request, as far as a page depends on it.
pub struct Visit<'a> {
    /// The token in the path, which the form sends its answer to.
    pub token: &'a str,
    /// The `Accept-Language` header.
    pub accept_language: Option<&'a str>,
    /// What time it is.
    pub now: Timestamp,
}

/// A finished page.
#[derive(Debug)]
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// The whole document.
    pub html: String,
    /// BCP 47.
    pub language: String,
    /// After how many seconds to come again, where that helps.
    pub retry_after: Option<u64>,
}

impl Site {
    /// `public_url` is the only source of addresses; nothing is taken from a request.
    pub fn new(organisation: &config::Organisation, public_url: &str, rules: Rules) -> Self {
        Self {
            organisation: organisation.name.clone(),
            support: organisation.support.clone(),
            logo: organisation.logo.as_ref().map(Picture::from),
            assets: Assets::new(&organisation.accent),
            sign_in_url: organisation.sign_in_url.clone(),
            time_zone: organisation.time_zone.clone(),
            language: organisation.language.clone(),
            prefix: path_of(public_url).to_owned(),
            rules,
        }
    }

    /// The path of the public URL: empty, or like `/reset`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The files that the pages load.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Whether a picture stands in the pages themselves, in a `data:` address.
    pub fn has_logo(&self) -> bool {
        self.logo.is_some()
    }

    fn support_parts(&self, language: &Language) -> Vec<SupportPart<'_>> {
        support_parts(self.support.in_language(&language.tag()))
    }

    /// The page after a new password was set, for the browser that has set it.
    pub fn done(&self, account: Account, accept_language: Option<&str>) -> Page {
        let language = self.choose(account.language.as_deref(), accept_language);
        self.show(&Notice::Done(Some(account)), &language)
    }

    /// The page for what a link showed or did. `random` draws the passphrase that the form offers.
    pub fn answer(&self, outcome: &Outcome, visit: &Visit<'_>, random: &mut dyn FnMut(&mut [u8])) -> Page {
        let (notice, language) = match outcome {
            Outcome::Form(form) => return self.form(form, &[], visit, random),
            Outcome::Rejected(form, broken) => return self.form(form, broken, visit, random),
            Outcome::Done => (Notice::Done(None), None),
            Outcome::Closed { why, language } => (Notice::from(*why), language.as_deref()),
            Outcome::InProgress { language } => (Notice::InProgress, language.as_deref()),
            Outcome::Busy { retry_after_seconds } => (Notice::Busy { seconds: *retry_after_seconds }, None),
            Outcome::Unavailable { incident } => (Notice::Unavailable { incident: incident.clone() }, None),
        };
        self.show(&notice, &self.choose(language, visit.accept_language))
    }

    /// A page of the server itself, for somebody of whom nothing is known.
    pub fn notice(&self, notice: &Notice, accept_language: Option<&str>) -> Page {
        self.show(notice, &self.choose(None, accept_language))
    }

    fn choose(&self, contact: Option<&str>, accept_language: Option<&str>) -> Language {
        Language::choose(contact, accept_language, &self.language)
    }
}

impl Page {
    fn new(status: StatusCode, language: &Language, template: &impl Template) -> Self {
        let html = template.render().expect("a template of plain strings cannot fail to render");
        Self { status, html, language: language.tag(), retry_after: None }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, Html(self.html)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_str(&self.language).expect("a language tag is letters, digits and hyphens"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Closed> for Notice {
    fn from(why: Closed) -> Self {
        match why {
            Closed::Damaged => Self::Damaged,
            Closed::Expired => Self::Expired,
            Closed::Used => Self::Used,
            Closed::Withdrawn => Self::Withdrawn,
            Closed::Overtaken => Self::Overtaken,
            Closed::LedgerIsYounger => Self::LedgerIsYounger,
        }
    }
}

/// What stands behind the host of a URL that has neither query nor fragment.
pub(crate) fn path_of(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme
        .find('/')
        .and_then(|slash| behind_scheme.get(slash..))
        .unwrap_or_default()
        .trim_end_matches('/')
}

#[cfg(test)]
mod tests;
