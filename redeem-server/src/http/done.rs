//! `/done`: where a browser is led once its password is set.
//!
//! The token is out of the address then, and the page can be loaded again: by that browser, for five minutes. GET and HEAD write nothing.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::app::{App, accept_language};
use super::origin::is_from_our_own_page;
use super::times::SHOWING;
use crate::pages::Notice;
use crate::redeem::Account;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Response {
    let Some(done) = app.0.done_cookies.recall(&parts.headers, (app.0.clock)()) else {
        // A browser that keeps no cookies still says that it comes from our form, and only a password that was set leads here from there. Where other pages
        // share the origin, it says less.
        let came_from_the_form = app.0.site.prefix().is_empty() && is_from_our_own_page(&parts.headers);
        let notice = if came_from_the_form { Notice::Done(None) } else { Notice::DonePerhaps };
        return app.notice(&notice, &parts.headers);
    };
    let account = timeout(SHOWING, app.0.redemption.account(&done.contact))
        .await
        .unwrap_or_else(|_| Account { contact: done.contact.clone(), name: String::new(), language: None });
    app.0.site.done(account, accept_language(&parts.headers)).into_response()
}
