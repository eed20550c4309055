//! Points in time, for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::keys::mail;
use crate::language::Language;

/// A point in time for people: `10:39 CET`, and on another day than `now` as [`date_time`] has it. Minutes are cut off, so that it is never later than it says.
pub fn clock_time(language: &Language, at: Timestamp, now: Timestamp, time_zone: &TimeZone) -> String {
    let day = |time: Timestamp| time.to_zoned_datetime(time_zone.clone()).date();
    if day(at) == day(now) {
        let (time, zone) = time_and_zone(at, time_zone);
        return language.say_with(mail::TIME_TODAY, &[("time", time.into()), ("zone", zone.into())]);
    }
    date_time(language, at, time_zone)
}

/// A point in time with its date, for texts that are read on other days: `10:39 CET on 24 November 2026`.
pub fn date_time(language: &Language, at: Timestamp, time_zone: &TimeZone) -> String {
    let day = at.to_zoned_datetime(time_zone.clone());
    let date = language.say_with(
        mail::DATE,
        &[("day", day.day().into()), ("month", day.month().into()), ("year", day.year().to_string().into())],
    );
    let (time, zone) = time_and_zone(at, time_zone);
    language.say_with(mail::TIME_ON, &[("time", time.into()), ("zone", zone.into()), ("date", date.into())])
}

/// Time of day and zone apart: `10:39`, `CET`. Minutes are cut off.
pub fn time_and_zone(at: Timestamp, time_zone: &TimeZone) -> (String, String) {
    let at = at.to_zoned_datetime(time_zone.clone());
    (at.strftime("%H:%M").to_string(), at.strftime("%Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_tells_its_date_only_on_another_day() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let now = "2026-11-24T09:24:30Z".parse().unwrap();
        let time = |language: &str, at: &str| {
            clock_time(&Language::choose(Some(language), None, "en"), at.parse().unwrap(), now, &berlin)
        };
        assert_eq!(time("en", "2026-11-24T09:39:59Z"), "10:39 CET");
        assert_eq!(time("de", "2026-11-24T09:39:59Z"), "10:39 Uhr (CET)");
        assert_eq!(time("en", "2026-11-24T23:04:00Z"), "00:04 CET on 25 November 2026");
        assert_eq!(time("de", "2026-12-01T23:04:00Z"), "00:04 Uhr (CET) am 2. Dezember 2026");
    }
}
