//! Who is in which user group.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::web_api::{SlackError, WebApi};
use crate::chat::http::REQUEST_TIME;

/// How long the members of a user group are believed to be the same.
const FRESH: SignedDuration = SignedDuration::from_mins(2);

/// Members of user groups, and when Slack said so.
#[derive(Default)]
pub(in crate::chat::slack) struct Groups(Mutex<HashMap<String, (Timestamp, Vec<String>)>>);

impl Groups {
    /// Who is in a user group, as Slack said within the last two minutes.
    ///
    /// # Errors
    /// Where Slack does not say.
    pub(in crate::chat::slack) async fn members(
        &self,
        api: &WebApi,
        group: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, SlackError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(group).cloned();
        if let Some((_, members)) = known.filter(|(at, _)| now.duration_since(*at).abs() < FRESH) {
            return Ok(members);
        }
        let members = match api.get("usergroups.users.list", &[("usergroup", group)], REQUEST_TIME).await {
            Ok(answer) => {
                let users = answer["users"].as_array().ok_or(SlackError::Unreachable)?;
                users.iter().filter_map(|user| user.as_str()).map(str::to_owned).collect()
            }
            // <https://docs.slack.dev/reference/methods/usergroups.users.list#errors>: there is no such group, and so nobody is in it.
            Err(failure) if failure.is("no_such_subteam") => Vec::new(),
            Err(failure) => return Err(failure),
        };
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        groups.insert(group.to_owned(), (now, members.clone()));
        Ok(members)
    }
}
