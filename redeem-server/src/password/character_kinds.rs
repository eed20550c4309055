//! Kinds of characters, of which some directories want several in a password.

/// How many of five kinds are in a text: small letters, capital letters, digits, letters without case, and anything else.
///
/// Never fewer than a directory counts: Active Directory takes some characters for no kind at all, and says so itself where that matters.
pub(super) fn kinds(text: &str) -> usize {
    let kinds: [fn(char) -> bool; 5] = [
        char::is_lowercase,
        char::is_uppercase,
        |c| c.is_ascii_digit(),
        |c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase(),
        |c| !c.is_alphabetic() && !c.is_ascii_digit(),
    ];
    kinds.into_iter().filter(|is_of| text.chars().any(is_of)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_counts_once() {
        for (text, expected) in [
            ("", 0),
            ("lantern", 1),
            ("größe", 1),
            ("Lantern", 2),
            ("lantern-otter", 2),
            ("Lantern-otter", 3),
            ("Lantern 7", 4),
            ("密码", 1),
            ("Lantern-7-密码", 5),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }
}
