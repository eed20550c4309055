//! Four eyes: a second person agrees before a link is minted.
//!
//! Persons are compared, not accounts. A request is answered once, in one step with the audit's line; the link's time begins when it is approved.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contacts::Contact;
use jiff::{SignedDuration, Timestamp};
use keys::{Binding, ContactId, EmailAddress, LinkId};
use tokio::sync::OwnedMutexGuard;

use crate::admin::{Admin, Caller, Platform};
use crate::audit::{About, Closing, DeliveryChannel, Denial, Event, Found, Memory, Request, RequestState};
use crate::bot::{Bot, Inner};
use crate::outcome::{ApprovedOutcome, AwaitingApproval, Issued, News, Question, Refused, Reply};
use crate::policy::Needs;
use crate::policy::delivery::{Delivery, HandOverReason, decide, usable_email};
use crate::ports::ChatError;
use crate::request::RequestId;
use crate::use_cases::issue::{beyond, in_audit, is_sound};

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
pub(crate) struct Turns(Mutex<HashMap<ContactId, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn take(&self, contact: &ContactId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(contact.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

/// What a link was approved by.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) request: RequestId,
    /// The link was mailed, and the admin wants one in hand instead.
    pub(crate) is_instead: bool,
    /// Whether the second person has agreed to a link in hand; otherwise they have agreed to a mail, and to nothing else.
    pub(crate) may_hand_over: bool,
}

/// An outcome did not reach whoever asked.
pub(crate) struct NotBrought {
    /// Whether there was a link in it that is withdrawn now.
    is_withdrawn: bool,
}

/// What comes of a press, decided in one step with its line.
enum Pressed {
    Done(Box<Request>),
    Refused(Reply),
}

impl Inner {
    /// Asks a second person. The same person who asks again for the same while the first request is open gets that one.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        admin: &Admin,
        contact: &Contact,
        asking: Asking,
    ) -> Result<AwaitingApproval, Refused> {
        if admin.platform == Platform::Shell {
            return Err(Refused::NeedsApproval);
        }
        let _turn = self.turns.take(&contact.id).await;
        let is_protected = self.settings.policy.is_protected(&contact.id);
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
                self.note(Event::ApprovalClosed { request, contact, admin, why, by, refusal, tell }).await;
                return Err(Refused::NobodyToAsk);
            }
        }
        let (contact, name) = (contact.id.clone(), contact.name.clone());
        Ok(AwaitingApproval { request, contact, name, reasons, to, not_withdrawn, is_protected, lapses_at })
    }

    async fn write_request(
        self: &Arc<Self>,
        admin: &Admin,
        contact: &Contact,
        asking: &Asking,
        to: Option<String>,
    ) -> Result<(RequestId, Timestamp, bool), Refused> {
        let mut random = [0; 16];
        (self.entropy)(&mut random);
        let id = RequestId::from_random(random);
        let now = self.now();
        let lapses_at = keys::wire_time::to_millisecond(now) + APPROVAL_TIME;
        let (policy, who, whose) = (self.settings.policy.clone(), admin.clone(), contact.id.clone());
        let (reasons, instead_of) = (in_audit(&asking.reasons), asking.instead_of);
        let protected = policy.is_protected(&whose);
        let (inner, as_it_is) = (Arc::clone(self), contact.clone());
        let decided = self.audit.transact(now, move |memory| {
            if let Err(refused) = is_sound(memory) {
                return (None, Err(refused));
            }
            let same = memory.requests().find(|request| {
                request.contact == whose
                    && policy.people.is_same(&request.admin, &who)
                    && request.state(now) == RequestState::Open
                    && request.reasons == reasons
                    && request.instead_of == instead_of
                    && inner.is_as_asked(request, &as_it_is)
            });
            if let Some(same) = same {
                // Where it is posted nowhere yet, another process is about to.
                return (None, Ok((same.id, same.lapses_at, false)));
            }
            match policy.check_limits(memory, &who, &whose, now) {
                Ok(()) => {
                    let (admin, contact) = (who, whose);
                    let binding = Some(inner.binding_of(id, &as_it_is));
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
                    let (event, refused) = beyond(limit, who, whose);
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
        for (platform, chat) in self.chats() {
            match chat.ask(question).await {
                None => {}
                Some(Ok(message)) => {
                    is_posted = true;
                    self.note(Event::ApprovalPosted { request: question.request, platform, message }).await;
                    // Somebody may have answered before this message was known of.
                    self.close_posts(question.request).await;
                }
                Some(Err(error)) => {
                    tracing::error!(%platform, %error, "a request for approval could not be posted");
                }
            }
        }
        is_posted
    }

    /// Decides a press on a request and writes it down, in one step.
    async fn press(
        &self,
        caller: &Caller,
        id: RequestId,
        judge: impl FnOnce(&Request) -> Result<Event, Denial> + Send + 'static,
    ) -> Result<Pressed, Refused> {
        let (now, who) = (self.now(), caller.admin.clone());
        let decide = move |memory: &Memory| {
            let Some(request) = memory.request(id) else {
                return (None, Pressed::Refused(Reply::NoSuchRequest));
            };
            match request.state(now) {
                RequestState::Open => match judge(request) {
                    Ok(Event::Approved { .. }) if let Err(refused) = is_sound(memory) => {
                        (None, Pressed::Refused(Reply::Refused(refused)))
                    }
                    Ok(event) => (Some(event), Pressed::Done(Box::new(request.clone()))),
                    Err(why) => {
                        let contact = Some(request.contact.clone());
                        (
                            Some(Event::Denied { admin: who, contact, why }),
                            Pressed::Refused(Reply::OwnRequest),
                        )
                    }
                },
                state => (None, Pressed::Refused(Reply::RequestOver(state))),
            }
        };
        self.audit.transact(now, decide).await.map_err(|error| {
            tracing::error!(%error, "the audit cannot be written: the request stays as it is");
            Refused::AuditUnavailable
        })
    }

    /// Mints the link, for the contact as the second person was asked about them.
    async fn carry_out(
        self: &Arc<Self>,
        request: &Request,
        contact: Result<Contact, Refused>,
    ) -> Result<(String, Issued), Refused> {
        let contact = contact?;
        let others = self.others(&contact).await.map_err(|error| {
            tracing::error!(%error, "who else has an e-mail could not be looked up");
            Refused::DirectoryUnavailable
        })?;
        if let Some(link_id) = request.instead_of {
            self.withdraw_mailed(link_id, &request.admin).await?;
        }
        let approval = Approval {
            request: request.id,
            is_instead: request.instead_of.is_some(),
            may_hand_over: !request.reasons.is_empty(),
        };
        let issued = self.issue(&request.admin, &contact, others, Some(&approval)).await?;
        Ok((contact.name, issued))
    }

    /// Writes down that a request which was approved has come to nothing.
    async fn write_outcome(&self, request: &Request, issued: &Issued) {
        let (why, refusal) = match issued {
            Issued::Refused(refused) => (Closing::Refused, Some(refused.as_str().to_owned())),
            Issued::AwaitingApproval(_) => (Closing::AskedAgain, None),
            Issued::Mailed(_) | Issued::Delayed(_) | Issued::HandedOver(_) => return,
        };
        self.note(closed(request, why, None, refusal)).await;
    }

    /// The contact, where they are as they were when the request was made. Otherwise the request is closed, and a second person is asked again; the answer to
    /// whoever pressed says so. `None`: there is something else to say of the request.
    async fn contact_as_asked(
        self: &Arc<Self>,
        id: RequestId,
        presser: &Admin,
    ) -> Result<Option<Result<Contact, Refused>>, Reply> {
        let Some(request) = self.open_request_of_others(id, presser).await else { return Ok(None) };
        let contact = match self.contact(&request.contact).await {
            Ok(contact) => contact,
            // It stays open: the directory did not say.
            Err(Refused::DirectoryUnavailable) => return Err(Reply::Refused(Refused::DirectoryUnavailable)),
            Err(refused) => return Ok(Some(Err(refused))),
        };
        if self.is_as_asked(&request, &contact) {
            return Ok(Some(Ok(contact)));
        }
        let closing = self.close(&request, Closing::ContactChanged, None).await;
        if !matches!(closing, Reply::RequestOver(_)) {
            return Err(closing);
        }
        let is_asked_again = self.ask_again(&request, &contact).await;
        let (contact, name) = (contact.id, contact.name);
        Err(Reply::ContactChanged { contact, name, is_asked_again })
    }

    /// Asks a second person about the contact as they are now; nobody gets a link without having been asked for.
    async fn ask_again(self: &Arc<Self>, request: &Request, contact: &Contact) -> bool {
        let reasons = if request.instead_of.is_some() {
            vec![HandOverReason::AskedInstead]
        } else {
            match self
                .others(contact)
                .await
                .map(|others| decide(self.mailer().is_some(), usable_email(contact), others))
            {
                Ok(Delivery::HandOver(reasons)) => reasons,
                Ok(Delivery::Mail(_)) => Vec::new(),
                Err(error) => {
                    tracing::error!(%error, "who else has an e-mail could not be looked up");
                    return false;
                }
            }
        };
        if self.settings.policy.needs(&contact.id, !reasons.is_empty()) != Needs::Approval {
            return false;
        }
        let asking = Asking { reasons, instead_of: request.instead_of, not_withdrawn: None };
        self.ask(&request.admin, contact, asking).await.is_ok()
    }

    /// A request that somebody else made and nobody has answered yet.
    async fn open_request_of_others(&self, id: RequestId, presser: &Admin) -> Option<Request> {
        let now = self.now();
        let (people, presser) = (self.settings.policy.people.clone(), presser.clone());
        let looked = self.audit.look(now, move |memory| {
            let request = memory.request(id)?;
            let is_others = !people.is_same(&request.admin, &presser);
            (is_others && request.state(now) == RequestState::Open).then(|| request.clone())
        });
        // What else there is to say of the request is said where the press is judged.
        looked.await.ok().flatten()
    }

    /// Brings the one who asked what came of it.
    async fn bring(self: &Arc<Self>, request: &Request, issued: &Issued) -> ApprovedOutcome {
        let brought = self.bring_outcome(&request.admin, About::Request(request.id), issued).await;
        match (issued, brought) {
            (Issued::HandedOver(_), Ok(())) => ApprovedOutcome::HandedOver,
            (Issued::HandedOver(_), Err(NotBrought { is_withdrawn })) => {
                ApprovedOutcome::NotBrought { is_withdrawn }
            }
            (Issued::Mailed(_), _) => ApprovedOutcome::Mailed,
            (Issued::Delayed(_), _) => ApprovedOutcome::Delayed,
            (Issued::AwaitingApproval(_), _) => ApprovedOutcome::AskedAgain,
            (Issued::Refused(_), _) => ApprovedOutcome::Refused,
        }
    }

    /// Brings an admin what came of a request, or of a mail that was tried again, and writes down that they have it. A link that reaches nobody is withdrawn;
    /// what else reaches nobody is owed to them, and told as soon as a way opens.
    pub(crate) async fn bring_outcome(
        self: &Arc<Self>,
        admin: &Admin,
        about: About,
        issued: &Issued,
    ) -> Result<(), NotBrought> {
        let request = match about {
            About::Request(request) => Some(request),
            About::Link(_) => None,
        };
        let brought = match self.chat(admin.platform) {
            Some(chat) => chat.deliver_outcome(admin, request, issued).await,
            None => Err(ChatError("this process has no such chat".to_owned())),
        };
        if let Err(error) = &brought {
            tracing::warn!(%admin, %error, "an admin could not be told what came of their request");
        }
        match (issued, brought) {
            (Issued::HandedOver(handed_over), Ok(delivered)) => {
                self.shown(handed_over.link.link_id(), admin, delivered.channel, delivered.message).await;
                Ok(())
            }
            (Issued::HandedOver(handed_over), Err(_)) => {
                let link_id = handed_over.link.link_id();
                let is_withdrawn = self.shown(link_id, admin, DeliveryChannel::Nowhere, None).await;
                Err(NotBrought { is_withdrawn })
            }
            (_, Ok(_)) => {
                self.mark_notified(admin, about).await;
                Ok(())
            }
            (_, Err(_)) => Err(NotBrought { is_withdrawn: false }),
        }
    }

    /// Shows in every message that asked what has become of the request.
    pub(crate) async fn close_posts(&self, id: RequestId) {
        let now = self.now();
        let request = match self.audit.look(now, move |memory| memory.request(id).cloned()).await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        self.close_posts_of(&request, now).await;
    }

    /// The same for a request that is at hand. What shows it already is left alone.
    pub(crate) async fn close_posts_of(&self, request: &Request, now: Timestamp) {
        let state = request.state(now);
        if state == RequestState::Open {
            return;
        }
        for (platform, message) in &request.posts {
            let Some(chat) = self.chat(*platform) else { continue };
            if !self.begin_showing(*platform, message, &state) {
                continue;
            }
            if let Err(error) = chat.close_request(message, request, &state).await {
                tracing::warn!(%platform, %error, "the message of a request could not be changed");
                self.show_again(*platform, message);
            }
        }
    }

    /// Tells an admin, as far as their chat can be reached.
    pub(crate) async fn tell_news(&self, admin: &Admin, news: &News) -> bool {
        let Some(chat) = self.chat(admin.platform) else { return false };
        match chat.notify(admin, news).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%admin, %error, "an admin could not be told");
                false
            }
        }
    }
}

