//! `[keys]`.

use std::path::{Path, PathBuf};

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["signing_key_file", "trusted_key_files", "binding_secret_file"];

/// `[keys]`: the key that signs links is only ever a file, never a value.
#[derive(Debug, Clone)]
pub struct Keys {
    /// PASERK `k4.secret`, mode 0600; default `<data>/keys/signing.k4.secret`.
    pub signing_key_file: PathBuf,
    /// More PASERK `k4.public` files whose links are still accepted (rotation); default none.
    pub trusted_key_files: Vec<PathBuf>,
    /// The secret that bindings are made with, mode 0600; both halves need the same one. Default `<data>/keys/binding.secret`: it stays where it is when
    /// the signing key is another one, or lies in a folder that cannot be written.
    pub binding_secret_file: PathBuf,
}

impl Keys {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        Self {
            signing_key_file: section
                .path("signing_key_file")
                .unwrap_or_else(|| data.join("keys").join("signing.k4.secret")),
            trusted_key_files: section.paths("trusted_key_files").unwrap_or_default(),
            binding_secret_file: section
                .path("binding_secret_file")
                .unwrap_or_else(|| data.join("keys").join("binding.secret")),
        }
    }
}
