//! Requests to the bot that Slack would not make: tampered with, stale, unsigned, of another form.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::FakeSlack;
use super::deliver::{form, headers};
use super::sign::signature;
use crate::fakes::kit::RawAnswer;

impl FakeSlack {
    /// The header `X-Slack-Signature` for this body at this time.
    pub fn sign(&self, timestamp: i64, body: &[u8]) -> String {
        signature(&self.shared.settings.signing_secret, timestamp, body)
    }

    /// The headers with which Slack sends this body now.
    pub fn headers(&self, body: &[u8]) -> Vec<(String, String)> {
        headers(&self.shared, body)
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect()
    }

    /// Posts this body with these headers to this URL, whatever they are.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    ///
    /// # Panics
    ///
    /// If a header cannot be one.
    pub async fn post_raw(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: impl Into<Vec<u8>>,
    ) -> Result<RawAnswer, reqwest::Error> {
        let header = |(name, value): &(String, String)| {
            let name = HeaderName::try_from(name.as_str()).expect("a header's name");
            (name, HeaderValue::try_from(value.as_str()).expect("a header's value"))
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        RawAnswer::to(self.shared.endpoints.http.post(url).headers(headers).body(body.into())).await
    }

    /// Asks whether the bot's certificate is good, as Slack does now and then: not signed, and to be answered with 200
    /// (<https://docs.slack.dev/interactivity/implementing-slash-commands>; how servers see it:
    /// <https://github.com/slackapi/bolt-python/blob/main/slack_bolt/middleware/ssl_check/ssl_check.py>).
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn ssl_check(&self, url: &str) -> Result<RawAnswer, reqwest::Error> {
        let body = form([("ssl_check", "1"), ("token", &self.shared.settings.verification_token)]);
        let kind = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        self.post_raw(url, &[kind], body).await
    }

    /// The same by GET, as Slack's older documents have it.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn ssl_check_by_get(&self, url: &str) -> Result<RawAnswer, reqwest::Error> {
        let query = form([("ssl_check", "1"), ("token", &self.shared.settings.verification_token)]);
        RawAnswer::to(self.shared.endpoints.http.get(format!("{url}?{query}"))).await
    }
}
