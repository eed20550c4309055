//! What the command line sets.

use std::net::SocketAddr;
use std::path::PathBuf;

/// What the command line sets over file and environment. Defaults that derive from `data.dir` follow it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--data DIR`, relative to the working directory.
    pub data: Option<PathBuf>,
    /// `--listen ADDR`: `server.listen`; the bot's own listener where the process is the bot alone.
    pub listen: Option<SocketAddr>,
}
