//! One way for an answer, and for a link, to reach an admin, whichever the platform: a link goes by direct message, otherwise in the answer. One that neither
//! has shown is withdrawn, and the admin hears of it as soon as a message reaches them.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use texts::{Key, chat};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::admin::Admin;
use crate::audit::DeliveryChannel;
use crate::bot::Bot;
use crate::outcome::{Delivered, HandedOver, Issued, Reply};
use crate::ports::ChatError;
use crate::request::{Action, RequestId};
use crate::words::{Part, Words};

/// How long one answer may take, with all attempts and all waits that the platform asks for.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// A message that does not have its platform's form yet.
pub(super) struct Message<'a> {
    pub(super) words: &'a Words,
    pub(super) parts: &'a [Part],
    /// The buttons below it.
    pub(super) actions: &'a [Action],
    /// The contact whom it concerns; empty where it concerns nobody in particular.
    pub(super) contact: &'a str,
    /// The platform's id of the one person who reads it.
    pub(super) reader: &'a str,
}

/// What the courier needs of a platform.
#[async_trait]
pub(super) trait Platform: Send + Sync {
    /// Where somebody is answered; only they see it.
    type Place: Send + Sync;
    /// Why a message was not taken. `Display` is for the log.
    type Failure: Display + Send;

    fn bot(&self) -> &Bot;

    fn now(&self) -> Timestamp;

    fn waiting(&self) -> &Waiting<Self::Place>;

    /// The words for whoever is answered there.
    fn words(&self, place: Option<&Self::Place>) -> Words;

    /// Which text stands above a link in an answer there; `None` where the platform does not vouch that an answer reaches the admin alone, or reaches them at
    /// all: no link stands in it then.
    fn above_link(&self, place: &Self::Place) -> Option<Key>;

    /// The place at which whoever asked can be answered once more, for as long as a request for approval lives.
    fn later(&self, place: &Self::Place) -> Option<Self::Place>;

    /// What the answer says once the link has gone by direct message.
    fn beside_direct_message(&self, _place: &Self::Place, words: &Words, link: &HandedOver) -> Vec<Part> {
        words.handed_over_by_direct_message(link)
    }

    /// A message to one person; names it. Where this fails, it may have arrived all the same.
    async fn direct_message(&self, user: &str, message: &Message<'_>) -> Result<String, Self::Failure>;

    /// The answer. Returns once the platform has taken it.
    async fn answer(&self, place: &Self::Place, message: &Message<'_>) -> Result<(), Self::Failure>;

    /// One more answer, below the first.
    async fn answer_again(&self, place: &Self::Place, message: &Message<'_>) -> Result<(), Self::Failure> {
        self.answer(place, message).await
    }
}

/// Places at which those who wait for an approval can be answered.
pub(super) struct Waiting<P>(Mutex<HashMap<RequestId, (P, Timestamp)>>);

impl<P> Default for Waiting<P> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<P> Waiting<P> {
    fn remember(&self, request: RequestId, place: P, lapses_at: Timestamp, now: Timestamp) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (_, lapses_at)| now < *lapses_at);
        waiting.insert(request, (place, lapses_at));
    }

    fn take(&self, request: RequestId) -> Option<P> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&request);
        waiting.map(|(place, _)| place)
    }
}

/// Answers an admin where they asked.
pub(super) async fn answer<P: Platform>(platform: &P, admin: &Admin, place: &P::Place, reply: Reply) {
    if let Reply::Issue(Issued::AwaitingApproval(waiting)) = &reply
        && let Some(later) = platform.later(place)
    {
        platform.waiting().remember(waiting.request, later, waiting.lapses_at, platform.now());
    }
    if let Reply::Issue(Issued::HandedOver(link)) = &reply {
        return hand_over(platform, admin, place, link).await;
    }
    let words = platform.words(Some(place));
    let contact = match &reply {
        Reply::Issue(issued) => concerned(issued),
        _ => "",
    };
    let (parts, actions) = (words.reply(&reply, platform.now()), platform.bot().actions(&reply));
    let reader = admin.user.as_str();
    let message = Message { words: &words, parts: &parts, actions: &actions, contact, reader };
    say(platform, admin, place, &message).await;
}

