//! `[data]`.

use std::path::PathBuf;

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["dir"];

/// `[data]`: where everything that has no path of its own is kept.
#[derive(Debug, Clone)]
pub struct Data {
    /// Default: `data`, beside the config file.
    pub dir: PathBuf,
}

impl Data {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let dir = section.path("dir").unwrap_or_else(|| section.folder.join("data"));
        Self { dir }
    }
}
