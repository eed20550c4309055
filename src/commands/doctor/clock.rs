use bot::doctor::{Finding, ServerTime};
use jiff::SignedDuration;

const CLOCK: &str = "clock";

/// Beyond this, somebody should look; far beyond it, links do not work.
const NOTICEABLE: SignedDuration = SignedDuration::from_secs(5);
const TOO_FAR: SignedDuration = SignedDuration::from_secs(60);

/// Compares this machine's clock with that of the first chat platform that told its own, else with that of whatever answers at the public URL.
pub(super) fn compare(chat: Option<(&str, ServerTime)>, web: Option<ServerTime>) -> Finding {
    let (whose, time) = match (chat, web) {
        (Some((platform, time)), _) => (format!("{platform}'s"), time),
        (None, Some(time)) => {
            ("the public URL's (which says nothing where that is this machine)".to_owned(), time)
        }
        (None, None) => {
            return Finding::not_checked(
                CLOCK,
                "nobody was there to compare it with; `timedatectl` says whether it is kept right",
            );
        }
    };
    let ahead = time.ahead();
    let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
    let text = format!("this machine's clock is {} s {direction} {whose}", ahead.abs().as_secs());
    let cure =
        "keep it right with NTP (`timedatectl set-ntp true`): links carry times, and both are compared";
    if ahead.abs() > TOO_FAR {
        Finding::fail(CLOCK, text, cure)
    } else if ahead.abs() > NOTICEABLE {
        Finding::warn(CLOCK, text, cure)
    } else {
        Finding::ok(CLOCK, format!("it agrees with {whose}"))
    }
}
