//! A chat on standard input: one admin, the person who started the process.

use std::sync::Arc;

use async_trait::async_trait;
use keys::ContactId;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;

use crate::Clock;
use crate::admin::{Admin, Caller, Platform};
use crate::audit::{Fate, Request, RequestState, Way};
use crate::bot::{Bot, Invocation};
use crate::issue::Issued;
use crate::reply::{Part, Words};
use crate::request::RequestId;
use crate::tell::{Brought, Chat, News, NotTold, Question};

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

    fn check_that_here_is(&self, admin: &Admin) -> Result<(), NotTold> {
        if *admin == self.admin { Ok(()) } else { Err(NotTold(format!("{admin} is not at this console"))) }
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
impl Chat for Console {
    async fn tell(&self, admin: &Admin, news: &News) -> Result<(), NotTold> {
        self.check_that_here_is(admin)?;
        self.print(&self.words.news(news, (self.clock)())).await.map_err(|error| NotTold(error.to_string()))
    }

    async fn bring(&self, admin: &Admin, _request: RequestId, outcome: &Issued) -> Result<Brought, NotTold> {
        self.check_that_here_is(admin)?;
        let parts = self.words.issued(outcome, (self.clock)());
        self.print(&parts).await.map_err(|error| NotTold(error.to_string()))?;
        Ok(Brought { way: Way::PrivateAnswer, message: None })
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, NotTold> {
        Ok((*admin == self.admin).then(|| admin.clone().into()))
    }

    async fn close_link(&self, _message: &str, _contact: &ContactId, _fate: Fate) -> Result<(), NotTold> {
        // What a terminal has shown stays.
        Ok(())
    }

    async fn ask(&self, _question: &Question) -> Option<Result<String, NotTold>> {
        // Nobody else sits at this console.
        None
    }

    async fn close_request(
        &self,
        _message: &str,
        _request: &Request,
        _state: &RequestState,
    ) -> Result<(), NotTold> {
        Ok(())
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
