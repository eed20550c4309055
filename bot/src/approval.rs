//! Four eyes: a second person agrees before a link is minted.
//!
//! Persons are compared, not accounts. A request is answered once, in one step with the audit's line; the link's time begins when it is approved.

use std::sync::Arc;

use contacts::Contact;
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, LinkId};

use crate::admin::{Admin, Caller, Platform};
use crate::audit::{Closing, Denial, Event, Found, Memory, Request, RequestState, Way};
use crate::bot::{Bot, Inner};
use crate::delivery::HandOverReason;
use crate::issue::{Issued, Refused, beyond, in_audit, is_sound};
use crate::reply::{ApprovedOutcome, Reply};
use crate::request::RequestId;
use crate::tell::{News, Question};

/// How long a request waits for its answer.
pub const APPROVAL_TIME: SignedDuration = SignedDuration::from_mins(15);

/// A request that waits for a second person.
#[derive(Debug)]
pub struct Waiting {
    /// Names the request.
    pub request: RequestId,
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// Why the link would not go by mail; empty where it would.
    pub reasons: Vec<HandOverReason>,
    /// The contact is one for whom nobody gets a link alone.
    pub is_protected: bool,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
}

/// What a link was approved by.
#[derive(Debug)]
pub(crate) struct Approval {
    pub(crate) request: RequestId,
    /// The link was mailed, and the admin wants one in hand instead.
    pub(crate) is_instead: bool,
    /// Whether the second person has agreed to a link in hand; otherwise they have agreed to a mail, and to nothing else.
    pub(crate) may_hand_over: bool,
}

/// What comes of a press, decided in one step with its line.
enum Pressed {
    Done(Box<Request>),
    Refused(Reply),
}

impl Inner {
    /// Asks a second person. The same person who asks again for the same contact while the first request is open gets that one.
    pub(crate) async fn ask(
        &self,
        admin: &Admin,
        contact: &Contact,
        reasons: Vec<HandOverReason>,
        instead_of: Option<LinkId>,
    ) -> Result<Waiting, Refused> {
        if admin.platform == Platform::Shell {
            return Err(Refused::NeedsApproval);
        }
        let is_protected = self.settings.policy.is_protected(&contact.id);
        let waiting = |request, lapses_at| Waiting {
            request,
            contact: contact.id.clone(),
            name: contact.name.clone(),
            reasons: reasons.clone(),
            is_protected,
            lapses_at,
        };
        let (request, lapses_at, is_new) = self.write_request(admin, contact, &reasons, instead_of).await?;
        if is_new {
            let question = Question {
                request,
                contact: contact.id.clone(),
                name: contact.name.clone(),
                admin: admin.clone(),
                reasons: reasons.clone(),
                is_protected,
                lapses_at,
            };
            if !self.post_question(&question).await {
                let (contact, admin) = (question.contact, question.admin);
                let why = Closing::NotPosted;
                self.note(Event::ApprovalClosed { request, contact, admin, why, by: None }).await;
                return Err(Refused::NobodyToAsk);
            }
        }
        Ok(waiting(request, lapses_at))
    }

