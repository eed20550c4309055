//! From the command line's arguments to settings.

use std::net::SocketAddr;

use config::{AllInOne, Environment, Overrides};
use reset_link::exit_error::ExitError;

use crate::cli::SettingsArgs;
use crate::source::Source;
use crate::try_out;

/// Settings, and where they come from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: AllInOne,
    pub(crate) source: Source,
}

impl Loaded {
    pub(crate) fn is_try_out(&self) -> bool {
        self.source == Source::TryOut
    }
}

/// Settings for any command but `run`.
pub(crate) fn load(args: &SettingsArgs) -> Result<Loaded, ExitError> {
    let source = Source::of(args)?;
    let data = try_out::data(args);
    if source == Source::TryOut && !data.is_dir() {
        return Err(ExitError::misused(format!(
            "{}: there is no such folder yet; `reset-link run` makes it (try-out mode), or name a config file with --config",
            data.display()
        )));
    }
    load_from(source, args, None)
}

/// Settings for a command that needs no data folder to be there yet.
pub(crate) fn load_before_first_start(args: &SettingsArgs) -> Result<Loaded, ExitError> {
    load_from(Source::of(args)?, args, None)
}

/// Settings from a source, the command line over them.
pub(crate) fn load_from(
    source: Source,
    args: &SettingsArgs,
    listen: Option<SocketAddr>,
) -> Result<Loaded, ExitError> {
    let overrides = Overrides { data: args.data.clone(), listen };
    let environment = Environment::capture();
    let config = match &source {
        Source::File(file) => config::load(file, &environment, &overrides).map_err(ExitError::misused)?,
        Source::Environment => config::from_environment(&environment, &overrides).map_err(|errors| {
            ExitError::misused(format!(
                "{errors}\nThere is no config file. RESET_LINK_ variables alone do when all that is required is set; `reset-link init` writes a file, \
                 --config names one; with no such variable set, `reset-link` is for trying out"
            ))
        })?,
        Source::TryOut => {
            let data = try_out::data(args);
            try_out::check(&data)?;
            try_out::config(&data, listen.or_else(|| try_out::listened(&data)).unwrap_or(try_out::LISTEN))?
        }
    };
    Ok(Loaded { config, source })
}
