//! Mappings that come with reset-link, one for each application.

use crate::nearest::nearest;
use crate::problem::Refusal;
use crate::shown::shown;

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
pub(crate) struct Preset {
    /// What the table is usually called.
    pub(crate) table: String,
    /// The column that its statements compare `:id` with.
    pub(crate) id: String,
    /// Its statements.
    pub(crate) statements: Vec<String>,
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

/// The file of a preset that there is.
pub(crate) fn file(name: &str) -> &'static str {
    PRESETS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}
