//! `[audit]`.

use std::path::{Path, PathBuf};

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers;
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new("audit", &[FILE.info, REDEEM_FILE.info]);

const FILE: Key<readers::Path> = Key::path("file", "What the bot did, one line each.").for_bot();
const REDEEM_FILE: Key<readers::Path> =
    Key::path("redeem_file", "What the redeem server did, one line each.").for_redeem_server();

/// The bot's; default `<data>/audit.jsonl`.
pub(crate) fn bot_file(section: &mut Section<'_>, data: &Path) -> PathBuf {
    section.get(&FILE).unwrap_or_else(|| data.join("audit.jsonl"))
}

/// The redeem server's own; default `<data>/redeem-audit.jsonl`.
pub(crate) fn redeem_file(section: &mut Section<'_>, data: &Path) -> PathBuf {
    section.get(&REDEEM_FILE).unwrap_or_else(|| data.join("redeem-audit.jsonl"))
}

/// Each line holds the hash of the line before: two writers would break both chains.
pub(crate) fn refuse_one_for_both(section: &mut Section<'_>, file: &Path, redeem_file: &Path) {
    if file == redeem_file {
        let key = if section.has(&REDEEM_FILE) { REDEEM_FILE.info } else { FILE.info };
        section.refuse(
            key,
            Refusal::new("file and redeem_file are the same file", "give each half a file of its own"),
        );
    }
}
