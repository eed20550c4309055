//! How a form arrives: from our own page, as browsers send one, within a size and a time.

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, FormRejection};
use axum::extract::{DefaultBodyLimit, Form, FromRequest as _, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::app::App;
use super::origin;
use super::times::ARRIVAL;
use crate::pages::Notice;

/// How browsers send a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads the fields of a form of at most `max_bytes`.
///
/// # Errors
/// The page that says what is the matter: nothing has been done.
pub(super) async fn read_form<T: DeserializeOwned>(
    app: &App,
    parts: &Parts,
    body: Body,
    max_bytes: usize,
) -> Result<T, Response> {
    let refuse = |notice: Notice| app.notice(&notice, &parts.headers);
    if origin::is_from_elsewhere(&parts.headers, &app.0.public_origin) {
        return Err(refuse(Notice::FromElsewhere));
    }
    if !is_form(&parts.headers) {
        return Err(refuse(Notice::NotAForm));
    }
    let mut request = Request::from_parts(parts.clone(), body);
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    DefaultBodyLimit::max(max_bytes).apply(&mut request);
    match timeout(ARRIVAL, Form::<T>::from_request(request, &())).await {
        Ok(Ok(Form(fields))) => Ok(fields),
        Ok(Err(rejection)) => Err(refuse(unreadable(&rejection))),
        Err(_) => Err(refuse(Notice::TimedOut)),
    }
}

/// Media types are the same in either letter case (RFC 9110 §8.3.1); axum knows them in lower case alone.
fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = sent.and_then(|sent| sent.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}

fn unreadable(rejection: &FormRejection) -> Notice {
    match rejection {
        FormRejection::BytesRejection(BytesRejection::FailedToBufferBody(
            FailedToBufferBody::LengthLimitError(_),
        )) => Notice::TooLarge,
        _ => Notice::Incomplete,
    }
}
