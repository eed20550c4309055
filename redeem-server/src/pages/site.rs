//! In whose name the pages speak.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{Logo, Support, SupportPart, support_parts};
use jiff::tz::TimeZone;
use texts::Language;

use super::assets::Assets;
use crate::password::Rules;

/// The box that a logo is fitted into, in CSS pixels: the first field stays on a phone's first screen.
const LOGO_BOX: (u32, u32) = (200, 40);

/// In whose name and under which address the pages speak.
pub struct Site {
    pub(super) organisation: String,
    pub(super) support: Support,
    pub(super) logo: Option<Picture>,
    pub(super) assets: Assets,
    pub(super) sign_in_url: Option<String>,
    pub(super) time_zone: TimeZone,
    pub(super) language: String,
    /// The path of the public URL, without a trailing slash: empty, or `/reset`.
    pub(super) prefix: String,
    pub(super) rules: Rules,
}

/// The logo as it stands in a page.
pub(super) struct Picture {
    /// A `data:` address (RFC 2397).
    pub(super) source: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl From<&Logo> for Picture {
    fn from(logo: &Logo) -> Self {
        let (width, height) = logo.fitted(LOGO_BOX.0, LOGO_BOX.1);
        let source = format!("data:{};base64,{}", logo.media_type(), STANDARD.encode(logo.bytes()));
        Self { source, width, height }
    }
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

    pub(super) fn support_parts(&self, language: &Language) -> Vec<SupportPart<'_>> {
        support_parts(self.support.in_language(&language.tag()))
    }

    /// The contact's language where we have it, else one that the browser asks for, else the organisation's.
    pub(super) fn choose(&self, contact: Option<&str>, accept_language: Option<&str>) -> Language {
        Language::choose(contact, accept_language, &self.language)
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
