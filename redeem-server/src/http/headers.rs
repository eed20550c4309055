//! Headers on every response, whatever it is. None of them is derived from the request.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing from anywhere but ourselves, nothing inline, never in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// The policy where the organisation has a logo, which is in the page itself as a `data:` URL. A picture can run nothing.
const POLICY_WITH_LOGO: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
                                frame-ancestors 'none'; base-uri 'none'";

/// A year. Without `includeSubDomains`: what lies below our host name is not ours to decide about.
const HSTS: &str = "max-age=31536000";

const ALWAYS: [(HeaderName, &str); 10] = [
    // On style sheet and script too: they are a few kilobytes that a visitor needs once, and "every response" is easier to check than
    // "every response except".
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Sets them all; `https` says whether the public URL is one, `has_logo` whether a picture stands in the pages.
pub(super) fn set(headers: &mut HeaderMap, https: bool, has_logo: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if has_logo {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_WITH_LOGO));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
