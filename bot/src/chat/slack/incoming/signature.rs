//! Whether a request comes from Slack: <https://docs.slack.dev/authentication/verifying-requests-from-slack>. Pure.

use config::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::audit::RequestFault;

/// How far Slack's clock and ours may lie apart, either way, in seconds.
const APART: i64 = 300;

const VERSION: &str = "v0";

/// Checks: both headers are there, the time is within five minutes, the signature over the raw body is Slack's, compared in constant time.
///
/// # Errors
/// What is wrong.
pub(super) fn verify(
    secret: &Secret,
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), RequestFault> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return Err(RequestFault::Unsigned);
    };
    let at: i64 = timestamp.parse().map_err(|_| RequestFault::Unsigned)?;
    let given = signature.strip_prefix("v0=").and_then(from_hex).ok_or(RequestFault::Unsigned)?;
    if now.as_second().saturating_sub(at).saturating_abs() > APART {
        return Err(RequestFault::Stale);
    }
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).map_err(|_| RequestFault::Tampered)?;
    for piece in [VERSION.as_bytes(), b":", timestamp.as_bytes(), b":", body] {
        mac.update(piece);
    }
    mac.verify_slice(&given).map_err(|_| RequestFault::Tampered)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that Slack has published.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const AT: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn check(
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &str,
        later: i64,
    ) -> Result<(), RequestFault> {
        let now = Timestamp::from_second(1_531_420_618 + later).unwrap();
        verify(&Secret::new(SECRET), timestamp, signature, body.as_bytes(), now)
    }

    #[test]
    fn the_published_vector_is_slacks() {
        for later in [0, 300, -300] {
            assert_eq!(check(Some(AT), Some(SIGNATURE), BODY, later), Ok(()));
        }
    }

    #[test]
    fn whatever_differs_is_refused() {
        for later in [301, -301, i64::from(i32::MAX)] {
            assert_eq!(check(Some(AT), Some(SIGNATURE), BODY, later), Err(RequestFault::Stale));
        }
        assert_eq!(check(None, Some(SIGNATURE), BODY, 0), Err(RequestFault::Unsigned));
        assert_eq!(check(Some(AT), None, BODY, 0), Err(RequestFault::Unsigned));
        for signature in ["", "v0=", "a2114d57", "v1=00", "v0=zz", "v0=123"] {
            assert!(check(Some(AT), Some(signature), BODY, 0).is_err(), "{signature}");
        }
        let flipped = SIGNATURE.replace("b503", "b504");
        assert_eq!(check(Some(AT), Some(&flipped), BODY, 0), Err(RequestFault::Tampered));
        assert_eq!(
            check(Some(AT), Some(SIGNATURE), &BODY.replace("T1DC", "T2DC"), 0),
            Err(RequestFault::Tampered)
        );
        assert_eq!(check(Some("1531420619"), Some(SIGNATURE), BODY, 0), Err(RequestFault::Tampered));
    }
}
