//! A chat on standard input: one admin, the person who started the process.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;

use crate::Clock;
use crate::admin::{Admin, Platform};
use crate::bot::{Bot, Invocation, News, NotTold, TellAdmin};
use crate::reply::{Part, Words};

/// More than any command; what is longer is cut, and answered as a mistake.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// Where answers go; shared with what is told without having been asked for.
type Output = Arc<Mutex<Box<dyn AsyncWrite + Send + Unpin>>>;

/// Why the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// `/quit`.
    Quit,
    /// No more input.
    EndOfInput,
    /// The process was asked to stop.
    Stopped,
}

/// What only this console understands, beside the commands of every chat.
#[async_trait]
pub trait OwnCommands: Send + Sync {
    /// An answer, where the text is such a command.
    async fn answer(&self, text: &str) -> Option<String>;
}

/// The console's adapter.
#[derive(Clone)]
pub struct Console {
    bot: Bot,
    admin: Admin,
    words: Words,
    clock: Clock,
    output: Output,
}

impl Console {
    /// A console for one admin of this machine.
    pub fn new(
        bot: Bot,
        login: &str,
        words: Words,
        clock: Clock,
        output: Box<dyn AsyncWrite + Send + Unpin>,
    ) -> Self {
        let admin = Admin { platform: Platform::Console, user: login.to_owned() };
        Self { bot, admin, words, clock, output: Arc::new(Mutex::new(output)) }
    }

    /// Answers line after line until `/quit`, the end of input, or `stop`; a command under way is answered first.
    ///
    /// # Errors
    /// Where input or output fail.
    pub async fn run(
        &self,
        input: impl AsyncBufRead + Unpin,
        own: &dyn OwnCommands,
        stop: impl Future<Output = ()>,
    ) -> std::io::Result<Ended> {
        let mut stop = std::pin::pin!(stop);
        let mut input = input;
        let mut line = Vec::new();
        loop {
            line.clear();
            let has_line = tokio::select! {
                has_line = read_line(&mut input, &mut line) => has_line?,
                () = &mut stop => return Ok(Ended::Stopped),
            };
            if !has_line {
                return Ok(Ended::EndOfInput);
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if text == "/quit" {
                return Ok(Ended::Quit);
            }
            if let Some(answer) = own.answer(text).await {
                self.print(&[Part::Text(answer)]).await?;
                continue;
            }
            let invocation = Invocation { caller: self.admin.clone().into(), text: text.to_owned() };
            let parts = match self.bot.handle(&invocation).await {
                Some(reply) => self.words.reply(&reply, (self.clock)()),
                None => vec![Part::Text(self.words.say("chat-not-mine", &[]))],
            };
            self.print(&parts).await?;
        }
    }

    async fn print(&self, parts: &[Part]) -> std::io::Result<()> {
        let mut output = self.output.lock().await;
        output.write_all(b"\n").await?;
        for part in parts {
            let block = match part {
                Part::Text(text) => format!("{text}\n"),
                // The whole link on one line, whatever the terminal's width.
                Part::Link(link) => format!("\n    {}\n\n", link.expose()),
                Part::Mail(mail) => {
                    mail.expose()
                        .lines()
                        .fold("\n".to_owned(), |shown, line| format!("{shown}    | {line}\n"))
                        + "\n"
                }
            };
            output.write_all(block.as_bytes()).await?;
        }
        output.flush().await
    }
}

#[async_trait]
impl TellAdmin for Console {
    async fn tell(&self, admin: &Admin, news: &News) -> Result<(), NotTold> {
        if *admin != self.admin {
            return Err(NotTold(format!("{admin} is not at this console")));
        }
        self.print(&self.words.news(news, (self.clock)())).await.map_err(|error| NotTold(error.to_string()))
    }
}

/// One line without its line break; what is beyond the longest command is dropped. `false` at the end of input.
async fn read_line(input: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut has_read = false;
    loop {
        let chunk = input.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(has_read);
        }
        has_read = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(chunk.len());
        let room = MAX_LINE_BYTES.saturating_sub(line.len()).min(taken);
        line.extend(chunk.iter().take(room));
        input.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() {
            return Ok(true);
        }
    }
}
