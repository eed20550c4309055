//! The command line and the all-in-one process: the only place that links the two halves.

use std::process::ExitCode;

mod cli;
mod commands;
mod exposure;
mod glue;
mod ledger_holder;
mod logging;
mod open_files;
mod outcome;
mod people;
mod process;
mod setup;
mod source;
mod try_out;

fn main() -> ExitCode {
    if let Err(error) = process::prepare() {
        return outcome::say_error(&error, outcome::FAILED);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return outcome::say_error(
                &anyhow::anyhow!("the runtime cannot start: {error}"),
                outcome::FAILED,
            );
        }
    };
    let code = runtime.block_on(commands::run(cli::parse()));
    // A console may still be waiting for a line that never comes.
    runtime.shutdown_background();
    code
}
