//! What a link answers, and how often.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::Frame;

use super::*;

#[tokio::test]
async fn a_link_shows_the_form_and_the_form_is_redeemed() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    let page = visitor.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(&format!("action=\"{link}\"")));
    assert_eq!(visitor.redeemed(), []);

    let answer = visitor.post(&link, &[], BOTH).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/done"));
    let password = "tremendous giraffeé".to_owned();
    assert_eq!(visitor.redeemed(), [(password.clone(), password, visitor.peer.ip())]);
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let visitor = Visitor::new();
    let answer = visitor.ask(Method::HEAD, &visitor.link("ada", 1)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.body, "");
}

#[tokio::test]
async fn a_link_that_was_cut_off_is_damaged_and_not_unknown() {
    for path in ["/r", "/r/", "/r/v4.public.abc", "/r/v4.public.a/b", "/r/%00%ff"] {
        assert_eq!(Visitor::new().get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn a_link_is_the_same_however_it_was_spelled_and_whatever_was_glued_to_it() {
    let visitor = Visitor::of("https://x.example/reset");
    let link = visitor.link("ada", 1);
    let token = link.strip_prefix("/r/").expect("a link");
    let page = visitor.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    for (number, path) in [
        format!("/r/{}", token.replace('.', "%2E").replace('_', "%5f")),
        format!("/%72/{}", token.replace("v4", "%764")),
        format!("//r/{token}"),
        format!("/reset//r//{token}"),
        format!("/r/{token})"),
        format!("/r/{token}."),
        format!("/r/{token}%3E"),
        format!("/r/{token},"),
        format!("/r/{token}%29%2E"),
        format!("/r/{token}/"),
        format!("/r/{token}%E2%80%9D"),
        format!("//r/{token}.?utm_source=mail"),
    ]
    .iter()
    .enumerate()
    {
        let visitor = Visitor::of("https://x.example/reset");
        let answer = visitor.get(path).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &page.body), "{number}: {path}");
        assert_eq!(visitor.post(path, &[], BOTH).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    // Strict is what is judged: nothing is taken away from within, and no padding is base64url here.
    let (most, last) = token.split_at(token.len() - 1);
    for path in
        [format!("/r/{token}="), format!("/r/{most}"), format!("/r/{most}).{last}"), format!("/r/{token})a")]
    {
        assert_eq!(
            Visitor::of("https://x.example/reset").get(&path).await.status,
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_forms_media_type_is_the_same_in_any_letter_case() {
    for kind in ["Application/X-WWW-Form-Urlencoded", "application/x-www-form-URLENCODED ; charset=UTF-8"] {
        let visitor = Visitor::new();
        let request =
            Request::post(visitor.link("ada", 1)).header("content-type", kind).body(Body::from(BOTH));
        assert_eq!(visitor.send(request.expect("a request")).await.status, StatusCode::SEE_OTHER, "{kind}");
    }
    let visitor = Visitor::new();
    let kind = "application/x-www-form-urlencodedx";
    let request = Request::post(visitor.link("ada", 1)).header("content-type", kind).body(Body::from(BOTH));
    assert_eq!(visitor.send(request.expect("a request")).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn an_expired_link_is_gone() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    visitor.wait(15 * 60);
    assert_eq!(visitor.get(&link).await.status, StatusCode::GONE);
    assert_eq!(visitor.post(&link, &[], BOTH).await.status, StatusCode::GONE);
    assert_eq!(visitor.redeemed(), []);
}

#[tokio::test]
async fn a_form_that_cannot_be_read_redeems_nothing() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    for (body, status) in [("password=alone", 400), ("", 400), ("password=a&password=b&confirm=a", 400)] {
        assert_eq!(visitor.post(&link, &[], body).await.status.as_u16(), status, "{body}");
    }
    let json = Request::post(&link)
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .expect("a request");
    assert_eq!(visitor.send(json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(visitor.redeemed(), []);
}

#[tokio::test]
async fn a_body_may_have_16_kib_and_no_more() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    let room = 16 * 1024 - "password=&confirm=x".len();
    let most = format!("password={}&confirm=x", "y".repeat(room));
    assert_eq!(visitor.post(&link, &[], most.clone()).await.status, StatusCode::SEE_OTHER);
    assert_eq!(visitor.post(&link, &[], format!("{most}x")).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(visitor.redeemed().len(), 1);
}

#[tokio::test]
async fn a_form_from_another_website_is_refused() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    let answer = visitor.post(&link, &[("origin", "https://evil.example")], BOTH).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(visitor.redeemed(), []);
    assert_eq!(
        visitor.post(&link, &[("origin", "null"), ("sec-fetch-site", "same-origin")], BOTH).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn too_many_damaged_links_are_refused_until_the_minute_is_over() {
    let visitor = Visitor::new();
    for _ in 0..3 {
        assert_eq!(visitor.get("/r/v4.public.damaged").await.status, StatusCode::BAD_REQUEST);
    }
    let refused = visitor.get("/r/v4.public.damaged").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "60");
    visitor.wait(60);
    assert_eq!(visitor.get("/r/v4.public.damaged").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_genuine_link_is_never_refused_because_of_damaged_ones_from_the_same_address() {
    let visitor = Visitor::new();
    for _ in 0..10 {
        visitor.get("/r/v4.public.damaged").await;
    }
    assert_eq!(visitor.get(&visitor.link("ada", 1)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn too_many_requests_for_one_link_are_refused_and_other_links_are_not() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    for _ in 0..5 {
        assert_eq!(visitor.get(&link).await.status, StatusCode::OK);
    }
    assert_eq!(visitor.post(&link, &[], BOTH).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(visitor.redeemed(), []);
    assert_eq!(visitor.get(&visitor.link("ada", 2)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_visitor_behind_a_trusted_proxy_is_known_by_their_own_address() {
    let mut visitor = Visitor::new();
    visitor.peer = SocketAddr::from(([10, 0, 0, 1], 4711));
    let link = visitor.link("ada", 1);
    visitor.post(&link, &[("x-forwarded-for", "198.51.100.9, 203.0.113.7")], BOTH).await;
    let seen: Vec<IpAddr> = visitor.redeemed().into_iter().map(|(_, _, client)| client).collect();
    assert_eq!(seen, [IpAddr::from([203, 0, 113, 7])]);
}

#[tokio::test(start_paused = true)]
async fn a_form_that_does_not_arrive_is_given_up() {
    let visitor = Visitor::new();
    let answer = visitor.post(&visitor.link("ada", 1), &[], Body::new(Stalled)).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(visitor.redeemed(), []);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_takes_too_long_asks_to_come_again() {
    let visitor = Visitor::new();
    let answer = visitor.get(&visitor.link("slow", 1)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "10");
}

/// A body that never comes.
struct Stalled;

impl hyper::body::Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
