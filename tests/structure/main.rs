//! The workspace is as drawn in `docs/ARCHITECTURE.md`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod arrows;
mod documents;
mod every_test_runs;
mod licences;
mod module_circles;
mod ports;
mod sources;
mod words;
