//! What the checks share.

use config::ConfiguredAdmin;

use super::ask::Asking;
use crate::doctor::Finding;

/// What the bot needs in its channels: View Channel (1024) and Send Messages (2048).
pub(super) const NEEDED: u64 = 3072;

/// One look at Discord.
pub(super) struct Examination<'a> {
    pub(super) settings: &'a config::Discord,
    pub(super) admins: &'a [ConfiguredAdmin],
    pub(super) asking: Asking<'a>,
    pub(super) findings: Vec<Finding>,
}

impl Examination<'_> {
    pub(super) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
