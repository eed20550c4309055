//! The log: on standard error, our own code at the level that was asked for, libraries never below `warn`.

use std::io::IsTerminal as _;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts the log. `RUST_LOG` narrows or widens our own targets; what libraries log below `warn` (message bodies, request paths) never appears,
/// whatever anybody sets.
pub(crate) fn start(level: &str) {
    let asked = std::env::var("RUST_LOG")
        .ok()
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| text.parse::<Targets>().ok());
    let asked =
        asked.unwrap_or_else(|| Targets::new().with_default(level.parse().unwrap_or(LevelFilter::INFO)));
    let pinned = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("reset_link", LevelFilter::TRACE)
        // Its warnings hold the tokens of interactions; what matters of them our own lines say.
        .with_target("serenity", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(asked.and(pinned));
    // A second start (there is none) would be refused; the first one stands.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