    async fn write_request(
        &self,
        admin: &Admin,
        contact: &Contact,
        reasons: &[HandOverReason],
        instead_of: Option<LinkId>,
    ) -> Result<(RequestId, Timestamp, bool), Refused> {
        let mut random = [0; 16];
        (self.entropy)(&mut random);
        let id = RequestId::from_random(random);
        let now = self.now();
        let lapses_at = keys::wire_time::to_millisecond(now) + APPROVAL_TIME;
        let (policy, who, whose) = (self.settings.policy.clone(), admin.clone(), contact.id.clone());
        let reasons = in_audit(reasons);
        let protected = policy.is_protected(&whose);
        let decided = self.audit.transact(now, move |memory| {
            if let Err(refused) = is_sound(memory) {
                return (None, Err(refused));
            }
            let same = memory.requests().find(|request| {
                request.contact == whose
                    && policy.people.is_same(&request.admin, &who)
                    && request.state(now) == RequestState::Open
                    && request.reasons == reasons
            });
            if let Some(same) = same {
                // One that nobody could see yet is posted now.
                return (None, Ok((same.id, same.lapses_at, same.posts.is_empty())));
            }
            match policy.check_limits(memory, &who, &whose, now) {
                Ok(()) => {
                    let (admin, contact) = (who, whose);
                    let event = Event::ApprovalRequested {
                        request: id,
                        contact,
                        admin,
                        reasons,
                        protected,
                        instead_of,
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

    async fn carry_out(self: &Arc<Self>, request: &Request) -> Result<(String, Issued), Refused> {
        let contact = self.contact(&request.contact).await?;
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

    /// Brings the one who asked what came of it. A link that reaches nobody is withdrawn.
    async fn bring(self: &Arc<Self>, request: &Request, issued: &Issued) -> ApprovedOutcome {
        let brought = match self.chat(request.admin.platform) {
            Some(chat) => {
                chat.bring(&request.admin, request.id, issued).await.map_err(|error| error.to_string())
            }
            None => Err("this process has no such chat".to_owned()),
        };
        if let Err(error) = &brought {
            tracing::warn!(admin = %request.admin, error, "an admin could not be told what came of their request");
        }
        match (issued, brought) {
            (Issued::HandedOver(handed_over), Ok(brought)) => {
                self.shown(handed_over.link.link_id(), &request.admin, brought.way, brought.message).await;
                ApprovedOutcome::HandedOver
            }
            (Issued::HandedOver(handed_over), Err(_)) => {
                let link_id = handed_over.link.link_id();
                let is_withdrawn = self.shown(link_id, &request.admin, Way::Nowhere, None).await;
                ApprovedOutcome::NotBrought { is_withdrawn }
            }
            (Issued::Mailed(_), _) => ApprovedOutcome::Mailed,
            (Issued::Waiting(_), _) => ApprovedOutcome::AskedAgain,
            (Issued::Refused(_), _) => ApprovedOutcome::Refused,
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
        let state = request.state(now);
        for (platform, message) in &request.posts {
            let Some(chat) = self.chat(*platform) else { continue };
            if let Err(error) = chat.close_request(message, &request, &state).await {
                tracing::warn!(%platform, %error, "the message of a request could not be changed");
            }
        }
    }

    /// Tells an admin, as far as their chat can be reached.
    pub(crate) async fn tell_news(&self, admin: &Admin, news: &News) -> bool {
        let Some(chat) = self.chat(admin.platform) else { return false };
        match chat.tell(admin, news).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%admin, %error, "an admin could not be told");
                false
            }
        }
    }
}

impl Bot {
    /// Agrees to a request: the link is minted now and goes to whoever asked. Runs to its end even where the caller is dropped.
    pub(crate) async fn approve(&self, caller: &Caller, id: RequestId) -> Reply {
        if let Some(refused) = self.0.refuse_stranger(caller).await {
            return refused;
        }
        if let Some(reply) = self.0.check_requester(id, &caller.admin).await {
            return reply;
        }
        let (people, by) = (self.0.settings.policy.people.clone(), caller.admin.clone());
        let judge = move |request: &Request| {
            if people.is_same(&request.admin, &by) {
                return Err(Denial::OwnRequest);
            }
            let (contact, admin) = (request.contact.clone(), request.admin.clone());
            Ok(Event::Approved { request: request.id, contact, admin, by })
        };
        let request = match self.0.press(caller, id, judge).await {
            Ok(Pressed::Done(request)) => request,
            Ok(Pressed::Refused(reply)) => return reply,
            Err(refused) => return Reply::Refused(refused),
        };
        let inner = Arc::clone(&self.0);
        let task = self.0.behind.spawn(async move {
            let (name, issued) = match inner.carry_out(&request).await {
                Ok((name, issued)) => (Some(name), issued),
                Err(refused) => (None, Issued::Refused(refused)),
            };
            let outcome = inner.bring(&request, &issued).await;
            inner.close_posts(request.id).await;
            Reply::Approved { contact: request.contact, name, admin: request.admin, outcome }
        });
        match task.await {
            Ok(reply) => reply,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Turns a request down; whoever made it may do that too.
    pub(crate) async fn decline(&self, caller: &Caller, id: RequestId) -> Reply {
        if let Some(refused) = self.0.refuse_stranger(caller).await {
            return refused;
        }
        let by = caller.admin.clone();
        let judge = move |request: &Request| {
            let (contact, admin, by) = (request.contact.clone(), request.admin.clone(), Some(by));
            Ok(Event::ApprovalClosed { request: request.id, contact, admin, why: Closing::Declined, by })
        };
        let request = match self.0.press(caller, id, judge).await {
            Ok(Pressed::Done(request)) => request,
            Ok(Pressed::Refused(reply)) => return reply,
            Err(refused) => return Reply::Refused(refused),
        };
        let Request { contact, admin, .. } = *request;
        self.0.close_posts(id).await;
        if admin != caller.admin {
            let news = News::Declined { contact: contact.clone(), by: caller.admin.clone() };
            self.0.tell_news(&admin, &news).await;
        }
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

    /// Whether whoever made a request may still issue links: their roles are asked for anew. Where not, the request comes to nothing.
    async fn check_requester(&self, id: RequestId, presser: &Admin) -> Option<Reply> {
        let now = self.now();
        let people = self.settings.policy.people.clone();
        let presser = presser.clone();
        let looked = self.audit.look(now, move |memory| {
            let request = memory.request(id)?;
            let is_others = !people.is_same(&request.admin, &presser);
            (is_others && request.state(now) == RequestState::Open).then(|| request.clone())
        });
        // What else there is to say of the request is said where the press is judged.
        let request = looked.await.ok().flatten()?;
        let asked = match self.chat(request.admin.platform) {
            Some(chat) => chat.caller(&request.admin).await,
            None => Ok(None),
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

    /// Ends a request that is open, and shows so; the answer says what has become of it.
    pub(crate) async fn close(&self, request: &Request, why: Closing, by: Option<Admin>) -> Reply {
        let (id, now) = (request.id, self.now());
        let (contact, admin) = (request.contact.clone(), request.admin.clone());
        let closed = self.audit.transact(now, move |memory| {
            let may_end = |request: &&Request| {
                request.state(now) == RequestState::Open
                    || (why == Closing::Interrupted && request.is_interrupted())
            };
            let is_open = memory.request(id).filter(may_end).is_some();
            let event = Event::ApprovalClosed { request: id, contact, admin, why, by };
            (is_open.then_some(event), is_open)
        });
        match closed.await {
            Ok(is_closed) => {
                self.close_posts(id).await;
                if is_closed && matches!(why, Closing::Interrupted | Closing::Revoked) {
                    self.tell_news(&request.admin, &News::AskAgain { contact: request.contact.clone() })
                        .await;
                }
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
        }
    }

    /// Withdraws the mailed link in whose place one is wanted in hand.
    async fn withdraw_mailed(&self, link_id: LinkId, admin: &Admin) -> Result<(), Refused> {
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
