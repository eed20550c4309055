//! Keys on disk: one PASERK a file, a line break behind it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::{KeyError, PublicKey, SecretKey};

/// Far more than any PASERK.
const MAX_FILE_BYTES: u64 = 4096;

impl SecretKey {
    /// Loads a `k4.secret` file.
    ///
    /// # Errors
    /// Where it cannot be read, is open to group or others, or is no key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(|cause| file_error(path, cause))?;
        let mode = file.metadata().map_err(|cause| file_error(path, cause))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path: path.to_owned(), mode });
        }
        let text = read(path, file)?;
        Self::from_paserk(text.trim()).map_err(|cause| content_error(path, cause))
    }

    /// Writes the key to a new file of mode 0600, on disk before this returns. An existing file is never touched.
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

fn read(path: &Path, file: File) -> Result<Zeroizing<String>, KeyError> {
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(|cause| file_error(path, cause))?;
    Ok(text)
}

fn create(path: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
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
