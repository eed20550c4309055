//! Mappings that come with reset-link, one for each application.

use std::path::Path;

use crate::document;
use crate::key::Role;
use crate::layers::Layers;
use crate::nearest::nearest;
use crate::problem::{Place, Refusal};
use crate::section::Entries;
use crate::sections::contacts::mapping;
use crate::shown::shown;
use crate::value::{Entry, Value};

/// Each preset with the text of its file.
const PRESETS: &[(&str, &str)] = &[
    ("django", include_str!("../../../presets/django.toml")),
    ("laravel", include_str!("../../../presets/laravel.toml")),
    ("devise", include_str!("../../../presets/devise.toml")),
    ("wordpress", include_str!("../../../presets/wordpress.toml")),
    ("gotrue", include_str!("../../../presets/gotrue.toml")),
    ("aspnet-identity", include_str!("../../../presets/aspnet-identity.toml")),
    ("dovecot", include_str!("../../../presets/dovecot.toml")),
    ("plain", include_str!("../../../presets/plain.toml")),
];

/// Applications that a change in their tables would break, and why.
const REFUSED: &[(&str, &str)] = &[
    ("keycloak", "Keycloak keeps users in a cache of its process"),
    ("nextcloud", "Nextcloud keeps keys under the password, which a change of the hash alone would lose"),
    ("synapse", "Synapse keeps users in a cache of its process"),
    ("drupal", "Drupal keeps users in a cache of its own"),
];

/// What a mapping that comes with reset-link says of itself.
pub(super) struct Preset {
    /// What the table is usually called.
    pub(super) table: String,
    /// The column that its statements compare `:id` with.
    pub(super) id: String,
    /// Its statements.
    pub(super) statements: Vec<String>,
}

/// The name of a preset that there is.
pub(super) fn named(name: &str) -> Result<&'static str, Refusal> {
    if let Some((known, _)) = PRESETS.iter().find(|(known, _)| *known == name) {
        return Ok(known);
    }
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name.to_lowercase()) {
        return Err(Refusal::new(
            *why,
            "have passwords set by its own API and not by SQL; docs/directories/README.md says more",
        ));
    }
    let names = || PRESETS.iter().map(|(name, _)| *name);
    let cure = match nearest(name, names()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!(
            "use {}; or remove preset, and say all of it in [contacts.mapping]",
            names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        ),
    };
    Err(Refusal::new(format!("{} is not one of the presets", shown(name)), cure))
}

/// Puts a preset below what the operator has set in `[contacts.mapping]`.
pub(super) fn apply(name: &'static str, layers: &mut Layers) -> Preset {
    let below = entries(name);
    let texts = |key: &'static str| below.get(&(mapping::TABLE.name, key)).map(texts).unwrap_or_default();
    let statements = ["also_run", "also_run_if"].into_iter().flat_map(texts).collect();
    let preset = Preset { table: texts("table").concat(), id: texts("id").concat(), statements };
    mapping::put_preset_below(layers, below);
    preset
}

/// What a preset's file sets.
fn entries(name: &'static str) -> Entries {
    let text = PRESETS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    let mut alone = Layers::new(Role::AllInOne, Place::TryOut);
    let read = document::read(Path::new(name), text, &mut alone);
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