impl Bot {
    /// Agrees to a request: the link is minted now and goes to whoever asked.
    pub(crate) async fn approve(&self, caller: &Caller, id: RequestId) -> Reply {
        let inner = &self.0;
        if let Some(refused) = inner.refuse_stranger(caller).await {
            return refused;
        }
        // Before a request is closed, or asked again, on the word of an audit that is not what was written.
        if let Err(refused) = inner.must_be_sound().await {
            return Reply::Refused(refused);
        }
        if let Some(reply) = inner.check_requester(id, &caller.admin).await {
            return reply;
        }
        let contact = match inner.contact_as_asked(id, &caller.admin).await {
            Ok(contact) => contact,
            Err(reply) => {
                inner.tell_owed_behind();
                return reply;
            }
        };
        let (people, by) = (inner.settings.policy.people.clone(), caller.admin.clone());
        let judge = move |request: &Request| {
            if people.is_same(&request.admin, &by) {
                return Err(Denial::OwnRequest);
            }
            let (contact, admin) = (request.contact.clone(), request.admin.clone());
            Ok(Event::Approved { request: request.id, contact, admin, by, tell: true })
        };
        let _under_way = inner.begins(About::Request(id));
        let request = match inner.press(caller, id, judge).await {
            Ok(Pressed::Done(request)) => request,
            Ok(Pressed::Refused(reply)) => return reply,
            Err(refused) => return Reply::Refused(refused),
        };
        // It was open to be agreed to: then it has been looked at.
        let contact = contact.unwrap_or(Err(Refused::AuditUnavailable));
        let (name, issued) = match inner.carry_out(&request, contact).await {
            Ok((name, issued)) => (Some(name), issued),
            Err(refused) => (None, Issued::Refused(refused)),
        };
        inner.write_outcome(&request, &issued).await;
        let outcome = inner.bring(&request, &issued).await;
        inner.close_posts(request.id).await;
        Reply::Approved { contact: request.contact, name, admin: request.admin, outcome }
    }

