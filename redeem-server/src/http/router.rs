//! The addresses.

use axum::Router;
use axum::routing::get;

use super::app::App;
use super::{change, done, forgot, guard, link, objection, other_routes, prefix, spelling};

impl App {
    /// All routes, with headers, limits and error pages. Every address is known in any spelling that means the same (RFC 3986 §6.2.2). Every address
    /// is served with the public URL's path in front of it and without: a reverse proxy may take it off or leave it.
    ///
    /// The peer's address is taken from the `ConnectInfo<SocketAddr>` extension, which `serve` sets.
    pub fn router(&self) -> Router {
        let router = self
            .self_service()
            .route("/", get(other_routes::home))
            // Links that were cut off, or to which text was added, are damaged links rather than unknown addresses.
            .route("/r", get(link::show).post(link::redeem))
            .route("/r/", get(link::show).post(link::redeem))
            .route("/r/{*token}", get(link::show).post(link::redeem))
            .route("/done", get(done::show))
            .route("/n/done", get(objection::done))
            .route("/n", get(objection::show).post(objection::object))
            .route("/n/", get(objection::show).post(objection::object))
            .route("/n/{*token}", get(objection::show).post(objection::object))
            .route("/.well-known/change-password", get(other_routes::change_password))
            .route("/assets/{file}", get(other_routes::asset))
            .route("/healthz", get(other_routes::health))
            .route("/robots.txt", get(other_routes::robots))
            .fallback(other_routes::not_found)
            .method_not_allowed_fallback(other_routes::method_not_allowed)
            .with_state(self.clone());
        spelling::any(prefix::with_and_without(self.0.site.prefix(), guard::around(router, self)))
    }

    /// The pages on which contacts help themselves, where the operator wants them.
    fn self_service(&self) -> Router<Self> {
        let mut router = Router::new();
        if self.0.wishes.is_some() {
            router = router
                .route("/forgot", get(forgot::show).post(forgot::ask))
                .route("/forgot/asked", get(forgot::asked));
        }
        if self.0.changer.is_some() {
            router = router
                .route("/change", get(change::show).post(change::change))
                .route("/change/done", get(change::done));
        }
        router
    }
}
