//! `[keys]`.

use std::path::{Path, PathBuf};

use crate::key::{Key, Table};
use crate::readers::{self, Paths};
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new(
    "keys",
    &[SIGNING_KEY_FILE.info, TRUSTED_KEY_FILES.info, RETIRED_KEY_FILES.info, BINDING_SECRET_FILE.info],
);

const SIGNING_KEY_FILE: Key<readers::Path> =
    Key::path("signing_key_file", "The key that signs links.").for_bot().or_else(
        "what redeems links never holds the key that signs them, and trusted_key_files names its public half",
    );
const TRUSTED_KEY_FILES: Key<Paths> =
    Key::paths("trusted_key_files", "Public keys whose links are accepted, beside the signing key's.");
const RETIRED_KEY_FILES: Key<Paths> = Key::paths(
    "retired_key_files",
    "Public keys of which no link is accepted any more, and by whose mails a contact may still object.",
)
.for_redeem_server();
const BINDING_SECRET_FILE: Key<readers::Path> =
    Key::path("binding_secret_file", "The secret that bindings are made with, the same one for both halves.");

/// `[keys]` of the bot: the key that signs links is only ever a file, never a value.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    /// PASERK `k4.secret`, mode 0600; default `<data>/keys/signing.k4.secret`.
    pub signing_key_file: PathBuf,
    /// More PASERK `k4.public` files whose links are still accepted (rotation); default none.
    pub trusted_key_files: Vec<PathBuf>,
    /// The secret that bindings are made with, mode 0600; both halves need the same one. Default `<data>/keys/binding.secret`: it stays where it is when
    /// the signing key is another one, or lies in a folder that cannot be written.
    pub binding_secret_file: PathBuf,
}

/// `[keys]` of the redeem server, which never holds the key that signs links.
#[derive(Debug, Clone)]
pub struct PublicKeys {
    /// PASERK `k4.public` files of which each signs links that are accepted. Where the bot is in the same process, the first is what lies
    /// beside its signing key. Otherwise they are `trusted_key_files`; default `<data>/keys/signing.k4.public`.
    pub public_key_files: Vec<PathBuf>,
    /// PASERK `k4.public` files of retired keys: a contact may say for a day that a mail of theirs was not asked for. Default none.
    pub retired_key_files: Vec<PathBuf>,
    /// See [`SigningKeys::binding_secret_file`].
    pub binding_secret_file: PathBuf,
}

/// What both halves read.
pub(crate) struct CommonKeys {
    trusted_key_files: Option<Vec<PathBuf>>,
    binding_secret_file: PathBuf,
}

impl CommonKeys {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        Self {
            trusted_key_files: section.get(&TRUSTED_KEY_FILES),
            binding_secret_file: section
                .get(&BINDING_SECRET_FILE)
                .unwrap_or_else(|| data.join("keys").join("binding.secret")),
        }
    }
}

impl SigningKeys {
    pub(crate) fn read(section: &mut Section<'_>, common: &CommonKeys, data: &Path) -> Self {
        Self {
            signing_key_file: section
                .get(&SIGNING_KEY_FILE)
                .unwrap_or_else(|| data.join("keys").join("signing.k4.secret")),
            trusted_key_files: common.trusted_key_files.clone().unwrap_or_default(),
            binding_secret_file: common.binding_secret_file.clone(),
        }
    }

    /// The public half of the signing key, which lies beside it.
    pub fn public_key_file(&self) -> PathBuf {
        self.signing_key_file.with_extension("public")
    }
}

impl PublicKeys {
    /// Where the redeem server is alone.
    pub(crate) fn alone(section: &mut Section<'_>, common: &CommonKeys, data: &Path) -> Self {
        let default = || vec![data.join("keys").join("signing.k4.public")];
        Self {
            public_key_files: common
                .trusted_key_files
                .clone()
                .filter(|files| !files.is_empty())
                .unwrap_or_else(default),
            retired_key_files: section.get(&RETIRED_KEY_FILES).unwrap_or_default(),
            binding_secret_file: common.binding_secret_file.clone(),
        }
    }

    /// Where the bot is in the same process.
    pub(crate) fn beside(section: &mut Section<'_>, keys: &SigningKeys) -> Self {
        let others = keys.trusted_key_files.iter().cloned();
        Self {
            public_key_files: [keys.public_key_file()].into_iter().chain(others).collect(),
            retired_key_files: section.get(&RETIRED_KEY_FILES).unwrap_or_default(),
            binding_secret_file: keys.binding_secret_file.clone(),
        }
    }
}
