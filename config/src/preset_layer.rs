//! A preset as a layer below what the operator has set in `[contacts.mapping]`.

use std::path::Path;

use crate::document;
use crate::key::Role;
use crate::layers::Layers;
use crate::problem::Place;
use crate::section::Entries;
use crate::sections::contacts::mapping::{self, GROUPS, OF_THE_SCHEME, SCHEME_KEY};
use crate::sections::contacts::presets::{self, Preset};
use crate::value::{Entry, Value};

/// Puts a preset that there is below `layers`.
pub(crate) fn put_below(layers: &mut Layers, name: &'static str) -> Preset {
    let mut below = entries(name);
    let texts = |key: &'static str| below.get(&(mapping::TABLE.name, key)).map(texts).unwrap_or_default();
    let statements = ["also_run", "also_run_if"].into_iter().flat_map(texts).collect();
    let preset = Preset { table: texts("table").concat(), id: texts("id").concat(), statements };
    if layers.has(SCHEME_KEY) {
        below.retain(|key, _| !OF_THE_SCHEME.contains(key));
    }
    layers.put_below(below, GROUPS);
    preset
}

/// What a preset's file sets.
fn entries(name: &'static str) -> Entries {
    let mut alone = Layers::new(Role::AllInOne, Place::TryOut);
    let read = document::read(Path::new(name), presets::file(name), &mut alone);
    debug_assert!(read.is_ok() && alone.problems.is_empty(), "{name}: {read:?} {:?}", alone.problems);
    let mut entries = alone.into_entries();
    for Entry { place, .. } in entries.values_mut() {
        if let Place::Line { line, .. } = *place {
            *place = Place::Preset { name, line };
        }
    }
    entries
}

/// The texts in a value, without space around them.
fn texts(entry: &Entry) -> Vec<String> {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Text(text) => into.push(text.trim().to_owned()),
            Value::List(items) => items.iter().for_each(|(_, item)| collect(item, into)),
            Value::Table(items) => items.iter().for_each(|(.., item)| collect(item, into)),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    collect(&entry.value, &mut texts);
    texts
}
