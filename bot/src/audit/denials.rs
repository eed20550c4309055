//! Of many denials of one admin only the first in a minute have lines of their own; the others are a number. Pure.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::event::{Denial, Event};
use crate::admin::Admin;

/// Lines of their own for each admin and minute.
const LINES: u32 = 3;

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// What was denied in the last minute.
#[derive(Debug, Default)]
pub(super) struct Denials(HashMap<Admin, Minute>);

#[derive(Debug)]
struct Minute {
    begun: Timestamp,
    lines: u32,
    /// Since when, and how often, without a line.
    more: BTreeMap<Denial, (Timestamp, u32)>,
}

impl Minute {
    /// A clock that went back ends it as well.
    fn is_over(&self, now: Timestamp) -> bool {
        now < self.begun || now.duration_since(self.begun) >= WINDOW
    }
}

impl Denials {
    /// Whether this denial gets a line of its own; otherwise it is counted.
    pub(super) fn has_line(&mut self, admin: &Admin, why: Denial, now: Timestamp) -> bool {
        let minute =
            self.0.entry(admin.clone()).or_insert(Minute { begun: now, lines: 0, more: BTreeMap::new() });
        if minute.is_over(now) {
            (minute.begun, minute.lines) = (now, 0);
        }
        if minute.lines < LINES {
            minute.lines += 1;
            return true;
        }
        let (_, count) = minute.more.entry(why).or_insert((now, 0));
        *count = count.saturating_add(1);
        false
    }

    /// What is to be written down in bulk: of minutes that are over, or of all where the process ends.
    pub(super) fn due(&mut self, now: Timestamp, is_end: bool) -> Vec<Event> {
        let mut due = Vec::new();
        self.0.retain(|admin, minute| {
            if !is_end && !minute.is_over(now) {
                return true;
            }
            due.extend(std::mem::take(&mut minute.more).into_iter().map(|(why, (since, denials))| {
                Event::DeniedInBulk {
                    admin: admin.clone(),
                    why,
                    denials,
                    since: keys::wire_time::to_millisecond(since),
                }
            }));
            false
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::Platform;

    fn admin(user: &str) -> Admin {
        Admin { platform: Platform::Discord, user: user.to_owned() }
    }

    #[test]
    fn of_a_thousand_denials_in_a_minute_three_have_lines_and_the_rest_one_for_each_reason() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut denials = Denials::default();
        let why = |number| if number % 2 == 0 { Denial::NotAllowed } else { Denial::Protected };
        let lines = (0..1000).filter(|number| denials.has_line(&admin("1"), why(*number), now)).count();
        assert_eq!(lines, 3);
        assert!(
            denials.has_line(&admin("2"), Denial::NotAllowed, now),
            "another admin has lines of their own"
        );
        assert!(denials.due(now + WINDOW - SignedDuration::from_millis(1), false).is_empty());
        let due = denials.due(now + WINDOW, false);
        let bulk = |why, denials| Event::DeniedInBulk { admin: admin("1"), why, denials, since: now };
        assert_eq!(due, [bulk(Denial::NotAllowed, 498), bulk(Denial::Protected, 499)]);
        assert!(denials.0.is_empty(), "nothing is kept of what is over");
    }

    #[test]
    fn what_was_counted_is_written_though_a_new_minute_has_begun_and_when_the_process_ends() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut denials = Denials::default();
        let mut deny = |at| denials.has_line(&admin("1"), Denial::NotAllowed, at);
        assert_eq!([deny(now), deny(now), deny(now), deny(now)], [true, true, true, false]);
        assert!(deny(now + WINDOW));
        let [Event::DeniedInBulk { denials: 1, since, .. }] = denials.due(now + WINDOW, true)[..] else {
            panic!()
        };
        assert_eq!(since, now);
    }
}
