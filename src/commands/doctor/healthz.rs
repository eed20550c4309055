//! Who answers at an address: this program, or something else.

use std::time::Duration;

use bot::doctor::ServerTime;
use redeem_server::http::INSTANCE;
use reqwest::{Client, Response, StatusCode, header};
use reset_link::machine::now;

/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Who answered at `/healthz`.
pub(super) enum Answer {
    /// This program, and whether it can do its work.
    Ours { is_ready: bool },
    /// Another reset-link, and what it says of itself: the id of its key.
    Another(String),
    /// A reverse proxy that finds nobody behind it.
    NobodyBehind(StatusCode),
    /// Something else, and what it said.
    Other(String),
    /// Nobody, and why.
    Nobody(String),
}

/// Asks for `/healthz`, which never changes anything.
pub(super) struct Visitor {
    client: Client,
    /// What listens on this machine is not behind a proxy of the environment.
    direct: Client,
    /// What this config's own reset-link says of itself; `None` where that is not known.
    instance: Option<String>,
}

impl Visitor {
    pub(super) fn new(instance: Option<String>) -> Result<Self, reqwest::Error> {
        let builder = || Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        Ok(Self { client: builder().build()?, direct: builder().no_proxy().build()?, instance })
    }

    /// Who answers below this URL, and what time it is there.
    pub(super) async fn ask(&self, url: &str, is_here: bool) -> (Answer, Option<ServerTime>) {
        let client = if is_here { &self.direct } else { &self.client };
        let asked = now();
        let mut response = match client.get(format!("{url}/healthz")).send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_timeout() => {
                return (Answer::Nobody(told(&error)), None);
            }
            Err(error) => return (Answer::Other(format!("no HTTP: {}", told(&error))), None),
        };
        let date = response.headers().get(header::DATE).map(|date| date.as_bytes().to_vec());
        let time = date.and_then(|date| ServerTime::new(asked, &date, now()));
        let status = response.status();
        let other = self.of_another(&response);
        let answer = match (is_ours(&mut response).await, status) {
            (true, _) if other.is_some() => Answer::Another(other.unwrap_or_default()),
            (true, status) => Answer::Ours { is_ready: status == StatusCode::OK },
            (
                false,
                StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT,
            ) => Answer::NobodyBehind(status),
            (false, _) => Answer::Other(status.to_string()),
        };
        (answer, time)
    }

    /// What it says of itself, where that is not what this config's own would say. One of a version that said nothing is taken for ours.
    fn of_another(&self, response: &Response) -> Option<String> {
        let said = response.headers().get(INSTANCE)?.to_str().ok()?;
        let is_another = self.instance.as_deref().is_some_and(|ours| ours != said);
        is_another.then(|| said.chars().take(200).collect())
    }
}

/// Our words, and one of the headers that we put on everything.
async fn is_ours(response: &mut Response) -> bool {
    let robots =
        response.headers().get("x-robots-tag").is_some_and(|value| value.as_bytes() == b"noindex, nofollow");
    let words = match response.status() {
        StatusCode::OK => "ok\n",
        StatusCode::SERVICE_UNAVAILABLE => "not ready\n",
        _ => return false,
    };
    robots && response.chunk().await.is_ok_and(|chunk| chunk.is_some_and(|chunk| chunk == words.as_bytes()))
}

/// The error and what lies below it; the URL is known.
pub(super) fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
