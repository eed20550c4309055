//! The path of the public URL, which a reverse proxy may have taken off already.

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use tower::ServiceExt;

/// Serves every address of `router` as it stands and with `prefix` (empty, or like `/reset`) in front.
pub(super) fn with_and_without(prefix: &str, router: Router) -> Router {
    if prefix.is_empty() {
        return router;
    }
    let prefix = prefix.to_owned();
    Router::new().fallback_service(router.map_request(move |mut request: Request| {
        if let Some(uri) = without(&prefix, request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    }))
}

/// Only where what is left is an address of ours: with the prefix `/r`, `/r/v4.public…` is a link whose prefix has been taken off before.
fn without(prefix: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path().strip_prefix(prefix)?;
    let is_ours =
        matches!(rest, "" | "/" | "/r" | "/n" | "/done" | "/forgot" | "/change" | "/healthz" | "/robots.txt")
            || ["/r/", "/n/", "/forgot/", "/change/", "/assets/", "/.well-known/"]
                .iter()
                .any(|beginning| rest.starts_with(beginning));
    if !is_ours {
        return None;
    }
    let path = if rest.is_empty() { "/" } else { rest };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(prefix: &str, path: &str) -> Option<String> {
        without(prefix, &path.parse().expect("an address")).map(|uri| uri.to_string())
    }

    #[test]
    fn the_prefix_is_taken_off() {
        assert_eq!(left("/reset", "/reset/r/v4.public.x").as_deref(), Some("/r/v4.public.x"));
        assert_eq!(left("/reset", "/reset").as_deref(), Some("/"));
        assert_eq!(left("/reset", "/reset/done").as_deref(), Some("/done"));
        assert_eq!(left("/a/b", "/a/b/healthz").as_deref(), Some("/healthz"));
    }

    #[test]
    fn an_address_without_it_stays() {
        assert_eq!(left("/reset", "/r/v4.public.x"), None);
        assert_eq!(left("/reset", "/resetting/r/x"), None);
    }

    #[test]
    fn a_prefix_that_looks_like_a_route_of_ours_is_told_apart() {
        assert_eq!(left("/r", "/r/r/v4.public.x").as_deref(), Some("/r/v4.public.x"));
        assert_eq!(left("/r", "/r/v4.public.x"), None);
    }
}
