//! Exit codes of answers, and what is said on standard output and standard error. The codes of errors stand in the library (`exit_error`).

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use bot::chat::wrapped;
use keys::text::spelled_out_by_line;
use reset_link::exit_error::ExitError;
use serde::Serialize;

/// The answer is no: the password does not match, the link is not genuine, the audit is not consistent.
pub(crate) const NO: u8 = 1;
/// `issue`: the link was handed over.
pub(crate) const HANDED_OVER: u8 = 3;
/// `issue`: no link was issued; `status`, `revoke`: nothing was said or done.
pub(crate) const REFUSED: u8 = 4;

#[expect(clippy::print_stderr, reason = "this is where the process says why it ends")]
pub(crate) fn say_error(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("{}", fitting(&format!("{error:#}"), std::io::stderr().is_terminal()));
    ExitCode::from(code)
}

/// A line of an answer, or a text of several; at a terminal, lines are broken between words. A reader that has gone away (`… | head`) is no error.
///
/// Whatever other programs wrote into a name, a file or an answer, nothing acts on the terminal: control characters and what nobody can see are spelled out,
/// as JSON spells them, so that JSON stays what it is.
pub(crate) fn say(text: impl Display) {
    let mut output = std::io::stdout();
    let text = fitting(&text.to_string(), output.is_terminal());
    let _ = writeln!(output, "{text}");
}

/// An answer for a script: one value on one line, at a terminal too.
///
/// # Errors
/// Never for what we answer.
pub(crate) fn say_json(answer: &impl Serialize) -> Result<(), ExitError> {
    let _ = writeln!(std::io::stdout(), "{}", spelled_out_by_line(&serde_json::to_string(answer)?));
    Ok(())
}

fn fitting(text: &str, is_terminal: bool) -> String {
    let text = spelled_out_by_line(text).to_string();
    match terminal_width().filter(|_| is_terminal) {
        Some(width) => wrapped(&text, width),
        None => text,
    }
}

/// How wide the terminal is, in characters.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// A remark beside the answer, on standard error.
pub(crate) fn say_aside(line: impl Display) {
    let mut output = std::io::stderr();
    let line = fitting(&line.to_string(), output.is_terminal());
    let _ = writeln!(output, "{line}");
}

/// A question to somebody who sits at a terminal, on standard error: the answer is typed behind it.
pub(crate) fn ask_aside(question: &str) {
    let mut output = std::io::stderr();
    let _ = output.write_all(question.as_bytes()).and_then(|()| output.flush());
}
