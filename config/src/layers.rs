//! What was given for each key: the file, then the environment over it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::environment::{Environment, PREFIX, RESERVED, variable_name};
use crate::key::{KeyInfo, Role, Table};
use crate::nearest::nearest;
use crate::overrides::Overrides;
use crate::problem::{Place, Problem, Refusal};
use crate::secret::GivenSecret;
use crate::section::{Entries, EntryKey, Section};
use crate::sections::{called_elsewhere, known_keys};
use crate::value::{Entry, Value};

/// One of several sections of the same name.
pub(crate) struct Repeated {
    pub(crate) place: Place,
    pub(crate) entries: Entries,
}

/// What was given for each key, and what was wrong with it so far.
pub struct Layers {
    /// Whose settings these are.
    pub(crate) role: Role,
    /// The config file; its folder is what relative paths in it are relative to.
    origin: Place,
    folder: PathBuf,
    sections: BTreeMap<&'static str, Place>,
    entries: Entries,
    lists: BTreeMap<&'static str, Vec<Repeated>>,
    pub(crate) problems: Vec<Problem>,
    /// The secrets that were read so far.
    pub(crate) secrets: Vec<GivenSecret>,
}

impl Layers {
    /// Nothing given yet. A key that is missing is told to be missing at `origin`.
    pub(crate) fn new(role: Role, origin: Place) -> Self {
        let folder = match &origin {
            Place::File(file) => file.parent().map(Path::to_path_buf).unwrap_or_default(),
            _ => PathBuf::new(),
        };
        Self {
            role,
            origin,
            folder,
            sections: BTreeMap::new(),
            entries: Entries::new(),
            lists: BTreeMap::new(),
            problems: Vec::new(),
            secrets: Vec::new(),
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
    pub(crate) fn append(&mut self, list: &'static str, section: Repeated) {
        self.lists.entry(list).or_default().push(section);
    }

    /// Reads each section of a name that may stand several times.
    pub(crate) fn each<T>(&mut self, table: Table, read: impl Fn(&mut Section<'_>) -> T) -> Vec<T> {
        let Self { origin, folder, lists, problems, secrets, .. } = self;
        let sections = lists.get(table.name).map_or(&[][..], Vec::as_slice);
        let read = |section: &Repeated| {
            let Repeated { place, entries } = section;
            read(&mut Section { table, place, origin, folder, entries, problems, secrets })
        };
        sections.iter().map(read).collect()
    }

    /// Reads a section that turns something on, where it was given.
    pub(crate) fn optional<T>(
        &mut self,
        table: Table,
        read: impl FnOnce(&mut Section<'_>) -> Option<T>,
    ) -> Optional<T> {
        match self.section_place(table) {
            None => Optional::Off,
            Some(_) => read(&mut self.section(table)).map_or(Optional::Refused, Optional::On),
        }
    }

    /// Where a section that was given begins.
    pub(crate) fn section_place(&self, table: Table) -> Option<&Place> {
        self.sections.get(table.name)
    }

    /// What was given, by section and key.
    pub(crate) fn into_entries(self) -> Entries {
        self.entries
    }

    /// Whether a key was given.
    pub(crate) fn has(&self, key: EntryKey) -> bool {
        self.entries.contains_key(&key)
    }

    /// The keys of a section that were given.
    pub(crate) fn given(&self, table: Table) -> impl Iterator<Item = (&KeyInfo, &Entry)> {
        table.keys.iter().filter_map(move |key| Some((key, self.entries.get(&(table.name, key.name))?)))
    }

    /// Sets what was not set, from a layer below. The keys of a group take tables that are put together, and a name counts once in a group: where it was
    /// set before, the layer below has it no more, and where it was set to an empty text, nobody has it.
    pub(crate) fn put_below(&mut self, mut below: Entries, groups: &[&[EntryKey]]) {
        for group in groups {
            let named = |entries: &Entries| -> BTreeSet<String> {
                let tables = group.iter().filter_map(|key| Some(&entries.get(key)?.value));
                tables.flat_map(Value::names).map(str::to_owned).collect()
            };
            let (above, lower) = (named(&self.entries), named(&below));
            for key in *group {
                if let Some(Entry { value: Value::Table(items), .. }) = self.entries.get_mut(key) {
                    items.retain(|(name, _, value)| !(value.is_empty_text() && lower.contains(name)));
                }
                if let Some(Entry { value: Value::Table(items), .. }) = below.get_mut(key) {
                    items.retain(|(name, ..)| !above.contains(name));
                }
            }
        }
        for (key, entry) in below {
            match (self.entries.get_mut(&key), entry) {
                (
                    Some(Entry { value: Value::Table(items), .. }),
                    Entry { value: Value::Table(lower), .. },
                ) => {
                    items.extend(lower);
                }
                (Some(_), _) => {}
                (None, entry) => drop(self.entries.insert(key, entry)),
            }
        }
    }

    /// The environment over what is there.
    pub(crate) fn overlay(&mut self, environment: &Environment) {
        for (variable, value) in environment.settings() {
            let place = Place::Environment(variable.to_owned());
            let known = known_keys().find(|(table, key)| variable_name(table.name, key.name) == variable);
            let Some((table, key)) = known else {
                self.refuse(Problem::new(place, "", unknown_variable(variable, self.role)));
                continue;
            };
            if !self.role.needs(key.needed_by) {
                let name = format!("{}.{}", table.name, key.name);
                self.refuse(Problem::new(place, name, foreign_key(key, self.role)));
                continue;
            }
            self.open(table.name, place.clone());
            self.put(table.name, key.name, Entry { place, value: Value::Untyped(value.clone()) });
        }
    }

    /// The command line over everything.
    pub(crate) fn override_with(&mut self, overrides: &Overrides) {
        if let Some(dir) = &overrides.data {
            let place = Place::CommandLine("--data");
            self.put("data", "dir", Entry { place, value: Value::Untyped(dir.into()) });
        }
        if let Some(listen) = overrides.listen {
            let place = Place::CommandLine("--listen");
            let section = if self.role == Role::Bot { "bot" } else { "server" };
            self.put(section, "listen", Entry { place, value: Value::Untyped(listen.to_string().into()) });
        }
    }

    /// The keys of one section, to be read.
    pub(crate) fn section(&mut self, table: Table) -> Section<'_> {
        let parent = table.parent().and_then(|parent| self.sections.get(parent));
        Section {
            table,
            place: self.sections.get(table.name).or(parent).unwrap_or(&self.origin),
            origin: &self.origin,
            folder: &self.folder,
            entries: &self.entries,
            problems: &mut self.problems,
            secrets: &mut self.secrets,
        }
    }
}

/// What came of a section that may be left out.
pub(crate) enum Optional<T> {
    Off,
    /// The problem is on record.
    Refused,
    On(T),
}

impl<T> Optional<T> {
    /// What was read, where something was.
    pub(crate) fn read(&self) -> Option<&T> {
        match self {
            Self::On(section) => Some(section),
            Self::Off | Self::Refused => None,
        }
    }

    /// What there is, once it is known that nothing was refused.
    pub(crate) fn unless_refused(self) -> Option<Option<T>> {
        match self {
            Self::Off => Some(None),
            Self::Refused => None,
            Self::On(section) => Some(Some(section)),
        }
    }
}

/// Why a section that only the other role needs is refused.
pub(crate) fn foreign_section(table: &Table, role: Role) -> Refusal {
    let (other, heading) = (other_than(role), table.heading());
    Refusal::new(
        format!("is for {other}, and these are the settings of {role}"),
        format!("remove it; {heading} belongs into the settings of {other}"),
    )
}

/// Why a key that only the other role needs is refused.
pub(crate) fn foreign_key(key: &KeyInfo, role: Role) -> Refusal {
    let other = other_than(role);
    let cure = match key.instead {
        Some(instead) => format!("remove it; {instead}"),
        None => format!("remove it; it belongs into the settings of {other}"),
    };
    Refusal::new(format!("is for {other}, and these are the settings of {role}"), cure)
}

fn other_than(role: Role) -> Role {
    if role == Role::Bot { Role::RedeemServer } else { Role::Bot }
}

fn unknown_variable(variable: &str, role: Role) -> Refusal {
    let names: Vec<String> = known_keys()
        .filter(|(_, key)| role.needs(key.needed_by))
        .map(|(table, key)| variable_name(table.name, key.name))
        .collect();
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
        .and_then(|(section, key)| Some(variable_name(called_elsewhere(&section.to_lowercase())?.name, key)))
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
