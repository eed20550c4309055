//! A mail server's own words, made fit for a chat: addresses and links masked, nothing that renders, short.

use keys::text;

/// The longest answer that is shown, in characters.
pub(crate) const LONGEST: usize = 300;

/// From this length on an unbroken run of base64url characters is taken for a secret (part of a token) rather than for a queue number.
const SECRET_RUN: usize = 40;

/// What every one of our tokens begins with.
const TOKEN_HEADER: &str = "v4.public.";

/// Makes a foreign text harmless. In this order, because each step could otherwise bring about what an earlier one removed:
///
/// 1. line breaks become spaces; control characters, bidi marks, and characters that cannot be seen are removed;
/// 2. link tokens, and long runs that could be parts of one, become `…`;
/// 3. whatever looks like an e-mail address becomes `a… at example.org`;
/// 4. characters that a chat renders as markup or as a mention are replaced;
/// 5. spaces are collapsed, and the rest is cut at [`LONGEST`] characters, with `…`.
pub(crate) fn sanitize(text: &str) -> String {
    let spelled = text.replace("%40", "@").replace("&#64;", "@");
    let visible: Vec<char> = spelled.chars().filter_map(visible).collect();
    let unmarked: String = mask_addresses(&mask_secrets(&visible)).into_iter().map(unmarked).collect();
    shorten(&unmarked.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST)
}

