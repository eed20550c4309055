//! Everything that is not a link.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use config::Forgot;

use super::app::{App, INSTANCE, accept_language};
use crate::pages::Notice;

pub(super) async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    let config::SelfServicePages { forgot, has_change, .. } = app.0.self_service;
    if forgot != Forgot::Off || has_change {
        return app.0.site.start(forgot, has_change, accept_language(&headers)).into_response();
    }
    app.notice(&Notice::Home, &headers)
}

/// Where password managers lead their people (W3C, "A Well-Known URL for Changing Passwords").
pub(super) async fn change_password(State(app): State<App>, headers: HeaderMap) -> Response {
    let pages = &app.0.self_service;
    match (pages.has_change, pages.has_forgot()) {
        (true, _) => app.see("/change"),
        (false, true) => app.see("/forgot"),
        (false, false) => app.notice(&Notice::NotFound, &headers),
    }
}

pub(super) async fn not_found(State(app): State<App>, headers: HeaderMap) -> Response {
    app.notice(&Notice::NotFound, &headers)
}

pub(super) async fn method_not_allowed(State(app): State<App>, headers: HeaderMap) -> Response {
    app.notice(&Notice::MethodNotAllowed, &headers)
}

pub(super) async fn asset(State(app): State<App>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    match app.0.site.assets().find(&file) {
        Some(asset) => ([(header::CONTENT_TYPE, asset.content_type)], asset.content.clone()).into_response(),
        None => app.notice(&Notice::NotFound, &headers),
    }
}

/// For load balancers and supervisors: no page, no reason. `doctor` looks at which of several reset-links it is.
pub(super) async fn health(State(app): State<App>) -> Response {
    let mut response = if (app.0.health)() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    };
    if let Some(instance) = &app.0.instance {
        response.headers_mut().insert(INSTANCE, instance.clone());
    }
    response
}

pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}
