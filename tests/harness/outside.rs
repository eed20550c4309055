use std::collections::VecDeque;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bot::audit::{DeliveryChannel, Fate, HelpRequest, HelpState, Request, RequestState};
use bot::mail::{Accepted, MailFailure, MailSender, OutgoingMail};
use bot::{Admin, Caller, ChatError, Delivered, HelpQuestion, Issued, News, Question, RequestId};
use jiff::Timestamp;
use keys::{ContactId, Receipt};
use redeem_server::outbox::{NotDelivered, ReceiptSink};
use reset_link::in_process::ToBot;

use super::gate::Gate;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A mail server that keeps what it gets, or fails when it is told to. A clone is the same server.
#[derive(Clone, Default)]
pub struct FakeMailer {
    mails: Arc<Mutex<Vec<OutgoingMail>>>,
    attempts: Arc<Mutex<Vec<OutgoingMail>>>,
    failures: Arc<Mutex<VecDeque<MailFailure>>>,
    fails_at_once: Arc<AtomicBool>,
    gate: Gate,
}

impl FakeMailer {
    /// The next mail that is sent fails like this; called again, the one behind it.
    pub fn fails_next(&self, failure: MailFailure) {
        lock(&self.failures).push_back(failure);
    }

    /// From now on mails wait for the server's answer, or no longer.
    pub fn keeps_waiting(&self, keeps_waiting: bool) {
        self.gate.is_shut(keeps_waiting);
    }

    /// From now on a failure that is set already is told without waiting; all other mails wait for the server's answer.
    pub fn keeps_waiting_behind_failures(&self) {
        self.fails_at_once.store(true, Ordering::SeqCst);
        self.gate.is_shut(true);
    }

    /// All mails that were accepted.
    pub fn mails(&self) -> Vec<OutgoingMail> {
        lock(&self.mails).clone()
    }

    /// All mails that were sent here, accepted or not.
    pub fn attempts(&self) -> Vec<OutgoingMail> {
        lock(&self.attempts).clone()
    }
}

/// The first line of a mail's text that is a link and nothing else.
pub fn link_in(mail: &OutgoingMail) -> Option<String> {
    mail.text
        .lines()
        .find(|line| line.starts_with("https://") && line.contains("/r/v4.public."))
        .map(str::to_owned)
}

#[async_trait]
impl MailSender for FakeMailer {
    fn server(&self) -> &str {
        "mail.example.org"
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<Accepted, MailFailure> {
        lock(&self.attempts).push(mail.clone());
        if self.fails_at_once.load(Ordering::SeqCst)
            && let Some(failure) = lock(&self.failures).pop_front()
        {
            return Err(failure);
        }
        self.gate.pass().await;
        if let Some(failure) = lock(&self.failures).pop_front() {
            return Err(failure);
        }
        lock(&self.mails).push(mail.clone());
        Ok(Accepted { by: self.server().to_owned(), answer: "queued".to_owned(), file: None })
    }
}

/// To whom the outcome of an approved request was brought, with the link where there was one.
type ToAdmin = (Admin, Option<String>);

/// A chat that keeps what admins are told unasked, and what a second person is asked. A clone is the same chat.
#[derive(Clone, Default)]
pub struct Chat {
    told: Arc<Mutex<Vec<(Admin, News)>>>,
    brought: Arc<Mutex<Vec<ToAdmin>>>,
    questions: Arc<Mutex<Vec<Question>>>,
    closed: Arc<Mutex<Vec<(String, RequestState)>>>,
    helped: Arc<Mutex<Vec<HelpQuestion>>>,
    floods: Arc<Mutex<Vec<usize>>>,
    help_closed: Arc<Mutex<Vec<(String, HelpState)>>>,
    has_desk: Arc<AtomicBool>,
    left: Arc<Mutex<Vec<Admin>>>,
    cannot_say: Arc<AtomicBool>,
    is_away: Arc<AtomicBool>,
    hangs: Arc<AtomicBool>,
    asking: Gate,
}

impl Chat {
    /// Who was told what.
    pub fn told(&self) -> Vec<(Admin, News)> {
        lock(&self.told).clone()
    }

    /// To whom the outcome of an approved request was brought, with the link where there was one.
    pub fn brought(&self) -> Vec<ToAdmin> {
        lock(&self.brought).clone()
    }

    /// What a second person was asked.
    pub fn questions(&self) -> Vec<Question> {
        lock(&self.questions).clone()
    }

    /// What the help desk was asked.
    pub fn helped(&self) -> Vec<HelpQuestion> {
        lock(&self.helped).clone()
    }

    /// How often it was told that so many have asked, and how many.
    pub fn floods(&self) -> Vec<usize> {
        lock(&self.floods).clone()
    }

    /// Which requests to the help desk show that they are over, and how.
    pub fn help_closed(&self) -> Vec<(String, HelpState)> {
        lock(&self.help_closed).clone()
    }

