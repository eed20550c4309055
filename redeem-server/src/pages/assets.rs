//! The files that the pages load from us: a style sheet, a script that nobody needs, an icon. All compiled in.

use std::borrow::Cow;

use config::Accent;

/// A file with the hash of its content in its address.
#[derive(Debug)]
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    hash: u64,
    /// For the `Content-Type` header.
    pub content_type: &'static str,
    /// The file itself.
    pub content: Cow<'static, str>,
}

/// The colour that the icon has in its file: the default accent.
const ICON_COLOUR: &str = "#0f5f6b";

/// The files of one organisation.
#[derive(Debug)]
pub struct Assets {
    /// How every page looks.
    pub style: Asset,
    /// Shows what is typed, counts it, and takes the offered passphrase over into the fields.
    pub script: Asset,
    /// What stands in the browser's tab.
    pub icon: Asset,
}

impl Assets {
    /// In the organisation's own colour.
    pub fn new(accent: &Accent) -> Self {
        let style = format!("{}{}", include_str!("../../assets/page.css"), colours(accent));
        let icon = include_str!("../../assets/icon.svg").replace(ICON_COLOUR, &accent.light.to_string());
        Self {
            style: Asset::new("page", "css", "text/css; charset=utf-8", style.into()),
            script: Asset::new(
                "form",
                "js",
                "text/javascript; charset=utf-8",
                include_str!("../../assets/form.js").into(),
            ),
            icon: Asset::new("icon", "svg", "image/svg+xml", icon.into()),
        }
    }

    /// All of them.
    pub fn all(&self) -> [&Asset; 3] {
        [&self.style, &self.script, &self.icon]
    }

    /// The file of that name, with the hash that it has today.
    pub fn find(&self, file_name: &str) -> Option<&Asset> {
        self.all().into_iter().find(|asset| asset.file_name() == file_name)
    }
}

/// What the style sheet leaves open.
fn colours(accent: &Accent) -> String {
    let Accent { light, light_strong, dark, dark_strong, on_dark } = accent;
    format!(
        "\n:root {{ --accent: {light}; --accent-strong: {light_strong}; --on-accent: #ffffff; }}\n\
         @media (prefers-color-scheme: dark) {{\n  \
         :root {{ --accent: {dark}; --accent-strong: {dark_strong}; --on-accent: {on_dark}; }}\n}}\n"
    )
}

impl Asset {
    fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        content: Cow<'static, str>,
    ) -> Self {
        Self { stem, extension, hash: fnv_1a(content.as_bytes()), content_type, content }
    }

    /// `page-0123456789abcdef.css`
    pub fn file_name(&self) -> String {
        format!("{}-{:016x}.{}", self.stem, self.hash, self.extension)
    }
}

/// FNV-1a, 64 bits: tells versions of our own files apart, which takes no cryptography.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use config::{DARK_GROUNDS, LIGHT_GROUNDS};

    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn a_file_is_found_by_its_own_name_alone() {
        let assets = Assets::new(&Accent::default());
        assert!(assets.find(&assets.style.file_name()).is_some());
        assert!(assets.find("page.css").is_none());
        assert!(assets.find("page-0000000000000000.css").is_none());
    }

    #[test]
    fn an_organisation_s_own_colour_is_in_the_style_sheet_and_in_the_icon() {
        let (teal, red) = (Assets::new(&Accent::default()), Assets::new(&"#a11".parse().expect("a colour")));
        assert!(teal.icon.content.contains(ICON_COLOUR) && teal.style.content.contains("--accent: #0f5f6b;"));
        assert!(red.icon.content.contains("#aa1111") && red.style.content.contains("--accent: #aa1111;"));
        assert_ne!(teal.style.file_name(), red.style.file_name());
    }

    /// A colour was checked against these grounds.
    #[test]
    fn the_grounds_of_the_style_sheet_are_those_that_an_accent_is_checked_against() {
        let style = include_str!("../../assets/page.css");
        let (light, dark) = style.split_once("prefers-color-scheme: dark").expect("both schemes");
        for (part, grounds) in [(light, &LIGHT_GROUNDS[..]), (dark, &DARK_GROUNDS[..])] {
            for variable in ["--ground: ", "--card: "] {
                let (_, value) = part.split_once(variable).expect(variable);
                let colour = value.split(';').next().expect("a value");
                assert!(grounds.iter().any(|ground| ground.to_string() == colour), "{variable}{colour}");
            }
        }
        assert!(!style.contains("--accent:"), "the accent is the organisation's");
    }
}
