//! `[self_service]`: pages on which contacts help themselves.

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{Boolean, Choice, Number};
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new(
    "self_service",
    &[FORGOT.info, CHANGE.info, ASKS_PER_CLIENT.info, ASKS.info, CHANGES_PER_CLIENT.info, LOCKOUT_AFTER.info],
);

const FORGOT: Key<Choice<Forgot>> = Key::choice(
    "forgot",
    "What becomes of a contact who says on a page that they forgot their password.",
    &[("off", Forgot::Off), ("mail", Forgot::Mail), ("ask", Forgot::Ask)],
);
const CHANGE: Key<Boolean> =
    Key::boolean("change", "Whether a contact who knows their password may change it on a page.")
        .for_redeem_server();
const ASKS_PER_CLIENT: Key<Number> = Key::number(
    "asks_per_client_and_hour",
    "How often one client may say in an hour that a password is forgotten.",
    1..=u32::MAX,
    "times per hour",
)
.for_redeem_server();
const ASKS: Key<Number> = Key::number(
    "asks_per_hour",
    "How often all clients together may say in an hour that a password is forgotten.",
    1..=u32::MAX,
    "times per hour",
)
.for_redeem_server();
const CHANGES_PER_CLIENT: Key<Number> = Key::number(
    "changes_per_client_and_hour",
    "How often one client may try in an hour to change a password.",
    1..=u32::MAX,
    "times per hour",
)
.for_redeem_server();

const LOCKOUT_AFTER: Key<Number> = Key::number(
    "lockout_after",
    "After how many failed sign-ins the directory locks a contact out, where it does not say so itself.",
    0..=u32::MAX,
    "failed sign-ins",
)
.for_redeem_server();

/// What becomes of a contact who says on the page that they forgot their password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgot {
    /// There is no such page.
    Off,
    /// They are mailed a link where that is safe without anybody's help, and otherwise the help desk is asked.
    Mail,
    /// The help desk is asked.
    Ask,
}

/// `[self_service]` of the redeem server.
#[derive(Debug, Clone)]
pub struct SelfServicePages {
    /// What becomes of what is asked for on the page for a forgotten password; [`Forgot::Off`]: there is none. Default off.
    pub forgot: Forgot,
    /// Whether there is a page on which a password is changed by whoever knows it; default false.
    pub has_change: bool,
    /// How often one client address (IPv6: one /64) may use the first page in an hour; default 10.
    pub asks_per_client_and_hour: u32,
    /// How often all may together; default 600.
    pub asks_per_hour: u32,
    /// How often one client address may use the second page in an hour; default 20.
    pub changes_per_client_and_hour: u32,
    /// After how many failed sign-ins the directory locks a contact out; 0: it locks nobody. Default: what the directory says.
    pub lockout_after: Option<u32>,
}

/// `self_service.forgot`; default [`Forgot::Off`].
pub(crate) fn forgot(section: &mut Section<'_>) -> Forgot {
    section.get(&FORGOT).unwrap_or(Forgot::Off)
}

/// Puts on record that no chat has a place to ask the help desk, where it is to be asked always.
pub(crate) fn refuse_asking(section: &mut Section<'_>) {
    let cause = "is \"ask\", and no chat has a place where the help desk is asked";
    let cure = "set requests_channel of a chat ([discord], [slack] or [mattermost]) to a channel's id, or choose another value";
    section.refuse(&FORGOT, Refusal::new(cause, cure));
}

impl SelfServicePages {
    /// Whether there is a page for a forgotten password.
    pub fn has_forgot(&self) -> bool {
        self.forgot != Forgot::Off
    }

    pub(crate) fn read(section: &mut Section<'_>, forgot: Forgot) -> Self {
        Self {
            forgot,
            has_change: section.get(&CHANGE).unwrap_or(false),
            asks_per_client_and_hour: section.get(&ASKS_PER_CLIENT).unwrap_or(10),
            asks_per_hour: section.get(&ASKS).unwrap_or(600),
            changes_per_client_and_hour: section.get(&CHANGES_PER_CLIENT).unwrap_or(20),
            lockout_after: section.get(&LOCKOUT_AFTER),
        }
    }
}
