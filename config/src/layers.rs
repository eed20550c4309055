//! What was given for each key: the file, then the environment over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::environment::{Environment, PREFIX, RESERVED};
use crate::given::{Entry, Given};
use crate::load::Overrides;
use crate::nearest::{in_other_words, nearest};
use crate::problem::{Place, Problem, Refusal};
use crate::section::Section;
use crate::sections::{heading, known};

/// One of several sections of the same name.
pub(crate) struct Table {
    pub(crate) place: Place,
    pub(crate) entries: BTreeMap<(&'static str, &'static str), Entry>,
}

/// What was given for each key, and what was wrong with it so far.
pub(crate) struct Layers {
    /// The config file; its folder is what relative paths in it are relative to.
    origin: Place,
    folder: PathBuf,
    sections: BTreeMap<&'static str, Place>,
    entries: BTreeMap<(&'static str, &'static str), Entry>,
    lists: BTreeMap<&'static str, Vec<Table>>,
    pub(crate) problems: Vec<Problem>,
}

impl Layers {
    /// Nothing given yet. A key that is missing is told to be missing at `origin`.
    pub(crate) fn new(origin: Place) -> Self {
        let folder = match &origin {
            Place::File(file) => file.parent().map(Path::to_path_buf).unwrap_or_default(),
            _ => PathBuf::new(),
        };
        Self {
            origin,
            folder,
            sections: BTreeMap::new(),
            entries: BTreeMap::new(),
            lists: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    pub(crate) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The section is there, even if it turns out to be empty.
    pub(crate) fn open(&mut self, section: &'static str, place: Place) {
        self.sections.entry(section).or_insert(place);
    }

    /// Sets a key; what was set later wins.
    pub(crate) fn put(&mut self, section: &'static str, key: &'static str, entry: Entry) {
        self.entries.insert((section, key), entry);
    }

    /// One more section of a name that may stand several times.
    pub(crate) fn append(&mut self, list: &'static str, table: Table) {
        self.lists.entry(list).or_default().push(table);
    }

    /// Reads each section of a name that may stand several times.
    pub(crate) fn each<T>(&mut self, list: &'static str, read: impl Fn(&mut Section<'_>) -> T) -> Vec<T> {
        let Self { origin, folder, lists, problems, .. } = self;
        let tables = lists.get(list).map_or(&[][..], Vec::as_slice);
        let read = |table: &Table| {
            let Table { place, entries } = table;
            read(&mut Section { name: list, place, origin, folder, entries, problems })
        };
        tables.iter().map(read).collect()
    }

    /// Where a section that was given begins.
    pub(crate) fn section_place(&self, section: &str) -> Option<&Place> {
        self.sections.get(section)
    }

    /// The environment over what is there.
    pub(crate) fn overlay(&mut self, environment: &Environment) {
        for (variable, value) in environment.settings() {
            let place = Place::Environment(variable.to_owned());
            match known().find(|(section, key)| variable_name(section, key) == variable) {
                Some((section, key)) => {
                    self.open(section, place.clone());
                    self.put(section, key, Entry { place, given: Given::Untyped(value.clone()) });
                }
                None => self.refuse(Problem::new(place, "", unknown_variable(variable))),
            }
        }
    }

    /// The command line over everything.
    pub(crate) fn override_with(&mut self, overrides: &Overrides) {
        if let Some(dir) = &overrides.data {
            let place = Place::CommandLine("--data");
            self.put("data", "dir", Entry { place, given: Given::Untyped(dir.into()) });
        }
        if let Some(listen) = overrides.listen {
            let place = Place::CommandLine("--listen");
            self.put("server", "listen", Entry { place, given: Given::Untyped(listen.to_string().into()) });
        }
    }

    /// How a key that is missing is given: a line for the file, or a variable where there is no file.
    pub(crate) fn how_to_give(&self, section: &str, key: &str, example: &str) -> String {
        how_to_give(&self.origin, section, key, example)
    }

    /// The keys of one section, to be read.
    pub(crate) fn section(&mut self, name: &'static str) -> Section<'_> {
        Section {
            name,
            place: self.sections.get(name).unwrap_or(&self.origin),
            origin: &self.origin,
            folder: &self.folder,
            entries: &self.entries,
            problems: &mut self.problems,
        }
    }
}

/// The environment variable that overrides a key: `RESET_LINK_<SECTION>_<KEY>`.
pub(crate) fn variable_name(section: &str, key: &str) -> String {
    format!("{PREFIX}{}_{}", section.to_uppercase(), key.to_uppercase())
}

/// See [`Layers::how_to_give`].
pub(crate) fn how_to_give(origin: &Place, section: &str, key: &str, example: &str) -> String {
    match origin {
        Place::EnvironmentAlone => format!("set {}={example:?}", variable_name(section, key)),
        _ => format!("add {key} = {example:?} below {}", heading(section)),
    }
}

fn unknown_variable(variable: &str) -> Refusal {
    let names: Vec<String> = known().map(|(section, key)| variable_name(section, key)).collect();
    let suffixes = names
        .iter()
        .map(String::as_str)
        .chain(RESERVED.iter().copied())
        .filter_map(|name| name.strip_prefix(PREFIX));
    let written = variable.strip_prefix(PREFIX).unwrap_or(variable);
    // Kubernetes puts these into every pod beside a Service that is called reset-link.
    if written.starts_with("SERVICE_") || written.starts_with("PORT") {
        let cure = "unset it (in Kubernetes, which sets it for a Service of our name, with enableServiceLinks: false)";
        return Refusal::new("names no setting", cure);
    }
    let in_other_words = written
        .split_once('_')
        .and_then(|(section, key)| Some(variable_name(in_other_words(&section.to_lowercase())?, key)))
        .filter(|name| names.contains(name));
    if let Some(meant) = in_other_words {
        return Refusal::new("names no setting", format!("did you mean {meant}?"));
    }
    let cure = match nearest(written, suffixes) {
        Some(meant) => format!("did you mean {PREFIX}{meant}?"),
        None => format!("unset it; every variable is named {PREFIX}<SECTION>_<KEY>"),
    };
    Refusal::new("names no setting", cure)
}
