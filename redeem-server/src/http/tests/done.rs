//! What a browser sees once its password is set, and what all others see.

use super::*;

/// The cookie of somebody who has set a password with this link, as their browser sends it.
async fn cookie(visitor: &Visitor, link: &str) -> String {
    let answer = visitor.post(link, &[], BOTH).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_password_that_was_set_leads_to_a_page_of_its_own_that_names_the_account() {
    let visitor = Visitor::of("https://x.example/reset");
    let answer = visitor.post(&visitor.link("ada", 1), &[], BOTH).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/reset/done"));
    let set = answer.header("set-cookie").to_owned();
    assert!(set.ends_with("; Path=/reset; Max-Age=300; HttpOnly; SameSite=Lax; Secure"), "{set}");
    assert!(!set.contains("v4.public") && !set.contains("ada"), "{set}");

    let cookie = set.split(';').next().unwrap_or_default();
    // Loaded again and again.
    for _ in 0..2 {
        let page = visitor.get_with("/reset/done", &[("cookie", cookie)]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("<h1>Ihr neues Passwort ist festgelegt</h1>"), "{}", page.body);
        assert!(page.body.contains(r#"<bdi class="name">Ada</bdi> <bdi class="id">ada</bdi>"#));
        assert!(!page.body.contains("v4.public"));
    }
}

#[tokio::test]
async fn a_used_link_leads_the_browser_that_used_it_to_the_same_page() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    let cookie = cookie(&visitor, &link).await;
    let with_cookie = [("cookie", cookie.as_str())];
    let answer = visitor.get_with(&link, &with_cookie).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/done"));
    let answer = visitor.post(&link, &with_cookie, BOTH).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/done"));
    assert_eq!(visitor.redeemed().len(), 1, "the form that was sent again redeems nothing");
}

#[tokio::test]
async fn for_everybody_else_a_link_stays_what_it_is() {
    let visitor = Visitor::new();
    let (link, other) = (visitor.link("ada", 1), visitor.link("ada", 2));
    let cookie = cookie(&visitor, &link).await;
    // Another browser, and another link of the same browser.
    assert_eq!(visitor.get(&link).await.status, StatusCode::OK);
    assert_eq!(visitor.get_with(&other, &[("cookie", &cookie)]).await.status, StatusCode::OK);
    let forged = format!("{cookie}A");
    assert_eq!(visitor.get_with(&link, &[("cookie", &forged)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_is_forgotten_after_five_minutes() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    let cookie = cookie(&visitor, &link).await;
    visitor.wait(5 * 60);
    assert_eq!(visitor.get_with(&link, &[("cookie", &cookie)]).await.status, StatusCode::OK);
    let page = visitor.get_with("/done", &[("cookie", &cookie)]).await;
    assert!(page.body.contains("<h1>Have you just set a new password?</h1>"), "{}", page.body);
}

#[tokio::test]
async fn a_link_that_expires_within_the_five_minutes_leads_to_the_page_too() {
    let visitor = Visitor::new();
    let link = visitor.link("ada", 1);
    visitor.wait(14 * 60);
    let cookie = cookie(&visitor, &link).await;
    visitor.wait(2 * 60);
    assert_eq!(visitor.get(&link).await.status, StatusCode::GONE);
    assert_eq!(visitor.get_with(&link, &[("cookie", &cookie)]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_sees_that_the_password_is_set() {
    let visitor = Visitor::new();
    let page = visitor.get_with("/done", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("<h1>Your new password is set</h1>") && !page.body.contains("class=\"account\"")
    );
}

#[tokio::test]
async fn where_other_pages_share_the_origin_its_word_is_not_enough() {
    let visitor = Visitor::of("https://x.example/reset");
    let page = visitor.get_with("/reset/done", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<h1>Have you just set a new password?</h1>"), "{}", page.body);
}

#[tokio::test]
async fn whoever_opens_the_page_just_so_is_told_nothing_that_is_not_true() {
    let visitor = Visitor::new();
    for headers in [&[][..], &[("sec-fetch-site", "none")], &[("sec-fetch-site", "cross-site")]] {
        let page = visitor.get_with("/done", headers).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("<h1>Have you just set a new password?</h1>"), "{}", page.body);
    }
}
