//! Keys on disk: one PASERK a file (or the binding secret), a line break behind it.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::disk::folder_of;
use crate::{BindingSecret, KeyError, PublicKey, SecretKey, whole_file};

/// Far more than any PASERK.
const MAX_FILE_BYTES: u64 = 4096;

/// Who may have a secret's file beside the superuser.
#[derive(Debug, Clone)]
pub struct Keeper {
    /// The user id that this process runs as.
    pub user: u32,
    /// Where systemd lays out credentials for this process (`$CREDENTIALS_DIRECTORY`).
    pub credentials: Option<PathBuf>,
}

impl Keeper {
    /// Checks that the file is this process's user's and nobody else can read or write it. A credential that systemd laid out may be root's instead, and
    /// its group's right to read is the mask of an access list that names this user alone (<https://github.com/systemd/systemd/issues/29435>).
    ///
    /// # Errors
    /// `Exposed`, `Foreign`.
    pub fn check(&self, path: &Path, found: &Metadata) -> Result<(), KeyError> {
        let (owner, mode) = (found.uid(), found.mode() & 0o7777);
        let is_credential =
            owner == 0 && self.credentials.as_deref().is_some_and(|folder| path.parent() == Some(folder));
        let closed_bits = if is_credential { 0o037 } else { 0o077 };
        if mode & closed_bits != 0 {
            return Err(KeyError::Exposed { path: path.to_owned(), mode });
        }
        if owner != self.user && !is_credential {
            return Err(KeyError::Foreign { path: path.to_owned(), owner });
        }
        Ok(())
    }
}

impl SecretKey {
    /// Loads a `k4.secret` file.
    ///
    /// # Errors
    /// Where it cannot be read, is another user's, is open to group or others, or is no key.
    pub fn load(path: &Path, keeper: &Keeper) -> Result<Self, KeyError> {
        Self::from_paserk(read_secret(path, keeper)?.trim()).map_err(|cause| content_error(path, cause))
    }

    /// Writes the key to a new file of mode 0600, whole and on disk before this returns. An existing file is never touched.
    ///
    /// # Errors
    /// `Exists`, or `File` with the system's own words.
    pub fn create(&self, path: &Path) -> Result<(), KeyError> {
        create(path, 0o600, &self.expose_paserk())
    }
}

impl PublicKey {
    /// Loads a `k4.public` file.
    ///
    /// # Errors
    /// Where it cannot be read or is no public key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(|cause| file_error(path, cause))?;
        Self::from_paserk(read(path, file)?.trim()).map_err(|cause| content_error(path, cause))
    }

    /// Writes the key to a new file of mode 0644.
    ///
    /// # Errors
    /// `Exists`, or `File` with the system's own words.
    pub fn create(&self, path: &Path) -> Result<(), KeyError> {
        create(path, 0o644, &self.to_paserk())
    }
}

impl BindingSecret {
    /// Loads a binding secret.
    ///
    /// # Errors
    /// Where it cannot be read, is another user's, is open to group or others, or is no binding secret.
    pub fn load(path: &Path, keeper: &Keeper) -> Result<Self, KeyError> {
        Self::from_text(read_secret(path, keeper)?.trim()).map_err(|cause| content_error(path, cause))
    }

    /// Writes the secret to a new file of mode 0600, whole and on disk before this returns. An existing file is never touched.
    ///
    /// # Errors
    /// `Exists`, or `File` with the system's own words.
    pub fn create(&self, path: &Path) -> Result<(), KeyError> {
        create(path, 0o600, &self.expose_text())
    }
}

/// Reads a file that nobody but its keeper may read or write.
fn read_secret(path: &Path, keeper: &Keeper) -> Result<Zeroizing<String>, KeyError> {
    let file = File::open(path).map_err(|cause| file_error(path, cause))?;
    keeper.check(path, &file.metadata().map_err(|cause| file_error(path, cause))?)?;
    read(path, file)
}

fn read(path: &Path, file: File) -> Result<Zeroizing<String>, KeyError> {
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(|cause| file_error(path, cause))?;
    Ok(text)
}

fn create(path: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let write = || -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path))?;
        whole_file::create(path, mode, Zeroizing::new(format!("{text}\n")).as_bytes())
    };
    write().map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => file_error(path, cause),
    })
}

fn file_error(path: &Path, cause: io::Error) -> KeyError {
    KeyError::File { path: path.to_owned(), cause }
}

fn content_error(path: &Path, cause: KeyError) -> KeyError {
    KeyError::Content { path: path.to_owned(), cause: Box::new(cause) }
}
