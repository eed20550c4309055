//! Requests that Mattermost would never send, from somebody who can reach the bot as well.

use std::collections::BTreeMap;

use axum::http::Method;
use reqwest::header;
use serde_json::Value;

use super::{FakeMattermost, outgoing};

/// An answer to such a request.
#[derive(Clone)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

impl std::fmt::Debug for RawAnswer {
    /// Without the body, which may hold a link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl RawAnswer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

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
        let mut request = self.shared.client.request(method, url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer comes");
        let status = answer.status().as_u16();
        let word = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers =
            answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), word(value))).collect();
        let body = answer.text().await.expect("the answer comes whole");
        RawAnswer { status, headers, body }
    }
}
