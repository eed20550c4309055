//! Requests that Mattermost would never send, from somebody who can reach the bot as well.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::Value;

use super::{FakeMattermost, outgoing};
use crate::fakes::kit::RawAnswer;

impl FakeMattermost {
    /// Sends a form, as a command does, to where commands go. `authorization` is the whole header.
    ///
    /// # Panics
    ///
    /// If no bot is connected, or no answer comes.
    pub async fn post_form(&self, form: &BTreeMap<String, String>, authorization: Option<&str>) -> RawAnswer {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = std::iter::once(kind)
            .chain(authorization.map(|authorization| ("Authorization", authorization)))
            .collect();
        self.send_raw("POST", &self.command_url(), &headers, outgoing::encode(form)).await
    }

    /// Sends JSON, as a press does, to any address.
    ///
    /// # Panics
    ///
    /// If no answer comes.
    pub async fn press_forged(&self, url: &str, body: &Value) -> RawAnswer {
        self.send_raw("POST", url, &[("Content-Type", "application/json")], body.to_string()).await
    }

    /// Sends anything anywhere.
    ///
    /// # Panics
    ///
    /// If it is no request, or no answer comes.
    pub async fn send_raw(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> RawAnswer {
        let method: Method = method.parse().expect("a method");
        let mut request = self.shared.endpoints.client.request(method, url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        RawAnswer::to(request).await.expect("a whole answer comes")
    }
}
