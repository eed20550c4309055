//! The console at a terminal, as a person sees it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};

use keys::SecretKey;
use nix::pty::{Winsize, openpty};
use reset_link_tests::harness::binary::{DEADLINE, executable};
use tempfile::TempDir;

const PROMPT: &str = "\r\n> ";

/// A command in a terminal of 60 columns.
struct Terminal {
    _folder: TempDir,
    child: Child,
    keys: File,
    screen: Arc<(Mutex<String>, Condvar)>,
}

impl Terminal {
    fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        Self::running(folder, &["run", "--try-out", "--listen", "127.0.0.1:0", "--data", &data])
    }

    fn running(folder: TempDir, arguments: &[&str]) -> Self {
        let size = Winsize { ws_row: 40, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(Some(&size), None).unwrap();
        let child = Command::new(executable())
            .args(arguments)
            .stdin(pair.slave.try_clone().unwrap())
            .stdout(pair.slave.try_clone().unwrap())
            .stderr(pair.slave)
            .spawn()
            .unwrap();
        let keys = File::from(pair.master);
        let screen = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let (mut output, shown) = (keys.try_clone().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The other end closes with the process.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shown
                    .0
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()));
                shown.1.notify_all();
            }
        });
        Self { _folder: folder, child, keys, screen }
    }

    /// Types a line once the prompt stands there, and gives back all up to the next prompt.
    fn ask(&mut self, line: &str) -> String {
        self.wait_for(PROMPT, 0);
        let from = self.screen.0.lock().unwrap().len();
        self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
        self.wait_for(PROMPT, from)
    }

    /// Waits until what was written from there on ends so.
    fn wait_for(&self, end: &str, from: usize) -> String {
        let (screen, more) = &*self.screen;
        let behind = |screen: &str| screen.get(from..).unwrap_or_default().to_owned();
        let waits = |screen: &mut String| !behind(screen).ends_with(end);
        let (screen, waited) = more.wait_timeout_while(screen.lock().unwrap(), DEADLINE, waits).unwrap();
        assert!(!waited.timed_out(), "no {end:?}: {}", behind(&screen));
        behind(&screen).replace('\r', "")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn at_a_terminal_a_prompt_waits_for_input_and_no_line_breaks_a_word() {
    let mut terminal = Terminal::open();
    let answer = terminal.ask("/reset-link contact:ada");
    let link = answer.lines().find(|line| line.contains("/r/v4.public.")).unwrap();
    assert_eq!(link, link.trim(), "alone on its line, from its beginning");
    for line in answer.lines().filter(|line| *line != link) {
        assert!(line.chars().count() <= 60, "{line}");
    }
    assert!(answer.replace('\n', " ").contains("no mail server is configured"), "{answer}");
    let help = terminal.ask("/help");
    for command in ["/reset-link contact:ID", "/mail on, /mail off", "/quit"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
    terminal.keys.write_all(b"/quit\n").unwrap();
    assert!(terminal.child.wait().unwrap().success());
}

#[test]
fn at_the_console_an_unknown_id_offers_near_ones() {
    let mut terminal = Terminal::open();
    for command in ["/reset-link", "/reset-status", "/reset-revoke"] {
        for (typed, meant) in
            [("adda", "Ada Lovelace (ada)"), ("lovelace", "(ada)"), ("dada", "(ada)"), ("caorl", "(carol)")]
        {
            let answer = terminal.ask(&format!("{command} contact:{typed}")).replace('\n', " ");
            assert!(
                answer.contains("Perhaps you mean") && answer.contains(meant),
                "{command} {typed}: {answer}"
            );
        }
    }
}

#[test]
fn at_a_terminal_verify_asks_for_the_link() {
    let (folder, keys) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let key = keys.path().join("a.k4.public");
    SecretKey::from_seed(&[1; 32]).public_key().create(&key).unwrap();
    let mut terminal = Terminal::running(folder, &["verify", "--public-key", key.to_str().unwrap()]);
    let question = "then Enter): ";
    terminal.wait_for(question, 0);
    terminal.keys.write_all(b"https://reset.example.com/r/v4.public.eyJ9\n").unwrap();
    let said = terminal.wait_for(")\r\n", 0);
    assert!(said.contains("genuine:  no"), "{said}");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(1));
}
