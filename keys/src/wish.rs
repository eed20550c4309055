use std::fmt;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Id128, wire_time};

/// How long a wish is worth anything: a bot that was away longer does not mail what people asked for long ago.
pub const WISH_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// 128 random bits that name one wish, so that it is taken once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WishId(Id128);

impl WishId {
    /// Names a wish.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Id128::new(bytes))
    }
}

impl fmt::Display for WishId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Somebody asks for a link on the page for a forgotten password. Anybody may have: nothing about it has been proved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Which wish.
    pub id: WishId,
    /// An e-mail address or an id, as it was typed. Perhaps nobody's, perhaps a password that went into the wrong field: it belongs in no log.
    pub typed: String,
    /// From which address it came.
    pub client: IpAddr,
    /// When.
    #[serde(with = "wire_time")]
    pub at: Timestamp,
    /// In which language the page was shown (BCP 47).
    pub language: String,
}

impl Wish {
    /// Whether it is too old to be fulfilled, or from a time that has not come: clocks differ by no more than that.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).abs() > WISH_LIFETIME
    }
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wish").field("id", &self.id).field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            id: WishId::from_random([7; 16]),
            typed: "ada@example.org".to_owned(),
            client: [192, 0, 2, 1].into(),
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            language: "en".to_owned(),
        }
    }

    #[test]
    fn a_wish_lapses_after_ten_minutes() {
        let wish = wish();
        assert!(!wish.has_lapsed(wish.at + SignedDuration::from_mins(10)));
        assert!(wish.has_lapsed(wish.at + SignedDuration::from_secs(601)));
        assert!(wish.has_lapsed(wish.at - SignedDuration::from_secs(601)), "a time that has not come");
    }

    #[test]
    fn what_was_typed_is_in_no_log() {
        assert!(!format!("{:?}", wish()).contains("ada"));
    }
}
