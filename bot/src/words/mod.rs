//! What came of something, put into words: pure, in the reader's language and the platform's own form.

mod feed;
mod markup;
mod part;
mod reply;
mod sanitize;

pub use markup::Markup;
pub use part::{Part, SecretText};
pub use reply::Words;
pub(crate) use sanitize::choice;
pub use sanitize::sanitize;
