//! Words that name nothing of this field stay out of the code.

use super::sources::rust_files;

/// What may hold the word all the same, and why.
const ALLOWED: [(&str, &str); 4] = [
    ("housekeeping", "the field's word for what goes by the clock"),
    ("household", "what shares an IPv6 network"),
    ("lighthouse", "of a password in tests"),
    ("correct house", "a password that is nearly the right one"),
];

#[test]
fn no_code_speaks_of_a_house() {
    let mut met = [false; ALLOWED.len()];
    for (file, text) in rust_files() {
        if file == "tests/structure/words.rs" {
            continue;
        }
        let mut text = format!("{file}\n{text}").to_lowercase();
        for ((allowed, _), met) in ALLOWED.iter().zip(&mut met) {
            *met |= text.contains(allowed);
            text = text.replace(allowed, "");
        }
        let line = text.lines().find(|line| line.contains("house"));
        assert!(line.is_none(), "{file}: {}", line.unwrap_or_default());
    }
    for ((allowed, reason), met) in ALLOWED.iter().zip(met) {
        assert!(met, "{allowed} ({reason}) is met nowhere any more");
    }
}
