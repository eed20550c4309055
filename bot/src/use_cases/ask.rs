//! Asking a second person, and whether what they were asked is still so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contacts::Contact;
use jiff::{SignedDuration, Timestamp};
use keys::{Binding, ContactId, EmailAddress, LinkId};
use tokio::sync::OwnedMutexGuard;

use crate::admin::{Admin, Platform};
use crate::audit::{Closing, Event, Request, RequestState};
use crate::desk::Desk;
use crate::outcome::{AwaitingApproval, Question, Refused};
use crate::policy::delivery::{HandOverReason, in_audit, usable_email};
use crate::request::RequestId;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::mint::{is_sound, limit_reached};

/// How long a request waits for its answer.
pub const APPROVAL_TIME: SignedDuration = SignedDuration::from_mins(15);

/// What a second person is to be asked.
pub(crate) struct Asking {
    /// Why the link would not go by mail; empty where it would.
    pub(crate) reasons: Vec<HandOverReason>,
    /// The link that was e-mailed, in whose place this one is wanted in hand.
    pub(crate) instead_of: Option<LinkId>,
    /// A link that was e-mailed before is not withdrawn, and good until then.
    pub(crate) not_withdrawn: Option<Timestamp>,
}

/// One question about a contact at a time: of two identical commands at once the second finds the request of the first, posted or not.
#[derive(Default)]
struct Turns(Mutex<HashMap<ContactId, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn wait_for(&self, contact: &ContactId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(contact.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

/// Asks second persons.
pub(crate) struct Questions {
    desk: Arc<Desk>,
    updates: Arc<MessageUpdates>,
    turns: Turns,
}

impl Questions {
    pub(crate) fn new(desk: &Arc<Desk>, updates: &Arc<MessageUpdates>) -> Self {
        Self { desk: Arc::clone(desk), updates: Arc::clone(updates), turns: Turns::default() }
    }

    /// Asks a second person. The same person who asks again for the same while the first request is open gets that one.
    pub(crate) async fn ask(
        &self,
        admin: &Admin,
        contact: &Contact,
        asking: Asking,
    ) -> Result<AwaitingApproval, Refused> {
        if admin.platform == Platform::Shell {
            return Err(Refused::NeedsApproval);
        }
        let _turn = self.turns.wait_for(&contact.id).await;
        let is_protected = self.desk.settings.policy.is_protected(&contact.id);
        let to = usable_email(contact).filter(|_| asking.reasons.is_empty()).map(|email| email.masked());
        let (request, lapses_at, is_new) = self.write_request(admin, contact, &asking, to.clone()).await?;
        let Asking { reasons, not_withdrawn, .. } = asking;
        if is_new {
            let question = Question {
                request,
                contact: contact.id.clone(),
                name: contact.name.clone(),
                admin: admin.clone(),
                reasons: reasons.clone(),
                to: to.clone(),
                not_withdrawn,
                is_protected,
                lapses_at,
            };
            if !self.post_question(&question).await {
                let (contact, admin) = (question.contact, question.admin);
                let (why, by, refusal, tell) = (Closing::NotPosted, None, None, false);
                self.desk
                    .note(Event::ApprovalClosed { request, contact, admin, why, by, refusal, tell })
                    .await;
                return Err(Refused::NobodyToAsk);
            }
        }
        let (contact, name) = (contact.id.clone(), contact.name.clone());
        Ok(AwaitingApproval { request, contact, name, reasons, to, not_withdrawn, is_protected, lapses_at })
    }

    async fn write_request(
        &self,
        admin: &Admin,
        contact: &Contact,
        asking: &Asking,
        to: Option<String>,
    ) -> Result<(RequestId, Timestamp, bool), Refused> {
        let mut random = [0; 16];
        self.desk.random(&mut random);
        let id = RequestId::from_random(random);
        let now = self.desk.now();
        let lapses_at = keys::wire_time::to_millisecond(now) + APPROVAL_TIME;
        let (policy, who, whose) = (self.desk.settings.policy.clone(), admin.clone(), contact.id.clone());
        let (reasons, instead_of) = (in_audit(&asking.reasons), asking.instead_of);
        let protected = policy.is_protected(&whose);
        let (desk, as_it_is) = (Arc::clone(&self.desk), contact.clone());
        let decided = self.desk.audit.transact(now, move |memory| {
            if let Err(refused) = is_sound(memory) {
                return (None, Err(refused));
            }
            let same = memory.requests().find(|request| {
                request.contact == whose
                    && policy.people.is_same(&request.admin, &who)
                    && request.state(now) == RequestState::Open
                    && request.reasons == reasons
                    && request.instead_of == instead_of
                    && is_as_asked(&desk, request, &as_it_is)
            });
            if let Some(same) = same {
                // Where it is posted nowhere yet, another process is about to.
                return (None, Ok((same.id, same.lapses_at, false)));
            }
            match policy.check_limits(memory, &who, &whose, now) {
                Ok(()) => {
                    let (admin, contact) = (who, whose);
                    let binding = Some(binding_of(&desk, id, &as_it_is));
                    let event = Event::ApprovalRequested {
                        request: id,
                        contact,
                        admin,
                        reasons,
                        protected,
                        instead_of,
                        binding,
                        to,
                        lapses_at,
                    };
                    (Some(event), Ok((id, lapses_at, true)))
                }
                Err(limit) => {
                    let (event, refused) = limit_reached(limit, who, whose);
                    (Some(event), Err(refused))
                }
            }
        });
        decided.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be written: nobody is asked");
            Err(Refused::AuditUnavailable)
        })
    }

    /// Whether at least one chat took it.
    async fn post_question(&self, question: &Question) -> bool {
        let mut is_posted = false;
        for (platform, chat) in self.desk.chats() {
            match chat.ask(question).await {
                None => {}
                Some(Ok(message)) => {
                    is_posted = true;
                    self.desk
                        .note(Event::ApprovalPosted { request: question.request, platform, message })
                        .await;
                    // Somebody may have answered before this message was known of.
                    self.updates.show_state(question.request).await;
                }
                Some(Err(error)) => {
                    tracing::error!(%platform, %error, "a request for approval could not be posted");
                }
            }
        }
        is_posted
    }
}

/// A fingerprint of the contact as a request is about them.
fn binding_of(desk: &Desk, request: RequestId, contact: &Contact) -> String {
    let (secret, version) = (&desk.settings.binding_secret, &contact.password_version);
    let email = usable_email(contact);
    let email = email.as_ref().map(EmailAddress::normalised);
    Binding::of_request(secret, request.bits(), &contact.id, version, email).to_string()
}

/// Whether a request is about the contact as they are now. One of an earlier version does not say, and is asked again.
pub(crate) fn is_as_asked(desk: &Desk, request: &Request, contact: &Contact) -> bool {
    request.binding.as_ref().is_some_and(|binding| *binding == binding_of(desk, request.id, contact))
}
