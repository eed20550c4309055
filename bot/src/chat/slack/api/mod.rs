//! Slack's Web API, and what is asked of it for one person.

mod groups;
mod web_api;

pub(super) use self::groups::Groups;
pub(super) use self::web_api::SlackError;
pub(super) use self::web_api::WebApi;
