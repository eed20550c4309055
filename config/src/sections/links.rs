//! `[links]`.

use jiff::SignedDuration;

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{Boolean, Choice, Duration};
use crate::section::Section;

pub(crate) const TABLE: Table =
    Table::new("links", &[LIFETIME.info, HAND_OVER.info, HAND_OVER_INSTEAD.info, FOR_PROTECTED.info]);

const LIFETIME: Key<Duration> = Key::duration(
    "lifetime",
    "How long a link is good.",
    // Times in a link are whole milliseconds.
    [SignedDuration::from_millis(1), SignedDuration::from_hours(1)],
    "15m",
)
.for_bot();
const HAND_OVER: Key<Choice<HandOver>> = Key::choice(
    "hand_over",
    "What happens to a link that cannot be e-mailed.",
    &[("show", HandOver::Show), ("approve", HandOver::Approve), ("refuse", HandOver::Refuse)],
)
.for_bot();
const HAND_OVER_INSTEAD: Key<Boolean> = Key::boolean(
    "hand_over_instead",
    "Whether an admin whose link was e-mailed may have one handed over instead.",
)
.for_bot();
const FOR_PROTECTED: Key<Choice<ForProtected>> = Key::choice(
    "for_protected",
    "What happens when a link is asked for a protected contact.",
    &[("approve", ForProtected::Approve), ("refuse", ForProtected::Refuse)],
)
.for_bot();

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
        let hand_over = section.get(&HAND_OVER).unwrap_or(HandOver::Show);
        let hand_over_instead = section.get(&HAND_OVER_INSTEAD).unwrap_or(false);
        if hand_over_instead && hand_over == HandOver::Refuse {
            let cure = "set it to false, or hand_over to \"show\" or \"approve\"";
            section
                .refuse(&HAND_OVER_INSTEAD, Refusal::new("is on, but links.hand_over is \"refuse\"", cure));
        }
        let for_protected = section.get(&FOR_PROTECTED);
        Self {
            lifetime: section.get(&LIFETIME).unwrap_or(SignedDuration::from_mins(15)),
            hand_over,
            hand_over_instead,
            for_protected: for_protected.unwrap_or(ForProtected::Refuse),
        }
    }

    /// Puts on record that no chat has a place to ask a second person, where one must agree.
    pub(crate) fn refuse_approval(&self, section: &mut Section<'_>) {
        let wanted = [
            (HAND_OVER.info, self.hand_over == HandOver::Approve),
            (FOR_PROTECTED.info, self.for_protected == ForProtected::Approve),
        ];
        for (key, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
            let cause = "is \"approve\", and no chat has a place where a second person is asked";
            let cure = "set approvals_channel of a chat ([discord], [slack] or [mattermost]) to a channel's id, or choose another value";
            section.refuse(key, Refusal::new(cause, cure));
        }
    }
}
