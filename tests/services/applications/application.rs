use std::path::PathBuf;
use std::process::Stdio;

use reset_link_tests::wait::in_time;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::place::service;

/// The application itself in a process of its own. What it is asked is a line of JSON, and so is what it answers. Dropping it kills it.
pub(super) struct Application {
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// Killed when it is dropped.
    _child: Child,
}

impl Application {
    pub(super) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdin = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { stdin, answers, _child: child }
    }

    /// What hashes and verifies without reset-link: Python's hashlib, bcrypt and argon2-cffi.
    pub(super) fn hashes() -> Self {
        Self::start(python().arg(script("hashes.py")))
    }

    /// `question`: an object, what it needs beside `does`.
    pub(super) async fn ask(&mut self, does: &str, mut question: Value) -> Value {
        question["does"] = json!(does);
        self.stdin.write_all(format!("{question}\n").as_bytes()).await.unwrap();
        let answer = in_time(does, self.answers.next_line()).await.unwrap();
        let answer = answer.unwrap_or_else(|| panic!("{does}: it ended, and has said why"));
        let mut answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{does}: {answer}"));
        answer["answer"].take()
    }

    /// What is answered with a text.
    pub(super) async fn text(&mut self, does: &str, question: Value) -> String {
        let answer = self.ask(does, question).await;
        answer.as_str().unwrap_or_else(|| panic!("{does}: {answer}")).to_owned()
    }

    /// What is answered with yes or no.
    pub(super) async fn is(&mut self, does: &str, question: Value) -> bool {
        let answer = self.ask(does, question).await;
        answer.as_bool().unwrap_or_else(|| panic!("{does}: {answer}"))
    }
}

/// The Python that has what tests need.
pub(super) fn python() -> Command {
    let mut python = Command::new(service("PYTHON"));
    // No bytecode is left among the sources.
    python.arg("-B");
    python
}

/// A file beside these tests.
pub(super) fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("services/applications").join(name)
}
