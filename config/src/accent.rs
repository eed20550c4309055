//! The one colour that an organisation may choose, and how it looks on light and on dark ground.

use std::fmt;
use std::str::FromStr;

use crate::problem::Refusal;
use crate::shown::shown;

/// The least contrast between a text and its ground (WCAG 2.2, 1.4.3, level AA).
pub const LEAST_CONTRAST: f64 = 4.5;

/// What a dark variant is lightened to: above what is asked for, since light text on dark ground looks thinner.
const DARK_CONTRAST: f64 = 6.0;

/// What the accent stands on where pages and mails are light.
pub const LIGHT_GROUNDS: [Colour; 3] =
    [Colour([0xff, 0xff, 0xff]), Colour([0xf3, 0xf1, 0xec]), Colour([0xf3, 0xf5, 0xf7])];

/// What the accent stands on where pages and mails are dark.
pub const DARK_GROUNDS: [Colour; 4] = [
    Colour([0x12, 0x16, 0x18]),
    Colour([0x1b, 0x21, 0x24]),
    Colour([0x14, 0x17, 0x1a]),
    Colour([0x1f, 0x24, 0x28]),
];

const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);

/// An sRGB colour, shown as `#0f5f6b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Relative luminance, 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of two colours, 1 to 21 (WCAG 2.2).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The contrast with the ground on which it is hardest to read.
    fn least_contrast(self, grounds: &[Self]) -> f64 {
        grounds.iter().map(|ground| self.contrast(*ground)).fold(f64::INFINITY, f64::min)
    }

    /// So many percent of the way to another colour.
    fn towards(self, other: Self, percent: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let mixed = u16::from(from) * (100 - percent) + u16::from(to) * percent;
            u8::try_from((mixed + 50) / 100).unwrap_or(u8::MAX)
        };
        let ([red, green, blue], [to_red, to_green, to_blue]) = (self.0, other.0);
        Self([mix(red, to_red), mix(green, to_green), mix(blue, to_blue)])
    }

    /// The nearest shade on the way to another colour that can be read on all of these grounds.
    fn readable(self, to: Self, grounds: &[Self], contrast: f64) -> Self {
        let shades = (0..=100).map(|percent| self.towards(to, percent));
        shades.into_iter().find(|shade| shade.least_contrast(grounds) >= contrast).unwrap_or(to)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The accent of pages and mails, in all its shades.
///
/// Invariant: as text on its grounds, and as the ground of a button's text, each shade has a contrast of at least 4.5:1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// As it was chosen: on light ground, and below white text.
    pub light: Colour,
    /// Of what the pointer is over, on light ground.
    pub light_strong: Colour,
    /// Lightened until it can be read on dark ground.
    pub dark: Colour,
    /// Of what the pointer is over, on dark ground.
    pub dark_strong: Colour,
    /// Text on the dark variant.
    pub on_dark: Colour,
}

impl Accent {
    /// `chosen` must be readable on light ground.
    fn of(chosen: Colour) -> Self {
        let dark = chosen.readable(WHITE, &DARK_GROUNDS, DARK_CONTRAST);
        Self {
            light: chosen,
            light_strong: chosen.towards(BLACK, 25),
            dark,
            dark_strong: dark.towards(WHITE, 30),
            on_dark: dark.towards(BLACK, 85),
        }
    }
}

impl Default for Accent {
    /// A dark teal.
    fn default() -> Self {
        Self::of(Colour([0x0f, 0x5f, 0x6b]))
    }
}

impl FromStr for Accent {
    type Err = Refusal;

    /// Checks: `#rrggbb` or `#rgb`; readable on light ground, and white text on it.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let chosen = colour(text.trim()).ok_or_else(|| {
            Refusal::new(
                format!("{} is not a colour", shown(text)),
                "write red, green and blue as two hexadecimal digits each, like \"#0f5f6b\"",
            )
        })?;
        let contrast = chosen.least_contrast(&LIGHT_GROUNDS);
        if contrast < LEAST_CONTRAST {
            let darker = chosen.readable(BLACK, &LIGHT_GROUNDS, LEAST_CONTRAST);
            return Err(Refusal::new(
                // Cut, not rounded: 4.46 is not 4.5.
                format!(
                    "{} cannot be read well on light ground: its contrast is {:.1}:1, and text needs {LEAST_CONTRAST}:1",
                    shown(text),
                    (contrast * 10.0).floor() / 10.0
                ),
                format!("use a darker shade, such as \"{darker}\""),
            ));
        }
        Ok(Self::of(chosen))
    }
}

fn colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#')?;
    let digits: Vec<u8> = digits
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    match digits[..] {
        [red, green, blue] => Some(Colour([red * 17, green * 17, blue * 17])),
        [r, ed, g, reen, b, lue] => Some(Colour([r * 16 + ed, g * 16 + reen, b * 16 + lue])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_what_wcag_says() {
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 1e-9);
        // Known from the W3C's own examples: #777777 just fails on white, #767676 just passes.
        assert!(WHITE.contrast(Colour([0x77; 3])) < 4.5);
        assert!(WHITE.contrast(Colour([0x76; 3])) >= 4.5);
    }

    #[test]
    fn every_accent_that_is_taken_can_be_read_in_light_and_dark() {
        let steps = || (0..=255).step_by(17);
        let mut taken = 0;
        for (red, green, blue) in
            steps().flat_map(|red| steps().flat_map(move |green| steps().map(move |blue| (red, green, blue))))
        {
            let chosen = Colour([red, green, blue]);
            let Ok(accent) = chosen.to_string().parse::<Accent>() else { continue };
            taken += 1;
            assert_eq!(accent.light, chosen);
            for (shade, grounds) in [
                (accent.light, &LIGHT_GROUNDS[..]),
                (accent.light_strong, &LIGHT_GROUNDS),
                (accent.dark, &DARK_GROUNDS),
                (accent.dark_strong, &DARK_GROUNDS),
                (accent.on_dark, &[accent.dark, accent.dark_strong]),
            ] {
                assert!(shade.least_contrast(grounds) >= LEAST_CONTRAST, "{chosen}: {accent:?}");
            }
        }
        assert!(taken > 500, "only {taken} colours were taken");
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_one_that_can() {
        let refusal = "#ffcc00".parse::<Accent>().expect_err("too light");
        assert!(refusal.cause.contains("contrast is 1.3:1"), "{refusal}");
        let (_, cure) = refusal.cure.split_once('"').expect("a colour");
        assert!(cure.trim_end_matches('"').parse::<Accent>().is_ok(), "{refusal}");
    }

    #[test]
    fn a_colour_is_hexadecimal() {
        assert_eq!(colour("#0F5f6b"), Some(Colour([0x0f, 0x5f, 0x6b])));
        assert_eq!(colour("#06a"), Some(Colour([0x00, 0x66, 0xaa])));
        for text in ["", "#", "teal", "0f5f6b", "#0f5f6", "#0f5f6b00", "#éééééé"] {
            assert!(colour(text).is_none(), "{text}");
        }
    }
}
