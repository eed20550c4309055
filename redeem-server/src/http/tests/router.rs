//! Addresses, methods, headers, languages.

use axum::http::header;

use super::*;

#[tokio::test]
async fn other_methods_are_not_allowed_and_the_answer_says_which_are() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = visitor.ask(method, &link).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        let mut allowed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["GET", "HEAD", "POST"]);
        assert!(answer.body.contains("<h1>"));
    }
    assert_eq!(visitor.post("/healthz", &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_response_has_its_headers() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    let panics = visitor.link("panic", 2);
    let asset = format!("/assets/{}", visitor.app.0.site.assets().style.file_name());
    let answers = [
        visitor.get(&link).await,
        visitor.get("/").await,
        visitor.get("/nowhere").await,
        visitor.get("/r/v4.public.damaged").await,
        visitor.get("/healthz").await,
        visitor.get("/robots.txt").await,
        visitor.get(&asset).await,
        visitor.ask(Method::PUT, &link).await,
        visitor.post(&link, &[], "x".repeat(20_000)).await,
        visitor.get(&panics).await,
        visitor.get("/done").await,
        visitor.post(&link, &[], BOTH).await,
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 404, 400, 200, 200, 200, 405, 413, 503, 200, 303]);
    for answer in answers {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(answer.header("x-robots-tag").contains("noindex"));
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
        let policy = answer.header("content-security-policy");
        for directive in
            ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(directive), "{directive}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("data:"));
    }
}

#[tokio::test]
async fn pictures_within_a_page_are_allowed_only_where_there_is_a_logo() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\xa0\0\0\0\x50\x08\x06\0\0\0";
    let visitor = Visitor::with_logo("https://x.example", config::Logo::from_bytes(png));
    let page = visitor.get("/").await;
    assert!(page.header("content-security-policy").contains("; img-src 'self' data:; "));
    assert!(
        page.body.contains("<img class=\"logo\" src=\"data:image/png;base64,iVBORw0KGgo"),
        "{}",
        page.body
    );
    assert!(page.body.contains("width=\"80\" height=\"40\" alt=\"\""), "{}", page.body);
}

#[tokio::test]
async fn hsts_is_for_https_alone() {
    let visitor = Visitor::of("http://127.0.0.1:8080");
    assert_eq!(visitor.get("/").await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn nothing_comes_from_the_host_header() {
    let visitor = Visitor::new();
    let request = Request::get(visitor.link("ada", 1))
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    let answer = visitor.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.body.contains("evil.example"));
}

#[tokio::test]
async fn a_path_prefix_is_served_with_and_without() {
    let visitor = Visitor::of("https://x.example/reset");
    let link = visitor.link("ada", 1);
    for path in [link.clone(), format!("/reset{link}")] {
        let page = visitor.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(&format!("action=\"/reset{link}\"")));
    }
    let asset = format!("/assets/{}", visitor.app.0.site.assets().script.file_name());
    assert_eq!(visitor.get(&asset).await.status, StatusCode::OK);
    assert_eq!(visitor.get(&format!("/reset{asset}")).await.status, StatusCode::OK);
    assert_eq!(visitor.get("/reset").await.status, StatusCode::OK);
    assert_eq!(visitor.get("/reset/nowhere").await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.get("/reset/nowhere").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_panic_becomes_a_page_with_an_incident() {
    let visitor = Visitor::new();
    let request = Request::get(visitor.link("panic", 1)).header(header::ACCEPT_LANGUAGE, "de");
    let answer = visitor.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("01010101"));
    assert!(answer.body.contains("lang=\"de\""));
    assert!(!answer.body.contains("panics"));
}

#[tokio::test]
async fn pages_follow_the_browsers_language() {
    let visitor = Visitor::new();
    let request = Request::get("/").header(header::ACCEPT_LANGUAGE, "fr, de-AT;q=0.8, en;q=0.1");
    let answer = visitor.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.header("content-language"), "de");
}

#[tokio::test]
async fn health_is_told_without_a_reason() {
    let visitor = Visitor::new();
    let well = visitor.get("/healthz").await;
    assert_eq!((well.status, well.body.trim()), (StatusCode::OK, "ok"));
    visitor.well.store(false, Ordering::SeqCst);
    assert_eq!(visitor.get("/healthz").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn robots_are_sent_away() {
    assert!(Visitor::new().get("/robots.txt").await.body.contains("Disallow: /\n"));
}
