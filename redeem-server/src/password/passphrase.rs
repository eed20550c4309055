//! A generated passphrase: words drawn at random from the EFF's long list (7,776 words, CC BY 3.0 US, Electronic Frontier Foundation).

use diceware_wordlists::EFF_LONG_WORDLIST as WORDS;
use zeroize::Zeroizing;

/// Five words from 7,776 hold 64.6 bits.
const MIN_WORDS: usize = 5;

/// The most 16-bit values that the list divides evenly; those above are drawn again, so that no word comes up more often than another.
const EVEN: u16 = u16::MAX - u16::MAX % WORDS.len() as u16;

/// Which characters a passphrase is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassphraseForm {
    /// Small letters and hyphens.
    Words,
    /// The same behind a capital letter and before a digit, for a directory that wants several kinds of characters. It is as hard to guess, not harder.
    FourKinds,
}

/// Draws a passphrase of at least five words and at least `min_length` characters, such as `unicorn-landing-…`.
///
/// `random` fills a buffer with random bytes.
pub fn passphrase(
    min_length: usize,
    form: PassphraseForm,
    random: &mut dyn FnMut(&mut [u8]),
) -> Zeroizing<String> {
    let mut phrase = Zeroizing::new(String::with_capacity(128));
    let mut words = 0;
    // The list is ASCII: bytes are characters.
    while words < MIN_WORDS || phrase.len() < min_length {
        if words > 0 {
            phrase.push('-');
        }
        phrase.push_str(word(random));
        words += 1;
    }
    if form == PassphraseForm::FourKinds {
        if let Some(first) = phrase.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        phrase.push_str("-7");
    }
    phrase
}

/// Draws one word, each as likely as any other.
pub(super) fn word(random: &mut dyn FnMut(&mut [u8])) -> &'static str {
    loop {
        let mut bytes = [0; 2];
        random(&mut bytes);
        let drawn = u16::from_le_bytes(bytes);
        if drawn < EVEN {
            return WORDS[usize::from(drawn) % WORDS.len()];
        }
    }
}
