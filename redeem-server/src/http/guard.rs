//! Around every handler: a panic becomes a page, and every response gets its headers.

use std::any::Any;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::app::App;
use super::headers;
use crate::pages::Notice;

/// Marks a response that stands for a panic, until it is replaced by a page in the visitor's language.
#[derive(Clone)]
struct Panicked;

pub(super) fn around(router: Router, app: &App) -> Router {
    router.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(app.clone(), finish))
}

async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let visitor = request.headers().clone();
    let mut response = next.run(request).await;
    if response.extensions().get::<Panicked>().is_some() {
        let incident = app.incident();
        tracing::error!(incident, "a request handler panicked; the place was written to standard error");
        response = app.notice(&Notice::Unavailable { incident }, &visitor);
    }
    headers::set(response.headers_mut(), app.0.https, app.0.site.has_logo());
    response
}

/// What was thrown may quote anything, a token for instance: it is dropped unseen. The panic hook has said where.
fn panicked(_thrown: Box<dyn Any + Send>) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Panicked);
    response
}
