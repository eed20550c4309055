//! The message files, the constants that name their messages, and the code that says them are held to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use reset_link_texts::{FILES, Key, Language};

/// Message names with the variables that they have.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The messages of one file of a language.
fn read(language: &str, file: &str) -> Messages {
    let path = folder().join("messages").join(language).join(format!("{file}.ftl"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut messages = Messages::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) =
            line.split_once('=').filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            current = id.trim().to_owned();
            let twice = messages.insert(current.clone(), BTreeSet::new());
            assert!(twice.is_none(), "{current} stands twice in {}", path.display());
        }
        let names = line.split('$').skip(1);
        let names = names.map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
        });
        if let Some(variables) = messages.get_mut(&current) {
            variables.extend::<Vec<String>>(names.collect());
        }
    }
    messages
}

fn declared(keys: &[(&str, Key)]) -> Messages {
    let variables = |key: &Key| key.variables().iter().map(|name| (*name).to_owned()).collect();
    keys.iter().map(|(_, key)| (key.id().to_owned(), variables(key))).collect()
}

#[test]
fn every_language_has_every_message_with_its_variables_and_no_other() {
    let mut seen = BTreeSet::new();
    for (file, keys) in FILES {
        assert!(!keys.is_empty());
        for language in Language::all() {
            assert_eq!(read(&language.tag(), file), declared(keys), "{file}.ftl in {}", language.tag());
        }
        for (_, key) in keys {
            assert!(seen.insert(key.id()), "{} is the name of two messages", key.id());
        }
    }
    assert!(seen.len() > 300, "the messages were not read");
}

#[test]
fn every_file_of_every_language_is_known() {
    let known: BTreeSet<String> = FILES.iter().map(|(file, _)| format!("{file}.ftl")).collect();
    for language in Language::all() {
        let entries = fs::read_dir(folder().join("messages").join(language.tag())).expect("a folder");
        let files: BTreeSet<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        assert_eq!(files, known, "{}", language.tag());
    }
}

#[test]
fn a_message_is_named_like_its_constant() {
    for (file, keys) in FILES {
        for (name, key) in keys {
            let expected = name.to_ascii_lowercase().replace('_', "-");
            let id = match file {
                "pages" => key.id(),
                _ => key.id().strip_prefix(&format!("{file}-")).unwrap_or_default(),
            };
            assert_eq!(id, expected, "{file}::{name}");
        }
    }
}

#[test]
fn no_page_is_the_english_one_untranslated() {
    let [german, english] = ["de", "en"].map(|tag| Language::choose(Some(tag), None, "en"));
    let pages = FILES.into_iter().find(|(file, _)| *file == "pages").expect("the pages").1;
    for (_, key) in pages.iter().filter(|(_, key)| key.variables().is_empty()) {
        assert_ne!(german.say(*key), english.say(*key), "{}", key.id());
    }
}

/// All sources and templates below a folder.
fn sources(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html") {
            found.push_str(&fs::read_to_string(path).expect("text"));
        }
    }
}

#[test]
fn every_message_is_said_somewhere() {
    let mut code = String::new();
    for part in ["../bot/src", "../redeem-server/src", "../redeem-server/templates", "../src", "src"] {
        sources(&folder().join(part), &mut code);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named: BTreeSet<String> = code
        .split(|c: char| !is_name(c) && c != ':')
        .filter(|word| word.contains("::"))
        .map(|word| word.rsplit("::").take(2).collect::<Vec<_>>())
        .map(|parts| parts.into_iter().rev().collect::<Vec<_>>().join("::"))
        .collect();
    let unsaid: Vec<String> = FILES
        .iter()
        .flat_map(|(file, keys)| keys.iter().map(move |(name, _)| format!("{file}::{name}")))
        .filter(|constant| !named.contains(constant))
        .collect();
    assert!(unsaid.is_empty(), "messages that nobody says: {unsaid:?}");
}
