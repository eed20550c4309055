//! Who may, and how often: pure.

use jiff::{SignedDuration, Timestamp};
use keys::ContactId;

use crate::admin::{Admin, Platform};
use crate::audit::Memory;

/// The window of the limit per admin.
pub const ADMIN_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The window of the limit per contact.
pub const CONTACT_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// What an operator allows.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Login names of this machine.
    pub allow: Vec<String>,
    /// Links per admin and hour.
    pub per_admin: u32,
    /// Links per contact and 15 minutes.
    pub per_contact: u32,
}

/// Too many links for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitReached {
    /// By this admin.
    PerAdmin {
        /// How many are allowed.
        limit: u32,
        /// When the next one is.
        again_at: Timestamp,
    },
    /// For this contact.
    PerContact {
        /// How many are allowed.
        limit: u32,
        /// When the next one is.
        again_at: Timestamp,
    },
}

impl Policy {
    /// Whether this admin may issue links at all. Nobody who is not named may.
    pub fn may_issue(&self, admin: &Admin) -> bool {
        match admin.platform {
            Platform::Console | Platform::Shell => self.allow.contains(&admin.user),
        }
    }

    /// Whether one more link is within the limits.
    ///
    /// # Errors
    /// Which limit, and when again.
    pub fn check_limits(
        &self,
        memory: &Memory,
        admin: &Admin,
        contact: &ContactId,
        now: Timestamp,
    ) -> Result<(), LimitReached> {
        let by_admin =
            memory.issued().filter(|issued| issued.admin.is_same_person(admin)).map(|issued| issued.at);
        if let Some(again_at) = again_at(by_admin, self.per_admin, ADMIN_WINDOW, now) {
            return Err(LimitReached::PerAdmin { limit: self.per_admin, again_at });
        }
        let for_contact = memory.issued().filter(|issued| issued.contact == *contact).map(|issued| issued.at);
        if let Some(again_at) = again_at(for_contact, self.per_contact, CONTACT_WINDOW, now) {
            return Err(LimitReached::PerContact { limit: self.per_contact, again_at });
        }
        Ok(())
    }
}

/// When the limit allows one more, where it does not now. `times` in any order.
fn again_at(
    times: impl Iterator<Item = Timestamp>,
    limit: u32,
    window: SignedDuration,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut times: Vec<_> = times.filter(|at| now.duration_since(*at) < window).collect();
    times.sort();
    let limit = limit as usize;
    // With as many as allowed in the window, the one that must leave it first is the limit-th from the end.
    times.len().checked_sub(limit).and_then(|oldest| times.get(oldest)).map(|at| *at + window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    #[test]
    fn the_limit_counts_a_sliding_window_and_says_when_again() {
        let times = || [minute(0), minute(10), minute(20)].into_iter();
        assert_eq!(again_at(times(), 4, ADMIN_WINDOW, minute(30)), None);
        assert_eq!(again_at(times(), 3, ADMIN_WINDOW, minute(30)), Some(minute(60)));
        assert_eq!(again_at(times(), 2, ADMIN_WINDOW, minute(30)), Some(minute(70)));
        assert_eq!(again_at(times(), 3, ADMIN_WINDOW, minute(60)), None);
    }

    #[test]
    fn only_who_is_named_may() {
        let policy = Policy { allow: vec!["alice".to_owned()], per_admin: 1, per_contact: 1 };
        let admin = |user: &str| Admin { platform: Platform::Console, user: user.to_owned() };
        assert!(policy.may_issue(&admin("alice")));
        assert!(!policy.may_issue(&admin("mallory")));
        assert!(!policy.may_issue(&admin("Alice")));
    }
}
