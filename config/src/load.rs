//! From a file, an environment and a command line to the settings of a role.

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use crate::document;
use crate::environment::Environment;
use crate::key::Role;
use crate::layers::Layers;
use crate::overrides::Overrides;
use crate::problem::{ConfigErrors, Place, Problem, Refusal};
use crate::roles::{AllInOne, Settings};
use crate::value::{Entry, Value};

/// Reads a config file by the role of `S`, with the environment over it and the command line over both.
///
/// # Errors
///
/// Everything that is wrong, at once; of a file that is missing or no TOML, only that.
pub fn load<S: Settings>(
    file: &Path,
    environment: &Environment,
    overrides: &Overrides,
) -> Result<S, ConfigErrors> {
    let refuse = |place, refusal| Err(Problem::new(place, "", refusal).into());
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return refuse(Place::File(file.to_owned()), unreadable(&error)),
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => read(file, text, environment, overrides),
        Err(error) => {
            let before = bytes.iter().take(error.valid_up_to());
            let line = before.filter(|byte| **byte == b'\n').count() + 1;
            refuse(
                Place::Line { file: file.to_owned(), line },
                Refusal::new("is not UTF-8", "save the file in UTF-8"),
            )
        }
    }
}

/// Reads the text of a config file called `name`; relative paths in it are relative to the folder of `name`.
///
/// # Errors
///
/// See [`load`].
pub fn from_text<S: Settings>(
    name: &str,
    text: &str,
    environment: &Environment,
    overrides: &Overrides,
) -> Result<S, ConfigErrors> {
    read(Path::new(name), text, environment, overrides)
}

/// The settings that the environment alone gives, for a container that has no file. Relative paths are relative to the working directory.
///
/// # Errors
///
/// Everything that is wrong or missing, at once.
pub fn from_environment<S: Settings>(
    environment: &Environment,
    overrides: &Overrides,
) -> Result<S, ConfigErrors> {
    let mut layers = Layers::new(S::ROLE, Place::EnvironmentAlone);
    layers.overlay(environment);
    layers.override_with(overrides);
    settle(layers)
}

/// The settings for trying the product out: nothing to set up, loopback only, no mail, `login` as the one
/// admin on the console.
///
/// # Errors
///
/// Where `listen` is not loopback, or `login` is empty.
pub fn try_out(data_dir: &Path, listen: SocketAddr, login: &str) -> Result<AllInOne, ConfigErrors> {
    if !listen.ip().is_loopback() {
        let refusal = Refusal::new(
            format!("{listen} can be reached from other machines, and try-out mode is for this machine only"),
            "use 127.0.0.1 or [::1], or write a config with `reset-link init`",
        );
        return Err(Problem::new(Place::CommandLine("--listen"), "server.listen", refusal).into());
    }
    let mut layers = Layers::new(Role::AllInOne, Place::TryOut);
    let url = format!("http://{listen}");
    let allowed = Value::List(vec![(0, login.into())]);
    for (section, key, value) in [
        ("organisation", "name", "Example Help Desk".into()),
        ("organisation", "support", "Call the example help desk: +44 20 7946 0000.".into()),
        // Once mail goes to a folder, it needs a sender.
        ("organisation", "mail_from", "Example Help Desk <help@example.com>".into()),
        ("server", "public_url", url.as_str().into()),
        ("self_service", "forgot", "mail".into()),
        ("self_service", "change", Value::Boolean(true)),
        ("console", "enabled", Value::Boolean(true)),
        ("console", "allow", allowed),
        // The console talks to a person: what goes well is not their news.
        ("log", "level", "warn".into()),
    ] {
        layers.put(section, key, Entry { place: Place::TryOut, value });
    }
    layers.override_with(&Overrides { data: Some(data_dir.to_owned()), listen: Some(listen) });
    settle(layers)
}

fn read<S: Settings>(
    file: &Path,
    text: &str,
    environment: &Environment,
    overrides: &Overrides,
) -> Result<S, ConfigErrors> {
    let mut layers = Layers::new(S::ROLE, Place::File(file.to_owned()));
    document::read(file, text, &mut layers)?;
    layers.overlay(environment);
    layers.override_with(overrides);
    settle(layers)
}

/// The settings, or everything that is wrong with them.
fn settle<S: Settings>(mut layers: Layers) -> Result<S, ConfigErrors> {
    let settings = S::read(&mut layers);
    ConfigErrors::none_of(layers.problems)?;
    Ok(settings.expect("settings are read, or a problem is on record"))
}

fn unreadable(error: &std::io::Error) -> Refusal {
    let cure = "name another file with --config or RESET_LINK_CONFIG";
    match error.kind() {
        ErrorKind::NotFound => {
            Refusal::new("no such file", format!("`reset-link init` writes one, or {cure}"))
        }
        kind => Refusal::new(format!("cannot be read ({kind})"), format!("mend that, or {cure}")),
    }
}
