//! `[limits]`.

use crate::key::{Key, Table};
use crate::readers::Number;
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new(
    "limits",
    &[PER_ADMIN.info, PER_CONTACT.info, SEARCHES.info, DAMAGED_LINKS.info, REQUESTS_PER_LINK.info],
);

const PER_ADMIN: Key<Number> =
    limit("links_per_admin_and_hour", "Links that one admin may issue in an hour.", "links per hour")
        .for_bot();
const PER_CONTACT: Key<Number> = limit(
    "links_per_contact_and_quarter_hour",
    "Links that may be issued for one contact in 15 minutes.",
    "links per 15 minutes",
)
.for_bot();
const SEARCHES: Key<Number> = limit(
    "searches_per_admin_and_minute",
    "Searches for a contact that one admin may make in a minute.",
    "searches per minute",
)
.for_bot();
const DAMAGED_LINKS: Key<Number> = limit(
    "damaged_links_per_client_and_minute",
    "Requests with a damaged or forged link that one client may make in a minute.",
    "requests per minute",
)
.for_redeem_server();
const REQUESTS_PER_LINK: Key<Number> = limit(
    "requests_per_link_and_minute",
    "Requests that may be made with one genuine link in a minute.",
    "requests per minute",
)
.for_redeem_server();

const fn limit(name: &'static str, about: &'static str, unit: &'static str) -> Key<Number> {
    Key::number(name, about, 1..=u32::MAX, unit)
}

/// `[limits]` of the bot: each at least 1.
#[derive(Debug, Clone)]
pub struct IssuingLimits {
    /// Links per admin and hour; default 60.
    pub links_per_admin_and_hour: u32,
    /// Links per contact and 15 minutes; default 10.
    pub links_per_contact_and_quarter_hour: u32,
    /// Searches for a contact per admin and minute; default 120.
    pub searches_per_admin_and_minute: u32,
}

/// `[limits]` of the redeem server: each at least 1.
#[derive(Debug, Clone)]
pub struct RequestLimits {
    /// Requests whose token does not verify, per client address (IPv6: per /64) and minute; default 30.
    pub damaged_links_per_client_and_minute: u32,
    /// Requests per genuine link and minute; default 20.
    pub requests_per_link_and_minute: u32,
}

impl IssuingLimits {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            links_per_admin_and_hour: section.get(&PER_ADMIN).unwrap_or(60),
            links_per_contact_and_quarter_hour: section.get(&PER_CONTACT).unwrap_or(10),
            searches_per_admin_and_minute: section.get(&SEARCHES).unwrap_or(120),
        }
    }
}

impl RequestLimits {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            damaged_links_per_client_and_minute: section.get(&DAMAGED_LINKS).unwrap_or(30),
            requests_per_link_and_minute: section.get(&REQUESTS_PER_LINK).unwrap_or(20),
        }
    }
}
