//! A finished page, and the request that it depends on.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use texts::Language;

/// One request, as far as a page depends on it.
pub struct PageRequest<'a> {
    /// The token in the path, which the form sends its answer to.
    pub token: &'a str,
    /// The `Accept-Language` header.
    pub accept_language: Option<&'a str>,
    /// What time it is.
    pub now: Timestamp,
}

/// A finished page.
#[derive(Debug)]
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// The whole document.
    pub html: String,
    /// BCP 47.
    pub language: String,
    /// After how many seconds to come again, where that helps.
    pub retry_after: Option<u64>,
}

impl Page {
    pub(super) fn new(status: StatusCode, language: &Language, template: &impl Template) -> Self {
        let html = template.render().expect("a template of plain strings cannot fail to render");
        Self { status, html, language: language.tag(), retry_after: None }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, Html(self.html)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_str(&self.language).expect("a language tag is letters, digits and hyphens"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
