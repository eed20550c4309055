//! `[limits]`.

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &[
    "links_per_admin_and_hour",
    "links_per_contact_and_quarter_hour",
    "searches_per_admin_and_minute",
    "damaged_links_per_client_and_minute",
    "requests_per_link_and_minute",
];

/// `[limits]`: each at least 1.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Links per admin and hour; default 60.
    pub links_per_admin_and_hour: u32,
    /// Links per contact and 15 minutes; default 10.
    pub links_per_contact_and_quarter_hour: u32,
    /// Searches for a contact per admin and minute; default 120.
    pub searches_per_admin_and_minute: u32,
    /// Requests whose token does not verify, per client address (IPv6: per /64) and minute; default 30.
    pub damaged_links_per_client_and_minute: u32,
    /// Requests per genuine link and minute; default 20.
    pub requests_per_link_and_minute: u32,
}

impl Limits {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut limit = |key, unit, default| section.number(key, 1..=u32::MAX, unit).unwrap_or(default);
        Self {
            links_per_admin_and_hour: limit("links_per_admin_and_hour", "links per hour", 60),
            links_per_contact_and_quarter_hour: limit(
                "links_per_contact_and_quarter_hour",
                "links per 15 minutes",
                10,
            ),
            searches_per_admin_and_minute: limit("searches_per_admin_and_minute", "searches per minute", 120),
            damaged_links_per_client_and_minute: limit(
                "damaged_links_per_client_and_minute",
                "requests per minute",
                30,
            ),
            requests_per_link_and_minute: limit("requests_per_link_and_minute", "requests per minute", 20),
        }
    }
}
