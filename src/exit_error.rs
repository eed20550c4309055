//! Why a command or the whole process ends, and with which exit code.

use std::fmt::Display;

/// Exit code: settings or arguments are wrong; nothing was done. (Also what the command line's own errors exit with.)
pub const MISUSED: u8 = 2;
/// Exit code: something failed: disk, network, a locked file.
pub const FAILED: u8 = 5;

/// An error, and the code to exit with.
#[derive(Debug)]
pub struct ExitError {
    /// [`MISUSED`] or [`FAILED`].
    pub code: u8,
    /// What is said.
    pub error: anyhow::Error,
}

impl ExitError {
    /// Wrong settings or arguments.
    pub fn misused(error: impl Display) -> Self {
        Self { code: MISUSED, error: anyhow::anyhow!("{error}") }
    }
}

impl<E: Into<anyhow::Error>> From<E> for ExitError {
    fn from(error: E) -> Self {
        Self { code: FAILED, error: error.into() }
    }
}
