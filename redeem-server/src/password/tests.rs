use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules { min_length: 12, min_strength: 3 };

const ADA: OwnData<'static> =
    OwnData { id: "ada", name: "Ada Lovelace", email: Some("ada.lovelace@example.org") };

/// A directory without a policy of its own.
const ANY: PasswordPolicy =
    PasswordPolicy { min_chars: None, max_bytes: None, min_kinds: None, remembers: None, not_before: None };

fn at_most(max_bytes: usize) -> PasswordPolicy {
    PasswordPolicy { max_bytes: Some(max_bytes), ..ANY }
}

fn check(password: &str) -> Vec<BrokenRule> {
    RULES.check(password, password, ADA, &ANY)
}

/// The same sequence for the same seed.
fn seeded(mut state: u64) -> impl FnMut(&mut [u8]) {
    move |buffer| {
        for byte in buffer {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[1];
        }
    }
}

#[test]
fn a_good_password_breaks_nothing() {
    assert_eq!(check("vierzehn Nebel tragen Zimt"), []);
    assert_eq!(check("t7!Qm-2zxW#pLr9"), []);
}

#[test]
fn all_failures_are_told_at_once() {
    let broken = RULES.check("ada\n", "other", ADA, &at_most(3));
    assert!(broken.contains(&BrokenRule::TooShort { min: 12 }));
    assert!(broken.contains(&BrokenRule::TooLong { max_bytes: 3 }));
    assert!(broken.contains(&BrokenRule::Unprintable));
    assert!(broken.contains(&BrokenRule::OwnData));
    assert!(broken.iter().any(|rule| matches!(rule, BrokenRule::Weak { .. })));
    assert!(broken.contains(&BrokenRule::ConfirmDiffers));
}

#[test]
fn an_empty_password_is_only_empty() {
    assert_eq!(check(""), [BrokenRule::Empty]);
    assert_eq!(RULES.check("", "tremendous giraffe", ADA, &ANY), [BrokenRule::Empty]);
}

#[test]
fn length_is_counted_in_composed_code_points() {
    let rules = Rules { min_length: 12, min_strength: 0 };
    // Eleven letters, each typed as a base letter and a combining mark.
    let decomposed = "a\u{308}".repeat(11);
    assert_eq!(rules.check(&decomposed, &decomposed, ADA, &ANY), [BrokenRule::TooShort { min: 12 }]);
    let twelve = "ä".repeat(12);
    assert_eq!(rules.check(&twelve, &twelve, ADA, &ANY), []);
}

#[test]
fn a_password_may_have_1024_bytes_and_no_more() {
    let rules = Rules { min_length: 12, min_strength: 0 };
    let most = "é".repeat(512);
    assert_eq!(rules.check(&most, &most, ADA, &ANY), []);
    let more = format!("{most}x");
    assert_eq!(rules.check(&more, &more, ADA, &ANY), [BrokenRule::TooLong { max_bytes: 1024 }]);
}

#[test]
fn the_directorys_limit_holds_where_it_is_lower() {
    let rules = Rules { min_length: 12, min_strength: 0 };
    let password = "x".repeat(73);
    assert_eq!(rules.check(&password, &password, ADA, &at_most(72)), [BrokenRule::TooLong { max_bytes: 72 }]);
    assert_eq!(rules.check(&password, &password, ADA, &at_most(4_000)), []);
}

#[test]
fn a_weak_password_comes_with_the_estimates_advice() {
    let broken = check("password1234");
    let Some(BrokenRule::Weak { warning, suggestions }) = broken.first() else { panic!("{broken:?}") };
    assert!(warning.is_some());
    assert!(!suggestions.is_empty());
}

#[test]
fn a_password_of_ones_own_data_is_refused() {
    for password in [
        "Ada Lovelace",
        "adalovelace!",
        "ADA.LOVELACE@EXAMPLE.ORG",
        "ada.lovelace 77",
        "Lovelace1815",
        "lovelace-lovelace",
        "xx ada lovelace tremendous giraffe",
        "ＡＤＡ ＬＯＶＥＬＡＣＥ",
    ] {
        assert!(check(password).contains(&BrokenRule::OwnData), "{password}");
    }
}

#[test]
fn a_short_id_inside_a_word_is_no_offence() {
    assert_eq!(check("adamant-cutlery-bongo-resend"), []);
    let number = OwnData { id: "42", name: "Bo", email: None };
    assert_eq!(RULES.check("tremor-42-bonus-wiggly", "tremor-42-bonus-wiggly", number, &ANY), []);
}

#[test]
fn own_data_in_another_script_is_found() {
    let contact = OwnData { id: "мария", name: "Мария Иванова", email: Some("n/a") };
    let password = "МАРИЯ-ИВАНОВА-1";
    assert!(RULES.check(password, password, contact, &ANY).contains(&BrokenRule::OwnData));
}

#[test]
fn control_characters_and_broken_text_are_refused() {
    for stray in ['\0', '\n', '\t', '\u{7f}', '\u{2028}', '\u{fffd}'] {
        let password = format!("tremendous{stray}giraffe bongo");
        assert_eq!(check(&password), [BrokenRule::Unprintable], "{stray:?}");
    }
}

