//! Every text of pages, mails and chats, and in which language it is said.
//!
//! The texts are Fluent messages in `messages/<language>/*.ftl` and are compiled in. A new language is a new folder and nothing else; a message is named by
//! a constant of the module that is called like its file ([`chat`], [`mail`], [`pages`] …).
//!
//! Touches: nothing. Never touches: files at run time, settings, the clock.

mod keys;
mod language;
mod times;

pub use keys::{FILES, Key, chat, discord, feed, mail, mattermost, pages, slack};
pub use language::Language;
pub use times::{clock_time, date_time, time_and_zone};

/// What is put into a text: a string or a number (`"Ada".into()`, `3.into()`).
pub type Value<'a> = fluent_templates::fluent_bundle::FluentValue<'a>;
