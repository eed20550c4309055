//! The router: addresses, methods, limits, headers; what they answer is decided in `redeem` and put into words in `pages`.
//!
//! Invariant: nothing here logs a request's path or its body, for they hold the token and the password.

mod app;
mod change;
mod client_address;
mod done;
mod done_cookie;
mod forgot;
mod form;
mod guard;
mod headers;
mod limits;
mod link;
mod objection;
mod origin;
mod other_routes;
mod prefix;
mod redemption;
mod router;
mod serve;
mod spelling;
mod times;

pub use self::app::{App, Health, INSTANCE, Settings, UseCases};
pub use self::client_address::client_address;
pub use self::limits::{Limits, TooMany};
pub use self::redemption::Redemption;
pub use self::serve::serve;

#[cfg(test)]
mod tests;
