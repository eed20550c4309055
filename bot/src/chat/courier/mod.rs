//! One way for what admins ask to reach the bot, and for answers and links to reach admins, whichever the platform.
//!
//! A request is carried out once, behind the platform's back. A link goes by direct message, otherwise in the answer. One that neither has shown is withdrawn, and
//! the admin hears of it as soon as a message reaches them.

pub(super) mod adapter;
mod answer_targets;
mod audit_channel;
mod deduplication;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keys::ContactId;
use texts::Language;
use tokio_util::sync::CancellationToken;

use self::adapter::{Adapter, Ask, Button, Delivery, Incoming, Message, Sender};
use self::answer_targets::AnswerTargets;
use self::deduplication::Deduplication;
use crate::Clock;
use crate::admin::{Admin, Caller};
use crate::audit::{DeliveryChannel, Fate, HelpRequest, HelpState, Request, RequestFault, RequestState};
use crate::bot::{Bot, Invocation};
use crate::chat::http::REQUEST_TIME;
use crate::outcome::{Delivered, HandedOver, HelpQuestion, Issued, News, Question, Reply};
use crate::policy::People;
use crate::ports::{Chat, ChatError};
use crate::request::{Action, RequestId};
use crate::words::{Markup, Part, Words};

/// How long one answer may take, with all attempts and all waits that the platform asks for.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// What all platforms are set to.
#[derive(Debug, Clone)]
pub struct CourierSettings {
    /// BCP 47: for what nobody's own language is known of.
    pub language: String,
    /// In which zone times are told where the platform does not tell them in the reader's own.
    pub time_zone: TimeZone,
    /// Who is called what.
    pub people: People,
    /// The id of the channel in which a second person is asked.
    pub approvals_channel: Option<String>,
    /// The id of the channel in which the help desk is asked.
    pub help_desk_channel: Option<String>,
    /// The id of the channel that is told of each event of the audit.
    pub audit_channel: Option<String>,
}

impl CourierSettings {
    /// The words for somebody whose client speaks this language.
    pub(super) fn words(&self, markup: Markup, locale: Option<&str>) -> Words {
        Words {
            language: Language::choose(locale, None, &self.language),
            time_zone: self.time_zone.clone(),
            markup,
            people: self.people.clone(),
        }
    }
}

/// A chat on one platform, by its adapter. A clone is the same one.
pub struct Courier<A: Adapter>(Arc<Inner<A>>);

struct Inner<A: Adapter> {
    adapter: A,
    bot: Bot,
    settings: CourierSettings,
    clock: Clock,
    begun: Deduplication,
    /// Where those who wait for an approval can be answered, should the platform take no direct message to them.
    waiting: AnswerTargets<A::AnswerTarget>,
}

impl<A: Adapter> Clone for Courier<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Adapter> Courier<A> {
    pub(super) fn by(adapter: A, bot: Bot, settings: CourierSettings, clock: Clock) -> Self {
        let (begun, waiting) = (Deduplication::default(), AnswerTargets::default());
        Self(Arc::new(Inner { adapter, bot, settings, clock, begun, waiting }))
    }

    pub(super) fn adapter(&self) -> &A {
        &self.0.adapter
    }

