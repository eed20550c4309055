//! The languages that an operator may name.

use crate::problem::Refusal;
use crate::shown::shown;

/// The languages that pages and mails are written in.
pub const LANGUAGES: &[&str] = &["en", "de"];

/// A language that pages and mails are written in, by its tag.
pub(crate) fn spoken_language(tag: &str) -> Result<String, Refusal> {
    if LANGUAGES.contains(&tag) {
        return Ok(tag.to_owned());
    }
    let spoken: Vec<String> = LANGUAGES.iter().map(|language| format!("\"{language}\"")).collect();
    let cause = format!("{} is not a language that pages and mails are written in", shown(tag));
    Err(Refusal::new(cause, format!("use {}", spoken.join(" or "))))
}