    /// Turns a request down; whoever made it may do that too.
    pub(crate) async fn decline(&self, caller: &Caller, id: RequestId) -> Reply {
        if let Some(refused) = self.0.refuse_stranger(caller).await {
            return refused;
        }
        let by = caller.admin.clone();
        let judge = move |request: &Request| Ok(closed(request, Closing::Declined, Some(by), None));
        let request = match self.0.press(caller, id, judge).await {
            Ok(Pressed::Done(request)) => request,
            Ok(Pressed::Refused(reply)) => return reply,
            Err(refused) => return Reply::Refused(refused),
        };
        let Request { contact, admin, .. } = *request;
        self.0.close_posts(id).await;
        self.0.tell_of(About::Request(id)).await;
        Reply::Declined { contact, admin }
    }
}

impl Inner {
    /// The answer to somebody who is not on the allow-list, and the audit's line.
    pub(crate) async fn refuse_stranger(&self, caller: &Caller) -> Option<Reply> {
        if self.settings.policy.may_issue(caller) {
            return None;
        }
        self.deny(&caller.admin, None, Denial::NotAllowed).await;
        Some(Reply::Refused(Refused::NotAllowed))
    }

    async fn must_be_sound(&self) -> Result<(), Refused> {
        self.audit.look(self.now(), is_sound).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be read: the request stays as it is");
            Err(Refused::AuditUnavailable)
        })
    }

    /// Whether whoever made a request may still issue links: their roles are asked for anew. Where not, the request comes to nothing.
    async fn check_requester(&self, id: RequestId, presser: &Admin) -> Option<Reply> {
        let request = self.open_request_of_others(id, presser).await?;
        let asked = match self.chat(request.admin.platform) {
            Some(chat) => chat.caller(&request.admin).await,
            None => Err(ChatError("this process has no such chat".to_owned())),
        };
        match asked {
            Ok(Some(caller)) if self.settings.policy.may_issue(&caller) => None,
            Ok(_) => Some(self.close(&request, Closing::RequesterMayNoLonger, None).await),
            Err(error) => {
                tracing::warn!(admin = %request.admin, %error, "whether an admin may still issue links could not be learned");
                Some(Reply::TryAgain)
            }
        }
    }

    /// Ends a request that is open, or that a process which has ended left, and shows so; the answer says what has become of it.
    pub(crate) async fn close(&self, request: &Request, why: Closing, by: Option<Admin>) -> Reply {
        let (id, now) = (request.id, self.now());
        let event = closed(request, why, by, None);
        let written = self.audit.transact(now, move |memory| {
            let may_end = |request: &&Request| match why {
                Closing::Interrupted => request.is_abandoned(now),
                _ => request.state(now) == RequestState::Open,
            };
            let may_end = memory.request(id).filter(may_end).is_some();
            (may_end.then_some(event), ())
        });
        match written.await {
            Ok(()) => {
                self.close_posts(id).await;
                Reply::RequestOver(RequestState::Closed(why, None))
            }
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: the request stays as it is");
                Reply::Refused(Refused::AuditUnavailable)
            }
        }
    }

    /// Ends the requests for a contact that still wait.
    pub(crate) async fn close_requests_of(&self, contact: &ContactId, by: &Admin) {
        let (now, whose) = (self.now(), contact.clone());
        let open = self.audit.look(now, move |memory| {
            let open = memory.requests().filter(|request| request.contact == whose);
            open.filter(|request| request.state(now) == RequestState::Open).cloned().collect::<Vec<_>>()
        });
        for request in open.await.unwrap_or_default() {
            self.close(&request, Closing::Revoked, Some(by.clone())).await;
            self.tell_of(About::Request(request.id)).await;
        }
    }

    /// Withdraws the mailed link in whose place one is wanted in hand.
    async fn withdraw_mailed(self: &Arc<Self>, link_id: LinkId, admin: &Admin) -> Result<(), Refused> {
        let link = match self.outstanding(link_id).await {
            Ok(link) => link,
            Err(Reply::Refused(refused)) => return Err(refused),
            Err(_) => return Err(Refused::MailedLinkOver),
        };
        match self.withdraw(link_id, &link.contact, link.expires_at, Some(admin)).await {
            Ok(Found::Withdrawn) => Ok(()),
            Ok(Found::InProgress | Found::AlreadyRedeemed) => Err(Refused::MailedLinkOver),
            Err(_) => Err(Refused::RedeemServerUnavailable),
        }
    }
}

/// The line that ends a request.
pub(crate) fn closed(request: &Request, why: Closing, by: Option<Admin>, refusal: Option<String>) -> Event {
    let Request { id, contact, admin, .. } = request;
    let tell = why.is_news_to(admin, by.as_ref());
    Event::ApprovalClosed {
        request: *id,
        contact: contact.clone(),
        admin: admin.clone(),
        why,
        by,
        refusal,
        tell,
    }
}

impl Inner {
    /// A fingerprint of the contact as a request is about them.
    fn binding_of(&self, request: RequestId, contact: &Contact) -> String {
        let (secret, version) = (&self.settings.binding_secret, &contact.password_version);
        let email = usable_email(contact);
        let email = email.as_ref().map(EmailAddress::normalised);
        Binding::of_request(secret, request.bits(), &contact.id, version, email).to_string()
    }

    /// Whether a request is about the contact as they are now. One of an earlier version does not say, and is asked again.
    fn is_as_asked(&self, request: &Request, contact: &Contact) -> bool {
        request.binding.as_ref().is_some_and(|binding| *binding == self.binding_of(request.id, contact))
    }
}
