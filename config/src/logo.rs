//! The organisation's logo: a small picture that travels within each page and each mail.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::problem::Refusal;

/// The largest logo, in bytes: it is part of each page and each mail.
pub const LARGEST_LOGO: usize = 32 * 1024;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A PNG or JPEG of at most 32 KiB. A clone shares the bytes.
///
/// Invariant: the content is what `media_type` says, and neither side is 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    media_type: &'static str,
    bytes: Arc<[u8]>,
    width: u32,
    height: u32,
}

impl Logo {
    /// `image/png` or `image/jpeg`.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Width and height at which the logo fits into a box, in the same unit; it is never enlarged.
    pub fn fitted(&self, max_width: u32, max_height: u32) -> (u32, u32) {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let (max_width, max_height) = (u64::from(max_width), u64::from(max_height));
        let (width, height) = if width <= max_width && height <= max_height {
            (width, height)
        } else if width * max_height > height * max_width {
            (max_width, height * max_width / width)
        } else {
            (width * max_height / height, max_height)
        };
        let side = |length: u64| u32::try_from(length).unwrap_or(u32::MAX).max(1);
        (side(width), side(height))
    }

    /// Reads a logo from a file.
    ///
    /// Checks: the file can be read, has at most 32 KiB, and is a PNG or a JPEG, by its content and not by its name.
    pub(crate) fn from_file(file: &Path) -> Result<Self, Refusal> {
        let name = file.display();
        let mut bytes = Vec::new();
        File::open(file)
            .and_then(|opened| opened.take(LARGEST_LOGO as u64 + 1).read_to_end(&mut bytes))
            .map_err(|error| {
                Refusal::new(
                    format!("{name} cannot be read ({})", error.kind()),
                    "put the logo there, or name the right file",
                )
            })?;
        if bytes.len() > LARGEST_LOGO {
            return Err(Refusal::new(
                format!(
                    "{name} is larger than {} KiB, and it travels with each page and each mail",
                    LARGEST_LOGO / 1024
                ),
                "make it smaller: 80 pixels high are enough",
            ));
        }
        Self::from_bytes(&bytes).ok_or_else(|| {
            let cause = if looks_like_svg(&bytes) {
                format!("{name} is an SVG, which mail programs do not show")
            } else {
                format!("{name} is neither a PNG nor a JPEG")
            };
            Refusal::new(cause, "export the logo as a PNG")
        })
    }

    /// The content of a PNG or a JPEG; `None` where it is neither, or is cut off before its size is told.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (media_type, (width, height)) = if bytes.starts_with(PNG) {
            ("image/png", png_size(bytes)?)
        } else {
            ("image/jpeg", jpeg_size(bytes)?)
        };
        (width > 0 && height > 0).then(|| Self { media_type, bytes: bytes.into(), width, height })
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { media_type, bytes, width, height } = self;
        write!(f, "Logo({media_type}, {width}x{height}, {} bytes)", bytes.len())
    }
}

/// From the header chunk, which is the first one (PNG, third edition, §11.2.1).
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some((number(16)?, number(20)?))
}

/// From the first start-of-frame marker (ITU-T T.81 §B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, length @ ..] = rest else { return None };
        if *marker == 0xff {
            // Any number of fill bytes may stand before a marker.
            rest = rest.get(1..)?;
            continue;
        }
        let number = |bytes: &[u8], at: usize| bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes);
        // 0xc4, 0xc8 and 0xcc are tables and extensions.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((number(length, 5)?.into(), number(length, 3)?.into()));
        }
        rest = length.get(usize::from(number(length, 0)?)..)?;
    }
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    start.windows(4).any(|window| window == b"<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a PNG with these sides.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut png = PNG.to_vec();
        png.extend(13_u32.to_be_bytes());
        png.extend(b"IHDR");
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        png
    }

    #[test]
    fn the_size_of_a_png_and_of_a_jpeg_is_read() {
        let logo = Logo::from_bytes(&png(320, 80)).expect("a PNG");
        assert_eq!(format!("{logo:?}"), "Logo(image/png, 320x80, 24 bytes)");
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04\0\0\xff\xff\xc2\x00\x11\x08\x00\x50\x01\x40\x03";
        assert_eq!(format!("{:?}", Logo::from_bytes(jpeg)), "Some(Logo(image/jpeg, 320x80, 19 bytes))");
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_no_logo() {
        let whole = png(320, 80);
        for length in 0..whole.len() {
            assert!(Logo::from_bytes(whole.get(..length).expect("a part")).is_none(), "{length}");
        }
        assert!(Logo::from_bytes(&png(0, 80)).is_none());
        for other in
            [&b"GIF89a"[..], b"<svg/>", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00", b"\xff\xd8\xff\xff\xff"]
        {
            assert!(Logo::from_bytes(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn a_logo_is_made_smaller_and_never_larger() {
        let fitted = |width, height| Logo::from_bytes(&png(width, height)).expect("a PNG").fitted(240, 40);
        assert_eq!(fitted(320, 80), (160, 40));
        assert_eq!(fitted(2400, 80), (240, 8));
        assert_eq!(fitted(30, 20), (30, 20));
        assert_eq!(fitted(u32::MAX, 1), (240, 1));
        assert_eq!(fitted(40, 400), (4, 40));
    }
}
