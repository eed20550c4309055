//! What is wrong with a new password, in words.

use contacts::PasswordRefusal;
use texts::{Key, Language, Value, pages};

use crate::password::{BrokenRule, Suggestion, Warning};

/// One broken rule, in one sentence, and perhaps with one advice.
pub(super) struct RuleMessage {
    pub(super) sentence: String,
    pub(super) advice: Option<String>,
    /// It is about both fields.
    pub(super) is_mismatch: bool,
}

impl RuleMessage {
    pub(super) fn new(broken: &BrokenRule, language: &Language) -> Self {
        let advice = match broken {
            BrokenRule::Weak { suggestions, .. } => {
                Some(language.say(suggestions.first().copied().map_or(pages::ERROR_WEAK_ADVICE, suggested)))
            }
            _ => None,
        };
        Self {
            sentence: sentence(broken, language),
            advice,
            is_mismatch: *broken == BrokenRule::ConfirmDiffers,
        }
    }
}

fn sentence(broken: &BrokenRule, language: &Language) -> String {
    match broken {
        BrokenRule::Empty => language.say(pages::ERROR_EMPTY),
        BrokenRule::TooShort { min } => {
            language.say_with(pages::ERROR_TOO_SHORT, &[("min", Value::from(*min))])
        }
        BrokenRule::TooLong { max_bytes } => {
            language.say_with(pages::ERROR_TOO_LONG, &[("max", Value::from(*max_bytes))])
        }
        BrokenRule::TooFewKinds { min } => {
            language.say_with(pages::ERROR_TOO_FEW_KINDS, &[("min", Value::from(*min))])
        }
        BrokenRule::Unprintable => language.say(pages::ERROR_UNPRINTABLE),
        BrokenRule::OwnData => language.say(pages::ERROR_OWN_DATA),
        BrokenRule::Weak { warning, .. } => language.say(warning.map_or(pages::ERROR_WEAK, warned)),
        BrokenRule::ConfirmDiffers => language.say(pages::ERROR_CONFIRM),
        BrokenRule::DirectoryRefuses(refusal) => refused(refusal, language),
    }
}

fn refused(refusal: &PasswordRefusal, language: &Language) -> String {
    language.say(match refusal {
        PasswordRefusal::InOwnWords(reason) => {
            return language.say_with(pages::ERROR_DIRECTORY, &[("reason", Value::from(reason.as_str()))]);
        }
        PasswordRefusal::TooShort => pages::ERROR_DIRECTORY_TOO_SHORT,
        PasswordRefusal::TooLong => pages::ERROR_DIRECTORY_TOO_LONG,
        PasswordRefusal::TooSimple => pages::ERROR_DIRECTORY_TOO_SIMPLE,
        PasswordRefusal::UsedBefore => pages::ERROR_DIRECTORY_USED_BEFORE,
        PasswordRefusal::TooRecent => pages::ERROR_DIRECTORY_TOO_RECENT,
        PasswordRefusal::LooksHashed => pages::ERROR_DIRECTORY_LOOKS_HASHED,
        PasswordRefusal::Unexplained => pages::ERROR_DIRECTORY_UNEXPLAINED,
    })
}

fn warned(warning: Warning) -> Key {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => pages::WARNING_STRAIGHT_ROWS,
        Warning::ShortKeyboardPatternsAreEasyToGuess => pages::WARNING_KEYBOARD_PATTERNS,
        Warning::RepeatsLikeAaaAreEasyToGuess => pages::WARNING_REPEATS,
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => pages::WARNING_REPEATED_GROUPS,
        Warning::ThisIsATop10Password => pages::WARNING_TOP_10,
        Warning::ThisIsATop100Password => pages::WARNING_TOP_100,
        Warning::ThisIsACommonPassword => pages::WARNING_COMMON,
        Warning::ThisIsSimilarToACommonlyUsedPassword => pages::WARNING_SIMILAR_TO_COMMON,
        Warning::SequencesLikeAbcAreEasyToGuess => pages::WARNING_SEQUENCES,
        Warning::RecentYearsAreEasyToGuess => pages::WARNING_RECENT_YEARS,
        Warning::AWordByItselfIsEasyToGuess => pages::WARNING_SINGLE_WORD,
        Warning::DatesAreOftenEasyToGuess => pages::WARNING_DATES,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => pages::WARNING_SINGLE_NAME,
        Warning::CommonNamesAndSurnamesAreEasyToGuess => pages::WARNING_COMMON_NAMES,
    }
}

fn suggested(suggestion: Suggestion) -> Key {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => pages::ADVICE_FEW_WORDS,
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => pages::ADVICE_NO_SYMBOLS_NEEDED,
        Suggestion::AddAnotherWordOrTwo => pages::ADVICE_ANOTHER_WORD,
        Suggestion::CapitalizationDoesntHelpVeryMuch => pages::ADVICE_CAPITALS,
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => pages::ADVICE_ALL_CAPITALS,
        Suggestion::ReversedWordsArentMuchHarderToGuess => pages::ADVICE_REVERSED,
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => pages::ADVICE_SUBSTITUTIONS,
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => pages::ADVICE_LONGER_PATTERN,
        Suggestion::AvoidRepeatedWordsAndCharacters => pages::ADVICE_NO_REPEATS,
        Suggestion::AvoidSequences => pages::ADVICE_NO_SEQUENCES,
        Suggestion::AvoidRecentYears => pages::ADVICE_NO_RECENT_YEARS,
        Suggestion::AvoidYearsThatAreAssociatedWithYou => pages::ADVICE_NO_OWN_YEARS,
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => pages::ADVICE_NO_OWN_DATES,
    }
}
