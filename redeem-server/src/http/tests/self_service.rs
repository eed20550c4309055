//! What contacts can do for themselves: the start page, the well-known address, the page for a forgotten password.

use keys::Wish;

use super::*;
use crate::outbox::NotDelivered;
use crate::wishes::WishSink;

const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// A bot that takes everything.
#[derive(Default)]
struct Bot(Mutex<Vec<Wish>>);

#[async_trait]
impl WishSink for Bot {
    async fn deliver(&self, wish: &Wish) -> Result<(), NotDelivered> {
        self.0.lock().expect("no test panics while holding it").push(wish.clone());
        Ok(())
    }
}

impl Visitor {
    /// What was asked for on the page since this was last called.
    async fn wished(&self) -> Vec<Wish> {
        let bot = Bot::default();
        self.wishes.hand_on(&bot).await.expect("a bot that takes everything");
        bot.0.into_inner().expect("no test panics while holding it")
    }

    async fn asks(&self, contact: &str) -> Answer {
        self.post("/forgot", &[], format!("contact={contact}")).await
    }
}

#[tokio::test]
async fn the_start_page_offers_what_is_on() {
    for (has_forgot, has_change) in [(true, true), (true, false), (false, true), (false, false)] {
        let page = Visitor::with("https://x.example/reset", None, has_forgot, has_change).get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.body.contains("href=\"/reset/forgot\""), has_forgot, "{}", page.body);
        assert_eq!(page.body.contains("href=\"/reset/change\""), has_change, "{}", page.body);
        let has_nothing = !has_forgot && !has_change;
        assert_eq!(page.body.contains("<h1>Set a new password</h1>"), has_nothing, "{}", page.body);
    }
}

#[tokio::test]
async fn the_well_known_address_leads_to_the_page_that_changes_a_password_best() {
    for (has_forgot, has_change, place) in
        [(true, true, "/change"), (true, false, "/forgot"), (false, true, "/change")]
    {
        for method in [Method::GET, Method::HEAD] {
            let visitor = Visitor::with("https://x.example", None, has_forgot, has_change);
            let answer = visitor.ask(method, CHANGE_PASSWORD).await;
            assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, place));
        }
    }
    let visitor = Visitor::with("https://x.example", None, false, false);
    assert_eq!(visitor.get(CHANGE_PASSWORD).await.status, StatusCode::NOT_FOUND);
}

