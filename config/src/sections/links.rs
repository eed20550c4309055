//! `[links]`.

use jiff::SignedDuration;

use crate::problem::Refusal;
use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["lifetime", "hand_over", "hand_over_instead", "for_protected"];

/// `[links]`.
#[derive(Debug, Clone)]
pub struct Links {
    /// More than zero, at most one hour; default 15 minutes.
    pub lifetime: SignedDuration,
    /// Default [`HandOver::Show`].
    pub hand_over: HandOver,
    /// Whether the admin who had a link e-mailed may have one handed over instead; default false.
    pub hand_over_instead: bool,
    /// Default [`ForProtected::Refuse`].
    pub for_protected: ForProtected,
}

/// What happens where a link cannot be e-mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOver {
    /// The admin who asked gets the link, privately.
    Show,
    /// A second person must agree first; the link is minted then.
    Approve,
    /// Nobody gets it: the admin is told why and how to mend it.
    Refuse,
}

/// What happens where a link is asked for a protected contact, whichever way it would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForProtected {
    /// A second person must agree first.
    Approve,
    /// There is none.
    Refuse,
}

impl Links {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        // Times in a link are whole milliseconds.
        let lifetime = SignedDuration::from_millis(1)..=SignedDuration::from_hours(1);
        let hand_over = section.choice(
            "hand_over",
            &[("show", HandOver::Show), ("approve", HandOver::Approve), ("refuse", HandOver::Refuse)],
        );
        let hand_over = hand_over.unwrap_or(HandOver::Show);
        let hand_over_instead = section.boolean("hand_over_instead").unwrap_or(false);
        if hand_over_instead && hand_over == HandOver::Refuse {
            let cure = "set it to false, or hand_over to \"show\" or \"approve\"";
            section
                .refuse("hand_over_instead", Refusal::new("is on, but links.hand_over is \"refuse\"", cure));
        }
        let for_protected = section
            .choice("for_protected", &[("approve", ForProtected::Approve), ("refuse", ForProtected::Refuse)]);
        Self {
            lifetime: section.duration("lifetime", lifetime, "15m").unwrap_or(SignedDuration::from_mins(15)),
            hand_over,
            hand_over_instead,
            for_protected: for_protected.unwrap_or(ForProtected::Refuse),
        }
    }
}
