//! What admins see, in Slack's form: pure.

mod message;
pub(super) mod modal;

pub(super) use self::message::SlackMessage;
