//! Making signing keys.

use std::path::Path;

use anyhow::Context as _;
use keys::{PublicKey, SecretKey};
use reset_link::exit_error::ExitError;
use reset_link::machine::fill_random;

use crate::outcome::say_aside;

/// Makes a signing key, its public half beside it. The public half is made last: where a process was stopped in between, [`put_public_half`] makes it later.
pub(crate) fn make_key(file: &Path) -> Result<PublicKey, ExitError> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    fill_random(&mut *seed);
    let key = SecretKey::from_seed(&seed);
    key.create(file)?;
    put_public_half(file, &key)
}

/// The public half of the key in this file; it is put beside it where it is missing. One of a former key makes way and is kept under its id: its links may
/// be trusted yet.
pub(crate) fn put_public_half(file: &Path, key: &SecretKey) -> Result<PublicKey, ExitError> {
    let public = key.public_key();
    let public_file = file.with_extension("public");
    if public_file.exists() {
        let former = PublicKey::load(&public_file)?;
        if former == public {
            return Ok(public);
        }
        let aside = public_file.with_file_name(format!("{}.public", former.id()));
        std::fs::rename(&public_file, &aside).with_context(|| aside.display().to_string())?;
        say_aside(format_args!(
            "Moved: {} (the former key's public half) to {}",
            public_file.display(),
            aside.display()
        ));
    }
    public.create(&public_file)?;
    Ok(public)
}
