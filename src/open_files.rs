//! How many files the process may have open, and how many of them are for connections.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What ledger, directory, audits, logs and the connections that we open ourselves want at most.
const OWN: u64 = 128;

/// What a page needs that nobody attacks; beyond it there is no use.
const PAGE: u64 = 800;
/// More than a burst of commands on all chat platforms.
const BOT: u64 = 400;

/// How many connections each listener takes at once: together fewer than files may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Where contacts open links.
    pub page: usize,
    /// Where chat platforms call the bot.
    pub bot: usize,
}

impl Connections {
    /// With so many open files.
    pub fn within(open_files: u64) -> Self {
        let left = open_files.saturating_sub(OWN).max(open_files / 2);
        let at_most = |share: u64, most: u64| usize::try_from(share.min(most)).unwrap_or(usize::MAX);
        Self { page: at_most(left / 3 * 2, PAGE), bot: at_most(left / 3, BOT) }
    }
}

/// Raises the soft limit as far as the hard one allows, and says how many connections there may be.
pub fn raise() -> Connections {
    let (soft, hard) = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok(limits) => limits,
        Err(error) => {
            tracing::warn!(%error, "how many files may be open cannot be learned: it is taken for 1024");
            (1024, 1024)
        }
    };
    let open_files = match soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() {
        true => hard,
        false => soft,
    };
    let connections = Connections::within(open_files);
    if connections.page < Connections::within(u64::MAX).page {
        let Connections { page, bot } = connections;
        tracing::warn!(
            open_files,
            page,
            bot,
            "few files may be open, so that few connections are taken at once: raise the limit (ulimit -n, LimitNOFILE=) to 4096"
        );
    }
    connections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_below_the_files_that_may_be_open() {
        for open_files in [16, 64, 256, 1024, 2048, 4096, u64::MAX] {
            let Connections { page, bot } = Connections::within(open_files);
            assert!(
                (page + bot) as u64 + (open_files / 2).min(OWN) <= open_files,
                "{open_files}: {page}, {bot}"
            );
            assert!(page > 0 && bot > 0);
        }
        assert_eq!(Connections::within(1024), Connections { page: 596, bot: 298 });
        assert_eq!(Connections::within(4096), Connections { page: 800, bot: 400 });
    }

    #[test]
    fn the_soft_limit_goes_up_to_the_hard_one() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        raise();
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (hard, hard));
    }
}
