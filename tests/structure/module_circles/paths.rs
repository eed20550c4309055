//! What a file's words say: which paths it names, what it defines and passes on, which methods it defines and calls.

use std::collections::BTreeSet;

use super::tokens::{Token, tokens, without_tests};

/// A path that is named in code.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) path: Vec<String>,
}

/// One name that a `use` brings into a file; `*` for all names.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) named: Named,
    pub(super) name: String,
    pub(super) is_public: bool,
}

/// Methods of a type outside of a trait.
#[derive(Debug)]
pub(super) struct Methods {
    pub(super) of: Vec<String>,
    pub(super) names: Vec<String>,
}

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Modules that are declared here and have files of their own.
    pub(super) children: BTreeSet<String>,
    /// Modules that are compiled for tests alone.
    pub(super) test_children: Vec<String>,
    pub(super) imports: Vec<Import>,
    /// Paths outside of `use`.
    pub(super) named: Vec<Named>,
    pub(super) defined: BTreeSet<String>,
    pub(super) methods: Vec<Methods>,
    /// Every function's name, methods too.
    pub(super) functions: BTreeSet<String>,
    /// Every word.
    pub(super) words: BTreeSet<String>,
    /// `.name(`, and on which line.
    pub(super) calls: Vec<(String, usize)>,
}

impl Facts {
    pub(super) fn of(source: &str) -> Self {
        let (tokens, test_children) = without_tests(&tokens(source));
        let mut facts = Self { test_children, ..Self::default() };
        let (mut depth, mut index) = (0_usize, 0);
        while index < tokens.len() {
            let token = &tokens[index];
            match token.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth = depth.saturating_sub(1),
                "use" if next(&tokens, index).is_some_and(|next| !next.is("<")) => {
                    index = facts.import(&tokens, index);
                    continue;
                }
                "impl" if depth == 0 && begins_item(&tokens, index) => facts.implement(&tokens, index + 1),
                "fn" => facts.functions.extend(next(&tokens, index).map(|name| name.text.clone())),
                _ => {}
            }
            if token.is_word() {
                facts.words.insert(token.text.clone());
            }
            if depth == 0 {
                facts.define(&tokens, index);
            }
            if token.is(".")
                && let [name, open, ..] = &tokens[index + 1..]
                && name.is_word()
                && open.is("(")
            {
                facts.calls.push((name.text.clone(), name.line));
            }
            let begins_path = token.is_word()
                && next(&tokens, index).is_some_and(|next| next.is("::"))
                && !index.checked_sub(1).is_some_and(|before| tokens[before].is("::"))
                && !is_visibility(&tokens, index);
            if begins_path {
                facts.named.push(Named { line: token.line, path: path(&tokens, index) });
            }
            index += 1;
        }
        facts
    }

    fn define(&mut self, tokens: &[Token], index: usize) {
        let Some(name) = next(tokens, index) else { return };
        match tokens[index].text.as_str() {
            "mod" if tokens.get(index + 2).is_some_and(|end| end.is(";")) => {
                self.children.insert(name.text.clone());
            }
            "struct" | "enum" | "union" | "trait" | "fn" | "type" | "const" | "static" | "mod" => {
                self.defined.insert(name.text.clone());
            }
            "macro_rules" => self.defined.extend(tokens.get(index + 2).map(|name| name.text.clone())),
            _ => {}
        }
    }

    /// Takes in a `use`; the index behind it.
    fn import(&mut self, tokens: &[Token], at: usize) -> usize {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let is_public = before.is_some_and(|before| before.is("pub") || before.is(")"));
        let mut index = at + 1;
        let mut found = Vec::new();
        tree(tokens, &mut index, &[], &mut found);
        self.words.extend(tokens[at..index].iter().map(|token| token.text.clone()));
        self.imports.extend(found.into_iter().map(|(named, name)| Import { named, name, is_public }));
        index
    }

    fn implement(&mut self, tokens: &[Token], mut index: usize) {
        if tokens.get(index).is_some_and(|token| token.is("<")) {
            index = behind_generics(tokens, index);
        }
        let of = path(tokens, index);
        let Some(open) = (index..tokens.len()).find(|index| tokens[*index].is("{")) else { return };
        if tokens[index..open].iter().any(|token| token.is("for")) {
            return;
        }
        let (mut depth, mut names) = (0_usize, Vec::new());
        for at in open..tokens.len() {
            match tokens[at].text.as_str() {
                "{" => depth += 1,
                "}" if depth == 1 => break,
                "}" => depth -= 1,
                "fn" if depth == 1 => names.extend(next(tokens, at).map(|name| name.text.clone())),
                _ => {}
            }
        }
        self.methods.push(Methods { of, names });
    }
}

fn next(tokens: &[Token], index: usize) -> Option<&Token> {
    tokens.get(index + 1)
}

/// Whether the path from here on only says who may see an item, as in `pub(in crate::a)`.
fn is_visibility(tokens: &[Token], index: usize) -> bool {
    index.checked_sub(2).is_some_and(|before| tokens[before].is("(") && tokens[before + 1].is("in"))
}

fn begins_item(tokens: &[Token], index: usize) -> bool {
    index
        .checked_sub(1)
        .is_none_or(|before| ["}", ";", "]", "unsafe"].iter().any(|text| tokens[before].is(text)))
}

fn behind_generics(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(from) {
        let is_arrow = index.checked_sub(1).is_some_and(|before| tokens[before].is("-"));
        match token.text.as_str() {
            "<" => depth += 1,
            ">" if !is_arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// The words from here on that `::` binds.
fn path(tokens: &[Token], from: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut index = from;
    while let Some(token) = tokens.get(index).filter(|token| token.is_word()) {
        words.push(token.text.clone());
        if !next(tokens, index).is_some_and(|next| next.is("::")) {
            break;
        }
        index += 2;
    }
    words
}

/// The leaves of a tree of `use`, each with the name under which it is known. Leaves the index behind the tree.
fn tree(tokens: &[Token], index: &mut usize, prefix: &[String], found: &mut Vec<(Named, String)>) {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(*index) {
        *index += 1;
        match token.text.as_str() {
            "::" => {}
            "{" => {
                while tokens.get(*index).is_some_and(|token| !token.is("}")) {
                    tree(tokens, index, &path, found);
                    if tokens.get(*index).is_some_and(|token| token.is(",")) {
                        *index += 1;
                    }
                }
                *index += 1;
                return;
            }
            "*" => {
                found.push((Named { line: token.line, path }, "*".to_owned()));
                return;
            }
            _ => {
                if !token.is("self") || prefix.is_empty() {
                    path.push(token.text.clone());
                }
                match tokens.get(*index).map(|token| token.text.as_str()) {
                    Some("::") => {}
                    Some("as") => {
                        let name = tokens.get(*index + 1).map_or_else(String::new, |name| name.text.clone());
                        *index += 2;
                        found.push((Named { line: token.line, path }, name));
                        return;
                    }
                    _ => {
                        let name = path.last().cloned().unwrap_or_default();
                        found.push((Named { line: token.line, path }, name));
                        return;
                    }
                }
            }
        }
    }
}
