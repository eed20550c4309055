//! Times as they stand in tokens, audits and receipts: exactly `YYYY-MM-DDTHH:MM:SS.mmmZ` (RFC 3339, UTC, milliseconds).
//!
//! Usable as `#[serde(with = "keys::wire_time")]`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de};

/// How many characters a time has.
pub(crate) const CHARS: usize = 24;

/// Formats a time, cutting off what is below a millisecond.
pub fn format(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Reads a time in exactly this form and no other.
pub fn parse(text: &str) -> Option<Timestamp> {
    const FORM: &[u8; CHARS] = b"0000-00-00T00:00:00.000Z";
    let fits = text.len() == FORM.len()
        && text
            .bytes()
            .zip(FORM)
            .all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form });
    if !fits {
        return None;
    }
    let time: Timestamp = text.parse().ok()?;
    // A leap second or the like reads as another instant: only what we would write ourselves is accepted.
    (format(time) == text).then_some(time)
}

/// Cuts off what is below a millisecond, so that a time equals itself after a round trip.
pub fn to_millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// For serde.
///
/// # Errors
/// Only the serializer's own.
pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*time))
}

/// For serde.
///
/// # Errors
/// Where the text is not in exactly this form.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| de::Error::custom("not a time of the form YYYY-MM-DDTHH:MM:SS.mmmZ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_round_trip() {
        let text = "2026-11-23T10:39:00.007Z";
        assert_eq!(format(parse(text).unwrap()), text);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "2026-11-23T10:39:00Z",
            "2026-11-23T10:39:00.007+00:00",
            "2026-11-23t10:39:00.007Z",
            "2026-11-23 10:39:00.007Z",
            "2026-13-23T10:39:00.007Z",
            "2026-11-23T10:39:60.000Z",
            "2026-11-23T10:39:00.0070Z",
            "２026-11-23T10:39:00.0Z",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
