//! How a fake answers over HTTP: faults and limits first, then the platform.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Response, header};

use super::fake::{Platform, Shared};
use super::fault::Fault;
use super::limit::Budget;
use super::listener::{Listener, Reset};
use super::traffic::Destination;

/// Bodies here are small; files are not taken.
const LARGEST_BODY: usize = 1 << 20;

/// What a platform says, and how.
pub(crate) trait OverHttp: Platform {
    /// Answers one request, by way of [`with_faults`] where it goes anywhere.
    fn answer(
        shared: Arc<Shared<Self>>,
        reset: Reset,
        request: Request,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// What answers where the platform itself does not: what stands in front of it.
    fn unavailable(status: u16) -> Response<Body>;

    /// 429, and when to come back.
    fn too_many(retry_after: Duration, global: bool, budget: &Budget) -> Response<Body>;

    /// The platform says no.
    fn refuse(
        shared: &Shared<Self>,
        to: Destination<'_>,
        refusal: Self::Refusal,
        budget: &Budget,
    ) -> Response<Body>;

    /// Adds what every answer has.
    fn complete(_shared: &Shared<Self>, _seen: usize, _answer: &mut Response<Body>) {}
}

/// The platform's word for what was wrong, on its way from an answer to what was seen.
#[derive(Clone)]
pub(crate) struct ErrorWord(pub(crate) String);

/// Answers until the fake stops.
pub(crate) async fn serve<P: OverHttp>(listener: Listener, shared: Arc<Shared<P>>) {
    let stop = shared.stop.clone();
    let routes = Router::new().fallback(answer::<P>).with_state(shared);
    let served = axum::serve(listener, routes.into_make_service_with_connect_info::<Reset>());
    tokio::select! {
        () = stop.cancelled() => {}
        // It ends only with the process.
        _ = served => {}
    }
}

async fn answer<P: OverHttp>(
    State(shared): State<Arc<Shared<P>>>,
    ConnectInfo(reset): ConnectInfo<Reset>,
    request: Request,
) -> Response<Body> {
    P::answer(shared, reset, request).await
}

/// A request's head and whole body; an empty body where it is too large.
pub(crate) async fn read(request: Request) -> (Parts, Bytes) {
    let (head, body) = request.into_parts();
    (head, to_bytes(body, LARGEST_BODY).await.unwrap_or_default())
}

/// Notes a request and its answer, which is the usual one unless a fault or a limit is in the way.
pub(crate) async fn with_faults<P: OverHttp>(
    shared: &Shared<P>,
    reset: &Reset,
    to: Destination<'_>,
    usual: impl FnOnce(&Budget) -> Response<Body>,
) -> Response<Body> {
    let (seen, fault, budget) = shared.with(|world| P::traffic(world).arrives(to));
    match &fault {
        Some(Fault::Hang) => std::future::pending::<()>().await,
        Some(Fault::Late(by)) => tokio::time::sleep(*by).await,
        Some(Fault::Reset) => {
            reset.now();
            return P::unavailable(503);
        }
        _ => {}
    }
    let loses_answer = matches!(fault, Some(Fault::LostAnswer));
    let mut answer = match fault {
        Some(Fault::Status(status)) => P::unavailable(status),
        Some(Fault::RateLimited { retry_after, global }) => P::too_many(retry_after, global, &budget),
        Some(Fault::Refused(refusal)) => P::refuse(shared, to, refusal, &budget),
        _ if budget.exceeded => P::too_many(budget.reset_after, false, &budget),
        _ => usual(&budget),
    };
    P::complete(shared, seen, &mut answer);
    let error = answer.extensions_mut().remove::<ErrorWord>().map(|ErrorWord(error)| error);
    let status = answer.status().as_u16();
    shared.with(|world| P::traffic(world).answered(seen, status, error));
    if loses_answer {
        reset.now();
    }
    answer
}

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Everybody,
    Bot,
}

/// One line of a table of routes.
pub(crate) struct Route<A> {
    pub(crate) method: &'static str,
    /// The path, with `{name}` for a step that may be anything.
    pub(crate) template: &'static str,
    pub(crate) access: Access,
    pub(crate) answer: A,
}

/// For tables of routes.
pub(crate) const fn route<A: Copy>(
    method: &'static str,
    template: &'static str,
    access: Access,
    answer: A,
) -> Route<A> {
    Route { method, template, access, answer }
}

/// The first route that fits, so what is spelled out stands before what is a name.
pub(crate) fn find<'a, A>(routes: &'a [Route<A>], method: &str, steps: &[&str]) -> Option<&'a Route<A>> {
    routes.iter().find(|route| {
        let template: Vec<&str> = route.template.split('/').skip(1).collect();
        route.method == method
            && template.len() == steps.len()
            && template.iter().zip(steps).all(|(want, have)| want.starts_with('{') || want == have)
    })
}

/// The text of a header; empty where there is none.
pub(crate) fn header_text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// An answer with a body of this type.
pub(crate) fn with_body(status: u16, content_type: &str, body: impl Into<Body>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .expect("the parts of the answer are our own")
}

/// A time in whole seconds, rounded up: whoever comes back then must not be early.
pub(crate) fn whole_seconds(time: Duration) -> String {
    time.as_millis().div_ceil(1000).to_string()
}
