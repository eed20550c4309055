//! The files of keys and secrets that settings name.

use std::path::Path;

use config::SigningKeys;
use keys::{BindingSecret, KeyError, Keyring, PublicKey, SecretKey};

use crate::exit_error::ExitError;
use crate::{machine, os_user};

/// The key that signs links, and the former ones whose links are still accepted.
///
/// # Errors
/// Where there is no signing key, or a file cannot be used.
pub fn keyring(keys: &SigningKeys) -> Result<Keyring, ExitError> {
    let file = &keys.signing_key_file;
    if !file.exists() {
        return Err(ExitError::misused(format!(
            "{}: there is no signing key; `reset-link init` makes one (keys.signing_key_file names another place)",
            file.display()
        )));
    }
    let signing = signing_key(file)?;
    let others =
        keys.trusted_key_files.iter().map(|file| PublicKey::load(file)).collect::<Result<Vec<_>, _>>()?;
    Ok(Keyring::new(signing, others))
}

/// The key that signs, from its file.
///
/// # Errors
/// Where it cannot be used; for a damaged one with its cure.
pub fn signing_key(file: &Path) -> Result<SecretKey, ExitError> {
    SecretKey::load(file, &os_user::keeper()).map_err(|error| {
        with_cure(
            error,
            "move it away and let `reset-link init` make a new one (links that are out die then)",
        )
    })
}

/// The secret that bindings are made with, which both halves hold. It is made where there is none yet: by `init`, by the first start of this version, or by
/// whichever command needs it first.
///
/// # Errors
/// Where it cannot be used or made.
pub fn binding_secret(file: &Path) -> Result<BindingSecret, ExitError> {
    match BindingSecret::load(file, &os_user::keeper()) {
        Err(KeyError::File { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {}
        loaded => {
            return loaded.map_err(|error| {
                with_cure(
                    error,
                    "move it away: a new one is made then (links that are out are refused as overtaken)",
                )
            });
        }
    }
    let mut random = zeroize::Zeroizing::new([0; 32]);
    machine::fill_random(&mut *random);
    match BindingSecret::from_random(&random).create(file) {
        // Another process was faster: its secret is the one.
        Ok(()) | Err(KeyError::Exists { .. }) => Ok(BindingSecret::load(file, &os_user::keeper())?),
        Err(error) => Err(ExitError::from(anyhow::Error::new(error).context(
            "the binding secret cannot be made (keys.binding_secret_file names another place for it)",
        ))),
    }
}

/// The error of a secret's file; a damaged one gets its cure, other errors name theirs themselves.
fn with_cure(error: KeyError, cure: &str) -> ExitError {
    let is_damaged = matches!(error, KeyError::Content { .. });
    let error = anyhow::Error::new(error);
    ExitError::from(match is_damaged {
        true => anyhow::anyhow!("{error}; put it back from a backup, or {cure}"),
        false => error,
    })
}
