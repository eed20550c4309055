//! `[links]`.

use jiff::SignedDuration;

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["lifetime", "hand_over"];

/// `[links]`.
#[derive(Debug, Clone)]
pub struct Links {
    /// More than zero, at most one hour; default 15 minutes.
    pub lifetime: SignedDuration,
    /// Default [`HandOver::Show`].
    pub hand_over: HandOver,
}

/// What happens where a link cannot be e-mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOver {
    /// The admin who asked gets the link, privately.
    Show,
    /// Nobody gets it: the admin is told why and how to mend it.
    Refuse,
}

impl Links {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        // Times in a link are whole milliseconds.
        let lifetime = SignedDuration::from_millis(1)..=SignedDuration::from_hours(1);
        Self {
            lifetime: section.duration("lifetime", lifetime, "15m").unwrap_or(SignedDuration::from_mins(15)),
            hand_over: section
                .choice("hand_over", &[("show", HandOver::Show), ("refuse", HandOver::Refuse)])
                .unwrap_or(HandOver::Show),
        }
    }
}
