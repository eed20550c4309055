//! Requests that are not a platform's: one line each in the audit, and of a flood a number.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::admin::Platform;

/// Lines for each platform and minute; what is beyond is counted, and told with the next line.
const LINES: u32 = 60;

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// What was refused in the last minute.
#[derive(Debug, Default)]
pub(crate) struct Refusals(HashMap<Platform, Minute>);

#[derive(Debug)]
struct Minute {
    begun: Timestamp,
    lines: u32,
    untold: u32,
}

impl Refusals {
    /// Counts one. `None`: it gets no line of its own. Otherwise how many before it had none.
    pub(crate) fn count(&mut self, platform: Platform, now: Timestamp) -> Option<Option<u32>> {
        let minute = self.0.entry(platform).or_insert(Minute { begun: now, lines: 0, untold: 0 });
        if now < minute.begun || now.duration_since(minute.begun) >= WINDOW {
            (minute.begun, minute.lines) = (now, 0);
        }
        if minute.lines >= LINES {
            minute.untold = minute.untold.saturating_add(1);
            return None;
        }
        minute.lines += 1;
        let untold = std::mem::take(&mut minute.untold);
        Some((untold > 0).then_some(untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_the_first_have_lines_and_the_rest_a_number() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut refusals = Refusals::default();
        let lines = (0..1000).filter(|_| refusals.count(Platform::Slack, now).is_some()).count();
        assert_eq!(lines, 60);
        assert_eq!(refusals.count(Platform::Mattermost, now), Some(None), "another platform has its own");
        assert_eq!(refusals.count(Platform::Slack, now + WINDOW), Some(Some(940)));
        assert_eq!(refusals.count(Platform::Slack, now + WINDOW), Some(None));
        assert_eq!(refusals.count(Platform::Slack, now - WINDOW), Some(None), "a clock that went back");
    }
}
