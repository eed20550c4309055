//! Addresses that mean the same, however they were passed on.

use std::borrow::Cow;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use keys::spelling::{decode_unreserved, single_slashes};
use tower::ServiceExt;

/// Serves every address of `router` in any spelling: with characters encoded that need not be, and with slashes doubled.
pub(super) fn any(router: Router) -> Router {
    Router::new().fallback_service(router.map_request(|mut request: Request| {
        if let Some(uri) = in_ours(request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    }))
}

/// `None` where it is in our spelling already.
fn in_ours(uri: &Uri) -> Option<Uri> {
    let decoded = decode_unreserved(uri.path());
    let path = match single_slashes(&decoded) {
        Cow::Borrowed(path) if path == uri.path() => return None,
        path => path.into_owned(),
    };
    let mut parts = uri.clone().into_parts();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(uri: &str) -> Option<String> {
        in_ours(&uri.parse().expect("an address")).map(|uri| uri.to_string())
    }

    #[test]
    fn needless_encodings_and_double_slashes_are_taken_out() {
        assert_eq!(ours("/r/v4%2Epublic%2ea%5Fb"), Some("/r/v4.public.a_b".to_owned()));
        assert_eq!(ours("//r//v4.public.a?b=%2E"), Some("/r/v4.public.a?b=%2E".to_owned()));
        assert_eq!(ours("/%72/x"), Some("/r/x".to_owned()));
    }

    #[test]
    fn what_needs_its_encoding_keeps_it() {
        for uri in ["/r/v4.public.a", "/r/a%2Fb", "/r/a%20b", "/r/a%252E", "/r/a%zz%2", "/r/%C3%A9"] {
            assert_eq!(ours(uri), None, "{uri}");
        }
    }
}
