use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::outcome::{Ended, say};
use crate::setup;

const FILE: &str = "reset-link.toml";

/// Writes the commented config and the signing key; an existing file of either kind is left as it is.
pub(super) fn init(dir: &Path) -> Result<ExitCode, Ended> {
    let file = dir.join(FILE);
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    // Not for everybody's eyes: a mail password may come to stand in it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Ok(mut new) => {
            new.write_all(config::EXAMPLE.as_bytes()).with_context(|| file.display().to_string())?;
            say(format_args!("Written: {}", file.display()));
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            say(format_args!("Left as it is: {}", file.display()));
        }
        Err(error) => return Err(anyhow::Error::new(error).context(file.display().to_string()).into()),
    }
    let config = setup::configured(&file, None, None)?.config;
    let key_file = &config.keys.signing_key_file;
    if key_file.exists() {
        say(format_args!("Left as it is: {}", key_file.display()));
    } else {
        let public = setup::make_key(key_file)?;
        say(format_args!(
            "Written: {} (keep it secret: whoever has it can make links; key id {})",
            key_file.display(),
            public.id()
        ));
    }
    let file = file.display();
    say(format_args!(
        "\nNext:\n  1. Edit {file}: your organisation, public_url, and [mail] so that links are e-mailed.\n\
         \x20 2. reset-link contacts import FILE.csv --config {file}     (columns: id,name,email,language)\n\
         \x20 3. reset-link mail test you@example.org --config {file}    (once [mail] is set)\n\
         \x20 4. Put your login name into [console] allow, to issue links from a shell or the console.\n\
         \x20 5. reset-link doctor --config {file}                       (checks everything, and says what mends it)\n\
         \x20 6. reset-link run --config {file}, behind a reverse proxy that speaks https (see the README)."
    ));
    Ok(ExitCode::SUCCESS)
}
