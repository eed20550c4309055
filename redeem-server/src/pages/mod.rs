//! What a person sees: an `Outcome`, or a `Notice` of the server itself, becomes a page with its status.

mod answer;
mod assets;
mod broken;
mod change;
mod forgot;
mod form;
mod notice;
mod objection;
mod page;
mod site;
mod start;

pub use self::assets::{Asset, Assets};
pub use self::change::ChangeFailure;
pub use self::notice::Notice;
pub use self::page::{Page, PageRequest};
pub use self::site::Site;
pub(crate) use self::site::path_of;

#[cfg(test)]
mod tests;
