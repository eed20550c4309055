//! One section while it is read: what was given for its keys, and each problem with its place.

use std::collections::BTreeMap;
use std::path::Path;

use crate::environment::variable_name;
use crate::key::{Key, KeyInfo, Table};
use crate::problem::{Place, Problem, Refusal};
use crate::secret::GivenSecret;
use crate::value::Entry;

/// How the value of a key is read.
pub(crate) trait Reader: Sized {
    /// What it is read to.
    type Value;

    /// `None` where the key was not given, or was refused: then the problem is on record.
    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<Self::Value>;
}

/// A section and a key of it.
pub(crate) type EntryKey = (&'static str, &'static str);

/// What was given, by section and key.
pub(crate) type Entries = BTreeMap<EntryKey, Entry>;

/// One section, to be read key by key. A getter answers `None` where the key was not given, or was refused: then the
/// problem is on record, and the caller's default never reaches anybody.
pub(crate) struct Section<'a> {
    pub(crate) table: Table,
    pub(crate) place: &'a Place,
    /// The config file, or what there is instead of one.
    pub(crate) origin: &'a Place,
    pub(crate) folder: &'a Path,
    pub(crate) entries: &'a Entries,
    pub(crate) problems: &'a mut Vec<Problem>,
    /// The secrets that were read, in every section.
    pub(crate) secrets: &'a mut Vec<GivenSecret>,
}

impl<'a> Section<'a> {
    /// The value of a key.
    pub(crate) fn get<R: Reader>(&mut self, key: &Key<R>) -> Option<R::Value> {
        key.reader.read(self, key.info)
    }

    /// The value of a key that must be given. `example` is the line to add.
    pub(crate) fn required<R: Reader>(&mut self, key: &Key<R>, example: &str) -> Option<R::Value> {
        self.require(key, example);
        self.get(key)
    }

    /// Puts on record that a key is missing, if it is.
    pub(crate) fn require(&mut self, key: impl Into<KeyInfo>, example: &str) {
        let key = key.into();
        if self.has(key) {
            return;
        }
        let refusal = Refusal::new("is not set", self.how_to_give(key, example));
        match self.origin {
            // No variable that is set is to blame.
            Place::EnvironmentAlone => self.refuse_at(self.origin.clone(), key, refusal),
            _ => self.refuse(key, refusal),
        }
    }

    /// How a key that is missing is given: a line for the file, or a variable where there is no file.
    pub(crate) fn how_to_give(&self, key: impl Into<KeyInfo>, example: &str) -> String {
        let name = key.into().name;
        match self.origin {
            Place::EnvironmentAlone => format!("set {}={example:?}", variable_name(self.table.name, name)),
            _ => format!("add {name} = {example:?} below {}", self.table.heading()),
        }
    }

    /// What was given for a key.
    pub(crate) fn entry(&self, key: KeyInfo) -> Option<&'a Entry> {
        self.entries.get(&(self.table.name, key.name))
    }

    /// Whether the key was given, good or not.
    pub(crate) fn has(&self, key: impl Into<KeyInfo>) -> bool {
        self.entry(key.into()).is_some()
    }

    /// Whether the key was given by the operator, and not by a preset.
    pub(crate) fn is_given_by_operator(&self, key: impl Into<KeyInfo>) -> bool {
        self.entry(key.into()).is_some_and(|entry| !matches!(entry.place, Place::Preset { .. }))
    }

    /// Whether a problem with this key is on record.
    pub(crate) fn is_refused(&self, key: impl Into<KeyInfo>) -> bool {
        let key = format!("{}.{}", self.table.name, key.into().name);
        self.problems.iter().any(|problem| problem.key == key)
    }

    /// Puts a problem with this key on record, where the key stands or would belong.
    pub(crate) fn refuse(&mut self, key: impl Into<KeyInfo>, refusal: Refusal) {
        let key = key.into();
        let place = self.entry(key).map_or(self.place, |entry| &entry.place).clone();
        self.refuse_at(place, key, refusal);
    }

    /// Puts a problem with this key on record at a place of its own.
    pub(crate) fn refuse_at(&mut self, place: Place, key: KeyInfo, refusal: Refusal) {
        self.problems.push(Problem::new(place, format!("{}.{}", self.table.name, key.name), refusal));
    }

    /// What is good, or its problem on record.
    pub(crate) fn judge<T>(&mut self, key: KeyInfo, judged: Result<T, Refusal>) -> Option<T> {
        judged.map_err(|refusal| self.refuse(key, refusal)).ok()
    }
}
