//! How a value that was given is quoted in an error.

use std::borrow::Cow;

/// Enough to recognise a value by.
const LONGEST: usize = 80;

/// The text in quotation marks: without the login of a URL or the local part of an address, without control
/// characters, and not endless.
pub(crate) fn shown(text: &str) -> String {
    let mut quoted = String::from('"');
    for (index, character) in without_secrets(text).chars().enumerate() {
        if index == LONGEST {
            quoted.push('…');
            break;
        }
        if character.is_control() {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('"');
    quoted
}

fn without_secrets(text: &str) -> Cow<'_, str> {
    // A key that was pasted where its file's name belongs.
    if text.contains("k4.secret.") {
        return "…".into();
    }
    // Whatever stands before an `@` may be a login, in a URL that does not even parse, too.
    let Some((before, host)) = text.rsplit_once('@') else { return text.into() };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://…@{host}").into(),
        None => format!("…@{host}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_login_is_never_shown() {
        assert_eq!(shown("https://ada:hunter2@example.com/x"), r#""https://…@example.com/x""#);
        assert_eq!(shown("smtp://ada:hun@ter2@mail"), r#""smtp://…@mail""#);
        assert_eq!(shown("ada@example.com"), r#""…@example.com""#);
        assert_eq!(shown("k4.secret.AAAA"), r#""…""#);
    }

    #[test]
    fn a_value_is_harmless_and_short() {
        assert_eq!(shown("a\u{1b}[31m\nb"), r#""a\u{1b}[31m\nb""#);
        assert_eq!(shown(&"é".repeat(81)), format!("\"{}…\"", "é".repeat(80)));
    }
}
