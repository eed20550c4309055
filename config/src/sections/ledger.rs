//! `[ledger]`.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::key::{Key, Table};
use crate::readers::{self, Duration, Number};
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new("ledger", &[DIR.info, CACHE_MB.info, LEASE.info]);

const DIR: Key<readers::Path> =
    Key::path("dir", "The folder of the ledger, which knows the links that have been used.");
const CACHE_MB: Key<Number> =
    Key::number("cache_mb", "The ledger's cache.", 16..=64, "MB").for_redeem_server();
const LEASE: Key<Duration> = Key::duration(
    "lease",
    "How long one browser alone holds a link while its new password is being set.",
    [SignedDuration::from_secs(10), SignedDuration::from_mins(5)],
    "30s",
)
.for_redeem_server();

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
    /// `dir` has been read already: the bot looks there for the ledger that its links are made for.
    pub(crate) fn read(section: &mut Section<'_>, dir: PathBuf) -> Self {
        Self {
            dir,
            cache_mb: section.get(&CACHE_MB).unwrap_or(16).into(),
            lease: section.get(&LEASE).unwrap_or(SignedDuration::from_secs(30)),
        }
    }
}

/// Where the ledger is; default `<data>/ledger`.
pub(crate) fn dir(section: &mut Section<'_>, data: &Path) -> PathBuf {
    section.get(&DIR).unwrap_or_else(|| data.join("ledger"))
}
