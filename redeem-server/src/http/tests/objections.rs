//! "It wasn't me": what its page answers, and how often.

use keys::{NewObjection, OBJECTION_LIFETIME, ObjectionLink, ObjectionSubject};

use super::*;

impl Visitor {
    /// The path of a genuine objection, without the public URL's own.
    fn objection(&self, contact: &str, subject: ObjectionSubject) -> String {
        let new = NewObjection {
            contact: ContactId::new(contact).expect("a contact id"),
            event: LinkId::from_random([5; 24]),
            subject,
            at: Timestamp::from_second(START).expect("a time"),
        };
        let link = ObjectionLink::sign(&self.pretended.keyring, &self.pretended.public_url, &new);
        link.expose().strip_prefix(&self.pretended.public_url).expect("under the public URL").to_owned()
    }

    fn objected(&self) -> Vec<(String, Timestamp, IpAddr)> {
        self.pretended.objected.lock().expect("no test panics while holding it").clone()
    }
}

#[tokio::test]
async fn the_page_says_what_a_press_does_and_only_the_press_does_it() {
    let visitor = Visitor::new();
    let page = visitor.objection("ada", ObjectionSubject::Link);
    for (method, has_text) in [(Method::GET, true), (Method::HEAD, false)] {
        let answer = visitor.ask(method, &page).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body.contains("that link and all before it stop working"), has_text);
        assert_eq!(answer.body.contains(&format!("action=\"{page}\"")), has_text);
    }
    assert_eq!(visitor.objected(), []);

    let pressed = visitor.post(&page, &[], "").await;
    assert_eq!((pressed.status, pressed.header("location")), (StatusCode::SEE_OTHER, "/n/done"));
    let at = Timestamp::from_second(START).expect("a time");
    assert_eq!(visitor.objected(), [("ada".to_owned(), at, visitor.peer.ip())]);
    let done = visitor.get("/n/done").await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.body.contains("no longer work") && done.body.contains("Call us."), "{}", done.body);
}

#[tokio::test]
async fn after_a_change_the_page_says_that_the_former_password_does_not_come_back() {
    let visitor = Visitor::new();
    let page = visitor.get(&visitor.objection("ada", ObjectionSubject::Change)).await;
    assert!(page.body.contains("a new password was set for your account"), "{}", page.body);
    assert!(page.body.contains("does not bring your former password back"), "{}", page.body);
}

#[tokio::test]
async fn an_objection_is_good_for_a_day_and_then_its_page_says_where_to_turn() {
    let visitor = Visitor::new();
    let page = visitor.objection("ada", ObjectionSubject::Link);
    visitor.wait(OBJECTION_LIFETIME.as_secs() - 1);
    assert_eq!(visitor.get(&page).await.status, StatusCode::OK);
    visitor.wait(1);
    for answer in [visitor.get(&page).await, visitor.post(&page, &[], "").await] {
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(answer.body.contains("works for one day") && answer.body.contains("Call us."));
    }
    assert_eq!(visitor.objected(), []);
}

#[tokio::test]
async fn an_objection_that_was_cut_off_is_damaged_and_counted_with_damaged_links() {
    let visitor = Visitor::new();
    let page = visitor.objection("ada", ObjectionSubject::Link);
    let cut_off = page.strip_suffix(|_: char| true).expect("a last character");
    for path in ["/n", "/n/", cut_off] {
        assert_eq!(visitor.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(visitor.get("/n/a/b").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(visitor.get("/r/v4.public.damaged").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(visitor.get(&page).await.status, StatusCode::OK, "a genuine one is counted by itself");
}

#[tokio::test]
async fn a_genuine_objection_is_counted_by_what_it_is_about() {
    let visitor = Visitor::new();
    let page = visitor.objection("ada", ObjectionSubject::Link);
    for _ in 0..5 {
        assert_eq!(visitor.get(&page).await.status, StatusCode::OK);
    }
    let refused = visitor.post(&page, &[], "").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60"));
    assert_eq!(visitor.objected(), []);
    visitor.wait(60);
    assert_eq!(visitor.post(&page, &[], "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_is_no_objection_and_an_objection_is_no_link() {
    let visitor = Visitor::new();
    let (link, objection) = (visitor.link("ada", 1), visitor.objection("ada", ObjectionSubject::Link));
    let as_objection = link.replacen("/r/", "/n/", 1);
    let as_link = objection.replacen("/n/", "/r/", 1);
    assert_eq!(visitor.post(&as_objection, &[], "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(visitor.post(&as_link, &[], BOTH).await.status, StatusCode::BAD_REQUEST);
    assert_eq!((visitor.objected(), visitor.redeemed()), (vec![], vec![]));
}

#[tokio::test]
async fn another_website_objects_to_nothing() {
    let visitor = Visitor::new();
    let page = visitor.objection("ada", ObjectionSubject::Link);
    let answer = visitor.post(&page, &[("origin", "https://evil.example")], "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(visitor.objected(), []);
}

#[tokio::test]
async fn where_the_ledger_takes_nothing_nobody_is_told_that_it_has() {
    let visitor = Visitor::new();
    let page = visitor.objection("broken", ObjectionSubject::Link);
    let answer = visitor.post(&page, &[], "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("01010101"), "{}", answer.body);
}

#[tokio::test]
async fn other_methods_do_nothing() {
    let visitor = Visitor::new();
    let page = visitor.objection("ada", ObjectionSubject::Link);
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS] {
        assert_eq!(visitor.ask(method, &page).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(visitor.objected(), []);
}

#[tokio::test]
async fn below_a_path_the_page_is_served_with_and_without_it_and_leads_to_its_own_addresses() {
    let visitor = Visitor::of("https://x.example/reset");
    let page = visitor.objection("ada", ObjectionSubject::Link);
    for path in [page.clone(), format!("/reset{page}")] {
        let shown = visitor.get(&path).await;
        assert!(shown.body.contains(&format!("action=\"/reset{page}\"")), "{path}: {}", shown.body);
        assert_eq!(visitor.post(&path, &[], "").await.header("location"), "/reset/n/done");
    }
    assert_eq!(visitor.get("/reset/n/done").await.status, StatusCode::OK);
    assert_eq!(visitor.get("/reset/n").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whoever_objects_while_somebody_is_setting_a_password_is_told_that_it_may_be_too_late() {
    let visitor = Visitor::new();
    let page = visitor.objection("late", ObjectionSubject::Link);
    let said = visitor.post(&page, &[], "").await;
    assert_eq!(said.status, StatusCode::CONFLICT);
    assert!(said.body.contains("at this very moment"), "{}", said.body);
}
