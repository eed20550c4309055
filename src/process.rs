//! What the operating system is asked for this process as a whole: limits, signals, and that its memory stays its own.

use anyhow::Context as _;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};

/// To be called before any thread starts: a thread inherits which signals are blocked from the one that starts it.
///
/// A file that may not grow any more (`RLIMIT_FSIZE`) is an error of the write that meets it, as a full disk is, and not the end of the process.
/// Signing keys are in memory: no core dump holds them, and no other process of the same user reads them there.
///
/// # Errors
/// Where the system refuses it.
pub(crate) fn prepare() -> anyhow::Result<()> {
    SigSet::from(Signal::SIGXFSZ).thread_block().context("SIGXFSZ cannot be blocked")?;
    // A sandbox may forbid limits to be changed. A process that is not dumpable writes no core either.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    prctl::set_dumpable(false).context("the process's memory cannot be closed to others")
}

#[cfg(test)]
mod tests {
    use nix::sys::resource::getrlimit;

    use super::*;

    #[test]
    fn there_is_no_core_dump_and_a_file_that_is_too_large_is_an_error() {
        prepare().unwrap();
        assert_eq!(getrlimit(Resource::RLIMIT_CORE).unwrap(), (0, 0));
        assert!(!prctl::get_dumpable().unwrap());
        assert!(SigSet::thread_get_mask().unwrap().contains(Signal::SIGXFSZ));
        let inherited = std::thread::spawn(|| SigSet::thread_get_mask().unwrap()).join().unwrap();
        assert!(inherited.contains(Signal::SIGXFSZ));
    }
}
