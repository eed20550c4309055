//! Links as people and mail programs pass them on, brought back to the spelling in which we wrote them. What a token says is judged after that, strictly.

use std::borrow::Cow;

/// Decodes each `%XX` that stands for an unreserved character (RFC 3986 §2.3): with and without, an address is the same (§6.2.2.2). All other ones stay.
/// Once: what an encoded `%` makes is not decoded again.
pub fn decode_unreserved(text: &str) -> Cow<'_, str> {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        decoded.push_str(before);
        match escaped(behind).filter(|byte| is_unreserved(*byte)) {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('%');
                rest = behind;
            }
        }
    }
    if decoded.is_empty() {
        return Cow::Borrowed(text);
    }
    decoded.push_str(rest);
    if decoded == text { Cow::Borrowed(text) } else { Cow::Owned(decoded) }
}

/// One slash for each run of them.
pub fn single_slashes(text: &str) -> Cow<'_, str> {
    if !text.contains("//") {
        return Cow::Borrowed(text);
    }
    let mut single = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '/' || !single.ends_with('/') {
            single.push(character);
        }
    }
    Cow::Owned(single)
}

/// A token without what a mail program took for its end: closing brackets, quotes, full stops, commas, text in another script, encoded or not.
///
/// A token ends with a letter, a digit, `-` or `_`, so that nothing of its own is taken off. `=` stays, and makes it a damaged one: base64url has no
/// padding here.
pub fn without_glue(token: &str) -> &str {
    let mut token = token;
    loop {
        let shorter = without_last(token);
        if shorter.len() == token.len() {
            return token;
        }
        token = shorter;
    }
}

fn without_last(token: &str) -> &str {
    // Only the last three bytes are looked at: a text of dots alone must not cost the square of its length.
    if let Some((before, end)) = token.split_at_checked(token.len().saturating_sub(3))
        && let Some(byte) = end.strip_prefix('%').and_then(escaped)
    {
        return if may_end(char::from(byte)) { token } else { before };
    }
    token.strip_suffix(|last| !may_end(last)).unwrap_or(token)
}

fn may_end(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '=')
}

/// The byte that the two hexadecimal digits at the beginning stand for.
fn escaped(text: &str) -> Option<u8> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_mail_programs_put_behind_a_token_is_taken_off() {
        for glue in [
            ")",
            ".",
            ">",
            ",",
            ";",
            ":",
            "!",
            "\"",
            "'",
            "]",
            "}",
            "*",
            "|",
            "/",
            "~",
            ").",
            ">).",
            "%29",
            "%3E",
            "%3e%2C",
            "%22.",
            "%E2%80%9D",
            "”",
            "»",
            "\u{200b}",
            "%E2%80%8B",
            "です",
            "。",
            " ",
            "%20",
            "%0D%0A",
            "\\",
        ] {
            assert_eq!(without_glue(&format!("v4.public.a-_.b9{glue}")), "v4.public.a-_.b9", "{glue}");
        }
    }

    #[test]
    fn nothing_of_a_token_and_no_padding_is_taken_off() {
        for token in
            ["v4.public.a.b-", "v4.public.a.b_", "v4.public.a=", "v4.public.a%3D", "a)b", "", "%2", "a%zz"]
        {
            assert_eq!(without_glue(token), token);
        }
        assert_eq!(without_glue(")."), "");
    }

    proptest! {
        #[test]
        fn any_text_passes_without_a_panic(text in "\\PC{0,40}|[%0-9a-fA-F./é]{0,40}") {
            let decoded = decode_unreserved(&text);
            let _ = (single_slashes(&decoded), without_glue(&decoded));
        }

        #[test]
        fn a_text_with_any_unreserved_character_encoded_is_the_same(text in "[A-Za-z0-9._~-]{1,40}", place in 0usize..40) {
            let place = place % text.len();
            let encode = |(index, byte): (usize, u8)| {
                if index == place { format!("%{byte:02X}") } else { char::from(byte).to_string() }
            };
            let encoded: String = text.bytes().enumerate().map(encode).collect();
            prop_assert_eq!(decode_unreserved(&encoded), text);
        }

        #[test]
        fn a_token_stays_as_it_is(token in "v4\\.public\\.[A-Za-z0-9_-]{1,40}\\.[A-Za-z0-9_-]{1,40}") {
            prop_assert_eq!(without_glue(&token), token.as_str());
            prop_assert_eq!(decode_unreserved(&token), token.as_str());
        }
    }
}
