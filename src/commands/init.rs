use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use keys::whole_file;
use redeem_server::ledger::{PublishError, Published};
use reset_link::exit_error::ExitError;
use reset_link::{key_files, machine, os_user, redeem_half};

use crate::cli::SettingsArgs;
use crate::outcome::say;
use crate::source::{FILE, NO_FILE, Source};
use crate::{new_keys, settings, try_out};

/// Writes the commented config, the signing key and the binding secret, and lets the ledger begin; what is there already is left as it is. Where the
/// environment alone has the settings (`RESET_LINK_CONFIG=-`) there is no file to write.
pub(super) async fn init(dir: &Path) -> Result<ExitCode, ExitError> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let source = match variable("RESET_LINK_CONFIG") {
        Some(named) if named == Path::new(NO_FILE) => Source::Environment,
        Some(named) if named != dir.join(FILE) && named != Path::new(FILE) => {
            return Err(ExitError::misused(format!(
                "RESET_LINK_CONFIG names {}, and init writes {}: unset it, or name the folder with --dir",
                named.display(),
                dir.join(FILE).display()
            )));
        }
        _ => Source::File(write_config(dir)?),
    };
    let option = match &source {
        // One in the working directory is found.
        Source::File(_) if dir == Path::new(".") => String::new(),
        Source::File(file) => format!(" --config {}", file.display()),
        Source::Environment | Source::TryOut => String::new(),
    };
    let args = SettingsArgs { data: variable("RESET_LINK_DATA"), ..SettingsArgs::default() };
    let config = settings::load_from(source, &args, None)?.config;
    // From now on a config uses the folder, and the try-out opens it no more.
    try_out::give_up(&config.bot.data.dir);
    let key_file = &config.bot.keys.signing_key_file;
    if key_file.exists() {
        // One that cannot be used is told now and not at the first start.
        let key = key_files::signing_key(key_file)?;
        if let Err(error) = new_keys::put_public_half(key_file, &key) {
            say(format_args!(
                "Its public half is not beside it: {:#} (`reset-link keys show` tells it)",
                error.error
            ));
        }
        say(format_args!("Left as it is: {}", key_file.display()));
    } else {
        let public = new_keys::make_key(key_file)?;
        say(format_args!(
            "Written: {} (keep it secret: whoever has it can make links; key id {})",
            key_file.display(),
            public.id()
        ));
    }
    let secret_file = &config.bot.keys.binding_secret_file;
    let is_there = secret_file.exists();
    let secret = key_files::binding_secret(secret_file)?;
    if is_there {
        say(format_args!("Left as it is: {}", secret_file.display()));
    } else {
        say(format_args!("Written: {} (keep it secret too)", secret_file.display()));
    }
    let ledger = &config.redeem_server.ledger.dir;
    match Published::read(ledger) {
        Ok(_) => say(format_args!("Left as it is: {}", ledger.display())),
        Err(PublishError::NotBegun { .. }) => {
            // Links can be issued from now on, though the page is not there yet.
            redeem_half::open_ledger(&config.redeem_server, &secret, machine::clock(), machine::entropy())
                .await?;
            say(format_args!("Begun: {} (which links have been used)", ledger.display()));
        }
        Err(error) => return Err(error.into()),
    }
    let login = os_user::login();
    say(format_args!(
        "\nNext:\n  1. Settings: your organisation, server.public_url, [mail] so that links are e-mailed,\n\
         \x20    and who may issue them: allow = [\"{login}\"] below [console] lets you do it from a shell.\n\
         \x20 2. reset-link contacts import FILE.csv{option}   (columns: id,name,email,language);\n\
         \x20    or, where an application of yours keeps them in its own database, [contacts] kind = \"sql\" (docs/directories)\n\
         \x20 3. reset-link mail test you@example.org{option}   (once [mail] is set)\n\
         \x20 4. reset-link doctor{option}   (checks everything, says what mends it)\n\
         \x20 5. reset-link run{option}   (behind a reverse proxy that speaks https, see the README)\n\
         \x20 6. reset-link issue --contact ID{option}   (from another shell)"
    ));
    Ok(ExitCode::SUCCESS)
}

fn write_config(dir: &Path) -> Result<PathBuf, ExitError> {
    let file = dir.join(FILE);
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    // Not for everybody's eyes: a mail password may come to stand in it.
    match whole_file::create(&file, 0o600, config::EXAMPLE.as_bytes()) {
        Ok(()) => say(format_args!("Written: {}", file.display())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            say(format_args!("Left as it is: {}", file.display()));
        }
        Err(error) => return Err(anyhow::Error::new(error).context(file.display().to_string()).into()),
    }
    Ok(file)
}
