//! Whether a form was sent from our own page.
//!
//! What protects a redemption is the token in the address: another website does not know it, so it cannot send a form there. This check is a second
//! fence. It has to let `Origin: null` pass, because that is what browsers send from a page with `Referrer-Policy: no-referrer`, ours for
//! instance (Fetch, "append a request `Origin` header"), and it has to let a missing header pass, for clients that are no browsers.

use axum::http::{HeaderMap, HeaderName, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// True only where the browser says outright that another origin sent the form.
pub(super) fn is_from_elsewhere(headers: &HeaderMap, public_origin: &str) -> bool {
    let says = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    if says(SEC_FETCH_SITE).is_some_and(|site| matches!(site, "cross-site" | "same-site")) {
        return true;
    }
    says(header::ORIGIN).is_some_and(|origin| origin != "null" && !origin.eq_ignore_ascii_case(public_origin))
}

/// True only where the browser says outright that it was led here by a page of ours: neither by a bookmark nor by another
/// website (Fetch Metadata; no script can set this header).
pub(super) fn is_from_our_own_page(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin")
}

/// Scheme, host and port of a URL, as a browser writes an origin: without a default port.
pub(super) fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or_default();
    let default_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    format!("{scheme}://{}", host.strip_suffix(default_port).unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://reset.example.org";

    fn refused(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a header value")))
            .collect();
        is_from_elsewhere(&headers, OURS)
    }

    #[test]
    fn our_own_page_is_let_in() {
        assert!(!refused(&[("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[("origin", OURS)]));
        assert!(!refused(&[("origin", "null")]));
    }

    #[test]
    fn a_client_that_says_nothing_is_let_in() {
        assert!(!refused(&[]));
        assert!(!refused(&[("sec-fetch-site", "none")]));
    }

    #[test]
    fn a_definite_other_origin_is_refused() {
        assert!(refused(&[("origin", "https://evil.example")]));
        assert!(refused(&[("origin", "http://reset.example.org")]));
        assert!(refused(&[("origin", "https://reset.example.org:8443")]));
        assert!(refused(&[("origin", "null"), ("sec-fetch-site", "cross-site")]));
        assert!(refused(&[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        assert_eq!(origin_of("https://x.example/reset"), "https://x.example");
        assert_eq!(origin_of("https://x.example:443"), "https://x.example");
        assert_eq!(origin_of("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(origin_of("http://[::1]:80/a/b"), "http://[::1]");
    }
}
