//! How long the steps of a request may take.

use std::time::Duration;

/// How long a form may take to arrive.
pub(super) const ARRIVAL: Duration = Duration::from_secs(15);

/// How long looking a link up may take.
pub(super) const SHOWING: Duration = Duration::from_secs(15);

/// How long a visitor waits for their new password to be set; it goes on being set after that.
pub(super) const REDEEMING: Duration = Duration::from_secs(30);

/// For the connection: later than `ARRIVAL`, so that the visitor is told on a page.
pub(super) const BODY: Duration = ARRIVAL.saturating_add(Duration::from_secs(5));

/// The longest that a request takes: a form that arrives slowly, a redemption that nobody waits for any longer, and the page that says so.
pub(super) const LONGEST: Duration = ARRIVAL.saturating_add(REDEEMING).saturating_add(SHOWING);
