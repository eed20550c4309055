//! Ids in Mattermost's form: 26 letters and digits.

const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// An id that is always the same for the same name, so that tests need not spell out ids.
pub fn id(name: &str) -> String {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    spell(seed)
}

/// The id that is the n-th to be made.
pub(super) fn nth(number: u64) -> String {
    spell(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Whether Mattermost takes it for an id.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Different for different seeds: the upper half of the number is the seed.
fn spell(seed: u64) -> String {
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mut rest = (u128::from(seed) << 64) | u128::from(mixed);
    (0..26)
        .map(|_| {
            let letter = ALPHABET.get(usize::try_from(rest % 32).unwrap_or(0)).copied().unwrap_or(b'y');
            rest /= 32;
            char::from(letter)
        })
        .collect()
}