/// The link in a direct message, and the answer says so; where that is not delivered, the link in the answer.
async fn hand_over<P: Platform>(platform: &P, admin: &Admin, place: &P::Place, link: &HandedOver) {
    let (link_id, words) = (link.link.link_id(), platform.words(Some(place)));
    let actions = [Action::Revoke(link_id)];
    let (contact, reader) = (link.contact.as_str(), admin.user.as_str());
    let parts = words.handed_over(link);
    let message = Message { words: &words, parts: &parts, actions: &actions, contact, reader };
    let failure = match platform.direct_message(&admin.user, &message).await {
        Ok(name) => {
            platform.bot().shown(link_id, admin, DeliveryChannel::DirectMessage, Some(name)).await;
            let parts = platform.beside_direct_message(place, &words, link);
            let message = Message { words: &words, parts: &parts, actions: &actions, contact, reader };
            if let Err(failure) = answered(platform, place, &message).await {
                tracing::warn!(%admin, %failure, "an answer did not arrive; the link is in a direct message");
            }
            return;
        }
        Err(failure) => failure,
    };
    if let Some(no_direct_message) = platform.above_link(place) {
        tracing::info!(%link_id, %failure, "no direct message: the link is in the answer");
        let above = Part::Text(words.say(no_direct_message, &[]));
        let parts: Vec<_> = [above].into_iter().chain(parts).collect();
        let message = Message { words: &words, parts: &parts, actions: &actions, contact, reader };
        let way = match answered(platform, place, &message).await {
            Ok(()) => DeliveryChannel::PrivateAnswer,
            Err(failure) => {
                tracing::warn!(%admin, %failure, "an answer did not arrive");
                DeliveryChannel::Nowhere
            }
        };
        platform.bot().shown(link_id, admin, way, None).await;
        return;
    }
    tracing::warn!(%link_id, %failure, "no direct message, and no link stands in an answer here");
    let is_withdrawn = platform.bot().shown(link_id, admin, DeliveryChannel::Nowhere, None).await;
    let parts = [words.not_handed_over(&link.contact, is_withdrawn)];
    let message = Message { words: &words, parts: &parts, actions: &[], contact: "", reader };
    if say(platform, admin, place, &message).await {
        platform.bot().mark_notified(admin, link_id).await;
    }
}

/// What became of a request, or without one of a mail that was tried again in vain, by direct message; where that is not delivered, as one more answer.
///
/// # Errors
/// Where neither has shown it.
pub(super) async fn deliver_outcome<P: Platform>(
    platform: &P,
    admin: &Admin,
    request: Option<RequestId>,
    outcome: &Issued,
) -> Result<Delivered, ChatError> {
    let place = request.and_then(|request| platform.waiting().take(request));
    let (words, reader) = (platform.words(place.as_ref()), admin.user.as_str());
    let approved = request.map(|_| Part::Text(words.say(chat::APPROVED, &[])));
    let mut parts: Vec<_> = approved.into_iter().collect();
    parts.extend(words.issued(outcome, platform.now()));
    let actions = platform.bot().actions_below(outcome);
    let message =
        Message { words: &words, parts: &parts, actions: &actions, contact: concerned(outcome), reader };
    let failure = match platform.direct_message(&admin.user, &message).await {
        Ok(name) => return Ok(Delivered { channel: DeliveryChannel::DirectMessage, message: Some(name) }),
        Err(failure) => failure,
    };
    let has_link = matches!(outcome, Issued::HandedOver(_));
    let place = place.filter(|place| !has_link || platform.above_link(place).is_some());
    let Some(place) = place else { return Err(ChatError(failure.to_string())) };
    tracing::info!(%admin, %failure, "no direct message: the outcome is one more answer");
    match tokio::time::timeout(ANSWER_TIME, platform.answer_again(&place, &message)).await {
        Ok(Ok(())) => Ok(Delivered { channel: DeliveryChannel::PrivateAnswer, message: None }),
        Ok(Err(failure)) => Err(ChatError(failure.to_string())),
        Err(_) => Err(ChatError("the answer took too long".to_owned())),
    }
}

/// The answer; where it does not arrive, the same by direct message. Whether one of the two was taken.
async fn say<P: Platform>(platform: &P, admin: &Admin, place: &P::Place, message: &Message<'_>) -> bool {
    let Err(failure) = answered(platform, place, message).await else { return true };
    tracing::warn!(%admin, %failure, "an answer did not arrive: it goes by direct message");
    match platform.direct_message(&admin.user, message).await {
        Ok(_) => true,
        Err(failure) => {
            tracing::warn!(%admin, %failure, "an admin was not answered");
            false
        }
    }
}

async fn answered<P: Platform>(
    platform: &P,
    place: &P::Place,
    message: &Message<'_>,
) -> Result<(), ChatError> {
    match tokio::time::timeout(ANSWER_TIME, platform.answer(place, message)).await {
        Ok(taken) => taken.map_err(|failure| ChatError(failure.to_string())),
        Err(_) => Err(ChatError("the answer took too long".to_owned())),
    }
}

fn concerned(issued: &Issued) -> &str {
    match issued {
        Issued::HandedOver(link) => link.contact.as_str(),
        Issued::Mailed(mailed) => mailed.contact.as_str(),
        Issued::Delayed(delayed) => delayed.contact.as_str(),
        Issued::AwaitingApproval(_) | Issued::Refused(_) => "",
    }
}
