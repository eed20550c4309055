//! What came of something, put into words: pure, in the reader's language and the platform's own form.

mod feed;
pub(crate) mod markup;
pub mod reply;
pub(crate) mod sanitize;
