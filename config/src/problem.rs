//! What is wrong with a configuration: where, which key, why, and how to mend it.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from, or where it would belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of the config file, counted from 1.
    Line {
        /// The config file, as it was named.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The config file as a whole.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The environment as a whole, where there is no config file.
    EnvironmentAlone,
    /// An option of the command line.
    CommandLine(&'static str),
    /// A line of a preset, counted from 1.
    Preset {
        /// Its name in `contacts.preset`.
        name: &'static str,
        /// The line, counted from 1.
        line: usize,
    },
    /// The built-in configuration for trying the product out.
    TryOut,
}

impl Place {
    /// Problems are told in this order: the file from top to bottom, the environment, the command line.
    fn order(&self) -> (u8, usize, &str) {
        match self {
            Place::File(_) => (0, 0, ""),
            Place::Line { line, .. } => (0, *line, ""),
            Place::EnvironmentAlone => (1, 0, ""),
            Place::Environment(name) => (1, 0, name),
            Place::CommandLine(option) => (2, 0, option),
            Place::Preset { name, line } => (3, *line, name),
            Place::TryOut => (4, 0, ""),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { file, line } => write!(f, "{}:{line}", file.display()),
            Place::File(file) => write!(f, "{}", file.display()),
            Place::Environment(name) => f.write_str(name),
            Place::EnvironmentAlone => f.write_str("the environment, without a config file"),
            Place::CommandLine(option) => f.write_str(option),
            Place::Preset { name, line } => write!(f, "the preset \"{name}\", line {line}"),
            Place::TryOut => f.write_str("try-out mode"),
        }
    }
}

/// Why a value is refused and what to write instead. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}; {cure}")]
pub struct Refusal {
    /// What is wrong.
    pub cause: String,
    /// How to mend it.
    pub cure: String,
}

impl Refusal {
    pub(crate) fn new(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { cause: cause.into(), cure: cure.into() }
    }
}

/// One thing that is wrong with a configuration. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Which key, as `section.key`; empty where the problem is not about a key.
    pub key: String,
    /// What is wrong.
    pub cause: String,
    /// How to mend it.
    pub cure: String,
}

impl Problem {
    pub(crate) fn new(place: Place, key: impl Into<String>, refusal: Refusal) -> Self {
        Self { place, key: key.into(), cause: refusal.cause, cure: refusal.cure }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.cause, self.cure)
    }
}

/// Everything that is wrong with a configuration, one line each. Never holds a secret.
///
/// Invariant: there is at least one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<Problem>);

impl ConfigErrors {
    /// `Ok` where there is nothing wrong.
    pub(crate) fn none_of(mut problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by(|one, other| one.place.order().cmp(&other.place.order()));
        Err(Self(problems))
    }

    /// The problems: the file from top to bottom, then the environment, then the command line.
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl From<Problem> for ConfigErrors {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}
