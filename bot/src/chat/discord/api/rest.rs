//! Requests, put together from the library's parts: its routes, types and rate limiter. Sent from here, since the library keeps the
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

use super::error::DiscordError;
use crate::chat::http::{REQUEST_TIME, wait};
use crate::chat::retry::{retry_idempotent, retry_if_not_carried_out};

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
    global_limit: GlobalLimit,
}

/// Until when Discord takes no request of this bot at all: its global limit is reached, and the library's rate limiter lets only the request wait that met it.
#[derive(Debug, Clone, Default)]
struct GlobalLimit(Arc<Mutex<Option<Instant>>>);

impl GlobalLimit {
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
    /// With time-outs, by a client that finds Discord and knows whom to trust.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made.
    pub fn by(client: ClientBuilder, settings: &RestSettings) -> Result<Self, reqwest::Error> {
        let client = client.timeout(REQUEST_TIME).connect_timeout(REQUEST_TIME / 2).build()?;
        let global_limit = GlobalLimit::default();
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
            let global_limit = global_limit.clone();
            limiter.set_ratelimit_callback(Box::new(move |met| {
                if met.global {
                    global_limit.hold(met.timeout);
                }
            }));
            http.ratelimiter = Some(limiter);
        }
        Ok(Self { http, answers, client, global_limit })
    }

    /// The token without the word before it.
    pub(in crate::chat::discord) fn token(&self) -> &str {
        let token = self.http.token();
        token.strip_prefix("Bot ").unwrap_or(token)
    }

    /// Which application the bot is, once Discord has said so.
    pub(in crate::chat::discord) fn set_application(&self, id: ApplicationId) {
        self.http.set_application_id(id);
    }

    pub(in crate::chat::discord) fn application(&self) -> Result<ApplicationId, DiscordError> {
        self.http
            .application_id()
            .ok_or(DiscordError::Unreachable("it has not said which application this is"))
    }

    /// Asks for something. Within `patience`, it is asked again where Discord fails in passing or asks to wait (429).
    pub(in crate::chat::discord) async fn get<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        patience: Duration,
    ) -> Result<T, DiscordError> {
        let request = Request::new(route, LightMethod::Get);
        retry_idempotent(patience, || async { read(self.send(&self.http, request.clone()).await?).await })
            .await
    }

    /// Asks for something once, whatever comes of it, and gives the answer as it came.
    pub(in crate::chat::discord) async fn get_once(
        &self,
        route: Route<'_>,
    ) -> Result<Response, DiscordError> {
        self.send(&self.http, Request::new(route, LightMethod::Get)).await
    }

    /// Does what may be done twice.
    pub(in crate::chat::discord) async fn put(
        &self,
        request: Request<'_>,
        patience: Duration,
    ) -> Result<(), DiscordError> {
        retry_idempotent(patience, || async { self.send(&self.http, request.clone()).await.map(|_| ()) })
            .await
    }

    /// Does what must not be done twice: again only where Discord has asked to wait.
    pub(in crate::chat::discord) async fn post<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
        patience: Duration,
    ) -> Result<T, DiscordError> {
        retry_if_not_carried_out(patience, || async {
            read(self.send(&self.http, request.clone()).await?).await
        })
        .await
    }

    /// Answers an interaction with what may be said twice.
    pub(in crate::chat::discord) async fn answer(
        &self,
        request: Request<'_>,
        patience: Duration,
    ) -> Result<(), DiscordError> {
        retry_idempotent(patience, || async { self.send(&self.answers, request.clone()).await.map(|_| ()) })
            .await
    }

    /// Answers an interaction with what must not be said twice: again only where Discord has asked to wait.
    pub(in crate::chat::discord) async fn answer_once(
        &self,
        request: Request<'_>,
        patience: Duration,
    ) -> Result<(), DiscordError> {
        retry_if_not_carried_out(patience, || async {
            self.send(&self.answers, request.clone()).await.map(|_| ())
        })
        .await
    }

    async fn send(&self, by: &Http, request: Request<'_>) -> Result<Response, DiscordError> {
        if let Some(left) = self.global_limit.left() {
            return Err(DiscordError::RateLimited(left));
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
                self.global_limit.hold(wait);
            }
            return Err(DiscordError::RateLimited(wait));
        }
        let told = answer.bytes().await.ok();
        let told = told.and_then(|told| serde_json::from_slice::<DiscordJsonError>(&told).ok());
        Err(match told {
            Some(told) => DiscordError::refused(status.as_u16(), told.code, &told.message),
            // What stands before Discord answers in HTML, which says nothing.
            None => DiscordError::refused(status.as_u16(), 0, "no answer of Discord's own"),
        })
    }
}

/// A request with a body.
///
/// # Errors
/// Where the body cannot be written as JSON.
pub(in crate::chat::discord) fn with_body<'a>(
    route: Route<'a>,
    method: LightMethod,
    body: &impl Serialize,
) -> Result<Request<'a>, DiscordError> {
    let body =
        serde_json::to_vec(body).map_err(|_| DiscordError::Unreachable("the request could not be made"))?;
    Ok(Request::new(route, method).body(Some(body)))
}

/// What stands in an answer.
pub(in crate::chat::discord) async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, DiscordError> {
    let body = answer.bytes().await.map_err(HttpError::from).map_err(serenity::Error::from)?;
    serde_json::from_slice(&body).map_err(|_| DiscordError::Unreachable("the answer makes no sense"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_on_everything_holds_until_it_is_over_and_is_not_shortened() {
        let global_limit = GlobalLimit::default();
        assert_eq!(global_limit.left(), None);
        global_limit.hold(Duration::from_secs(600));
        global_limit.hold(Duration::from_secs(1));
        assert!(global_limit.left().is_some_and(|left| left > Duration::from_secs(500)));
        let over = GlobalLimit::default();
        over.hold(Duration::ZERO);
        assert_eq!(over.left(), None);
    }
}
