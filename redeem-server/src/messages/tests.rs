use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::*;

/// Message ids with the variables that they name, as the file of one language has them.
fn messages(language: &Language) -> BTreeMap<String, BTreeSet<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("messages").join(language.tag()).join("pages.ftl");
    let text = fs::read_to_string(&file).expect("every language has its file");
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some((id, _)) =
            line.split_once(" = ").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            assert!(
                messages.insert(id.to_owned(), BTreeSet::new()).is_none(),
                "{id} stands twice in {}",
                file.display()
            );
            current = Some(id.to_owned());
        }
        if let Some(id) = current.as_ref().filter(|_| !line.starts_with('#')) {
            let variables = line
                .split('$')
                .skip(1)
                .map(|rest| rest.chars().take_while(char::is_ascii_lowercase).collect());
            messages.entry(id.clone()).or_default().extend::<Vec<String>>(variables.collect());
        }
    }
    messages
}

fn ids(language: &Language) -> BTreeSet<String> {
    messages(language).into_keys().collect()
}

#[test]
fn english_and_german_are_spoken() {
    let tags: Vec<String> = Language::all().iter().map(Language::tag).collect();
    assert_eq!(tags, ["de", "en"]);
}

#[test]
fn every_language_has_every_text_and_no_other() {
    let keys: BTreeSet<String> = Key::ALL.iter().map(|key| key.id().to_owned()).collect();
    for language in Language::all() {
        assert_eq!(ids(&language), keys, "{}", language.tag());
    }
}

#[test]
fn every_language_names_the_same_variables() {
    let english = messages(&Language::choose(Some("en"), None, "en"));
    assert!(english["form-until"].contains("time"), "the variables are not being read");
    for language in Language::all() {
        assert_eq!(messages(&language), english, "{}", language.tag());
    }
}

#[test]
fn no_text_is_the_english_one_untranslated() {
    let [german, english] = ["de", "en"].map(|tag| Language::choose(Some(tag), None, "en"));
    for key in Key::ALL.iter().filter(|key| messages(&english)[key.id()].is_empty()) {
        assert_ne!(german.say(*key), english.say(*key), "{}", key.id());
    }
}

#[test]
fn plurals_follow_the_number() {
    let english = Language::choose(Some("en"), None, "en");
    let one = english.say_with(Key::BusyNext, &[("seconds", 1.into())]);
    let five = english.say_with(Key::BusyNext, &[("seconds", 5.into())]);
    assert_eq!(one, "Wait one second, then try again.");
    assert_eq!(five, "Wait 5 seconds, then try again.");
}

#[test]
fn a_contacts_own_language_comes_first() {
    assert_eq!(Language::choose(Some("de"), Some("en"), "en").tag(), "de");
}

#[test]
fn a_language_is_looked_up_by_dropping_subtags() {
    assert_eq!(Language::choose(Some("de-AT"), None, "en").tag(), "de");
    assert_eq!(Language::choose(Some("DE_ch_1996"), None, "en").tag(), "de");
    assert_eq!(Language::choose(Some("de-x-wrong"), None, "en").tag(), "de");
}

#[test]
fn a_language_that_we_do_not_speak_gives_way_to_the_next_choice() {
    assert_eq!(Language::choose(Some("fr"), Some("de"), "en").tag(), "de");
    assert_eq!(Language::choose(Some(""), Some("fr"), "de").tag(), "de");
    assert_eq!(Language::choose(None, None, "tlh").tag(), "en");
}

#[test]
fn a_browsers_preferences_are_weighed() {
    for (header, tag) in [
        ("en;q=0.5, de", "de"),
        ("fr, de-CH;q=0.7, en;q=0.8", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de, en", "de"),
        ("*", "en"),
        ("*, de;q=0.1", "en"),
        ("de;q=nonsense", "en"),
        (";;;,,,q=", "en"),
    ] {
        assert_eq!(Language::choose(None, Some(header), "en").tag(), tag, "{header}");
    }
}

#[test]
fn languages_from_right_to_left_are_known() {
    assert_eq!(direction("ar"), "rtl");
    assert_eq!(Language::choose(Some("de"), None, "en").direction(), "ltr");
}

proptest::proptest! {
    #[test]
    fn any_header_is_read_without_a_panic(contact in "\\PC{0,20}", header in "\\PC{0,60}") {
        Language::choose(Some(&contact), Some(&header), "en");
    }
}
