//! Lines that fit a terminal, broken between words.

/// The text with every line that is longer than `width` characters broken between words; what continues a line is indented as the line is. A word that
/// alone is longer stays whole.
pub fn wrapped(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrapped_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    let indent = line.chars().take_while(|character| *character == ' ').count();
    let (mut shown, mut column) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        if column > indent && column + word.trim_end().chars().count() > width {
            shown.truncate(shown.trim_end().len());
            shown.push('\n');
            shown.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        }
        shown.push_str(word);
        column += word.chars().count();
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_keep_their_indentation() {
        assert_eq!(wrapped("one two three", 20), "one two three");
        assert_eq!(wrapped("one two three", 8), "one two\nthree");
        assert_eq!(wrapped("  one two three\nfour five", 9), "  one two\n  three\nfour five");
        assert_eq!(wrapped("a wordthatislong b", 6), "a\nwordthatislong\nb");
        assert_eq!(wrapped("ada      her links", 12), "ada      her\nlinks");
        assert_eq!(wrapped("", 8), "");
        assert_eq!(wrapped("\none\n\n", 8), "\none\n\n", "empty lines stay");
    }

    proptest! {
        #[test]
        fn no_word_is_broken_or_lost(text in "[a-zé さ\u{301}]{0,200}", width in 1_usize..40) {
            let shown = wrapped(&text, width);
            prop_assert!(shown.split_whitespace().eq(text.split_whitespace()));
            for line in shown.lines().filter(|line| line.split_whitespace().count() > 1) {
                prop_assert!(line.trim_end().chars().count() <= width || line.starts_with(' '));
            }
        }
    }
}
