use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::{choose, clock_time, languages, text};

type Variables = BTreeSet<String>;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All files below a folder with one of these ends.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.extension().is_some_and(|extension| extension == end) {
            found.push(path);
        }
    }
    found
}

/// Each message of a language with its variables, and the file it stands in.
fn messages(language: &str) -> BTreeMap<String, (String, Variables)> {
    let mut messages = BTreeMap::new();
    for path in files(&folder("messages").join(language), "ftl") {
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut key = String::new();
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) =
                line.split_once('=').filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                key = name.trim().to_owned();
                assert!(!messages.contains_key(&key), "{key} stands twice in {language}");
                messages.insert(key.clone(), (file.clone(), Variables::new()));
            }
            let names = line.split('$').skip(1);
            let names = names.map(|rest| {
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
            });
            if let Some((_, variables)) = messages.get_mut(&key) {
                variables.extend(names);
            }
        }
    }
    messages
}

#[test]
fn every_language_has_every_message_with_the_same_variables() {
    let english = messages("en");
    assert!(english.len() > 20, "the English messages were not found");
    for language in languages() {
        assert_eq!(messages(&language), english, "{language} differs from en");
    }
}

/// The literals in a source that name a message: `"mail-…"`, `"chat-…"`, for each message file.
fn named_in(source: &str, files: &BTreeSet<String>) -> BTreeSet<String> {
    let is_key =
        |literal: &&str| literal.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let of_a_file = |literal: &&str| {
        literal.split_once('-').is_some_and(|(file, rest)| files.contains(file) && !rest.is_empty())
    };
    // A literal that ends in a hyphen is the beginning of a key, put together at run time.
    source
        .split('"')
        .filter(is_key)
        .filter(of_a_file)
        .filter(|key| !key.ends_with('-'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_key_that_the_code_names_exists() {
    let messages = messages("en");
    let stems: BTreeSet<String> = messages.values().map(|(file, _)| file.clone()).collect();
    for (key, (file, _)) in &messages {
        assert!(key.starts_with(&format!("{file}-")), "{key} in {file}.ftl must begin with {file}-");
    }
    let mut named = BTreeSet::new();
    for path in files(&folder("src"), "rs") {
        named.extend(named_in(&fs::read_to_string(path).unwrap(), &stems));
    }
    assert!(named.contains("mail-reset-subject"));
    let missing: Vec<&String> = named.iter().filter(|key| !messages.contains_key(*key)).collect();
    assert!(missing.is_empty(), "the code names messages that do not exist: {missing:?}");
    let unused: Vec<&String> =
        messages.keys().filter(|key| key.starts_with("mail-") && !named.contains(*key)).collect();
    assert!(unused.is_empty(), "messages that nothing names: {unused:?}");
}

#[test]
fn a_language_is_found_by_its_beginning() {
    for (wanted, default, chosen) in [
        (Some("de"), "en", "de"),
        (Some("de-AT"), "en", "de"),
        (Some("DE_ch_1996"), "en", "de"),
        (Some("fr-CA"), "de", "de"),
        (Some("fr"), "pt-BR", "en"),
        (Some(""), "de-DE", "de"),
        (Some("den"), "en", "en"),
        (None, "de", "de"),
        (Some("\u{202e}é"), "x", "en"),
    ] {
        assert_eq!(choose(wanted, default).to_string(), chosen, "{wanted:?} {default}");
    }
}

#[test]
fn values_are_inserted_as_they_are() {
    let shown = text(Some("en"), "en", "mail-greeting", &[("name", "{ $x } \"Ada\" & Söhne".into())]);
    assert_eq!(shown, "Hello { $x } \"Ada\" & Söhne,");
}

#[test]
fn a_time_tells_its_date_only_on_another_day() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let now = "2026-11-24T09:24:30Z".parse().unwrap();
    let time = |language: &str, at: &str| {
        clock_time(&choose(Some(language), "en"), at.parse().unwrap(), now, &berlin)
    };
    assert_eq!(time("en", "2026-11-24T09:39:59Z"), "10:39 CET");
    assert_eq!(time("de", "2026-11-24T09:39:59Z"), "10:39 Uhr (CET)");
    assert_eq!(time("en", "2026-11-24T23:04:00Z"), "00:04 CET on 25 November 2026");
    assert_eq!(time("de", "2026-12-01T23:04:00Z"), "00:04 Uhr (CET) am 2. Dezember 2026");
}