    /// Which requests show that they are over, and how.
    pub fn closed(&self) -> Vec<(String, RequestState)> {
        lock(&self.closed).clone()
    }

    /// This admin is not there any more.
    pub fn has_left(&self, admin: Admin) {
        lock(&self.left).push(admin);
    }

    /// From now on it does not say who may, or again.
    pub fn cannot_say(&self, cannot_say: bool) {
        self.cannot_say.store(cannot_say, Ordering::SeqCst);
    }

    /// From now on there is a place where a second person is asked.
    pub fn has_desk(&self) {
        self.has_desk.store(true, Ordering::SeqCst);
    }

    /// From now on what a second person is asked stands there before the bot is told which message it is, or no longer.
    pub fn keeps_waiting(&self, keeps_waiting: bool) {
        self.asking.is_shut(keeps_waiting);
    }

    /// From now on it takes no messages, or again.
    pub fn is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// From now on a message takes for ever, or no longer.
    pub fn hangs(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::SeqCst);
    }

    async fn reach(&self) -> Result<(), ChatError> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(ChatError("it is away".to_owned()));
        }
        if self.hangs.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
        Ok(())
    }
}

#[async_trait]
impl bot::Chat for Chat {
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError> {
        self.reach().await?;
        lock(&self.told).push((admin.clone(), news.clone()));
        Ok(())
    }

    async fn deliver_outcome(
        &self,
        admin: &Admin,
        _request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Delivered, ChatError> {
        self.reach().await?;
        let link = match outcome {
            Issued::HandedOver(handed_over) => Some(handed_over.link.expose().to_owned()),
            _ => None,
        };
        lock(&self.brought).push((admin.clone(), link));
        Ok(Delivered { channel: DeliveryChannel::PrivateAnswer, message: None })
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, ChatError> {
        if self.cannot_say.load(Ordering::SeqCst) {
            return Err(ChatError("it does not say".to_owned()));
        }
        let has_left = lock(&self.left).contains(admin);
        Ok((!has_left).then(|| admin.clone().into()))
    }

    async fn close_link(&self, _message: &str, _contact: &ContactId, _fate: Fate) -> Result<(), ChatError> {
        Ok(())
    }

    async fn ask(&self, question: &Question) -> Option<Result<String, ChatError>> {
        if !self.has_desk.load(Ordering::SeqCst) {
            return None;
        }
        if let Err(error) = self.reach().await {
            return Some(Err(error));
        }
        lock(&self.questions).push(question.clone());
        self.asking.pass().await;
        Some(Ok(format!("message of {}", question.request)))
    }

    async fn close_request(
        &self,
        message: &str,
        _request: &Request,
        state: &RequestState,
    ) -> Result<(), ChatError> {
        self.reach().await?;
        lock(&self.closed).push((message.to_owned(), state.clone()));
        Ok(())
    }

    async fn ask_help_desk(&self, question: &HelpQuestion) -> Option<Result<String, ChatError>> {
        if !self.has_desk.load(Ordering::SeqCst) {
            return None;
        }
        if let Err(error) = self.reach().await {
            return Some(Err(error));
        }
        lock(&self.helped).push(question.clone());
        Some(Ok(format!("message of {}", question.request)))
    }

    async fn tell_of_flood(&self, asked: usize, _until: Timestamp) -> Option<Result<(), ChatError>> {
        lock(&self.floods).push(asked);
        Some(Ok(()))
    }

    async fn close_help_request(
        &self,
        message: &str,
        _request: &HelpRequest,
        state: &HelpState,
    ) -> Result<(), ChatError> {
        self.reach().await?;
        lock(&self.help_closed).push((message.to_owned(), state.clone()));
        Ok(())
    }
}

/// The way of receipts to the bot, which can be cut. A clone is the same way.
#[derive(Clone, Default)]
pub struct SwitchedSink {
    is_cut: Arc<AtomicBool>,
    loses_answers: Arc<AtomicBool>,
}

impl SwitchedSink {
    /// From now on nothing arrives, or again.
    pub fn is_cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }

    /// From now on receipts arrive and the answer is lost, or no longer.
    pub fn loses_answers(&self, loses_answers: bool) {
        self.loses_answers.store(loses_answers, Ordering::SeqCst);
    }

    pub(super) fn to(&self, bot: ToBot) -> SwitchedToBot {
        SwitchedToBot { bot, switch: self.clone() }
    }
}

pub(super) struct SwitchedToBot {
    bot: ToBot,
    switch: SwitchedSink,
}

#[async_trait]
impl ReceiptSink for SwitchedToBot {
    async fn deliver(&self, receipt: &Receipt) -> Result<(), NotDelivered> {
        if self.switch.is_cut.load(Ordering::SeqCst) {
            return Err(NotDelivered("the way is cut".to_owned()));
        }
        self.bot.deliver(receipt).await?;
        if self.switch.loses_answers.load(Ordering::SeqCst) {
            return Err(NotDelivered("the answer was lost".to_owned()));
        }
        Ok(())
    }
}
