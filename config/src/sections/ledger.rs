//! `[ledger]`.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["dir", "cache_mb", "lease"];

/// `[ledger]`: which links have been used.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Default `<data>/ledger`.
    pub dir: PathBuf,
    /// 16 to 64 MB; default 16.
    pub cache_mb: u64,
    /// How long one redeemer alone holds a link, 10 s to 5 min; default 30 s.
    pub lease: SignedDuration,
}

impl Ledger {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        let lease = SignedDuration::from_secs(10)..=SignedDuration::from_mins(5);
        Self {
            dir: section.path("dir").unwrap_or_else(|| data.join("ledger")),
            cache_mb: section.number("cache_mb", 16..=64, "MB").unwrap_or(16).into(),
            lease: section.duration("lease", lease, "30s").unwrap_or(SignedDuration::from_secs(30)),
        }
    }
}
