//! What is wrong with a new password, in words.

use fluent_templates::fluent_bundle::FluentValue;

use crate::messages::{Key, Language};
use crate::password::{Broken, Suggestion, Warning};

/// One failure: in one sentence, and perhaps with one advice.
pub(super) struct Failure {
    pub(super) sentence: String,
    pub(super) advice: Option<String>,
    /// It is about both fields.
    pub(super) is_mismatch: bool,
}

impl Failure {
    pub(super) fn new(broken: &Broken, language: &Language) -> Self {
        let advice = match broken {
            Broken::Weak { suggestions, .. } => {
                Some(language.say(suggestions.first().copied().map_or(Key::ErrorWeakAdvice, suggested)))
            }
            _ => None,
        };
        Self { sentence: sentence(broken, language), advice, is_mismatch: *broken == Broken::ConfirmDiffers }
    }
}

fn sentence(broken: &Broken, language: &Language) -> String {
    match broken {
        Broken::Empty => language.say(Key::ErrorEmpty),
        Broken::TooShort { min } => {
            language.say_with(Key::ErrorTooShort, &[("min", FluentValue::from(*min))])
        }
        Broken::TooLong { max_bytes } => {
            language.say_with(Key::ErrorTooLong, &[("max", FluentValue::from(*max_bytes))])
        }
        Broken::Unprintable => language.say(Key::ErrorUnprintable),
        Broken::OwnData => language.say(Key::ErrorOwnData),
        Broken::Weak { warning, .. } => language.say(warning.map_or(Key::ErrorWeak, warned)),
        Broken::ConfirmDiffers => language.say(Key::ErrorConfirm),
        Broken::DirectoryRefuses(reason) => {
            language.say_with(Key::ErrorDirectory, &[("reason", FluentValue::from(reason.as_str()))])
        }
    }
}

fn warned(warning: Warning) -> Key {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => Key::WarningStraightRows,
        Warning::ShortKeyboardPatternsAreEasyToGuess => Key::WarningKeyboardPatterns,
        Warning::RepeatsLikeAaaAreEasyToGuess => Key::WarningRepeats,
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => Key::WarningRepeatedGroups,
        Warning::ThisIsATop10Password => Key::WarningTop10,
        Warning::ThisIsATop100Password => Key::WarningTop100,
        Warning::ThisIsACommonPassword => Key::WarningCommon,
        Warning::ThisIsSimilarToACommonlyUsedPassword => Key::WarningSimilarToCommon,
        Warning::SequencesLikeAbcAreEasyToGuess => Key::WarningSequences,
        Warning::RecentYearsAreEasyToGuess => Key::WarningRecentYears,
        Warning::AWordByItselfIsEasyToGuess => Key::WarningSingleWord,
        Warning::DatesAreOftenEasyToGuess => Key::WarningDates,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => Key::WarningSingleName,
        Warning::CommonNamesAndSurnamesAreEasyToGuess => Key::WarningCommonNames,
    }
}

fn suggested(suggestion: Suggestion) -> Key {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => Key::AdviceFewWords,
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => Key::AdviceNoSymbolsNeeded,
        Suggestion::AddAnotherWordOrTwo => Key::AdviceAnotherWord,
        Suggestion::CapitalizationDoesntHelpVeryMuch => Key::AdviceCapitals,
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => Key::AdviceAllCapitals,
        Suggestion::ReversedWordsArentMuchHarderToGuess => Key::AdviceReversed,
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => Key::AdviceSubstitutions,
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => Key::AdviceLongerPattern,
        Suggestion::AvoidRepeatedWordsAndCharacters => Key::AdviceNoRepeats,
        Suggestion::AvoidSequences => Key::AdviceNoSequences,
        Suggestion::AvoidRecentYears => Key::AdviceNoRecentYears,
        Suggestion::AvoidYearsThatAreAssociatedWithYou => Key::AdviceNoOwnYears,
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => Key::AdviceNoOwnDates,
    }
}
