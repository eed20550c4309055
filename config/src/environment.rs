//! The environment variables of a process, captured once so that reading a configuration needs no process-wide state.

use std::ffi::OsString;
use std::fmt;

/// What every environment variable of ours begins with.
pub(crate) const PREFIX: &str = "RESET_LINK_";

/// Variables that the command line reads; they are no config keys.
pub(crate) const RESERVED: &[&str] = &["RESET_LINK_CONFIG", "RESET_LINK_DATA", "RESET_LINK_LISTEN"];

/// The environment variable that overrides a key: `RESET_LINK_<SECTION>_<KEY>`; a dot in a section's name is an underscore.
pub fn variable_name(section: &str, key: &str) -> String {
    format!("{PREFIX}{}_{}", section.replace('.', "_").to_uppercase(), key.to_uppercase())
}

/// Environment variables as (name, value) pairs. Variables that do not begin with `RESET_LINK_` are ignored.
///
/// `Debug` shows the names alone: a value may be a secret.
#[derive(Clone, Default)]
pub struct Environment(Vec<(String, OsString)>);

impl Environment {
    /// The environment of this process.
    pub fn capture() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value)))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect()
    }

    /// Whether there is a variable of ours that is not the command line's: somebody means to set something, though perhaps nothing reads it.
    pub fn names_settings(&self) -> bool {
        self.settings().next().is_some()
    }

    /// Our variables, without those that the command line reads.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &OsString)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .filter(|(name, _)| name.starts_with(PREFIX) && !RESERVED.contains(name))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<N: Into<String>, V: Into<OsString>, const COUNT: usize> From<[(N, V); COUNT]> for Environment {
    fn from(pairs: [(N, V); COUNT]) -> Self {
        pairs.into_iter().collect()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