    pub(super) fn bot(&self) -> &Bot {
        &self.0.bot
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The words for whoever is answered there.
    pub(super) fn words(&self, target: Option<&A::AnswerTarget>) -> Words {
        let locale = target.and_then(|target| self.0.adapter.locale(target));
        self.0.settings.words(A::MARKUP, locale)
    }

    /// One line in the audit: this did not come from the platform, or came before.
    pub(super) async fn refuse(&self, why: RequestFault) {
        self.0.bot.refuse_request(A::PLATFORM, why).await;
    }

    /// A look that costs no write; two repeats at the same moment are told apart when they are begun.
    pub(super) async fn is_repeat(&self, fingerprint: &str) -> bool {
        self.0.bot.is_duplicate(A::PLATFORM, fingerprint.to_owned()).await.unwrap_or(false)
    }

    /// Whether nobody has begun this request; it counts as begun from then on.
    pub(super) async fn is_first(&self, delivery: &Delivery) -> bool {
        self.0.begun.is_first::<A>(&self.0.bot, delivery).await
    }

    /// Does once what somebody asks for, and answers them.
    pub(super) async fn carry_out(&self, incoming: Incoming<A::AnswerTarget>, ask: Ask) {
        let Some(caller) = self.begin(&incoming).await else { return };
        let bot = &self.0.bot;
        let reply = match ask {
            Ask::Text(text) => {
                let invocation = Invocation { caller: caller.clone(), text };
                bot.handle(&invocation).await.unwrap_or(Reply::Help)
            }
            Ask::Command(Ok(command)) => bot.obey(&caller, &command).await,
            Ask::Command(Err(mistake)) => Reply::Mistake(mistake),
            Ask::Press(Some(action)) => bot.act(&caller, action).await,
            Ask::Press(None) => Reply::NoSuchRequest,
        };
        self.answer(&caller.admin, &incoming.target, reply).await;
    }

    /// Who asks, where this is the first that is heard of it, and the platform has said who they are. Whoever it says nothing of is asked to try again.
    pub(super) async fn begin(&self, incoming: &Incoming<A::AnswerTarget>) -> Option<Caller> {
        let adapter = &self.0.adapter;
        let Incoming { delivery, sender, target } = incoming;
        if !self.is_first(delivery).await || !adapter.acknowledge(target).await {
            return None;
        }
        match self.caller_of(sender).await {
            Ok(caller) => Some(caller),
            Err(failure) => {
                let admin = sender.admin();
                tracing::warn!(%admin, %failure, "who may could not be asked");
                self.answer(admin, target, Reply::TryAgain).await;
                None
            }
        }
    }

    /// With which roles somebody comes.
    ///
    /// # Errors
    /// Where the platform does not say, and whether they may depends on it: that is not a no.
    pub(super) async fn caller_of(&self, sender: &Sender) -> Result<Caller, A::Error> {
        match sender {
            Sender::Known(caller) => Ok(caller.clone()),
            Sender::Unknown(admin) => {
                let caller = self.0.adapter.caller(admin).await?;
                Ok(caller.unwrap_or_else(|| admin.clone().into()))
            }
        }
    }

    /// Answers an admin where they asked.
    pub(super) async fn answer(&self, admin: &Admin, target: &A::AnswerTarget, reply: Reply) {
        if let Reply::Issue(Issued::AwaitingApproval(waiting)) = &reply
            && let Some(later) = self.0.adapter.later_target(target)
        {
            self.0.waiting.remember(waiting.request, later, waiting.lapses_at, self.now());
        }
        if let Reply::Issue(Issued::HandedOver(link)) = &reply {
            return self.hand_over(admin, target, link).await;
        }
        let words = self.words(Some(target));
        let contact = match &reply {
            Reply::Issue(issued) => concerned(issued),
            _ => "",
        };
        let (parts, actions) = (words.reply(&reply, self.now()), self.0.bot.actions(&reply));
        let message = self.render(&words, &parts, &actions, contact, Some(&admin.user));
        self.say(admin, target, &message).await;
    }

    /// The link in a direct message, and the answer says so; where that is not delivered, the link in the answer.
    async fn hand_over(&self, admin: &Admin, target: &A::AnswerTarget, link: &HandedOver) {
        let Inner { adapter, bot, .. } = &*self.0;
        let (link_id, words) = (link.link.link_id(), self.words(Some(target)));
        let actions = [Action::Revoke(link_id)];
        let with_button =
            |parts: &[Part]| self.render(&words, parts, &actions, link.contact.as_str(), Some(&admin.user));
        let parts = words.handed_over(link);
        let failure = match adapter.direct_message(&admin.user, &with_button(&parts)).await {
            Ok(name) => {
                bot.shown(link_id, admin, DeliveryChannel::DirectMessage, Some(name)).await;
                let message = with_button(&adapter.beside_direct_message(target, &words, link));
                if let Err(failure) = self.answered(target, &message).await {
                    tracing::warn!(%admin, %failure, "an answer did not arrive; the link is in a direct message");
                }
                return;
            }
            Err(failure) => failure,
        };
        if let Some(no_direct_message) = adapter.above_link(target) {
            tracing::info!(%link_id, %failure, "no direct message: the link is in the answer");
            let above = Part::Text(words.say(no_direct_message, &[]));
            let parts: Vec<_> = [above].into_iter().chain(parts).collect();
            let channel = match self.answered(target, &with_button(&parts)).await {
                Ok(()) => DeliveryChannel::PrivateAnswer,
                Err(failure) => {
                    tracing::warn!(%admin, %failure, "an answer did not arrive");
                    DeliveryChannel::Nowhere
                }
            };
            bot.shown(link_id, admin, channel, None).await;
            return;
        }
        tracing::warn!(%link_id, %failure, "no direct message, and no link stands in an answer here");
        let is_withdrawn = bot.shown(link_id, admin, DeliveryChannel::Nowhere, None).await;
        let parts = [words.not_handed_over(&link.contact, is_withdrawn)];
        let message = self.render(&words, &parts, &[], "", Some(&admin.user));
        if self.say(admin, target, &message).await {
            bot.mark_notified(admin, link_id).await;
        }
    }

    /// The answer; where it does not arrive, the same by direct message. Whether one of the two was taken.
    async fn say(&self, admin: &Admin, target: &A::AnswerTarget, message: &A::Rendered) -> bool {
        let Err(failure) = self.answered(target, message).await else { return true };
        tracing::warn!(%admin, %failure, "an answer did not arrive: it goes by direct message");
        match self.0.adapter.direct_message(&admin.user, message).await {
            Ok(_) => true,
            Err(failure) => {
                tracing::warn!(%admin, %failure, "an admin was not answered");
                false
            }
        }
    }

    async fn answered(&self, target: &A::AnswerTarget, message: &A::Rendered) -> Result<(), ChatError> {
        match tokio::time::timeout(ANSWER_TIME, self.0.adapter.answer(target, message)).await {
            Ok(taken) => taken.map_err(not_delivered),
            Err(_) => Err(ChatError("the answer took too long".to_owned())),
        }
    }

    /// The message in the platform's form, its buttons below. `contact`: whom it concerns; `reader`: who alone reads it.
    fn render(
        &self,
        words: &Words,
        parts: &[Part],
        actions: &[Action],
        contact: &str,
        reader: Option<&str>,
    ) -> A::Rendered {
        let buttons = actions.iter().map(|action| Button::new(*action, words)).collect();
        self.0.adapter.render(&Message { parts, buttons, contact, reader, now: self.now() })
    }

    /// What stands for itself: no buttons.
    fn plain(&self, parts: &[Part]) -> A::Rendered {
        self.render(&self.words(None), parts, &[], "", None)
    }

    /// Listens, and meanwhile tells the audit channel, until `listening` ends.
    pub(super) async fn feed_while<T>(&self, listening: impl Future<Output = T>) -> T {
        let stop = CancellationToken::new();
        let feed = self.feed(stop.clone());
        let listening = async {
            let ended = listening.await;
            stop.cancel();
            ended
        };
        let (ended, ()) = tokio::join!(listening, feed);
        ended
    }

    /// Tells the audit channel, where there is one, of each event from now on, until `stop` and then of what has come until then.
    pub fn feed(&self, stop: CancellationToken) -> impl Future<Output = ()> + use<A> {
        let courier = self.clone();
        let events = self.0.settings.audit_channel.is_some().then(|| self.0.bot.follow_audit());
        async move {
            let Inner { adapter, settings, .. } = &*courier.0;
            if let (Some(channel), Some(events)) = (&settings.audit_channel, events) {
                let render = |lines: &[Part]| courier.plain(lines);
                audit_channel::tell(adapter, channel, courier.words(None), events, render, &stop).await;
            }
        }
    }
}

#[async_trait]
impl<A: Adapter> Chat for Courier<A> {
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError> {
        let message = self.plain(&self.words(None).news(news, self.now()));
        let sent = self.0.adapter.direct_message(&admin.user, &message).await;
        sent.map(|_| ()).map_err(not_delivered)
    }

