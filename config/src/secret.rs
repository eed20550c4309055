//! Secrets, and the files that hold them.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::problem::Refusal;

/// A secret: never shown by `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret in.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads a secret from a file: UTF-8, one trailing newline ignored.
    ///
    /// Checks: the file can be read, nobody but its owner and group can, it is text, it is not empty.
    pub(crate) fn from_file(file: &Path) -> Result<Self, Refusal> {
        let name = file.display();
        let unreadable = |error: std::io::Error| {
            Refusal::new(
                format!("{name} cannot be read ({})", error.kind()),
                "write the secret into that file, or name the right file",
            )
        };
        let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode();
        if mode & 0o006 != 0 {
            return Err(Refusal::new(
                format!("{name} is open to everybody on this machine (mode {:04o})", mode & 0o7777),
                format!("chmod 600 {name}, and change the secret if others may have read it"),
            ));
        }
        let bytes = Zeroizing::new(fs::read(file).map_err(unreadable)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            Refusal::new(format!("{name} is not UTF-8 text"), "save the secret as UTF-8 text")
        })?;
        let secret = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        if secret.is_empty() {
            return Err(Refusal::new(format!("{name} is empty"), "write the secret into that file"));
        }
        Ok(Self::new(secret))
    }
}

/// A password of so many characters is hardly a word that stands somewhere by chance.
const RECOGNISABLE: usize = 8;

/// A secret that was given, and the key that gave it.
#[derive(Debug, Clone)]
pub struct GivenSecret {
    /// As `section.key`: of the secret itself, wherever it stood.
    pub key: String,
    secret: Secret,
}

impl GivenSecret {
    pub(crate) fn new(key: String, secret: Secret) -> Self {
        Self { key, secret }
    }

    /// A part of a secret that stands for all of it, such as the password in a URL. A short one is found between the marks of a URL alone: by itself it may
    /// be any word.
    pub(crate) fn password_in_url(key: &str, password: &Secret) -> Self {
        let password = password.expose();
        let sought = if password.chars().count() < RECOGNISABLE {
            format!(":{password}@")
        } else {
            password.to_owned()
        };
        Self::new(key.to_owned(), Secret::new(sought))
    }

    /// Whether it stands in a text; of one with several lines the first counts.
    pub fn stands_in(&self, text: &str) -> bool {
        self.secret.expose().lines().next().is_some_and(|line| !line.is_empty() && text.contains(line))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
