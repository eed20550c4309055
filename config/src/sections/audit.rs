//! `[audit]`.

use std::path::{Path, PathBuf};

use crate::problem::Refusal;
use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["file", "redeem_file"];

/// `[audit]`.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The bot's; default `<data>/audit.jsonl`.
    pub file: PathBuf,
    /// The redeem half's own; default `<data>/redeem-audit.jsonl`.
    pub redeem_file: PathBuf,
}

impl Audit {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        let file = section.path("file").unwrap_or_else(|| data.join("audit.jsonl"));
        let redeem_file = section.path("redeem_file").unwrap_or_else(|| data.join("redeem-audit.jsonl"));
        if file == redeem_file {
            // Each line holds the hash of the line before: two writers would break both chains.
            let key = if section.has("redeem_file") { "redeem_file" } else { "file" };
            section.refuse(
                key,
                Refusal::new("file and redeem_file are the same file", "give each half a file of its own"),
            );
        }
        Self { file, redeem_file }
    }
}
