//! The command line over the wiring.

use std::process::ExitCode;

use reset_link::exit_error::FAILED;

mod cli;
mod commands;
mod exposure;
mod logging;
mod new_keys;
mod outcome;
mod process;
mod settings;
mod source;
mod try_out;

fn main() -> ExitCode {
    if let Err(error) = process::prepare() {
        return outcome::say_error(&error, FAILED);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return outcome::say_error(&anyhow::anyhow!("the runtime cannot start: {error}"), FAILED);
        }
    };
    let code = runtime.block_on(commands::run(cli::parse()));
    // A console may still be waiting for a line that never comes.
    runtime.shutdown_background();
    code
}
