//! Where settings come from: a config file that was named or found, the environment alone, or nowhere (try-out mode).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use config::Environment;
use reset_link::exit_error::ExitError;

use crate::cli::SettingsArgs;
use crate::outcome::say_aside;

/// What `init` writes, and what is looked for in the working directory.
pub(crate) const FILE: &str = "reset-link.toml";

/// Where a config file is looked for, in this order.
const FOUND_IN: [&str; 2] = [FILE, "/etc/reset-link/reset-link.toml"];

/// `--config -`: no file.
pub(crate) const NO_FILE: &str = "-";

/// Where settings come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A config file, and `RESET_LINK_…` variables over it.
    File(PathBuf),
    /// `RESET_LINK_…` variables alone.
    Environment,
    /// Nowhere: try-out mode.
    TryOut,
}

impl Source {
    /// What was asked for, or what is there. A file that was found and not named is told.
    ///
    /// # Errors
    /// Where two things were asked for that exclude each other.
    pub(crate) fn of(args: &SettingsArgs) -> Result<Self, ExitError> {
        let source = choose(args, Environment::capture().names_settings(), &FOUND_IN.map(Path::new))?;
        let was_named = args.config.as_ref().is_some_and(|file| !file.as_os_str().is_empty());
        if let Self::File(file) = &source
            && !was_named
        {
            say_aside(format_args!("Settings from {} (--config names another file)", file.display()));
        }
        Ok(source)
    }
}

fn choose(args: &SettingsArgs, are_variables_set: bool, found_in: &[&Path]) -> Result<Source, ExitError> {
    // Set and empty is what a compose file makes of a variable that nobody set.
    let named = args.config.as_deref().filter(|file| !file.as_os_str().is_empty());
    if args.try_out {
        return match named {
            Some(_) => Err(ExitError::misused(
                "--try-out uses no config file: leave out --config (and RESET_LINK_CONFIG)",
            )),
            None if are_variables_set => Err(ExitError::misused(
                "--try-out uses no settings: unset the variables that begin with RESET_LINK_, or leave out --try-out",
            )),
            None => Ok(Source::TryOut),
        };
    }
    Ok(match named {
        Some(file) if file == Path::new(NO_FILE) => Source::Environment,
        Some(file) => Source::File(file.to_owned()),
        None => match found_in.iter().find(|file| is_there(file)) {
            Some(file) => Source::File(file.to_path_buf()),
            None if are_variables_set => Source::Environment,
            None => Source::TryOut,
        },
    })
}

/// One that cannot be looked at counts: whoever put it there does not mean the try-out.
fn is_there(file: &Path) -> bool {
    !matches!(
        file.symlink_metadata(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn args(config: Option<&str>, try_out: bool) -> SettingsArgs {
        SettingsArgs { config: config.map(Into::into), data: None, try_out }
    }

    #[test]
    fn a_file_is_named_or_found_before_the_environment_and_that_before_the_try_out() {
        let folder = tempfile::tempdir().unwrap();
        let (here, system) = (folder.path().join("here.toml"), folder.path().join("etc/system.toml"));
        let found_in = [here.as_path(), system.as_path()];
        let source = |config: Option<&str>, are_variables_set| {
            choose(&args(config, false), are_variables_set, &found_in).unwrap()
        };
        assert_eq!(source(None, false), Source::TryOut);
        assert_eq!(source(Some(""), false), Source::TryOut);
        assert_eq!(source(None, true), Source::Environment, "variables are never ignored");
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(&system, "").unwrap();
        for are_variables_set in [false, true] {
            assert_eq!(source(None, are_variables_set), Source::File(system.clone()));
        }
        fs::write(&here, "").unwrap();
        assert_eq!(source(None, false), Source::File(here.clone()));
        assert_eq!(source(Some("other.toml"), false), Source::File("other.toml".into()));
        assert_eq!(source(Some("-"), true), Source::Environment);
        assert_eq!(source(Some("-"), false), Source::Environment);
    }

    #[test]
    fn a_try_out_that_was_asked_for_takes_no_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reset-link.toml");
        fs::write(&file, "").unwrap();
        let asked = |config, are_variables_set| choose(&args(config, true), are_variables_set, &[&file]);
        assert_eq!(asked(None, false).unwrap(), Source::TryOut);
        assert!(asked(None, true).is_err());
        assert!(asked(Some("a.toml"), false).is_err());
    }
}
