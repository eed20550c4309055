//! Discord's REST interface (version 10), put together from the library's parts: its routes, types and rate limiter. Sent from here, since the library keeps the
//! headers of a refusal to itself, and with them how long Discord asks to wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use config::Secret;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serenity::all::ApplicationId;
use serenity::http::{
    DiscordJsonError, Http, HttpBuilder, HttpError, LightMethod, Ratelimiter, Request, Route,
};
use tokio::time::Instant;

use super::connection::REQUEST_TIME;
use super::failure::Failure;
use crate::chat::again::{patiently, persistently};
use crate::chat::http::wait;

/// How Discord's REST interface is reached.
#[derive(Debug, Clone)]
pub struct RestSettings {
    /// The bot's token.
    pub token: Secret,
    /// A proxy that keeps the rate limits for us.
    pub api_proxy: Option<String>,
}

/// Discord's REST interface, by one client.
#[derive(Debug)]
pub struct Rest {
    /// For all but answers; the library's own rate limiter is on unless a proxy keeps the limits.
    http: Http,
    /// For answers to interactions. Each has a limit of its own, which the library's rate limiter would take for one that all
    /// share, and remember for ever; whoever answers waits as long as Discord says that it is reached.
    answers: Http,
    client: Client,
    held: Held,
}

/// Until when Discord takes no request of this bot at all: its global limit is reached, and the library's rate limiter lets only the request wait that met it.
#[derive(Debug, Clone, Default)]
struct Held(Arc<Mutex<Option<Instant>>>);

impl Held {
    fn hold(&self, wait: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(Instant::now().checked_add(wait));
    }

    /// How long yet.
    fn left(&self) -> Option<Duration> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until?.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

impl Rest {
    /// As in production, with time-outs.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made: the system lacks what it needs for TLS.
    pub fn new(settings: &RestSettings) -> Result<Self, reqwest::Error> {
        Self::by(Client::builder(), settings)
    }

    /// The same by a client that finds Discord elsewhere, or trusts somebody else.
    ///
    /// # Errors
    /// As above.
    pub fn by(client: ClientBuilder, settings: &RestSettings) -> Result<Self, reqwest::Error> {
        let client = client.timeout(REQUEST_TIME).connect_timeout(REQUEST_TIME / 2).build()?;
        let held = Held::default();
        let builder = || {
            let builder = HttpBuilder::new(settings.token.expose()).client(client.clone());
            match &settings.api_proxy {
                Some(proxy) => builder.proxy(proxy),
                None => builder,
            }
        };
        let answers = builder().ratelimiter_disabled(true).build();
        let mut http = builder().ratelimiter_disabled(true).build();
        if settings.api_proxy.is_none() {
            let mut limiter = Ratelimiter::new(client.clone(), answers.token());
            let held = held.clone();
            limiter.set_ratelimit_callback(Box::new(move |met| {
                if met.global {
                    held.hold(met.timeout);
                }
            }));
            http.ratelimiter = Some(limiter);
        }
        Ok(Self { http, answers, client, held })
    }

    /// The token without the word before it.
    pub(super) fn token(&self) -> &str {
        let token = self.http.token();
        token.strip_prefix("Bot ").unwrap_or(token)
    }

    /// Which application the bot is, once Discord has said so.
    pub(super) fn set_application(&self, id: ApplicationId) {
        self.http.set_application_id(id);
    }

    pub(super) fn application(&self) -> Result<ApplicationId, Failure> {
        self.http.application_id().ok_or(Failure::Unreachable("it has not said which application this is"))
    }

    /// Asks for something. Within `patience`, it is asked again where Discord fails in passing or asks to wait (429).
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        patience: Duration,
    ) -> Result<T, Failure> {
        let request = Request::new(route, LightMethod::Get);
        persistently(patience, || async { read(self.send(&self.http, request.clone()).await?).await }).await
    }

    /// The same, once: the answer as it came.
    pub(super) async fn get_once(&self, route: Route<'_>) -> Result<Response, Failure> {
        self.send(&self.http, Request::new(route, LightMethod::Get)).await
    }

    /// Does what may be done twice.
    pub(super) async fn put(&self, request: Request<'_>, patience: Duration) -> Result<(), Failure> {
        persistently(patience, || async { self.send(&self.http, request.clone()).await.map(|_| ()) }).await
    }

    /// Does what must not be done twice: again only where Discord has asked to wait.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
        patience: Duration,
    ) -> Result<T, Failure> {
        patiently(patience, || async { read(self.send(&self.http, request.clone()).await?).await }).await
    }

    /// Answers an interaction with what may be said twice.
    pub(super) async fn answer(&self, request: Request<'_>, patience: Duration) -> Result<(), Failure> {
        persistently(patience, || async { self.send(&self.answers, request.clone()).await.map(|_| ()) }).await
    }

    /// Answers an interaction with what must not be said twice: again only where Discord has asked to wait.
    pub(super) async fn answer_once(&self, request: Request<'_>, patience: Duration) -> Result<(), Failure> {
        patiently(patience, || async { self.send(&self.answers, request.clone()).await.map(|_| ()) }).await
    }

    async fn send(&self, by: &Http, request: Request<'_>) -> Result<Response, Failure> {
        if let Some(left) = self.held.left() {
            return Err(Failure::RateLimited(left));
        }
        let answer = match &by.ratelimiter {
            Some(limiter) => limiter.perform(request).await?,
            None => {
                let request = request.build(&self.client, by.token(), by.proxy.as_deref())?;
                request.send().await.map_err(HttpError::from).map_err(serenity::Error::from)?
            }
        };
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
            let wait = wait(header("retry-after"));
            if header("x-ratelimit-global").is_some() {
                self.held.hold(wait);
            }
            return Err(Failure::RateLimited(wait));
        }
        let told = answer.bytes().await.ok();
        let told = told.and_then(|told| serde_json::from_slice::<DiscordJsonError>(&told).ok());
        Err(match told {
            Some(told) => Failure::refused(status.as_u16(), told.code, &told.message),
            // What stands before Discord answers in HTML, which says nothing.
            None => Failure::refused(status.as_u16(), 0, "no answer of Discord's own"),
        })
    }
}

/// A request with a body.
///
/// # Errors
/// Where the body cannot be written as JSON.
pub(super) fn with_body<'a>(
    route: Route<'a>,
    method: LightMethod,
    body: &impl Serialize,
) -> Result<Request<'a>, Failure> {
    let body = serde_json::to_vec(body).map_err(|_| Failure::Unreachable("the request could not be made"))?;
    Ok(Request::new(route, method).body(Some(body)))
}

/// What stands in an answer.
pub(super) async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    let body = answer.bytes().await.map_err(HttpError::from).map_err(serenity::Error::from)?;
    serde_json::from_slice(&body).map_err(|_| Failure::Unreachable("the answer makes no sense"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_on_everything_holds_until_it_is_over_and_is_not_shortened() {
        let held = Held::default();
        assert_eq!(held.left(), None);
        held.hold(Duration::from_secs(600));
        held.hold(Duration::from_secs(1));
        assert!(held.left().is_some_and(|left| left > Duration::from_secs(500)));
        let over = Held::default();
        over.hold(Duration::ZERO);
        assert_eq!(over.left(), None);
    }
}
