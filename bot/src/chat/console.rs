//! A chat on standard input: one admin, the person who started the process.

use std::sync::Arc;
use texts::{Key, chat};

use async_trait::async_trait;
use jiff::Timestamp;
use keys::ContactId;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;

use super::wrap::wrapped;
use crate::Clock;
use crate::admin::{Admin, Caller, Platform};
use crate::audit::{DeliveryChannel, Fate, HelpRequest, HelpState, Request, RequestState};
use crate::bot::{Bot, Invocation};
use crate::outcome::{Delivered, HelpQuestion, Issued, News, Question, Reply};
use crate::ports::{Chat, ChatError};
use crate::request::RequestId;
use crate::words::{Part, Words};

/// More than any command; what is longer is cut, and answered as a mistake.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// Says that input is awaited.
const PROMPT: &str = "> ";

/// Back to the line's beginning, and the line emptied (ECMA-48: CR, EL).
const EMPTY_LINE: &str = "\r\u{1b}[K";

/// How wide the terminal is at this moment, in characters; `None` where that is not known.
pub type Width = fn() -> Option<usize>;

/// Where answers go; shared with what is told without having been asked for.
struct Output {
    writer: Box<dyn AsyncWrite + Send + Unpin>,
    /// Where a person sits before a terminal: a prompt is for them, and lines are broken between words.
    terminal: Option<Width>,
    /// The prompt stands on the last line, perhaps with the beginning of a command behind it.
    is_prompted: bool,
}

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

    /// The message that says what these commands are, as a line below `/help`'s others.
    fn help(&self) -> Option<Key>;
}

/// The console's adapter.
#[derive(Clone)]
pub struct Console {
    bot: Bot,
    admin: Admin,
    words: Words,
    clock: Clock,
    output: Arc<Mutex<Output>>,
}

impl Console {
    /// A console for one admin of this machine. `terminal`: input and output are a terminal's.
    pub fn new(
        bot: Bot,
        login: &str,
        words: Words,
        clock: Clock,
        output: Box<dyn AsyncWrite + Send + Unpin>,
        terminal: Option<Width>,
    ) -> Self {
        let admin = Admin { platform: Platform::Console, user: login.to_owned() };
        let output = Output { writer: output, terminal, is_prompted: false };
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
            self.output.lock().await.prompt().await?;
            let has_line = tokio::select! {
                has_line = read_line(&mut input, &mut line) => has_line?,
                () = &mut stop => return Ok(Ended::Stopped),
            };
            if !has_line {
                return Ok(Ended::EndOfInput);
            }
            self.output.lock().await.is_prompted = false;
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
                Some(Reply::Help) => vec![Part::Text(self.help(own))],
                Some(reply) => self.words.reply(&reply, (self.clock)()),
                None => vec![Part::Text(self.words.say(chat::NOT_MINE, &[]))],
            };
            self.print(&parts).await?;
        }
    }

    fn check_that_here_is(&self, admin: &Admin) -> Result<(), ChatError> {
        if *admin == self.admin { Ok(()) } else { Err(ChatError(format!("{admin} is not at this console"))) }
    }

    /// What every chat understands, and what this console understands beside it.
    fn help(&self, own: &dyn OwnCommands) -> String {
        let lines = [chat::HELP].into_iter().chain(own.help()).chain([chat::HELP_QUIT]);
        lines.map(|key| self.words.say(key, &[])).collect::<Vec<_>>().join("\n")
    }

    async fn print(&self, parts: &[Part]) -> std::io::Result<()> {
        self.output.lock().await.print(parts).await
    }
}

impl Output {
    async fn prompt(&mut self) -> std::io::Result<()> {
        if self.terminal.is_none() {
            return Ok(());
        }
        self.is_prompted = true;
        self.writer.write_all(format!("\n{PROMPT}").as_bytes()).await?;
        self.writer.flush().await
    }

    /// What comes while a command is awaited takes the prompt's line; the prompt follows below it.
    async fn print(&mut self, parts: &[Part]) -> std::io::Result<()> {
        let begin = if self.is_prompted { EMPTY_LINE } else { "\n" };
        self.writer.write_all(begin.as_bytes()).await?;
        for part in parts {
            let block = match part {
                Part::Text(text) => match self.terminal.and_then(|width| width()) {
                    Some(width) => format!("{}\n", wrapped(text, width)),
                    None => format!("{text}\n"),
                },
                // Alone on a line from its beginning, whatever the terminal's width: two clicks mark it, and nothing but it.
                Part::Link(link) => format!("\n{}\n\n", link.expose()),
                Part::Mail(mail) => {
                    mail.expose()
                        .lines()
                        .fold("\n".to_owned(), |shown, line| format!("{shown}    | {line}\n"))
                        + "\n"
                }
            };
            self.writer.write_all(block.as_bytes()).await?;
        }
        if self.is_prompted {
            return self.prompt().await;
        }
        self.writer.flush().await
    }
}

#[async_trait]
impl Chat for Console {
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError> {
        self.check_that_here_is(admin)?;
        self.print(&self.words.news(news, (self.clock)())).await.map_err(|error| ChatError(error.to_string()))
    }

    async fn deliver_outcome(
        &self,
        admin: &Admin,
        _request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Delivered, ChatError> {
        self.check_that_here_is(admin)?;
        let parts = self.words.issued(outcome, (self.clock)());
        self.print(&parts).await.map_err(|error| ChatError(error.to_string()))?;
        Ok(Delivered { channel: DeliveryChannel::PrivateAnswer, message: None })
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, ChatError> {
        Ok((*admin == self.admin).then(|| admin.clone().into()))
    }

    async fn close_link(&self, _message: &str, _contact: &ContactId, _fate: Fate) -> Result<(), ChatError> {
        // What a terminal has shown stays.
        Ok(())
    }

    async fn ask(&self, _question: &Question) -> Option<Result<String, ChatError>> {
        // Nobody else sits at this console.
        None
    }

    async fn close_request(
        &self,
        _message: &str,
        _request: &Request,
        _state: &RequestState,
    ) -> Result<(), ChatError> {
        Ok(())
    }

    /// The question names the command that answers it.
    async fn ask_help_desk(&self, question: &HelpQuestion) -> Option<Result<String, ChatError>> {
        let parts = self.words.help_question(question, (self.clock)());
        let printed = self.print(&parts).await.map_err(|error| ChatError(error.to_string()));
        Some(printed.map(|()| question.request.to_string()))
    }

    async fn tell_of_flood(&self, asked: usize, until: Timestamp) -> Option<Result<(), ChatError>> {
        let parts = self.words.help_flood(asked, until, (self.clock)());
        Some(self.print(&parts).await.map_err(|error| ChatError(error.to_string())))
    }

    async fn close_help_request(
        &self,
        _message: &str,
        _request: &HelpRequest,
        _state: &HelpState,
    ) -> Result<(), ChatError> {
        // What a terminal has shown stays.
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