#[test]
fn what_nobody_sees_and_no_keyboard_has_is_refused_and_joiners_are_not() {
    for stray in
        ['\u{feff}', '\u{200b}', '\u{ad}', '\u{200e}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{2060}']
    {
        let password = format!("tremendous{stray}giraffe bongo");
        assert_eq!(check(&password), [BrokenRule::Unprintable], "{stray:?}");
    }
    for typed in ["\u{1f469}\u{200d}\u{1f4bb}", "\u{2764}\u{fe0f}", "می\u{200c}خواهم"] {
        assert_eq!(check(&format!("tremendous {typed} giraffe bongo")), [], "{typed}");
    }
}

/// Gives every 16-bit value in turn, from `start`.
fn counting(start: u16) -> impl FnMut(&mut [u8]) {
    let mut next = start;
    move |buffer| {
        buffer.copy_from_slice(&next.to_le_bytes());
        next = next.wrapping_add(1);
    }
}

#[test]
fn every_word_is_drawn_equally_often() {
    let mut counts = HashMap::new();
    let mut random = counting(0);
    for _ in 0..8 * 7_776 {
        *counts.entry(passphrase::word(&mut random)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 7_776);
    assert!(counts.values().all(|count| *count == 8));
    assert!(counts.keys().all(|word| word.is_ascii()), "the length is counted in bytes");
}

#[test]
fn a_value_that_would_favour_some_words_is_drawn_again() {
    let first = passphrase::word(&mut counting(0));
    assert_eq!(passphrase::word(&mut counting(8 * 7_776)), first);
}

#[test]
fn an_offer_fits_the_directory_or_is_not_made() {
    assert!(RULES.offer(ADA, &at_most(72), &mut seeded(1)).is_some());
    assert!(RULES.offer(ADA, &at_most(8), &mut seeded(1)).is_none());
}

#[test]
fn an_offer_never_holds_the_contacts_own_name() {
    let drawn = passphrase(12, PassphraseForm::Words, &mut seeded(9));
    let namesake = OwnData { id: "7", name: &drawn, email: None };
    let offer = RULES.offer(namesake, &ANY, &mut seeded(9)).expect("another one");
    assert_ne!(offer, drawn);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_offer_keeps_our_own_rules(seed: u64, min_length in 8_usize..=64) {
        let rules = Rules { min_length, min_strength: 4 };
        let offer = rules.offer(ADA, &ANY, &mut seeded(seed)).expect("no limit is in the way");
        prop_assert_eq!(rules.check(&offer, &offer, ADA, &ANY), []);
        prop_assert!(offer.split('-').count() >= 5);
    }

    #[test]
    fn any_text_is_checked_without_a_panic(password in "\\PC{0,60}|.{0,60}", confirm in ".{0,8}", name in "\\PC{0,20}", email in proptest::option::of("\\PC{0,20}")) {
        let own = OwnData { id: "7", name: &name, email: email.as_deref() };
        let broken = RULES.check(&password, &confirm, own, &at_most(72));
        let is_told = broken == [BrokenRule::Empty] || password == confirm;
        prop_assert_eq!(!is_told, broken.contains(&BrokenRule::ConfirmDiffers));
    }
}

#[test]
fn the_larger_minimum_holds_whoever_asks_for_it() {
    let rules = Rules { min_length: 12, min_strength: 0 };
    for (asked, min) in [(14, 14), (8, 12)] {
        let policy = PasswordPolicy { min_chars: Some(asked), ..ANY };
        assert_eq!(rules.check("quarrelotte", "quarrelotte", ADA, &policy), [BrokenRule::TooShort { min }]);
        let long = "q".repeat(min);
        assert_eq!(rules.check(&long, &long, ADA, &policy), []);
    }
}

#[test]
fn what_the_directory_asks_for_is_told_with_our_own_rules() {
    let policy = PasswordPolicy { min_chars: Some(14), min_kinds: Some(3), ..ANY };
    let broken = RULES.check("password", "password", ADA, &policy);
    assert!(broken.contains(&BrokenRule::TooShort { min: 14 }), "{broken:?}");
    assert!(broken.contains(&BrokenRule::TooFewKinds { min: 3 }), "{broken:?}");
    assert!(broken.iter().any(|rule| matches!(rule, BrokenRule::Weak { .. })), "{broken:?}");
    assert_eq!(RULES.check("Vierzehn Nebel tragen", "Vierzehn Nebel tragen", ADA, &policy), []);
}

#[test]
fn an_offered_passphrase_keeps_the_directorys_rules() {
    for policy in [
        PasswordPolicy { min_kinds: Some(3), ..ANY },
        PasswordPolicy { min_kinds: Some(4), ..ANY },
        PasswordPolicy { min_chars: Some(60), ..ANY },
        PasswordPolicy { min_chars: Some(60), min_kinds: Some(3), ..ANY },
    ] {
        let offer = RULES.offer(ADA, &policy, &mut seeded(3)).unwrap();
        assert_eq!(RULES.check(&offer, &offer, ADA, &policy), [], "{}", *offer);
    }
}
