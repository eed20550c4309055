//! `[data]`.

use std::path::PathBuf;

use crate::key::{Key, Table};
use crate::readers::Path;
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new("data", &[DIR.info]).called(&["storage", "paths"]);

const DIR: Key<Path> = Key::path("dir", "The folder for everything that has no path of its own.");

/// `[data]`: where everything that has no path of its own is kept.
#[derive(Debug, Clone)]
pub struct Data {
    /// Default: `data`, beside the config file.
    pub dir: PathBuf,
}

impl Data {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let dir = section.get(&DIR).unwrap_or_else(|| section.folder.join("data"));
        Self { dir }
    }
}