    /// By direct message; where that is not delivered, as one more answer.
    async fn deliver_outcome(
        &self,
        admin: &Admin,
        request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Delivered, ChatError> {
        let Inner { adapter, bot, waiting, .. } = &*self.0;
        let target = request.and_then(|request| waiting.recall(request));
        let words = self.words(target.as_ref());
        let approved = request.map(|_| Part::Text(words.say(texts::chat::APPROVED, &[])));
        let mut parts: Vec<_> = approved.into_iter().collect();
        parts.extend(words.issued(outcome, self.now()));
        let actions = bot.actions_below(outcome);
        let message = self.render(&words, &parts, &actions, concerned(outcome), Some(&admin.user));
        let failure = match adapter.direct_message(&admin.user, &message).await {
            Ok(name) => {
                return Ok(Delivered { channel: DeliveryChannel::DirectMessage, message: Some(name) });
            }
            Err(failure) => failure,
        };
        let has_link = matches!(outcome, Issued::HandedOver(_));
        let target = target.filter(|target| !has_link || adapter.above_link(target).is_some());
        let Some(target) = target else { return Err(not_delivered(failure)) };
        tracing::info!(%admin, %failure, "no direct message: the outcome is one more answer");
        match tokio::time::timeout(ANSWER_TIME, adapter.answer_again(&target, &message)).await {
            Ok(Ok(())) => Ok(Delivered { channel: DeliveryChannel::PrivateAnswer, message: None }),
            Ok(Err(failure)) => Err(not_delivered(failure)),
            Err(_) => Err(ChatError("the answer took too long".to_owned())),
        }
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, ChatError> {
        self.0.adapter.caller(admin).await.map_err(not_delivered)
    }

    async fn close_link(&self, message: &str, contact: &ContactId, fate: Fate) -> Result<(), ChatError> {
        let over = self.plain(&self.words(None).link_over(contact, fate, self.now()));
        self.0.adapter.edit(message, &over).await.map_err(not_delivered)
    }

    async fn ask(&self, question: &Question) -> Option<Result<String, ChatError>> {
        let channel = self.0.settings.approvals_channel.as_deref()?;
        let words = self.words(None);
        let actions = [Action::Approve(question.request), Action::Decline(question.request)];
        let parts = words.question(question, self.now());
        let message = self.render(&words, &parts, &actions, question.contact.as_str(), None);
        Some(self.0.adapter.post(channel, &message, REQUEST_TIME).await.map_err(not_delivered))
    }

    async fn close_request(
        &self,
        message: &str,
        request: &Request,
        state: &RequestState,
    ) -> Result<(), ChatError> {
        let over = self.plain(&self.words(None).question_over(request, state));
        self.0.adapter.edit(message, &over).await.map_err(not_delivered)
    }

    async fn ask_help_desk(&self, question: &HelpQuestion) -> Option<Result<String, ChatError>> {
        let channel = self.0.settings.help_desk_channel.as_deref()?;
        let words = self.words(None);
        let parts = words.help_question(question, self.now());
        let actions = help_actions(question);
        let message = self.render(&words, &parts, &actions, question.contact.as_str(), None);
        Some(self.0.adapter.post(channel, &message, REQUEST_TIME).await.map_err(not_delivered))
    }

    async fn tell_of_flood(&self, asked: usize, until: Timestamp) -> Option<Result<(), ChatError>> {
        let channel = self.0.settings.help_desk_channel.as_deref()?;
        let message = self.plain(&self.words(None).help_flood(asked, until, self.now()));
        let posted = self.0.adapter.post(channel, &message, REQUEST_TIME).await;
        Some(posted.map(|_| ()).map_err(not_delivered))
    }

    async fn close_help_request(
        &self,
        message: &str,
        request: &HelpRequest,
        state: &HelpState,
    ) -> Result<(), ChatError> {
        let over = self.plain(&self.words(None).help_question_over(request, state));
        self.0.adapter.edit(message, &over).await.map_err(not_delivered)
    }
}

/// The buttons below a question to the help desk: what can be done with it, and no other.
fn help_actions(question: &HelpQuestion) -> Vec<Action> {
    let send = question.to.is_some().then_some(Action::SendLink(question.request));
    let hand = question.may_be_handed_over.then_some(Action::HandMeTheLink(question.request));
    send.into_iter().chain(hand).chain([Action::Dismiss(question.request)]).collect()
}

fn not_delivered(failure: impl std::fmt::Display) -> ChatError {
    ChatError(failure.to_string())
}

fn concerned(issued: &Issued) -> &str {
    match issued {
        Issued::HandedOver(link) => link.contact.as_str(),
        Issued::Mailed(mailed) => mailed.contact.as_str(),
        Issued::Delayed(delayed) => delayed.contact.as_str(),
        Issued::AwaitingApproval(_) | Issued::Refused(_) => "",
    }
}
