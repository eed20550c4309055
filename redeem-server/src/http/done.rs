//! `/done`: where a browser is led once its password is set.
//!
//! The token is out of the address then, and the page can be loaded again: by that browser, for five minutes. GET and HEAD write nothing.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use keys::{LinkId, VerifiedLink};
use tokio::time::timeout;

use super::link::SHOWING;
use super::origin::is_from_our_own_page;
use super::{App, accept_language};
use crate::pages::Notice;
use crate::redeem::Account;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Response {
    let Some(done) = app.0.remembered.recall(&parts.headers, (app.0.clock)()) else {
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

impl App {
    /// The password is set: this browser may see so again.
    pub(super) fn remember(&self, link: &VerifiedLink) -> Response {
        let mut random = [0; 12];
        (self.0.entropy)(&mut random);
        let now = (self.0.clock)();
        let cookie = self.0.remembered.cookie(link.link_id(), link.contact(), now, random);
        ([(header::SET_COOKIE, cookie)], self.to_done()).into_response()
    }

    /// Whether this browser has used this very link within the last five minutes.
    pub(super) fn remembers(&self, link_id: LinkId, parts: &Parts) -> bool {
        let done = self.0.remembered.recall(&parts.headers, (self.0.clock)());
        done.is_some_and(|done| done.link_id == link_id)
    }

    pub(super) fn to_done(&self) -> Response {
        let place = format!("{}/done", self.0.site.prefix());
        (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
    }
}
