//! What `reset-link doctor` finds: plain data, and the line on which it is shown.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and may not be what the operator wants.
    Warn,
    /// It does not work.
    Fail,
    /// It could not be checked, because of something that another finding says.
    NotChecked,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which setting, or what else it is about.
    pub subject: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What mends it, for the operator; with a warning and a failure.
    pub cure: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Ok, text: text.into(), cure: None }
    }

    /// It works, and may not be what the operator wants.
    pub fn warn(subject: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Warn, text: text.into(), cure: Some(cure.into()) }
    }

    /// It does not work.
    pub fn fail(subject: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Fail, text: text.into(), cure: Some(cure.into()) }
    }

    /// It could not be checked, because of something that another finding says.
    pub fn not_checked(subject: &'static str, why: impl fmt::Display) -> Self {
        Self { subject, verdict: Verdict::NotChecked, text: format!("not checked: {why}"), cure: None }
    }
}

/// One line in a fixed form, whatever the texts hold.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
            Verdict::NotChecked => "--",
        };
        write!(f, "{verdict:<5} {:<26} {}", self.subject, on_one_line(&self.text))?;
        match &self.cure {
            Some(cure) => write!(f, ". To mend: {}", on_one_line(cure)),
            None => Ok(()),
        }
    }
}

fn on_one_line(text: &str) -> String {
    text.trim().trim_end_matches('.').chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// When another machine was asked, what time it said it was, and when that was here: what two clocks can be compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerTime {
    /// This machine's clock before the question.
    pub asked: Timestamp,
    /// The `Date` of the answer, in whole seconds (RFC 9110 §6.6.1).
    pub said: Timestamp,
    /// This machine's clock behind the answer.
    pub answered: Timestamp,
}

impl ServerTime {
    /// From the `Date` header of an answer; `None` where it is no date.
    pub fn new(asked: Timestamp, date: &[u8], answered: Timestamp) -> Option<Self> {
        let said = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
        Some(Self { asked, said, answered })
    }

    /// By how much this machine's clock is ahead at least (negative: behind), however slow the answer was.
    pub fn ahead(&self) -> SignedDuration {
        let until = self.said + SignedDuration::from_secs(1);
        if self.said > self.answered {
            self.answered.duration_since(self.said)
        } else if self.asked > until {
            self.asked.duration_since(until)
        } else {
            SignedDuration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let finding = Finding::fail("discord.guilds", "\"a\nb\" is not\tthere.", "invite the bot.");
        let line = finding.to_string();
        assert_eq!(line, "FAIL  discord.guilds             \"a b\" is not there. To mend: invite the bot");
    }

    #[test]
    fn a_slow_answer_makes_no_clock_wrong() {
        let time = |asked: &str, answered: &str| {
            let date = b"Sun, 01 Mar 2026 09:00:00 GMT";
            ServerTime::new(asked.parse().unwrap(), date, answered.parse().unwrap()).unwrap()
        };
        let seconds = SignedDuration::from_secs;
        for (asked, answered, ahead) in [
            ("2026-03-01T08:59:00Z", "2026-03-01T09:01:00Z", 0),
            ("2026-03-01T09:00:00.9Z", "2026-03-01T09:00:00.95Z", 0),
            ("2026-03-01T09:00:31Z", "2026-03-01T09:01:00Z", 30),
            ("2026-03-01T08:58:00Z", "2026-03-01T08:59:30Z", -30),
        ] {
            assert_eq!(time(asked, answered).ahead(), seconds(ahead), "{asked}");
        }
        assert_eq!(ServerTime::new(Timestamp::UNIX_EPOCH, b"soon", Timestamp::UNIX_EPOCH), None);
    }
}