/// A name from the directory or the configuration as one harmless line, for headers and texts. Joiners stay where a script or an emoji needs them.
pub(crate) fn one_line(text: &str) -> String {
    let is_joiner = |c: &char| matches!(c, '\u{200c}' | '\u{200d}');
    let seen = text::visible(text);
    let line: String =
        seen.chars().filter_map(|c| if is_joiner(&c) { Some(c) } else { visible(c) }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a text at a character boundary, with `…` as its last character where something is missing.
pub(crate) fn shorten(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

fn visible(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if c.is_control() => None,
        c if text::is_invisible(c) => None,
        // For private use: nobody can say what they show.
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => None,
        // The other at signs.
        '\u{ff20}' | '\u{fe6b}' => Some('@'),
        // What stands for bytes that are not UTF-8.
        '\u{fffd}' => Some('?'),
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

fn unmarked(c: char) -> char {
    match c {
        '`' | '´' => '\'',
        '<' | '[' => '(',
        '>' | ']' => ')',
        '*' | '_' | '~' | '|' => '-',
        '\\' => '/',
        '#' | '@' => ' ',
        c => c,
    }
}

fn mask_secrets(text: &[char]) -> Vec<char> {
    let header: Vec<char> = TOKEN_HEADER.chars().collect();
    let in_run = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut masked = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let is_token = rest.len() >= header.len()
            && rest.iter().zip(&header).all(|(c, expected)| c.eq_ignore_ascii_case(expected));
        let run = rest.iter().take_while(|c| in_run(c)).count();
        if is_token {
            masked.push('…');
            rest = rest.iter().position(|c| c.is_whitespace()).map_or(&[], |end| rest.split_at(end).1);
        } else if run >= SECRET_RUN {
            masked.push('…');
            rest = rest.split_at(run).1;
        } else {
            masked.push(*first);
            rest = behind;
        }
    }
    masked
}

/// Masks what stands around each at sign, spaces next to it or not, so that no address can be read back.
fn mask_addresses(text: &[char]) -> Vec<char> {
    let in_local = |c: &char| {
        !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\' | '@')
    };
    let in_domain = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '[' | ']' | ':');
    let mut masked: Vec<char> = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(c) = rest.next() {
        if c != '@' {
            masked.push(c);
            continue;
        }
        drop_trailing_spaces(&mut masked);
        let quoted = masked.last() == Some(&'"');
        if quoted {
            masked.pop();
            let opening = masked.iter().rposition(|c| *c == '"');
            masked.truncate(opening.map_or(0, |quote| quote + 1));
        } else {
            let length = masked.iter().rev().take_while(|c| in_local(c)).count();
            // The first letter stays.
            masked.truncate(masked.len() - length.saturating_sub(1));
        }
        masked.extend("… at ".chars());
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        while let Some(c) = rest.next_if(|c| in_domain(c)) {
            masked.push(c);
        }
    }
    masked
}

fn drop_trailing_spaces(text: &mut Vec<char>) {
    while text.last().is_some_and(|c| c.is_whitespace()) {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST, one_line, sanitize, shorten};

    #[test]
    fn an_address_is_masked_however_it_is_written() {
        for (quoted, shown) in [
            ("<ada.lovelace@example.org>: user unknown", "(a… at example.org): user unknown"),
            ("ADA.LOVELACE@EXAMPLE.ORG unknown", "A… at EXAMPLE.ORG unknown"),
            ("to=ada.lovelace@example.org", "t… at example.org"),
            ("ada.lovelace @ example.org", "a… at example.org"),
            ("ada.lovelace%40example.org", "a… at example.org"),
            ("ada.love\u{200b}lace\u{202e}@example.org", "a… at example.org"),
            ("\"ada lovelace\"@example.org", "\"… at example.org"),
            ("ada.lovelace＠example.org", "a… at example.org"),
            ("postmaster@example.org, ada.lovelace@example.org", "p… at example.org, a… at example.org"),
            ("@here wake up", "… at here wake up"),
        ] {
            assert_eq!(sanitize(quoted), shown);
        }
    }

    #[test]
    fn a_token_that_the_server_quotes_is_masked() {
        let link =
            format!("https://reset.example.org/r/v4.public.{}.{}", "aB3-_x".repeat(40), "Zz9".repeat(20));
        assert_eq!(
            sanitize(&format!("554 spam: {link} is listed")),
            "554 spam: https://reset.example.org/r/… is listed"
        );
        assert_eq!(sanitize(&format!("554 part {} listed", "aB3-_x".repeat(7))), "554 part … listed");
    }

    #[test]
    fn an_ordinary_answer_stays_readable() {
        let answer =
            "5.7.1 Relaying denied. See https://support.example.com/?p=NoRelay q12-20020a05600c4a8c00b0";
        assert_eq!(sanitize(answer), answer);
    }

    #[test]
    fn line_breaks_and_bytes_that_are_no_text_do_no_harm() {
        assert_eq!(sanitize("one\r\ntwo\tthree\u{7}\u{1b}[31m"), "one two three(31m");
        assert_eq!(sanitize(&String::from_utf8_lossy(b"unzul\xe4ssig")), "unzul?ssig");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let cut = sanitize(&"é ".repeat(1000));
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with('…'));
        assert_eq!(shorten("three", 5), "three");
        assert_eq!(shorten("three!", 5), "thre…");
    }

    #[test]
    fn a_name_cannot_break_a_line() {
        assert_eq!(one_line("Ada\r\nBcc: x@example.org\u{202e}"), "Ada Bcc: x@example.org");
    }

    /// A text in which the address stands somewhere, in any case, with characters between its letters that cannot be seen.
    fn around_an_address() -> impl Strategy<Value = String> {
        let address = "zq.xwvk-zq@jqx.example";
        let invisible = prop::sample::select(vec!["", "\u{200b}", "\u{0}", "\u{202e}", "\u{ad}", "\u{feff}"]);
        let pieces = prop::collection::vec((any::<bool>(), invisible), address.len());
        (".{0,60}", pieces, ".{0,60}").prop_map(move |(before, pieces, behind)| {
            let written: String = address
                .chars()
                .zip(pieces)
                .map(|(c, (upper, extra))| {
                    format!("{}{extra}", if upper { c.to_ascii_uppercase() } else { c })
                })
                .collect();
            format!("{before}{written}{behind}")
        })
    }

    proptest! {
        #[test]
        fn any_text_comes_out_harmless(text in "(?s).{0,700}") {
            let shown = sanitize(&text);
            prop_assert!(shown.chars().count() <= LONGEST);
            prop_assert!(!shown.chars().any(|c| c.is_control() || "`*_~|<>@[]#\\".contains(c)), "{shown:?}");
            let directs = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let plain = !shown.chars().any(directs);
            prop_assert!(plain);
        }

        #[test]
        fn the_address_is_never_in_what_is_shown(text in around_an_address()) {
            prop_assert!(!sanitize(&text).to_ascii_lowercase().contains("xwvk"));
        }

        #[test]
        fn what_is_harmless_already_has_nothing_more_to_hide(text in "[a-zA-Z0-9 .,:/@<>]{0,200}") {
            let once = sanitize(&text);
            prop_assert_eq!(sanitize(&once), once);
        }
    }
}
