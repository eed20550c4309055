//! The files that the pages load from us: a style sheet, a script that nobody needs, an icon. All compiled in.

/// A file with the hash of its content in its address.
#[derive(Debug)]
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    hash: u64,
    /// For the `Content-Type` header.
    pub content_type: &'static str,
    /// The file itself.
    pub content: &'static str,
}

/// How every page looks.
pub static STYLE: Asset =
    asset("page", "css", "text/css; charset=utf-8", include_str!("../../assets/page.css"));

/// Shows what is typed, and takes the offered passphrase over into the fields.
pub static SCRIPT: Asset =
    asset("form", "js", "text/javascript; charset=utf-8", include_str!("../../assets/form.js"));

/// What stands in the browser's tab.
pub static ICON: Asset = asset("icon", "svg", "image/svg+xml", include_str!("../../assets/icon.svg"));

impl Asset {
    /// `page-0123456789abcdef.css`
    pub fn file_name(&self) -> String {
        format!("{}-{:016x}.{}", self.stem, self.hash, self.extension)
    }
}

/// The file of that name, with the hash that it has today.
pub fn find(file_name: &str) -> Option<&'static Asset> {
    [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.file_name() == file_name)
}

const fn asset(
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    content: &'static str,
) -> Asset {
    Asset { stem, extension, hash: fnv_1a(content.as_bytes()), content_type, content }
}

/// FNV-1a, 64 bits: tells versions of our own files apart, which takes no cryptography.
const fn fnv_1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn a_file_is_found_by_its_own_name_alone() {
        assert!(find(&STYLE.file_name()).is_some());
        assert!(find("page.css").is_none());
        assert!(find("page-0000000000000000.css").is_none());
    }
}
