//! Rust source as words and marks, without comments, texts and what is compiled for tests alone. It knows so much of the language as paths need.

/// A word or a mark, and on which line it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) line: usize,
    pub(super) text: String,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(super) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Words, `::`, and every other mark on its own. A text or a character becomes `""`.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let (mut tokens, mut index, mut line) = (Vec::new(), 0, 1);
    while index < chars.len() {
        let begin = index;
        let text = match (at(index), at(index + 1)) {
            ('/', '/') => {
                index = end_of(&chars, index, |index| at(index) == '\n');
                None
            }
            ('/', '*') => {
                index = behind_comment(&chars, index);
                None
            }
            ('"', _) => {
                index = behind_text(&chars, index + 1, '"');
                Some("\"\"".to_owned())
            }
            ('\'', '\\') => {
                index = behind_text(&chars, index + 1, '\'');
                Some("\"\"".to_owned())
            }
            ('\'', _) if at(index + 2) == '\'' => {
                index += 3;
                Some("\"\"".to_owned())
            }
            (':', ':') => {
                index += 2;
                Some("::".to_owned())
            }
            (c, _) if c.is_alphanumeric() || c == '_' => {
                index = end_of(&chars, index, |index| !(at(index).is_alphanumeric() || at(index) == '_'));
                let word: String = chars[begin..index].iter().collect();
                let is_raw = matches!(word.as_str(), "r" | "br" | "cr") && matches!(at(index), '"' | '#');
                match is_raw.then(|| behind_raw_text(&chars, index)).flatten() {
                    Some(end) => {
                        index = end;
                        Some("\"\"".to_owned())
                    }
                    None => Some(word),
                }
            }
            (c, _) => {
                index += 1;
                (!c.is_whitespace()).then(|| c.to_string())
            }
        };
        tokens.extend(text.map(|text| Token { line, text }));
        line += chars[begin..index.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn end_of(chars: &[char], from: usize, is_end: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|index| is_end(*index)).unwrap_or(chars.len())
}

/// Block comments nest.
fn behind_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut index) = (0, from);
    while index < chars.len() {
        match (chars[index], chars.get(index + 1)) {
            ('/', Some('*')) => (depth, index) = (depth + 1, index + 2),
            ('*', Some('/')) => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
        if depth == 0 {
            break;
        }
    }
    index
}

fn behind_text(chars: &[char], from: usize, mark: char) -> usize {
    let mut index = from;
    while index < chars.len() && chars[index] != mark {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

/// `None` for a raw word such as `r#type`.
fn behind_raw_text(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from..].iter().take_while(|c| **c == '#').count();
    if chars.get(from + hashes) != Some(&'"') {
        return None;
    }
    let is_end = |index: usize| {
        chars[index] == '"' && chars[index + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    Some(end_of(chars, from + hashes + 1, is_end) + 1 + hashes)
}

/// Without items that are compiled for tests alone; and the names of modules among them that have files of their own.
pub(super) fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let is_attribute = |from: usize| {
        ATTRIBUTE
            .iter()
            .enumerate()
            .all(|(index, text)| tokens.get(from + index).is_some_and(|token| token.is(text)))
    };
    let (mut kept, mut modules, mut index) = (Vec::new(), Vec::new(), 0);
    while index < tokens.len() {
        if !is_attribute(index) {
            kept.push(tokens[index].clone());
            index += 1;
            continue;
        }
        let begin = index + ATTRIBUTE.len();
        index = behind_item(tokens, begin);
        if let [module, name, end] = &tokens[begin..index]
            && module.is("mod")
            && end.is(";")
        {
            modules.push(name.text.clone());
        }
    }
    (kept, modules)
}

/// An item ends with `;`, or with the `}` of its braces; further attributes belong to it.
fn behind_item(tokens: &[Token], from: usize) -> usize {
    let (mut depth, mut index) = (0_usize, from);
    while let Some(token) = tokens.get(index) {
        index += 1;
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.is("}") {
                    return index;
                }
            }
            ";" if depth == 0 => return index,
            _ => {}
        }
    }
    index
}