/// Password managers ask for it to find out whether a site answers 200 to everything (W3C, "Detecting the reliability of HTTP status codes").
#[tokio::test]
async fn the_well_known_address_that_should_not_exist_does_not() {
    let path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(Visitor::new().get(path).await.status, StatusCode::NOT_FOUND);
    let visitor = Visitor::of("https://x.example/reset");
    assert_eq!(visitor.get(&format!("/reset{path}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn below_a_path_every_page_is_served_with_and_without_it() {
    let visitor = Visitor::of("https://x.example/reset");
    for prefix in ["", "/reset"] {
        assert_eq!(visitor.get(&format!("{prefix}/forgot")).await.status, StatusCode::OK, "{prefix}");
        assert_eq!(visitor.get(&format!("{prefix}/forgot/asked")).await.status, StatusCode::OK, "{prefix}");
        let known = visitor.get(&format!("{prefix}{CHANGE_PASSWORD}")).await;
        assert_eq!(known.header("location"), "/reset/change", "{prefix}");
        let asked = visitor.post(&format!("{prefix}/forgot"), &[], "contact=ada").await;
        assert_eq!(asked.header("location"), "/reset/forgot/asked", "{prefix}");
        assert_eq!(visitor.wished().await.len(), 1, "{prefix}");
    }
}

#[tokio::test]
async fn looking_at_the_page_asks_for_nothing_whatever_stands_in_its_address() {
    let visitor = Visitor::new();
    let page = visitor.get("/forgot").await;
    assert_eq!(page.status, StatusCode::OK);
    for query in ["?login_hint=ada", "?contact=ada", "?contact=%22%3E%3Cscript%3E", "?"] {
        let answer = visitor.get(&format!("/forgot{query}")).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &page.body), "{query}");
    }
    assert_eq!(visitor.ask(Method::HEAD, "/forgot").await.status, StatusCode::OK);
    assert_eq!(visitor.ask(Method::HEAD, "/forgot/asked").await.status, StatusCode::OK);
    assert!(visitor.wished().await.is_empty());
}

#[tokio::test]
async fn what_was_typed_goes_to_the_bot_and_stands_on_no_page() {
    let mut visitor = Visitor::new();
    visitor.peer = SocketAddr::from(([10, 0, 0, 1], 4711));
    let headers = [("x-forwarded-for", "203.0.113.7"), ("accept-language", "de")];
    let answer = visitor.post("/forgot", &headers, "contact=+ada%40example.org+&more=1").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/forgot/asked"));
    assert_eq!(answer.body, "");
    let wished = visitor.wished().await;
    let [wish] = wished.as_slice() else { panic!("{wished:?}") };
    assert_eq!((wish.typed.as_str(), wish.language.as_str()), ("ada@example.org", "de"));
    assert_eq!(wish.client, IpAddr::from([203, 0, 113, 7]));
    let asked = visitor.get("/forgot/asked").await;
    assert!(asked.body.contains("If we know you") && asked.body.contains("Call us."), "{}", asked.body);
}

#[tokio::test]
async fn whatever_is_typed_the_answer_is_the_same() {
    let visitor = Visitor::new();
    let first = visitor.asks("ada").await;
    for typed in [
        "nobody",
        "ada%40example.org",
        "%00%1b%5B31m",
        "%E2%80%AE",
        "%3Cscript%3E",
        &"x".repeat(321),
        &"%F0%9F%A6%92".repeat(64),
    ] {
        let answer = visitor.asks(typed).await;
        assert_eq!(
            (answer.status, answer.headers, answer.body),
            (first.status, first.headers.clone(), first.body.clone()),
            "{typed}"
        );
    }
}

#[tokio::test]
async fn an_empty_field_is_told_at_the_field() {
    let visitor = Visitor::new();
    for body in ["contact=", "contact=+%09+"] {
        let answer = visitor.post("/forgot", &[], body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(answer.body.contains("<title>Error: "), "{}", answer.body);
        assert!(answer.body.contains("<a href=\"#contact\">Enter your e-mail address or ID.</a>"));
        assert!(answer.body.contains("aria-invalid=\"true\" aria-describedby=\"failures-title\""));
    }
    assert_eq!(visitor.post("/forgot", &[], "").await.status, StatusCode::BAD_REQUEST);
    assert!(visitor.wished().await.is_empty());
}

#[tokio::test]
async fn another_website_asks_for_nothing() {
    let visitor = Visitor::new();
    let answer = visitor.post("/forgot", &[("origin", "https://evil.example")], "contact=ada").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(visitor.wished().await.is_empty());
}

#[tokio::test]
async fn whoever_asks_too_often_hears_for_how_many_minutes_and_where_to_turn() {
    let mut visitor = Visitor::new();
    for _ in 0..10 {
        assert_eq!(visitor.asks("ada").await.status, StatusCode::SEE_OTHER);
    }
    visitor.wait(40 * 60 - 1);
    let refused = visitor.asks("somebody-else").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "1201");
    assert!(refused.body.contains("in 21 minutes") && refused.body.contains("Call us."), "{}", refused.body);
    visitor.peer = SocketAddr::from(([192, 0, 2, 2], 4711));
    assert_eq!(
        visitor.asks("ada").await.status,
        StatusCode::SEE_OTHER,
        "from elsewhere the same name is taken"
    );
}

#[tokio::test]
async fn all_together_hear_the_same_once_they_ask_too_often() {
    let mut visitor = Visitor::new();
    for client in 0..60_u8 {
        visitor.peer = SocketAddr::from(([192, 0, 2, client], 4711));
        for _ in 0..10 {
            assert_eq!(visitor.asks("ada").await.status, StatusCode::SEE_OTHER);
        }
    }
    visitor.peer = SocketAddr::from(([192, 0, 2, 60], 4711));
    let refused = visitor.asks("ada").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.body.contains("in 60 minutes"), "{}", refused.body);
}

#[tokio::test]
async fn what_is_off_has_no_page() {
    let visitor = Visitor::with("https://x.example", None, false, false);
    for path in ["/forgot", "/forgot/asked", "/change"] {
        assert_eq!(visitor.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(visitor.asks("ada").await.status, StatusCode::NOT_FOUND);
}
