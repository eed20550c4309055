//! Four eyes: a second person agrees before a link is minted.
//!
//! Persons are compared, not accounts. A request is answered once, in one step with the audit's line; the link's time begins when it is approved.

use std::sync::Arc;

use contacts::Contact;
use keys::LinkId;

use crate::admin::{Admin, Caller};
use crate::audit::{About, Closing, Denial, Event, Found, Memory, Request, RequestState};
use crate::desk::Desk;
use crate::outcome::{ApprovedOutcome, Issued, Refused, Reply};
use crate::policy::Needs;
use crate::policy::delivery::{Delivery, HandOverReason, decide, usable_email};
use crate::ports::ChatError;
use crate::request::RequestId;
use crate::use_cases::ask::{Asking, Questions, is_as_asked};
use crate::use_cases::close_request::{RequestClosings, closed};
use crate::use_cases::deliver_outcome::{OutcomeDelivery, Undelivered};
use crate::use_cases::find_contact::{email_sharing, find_exactly, refuse_obstacle, refuse_stranger};
use crate::use_cases::hold_back::Approval;
use crate::use_cases::in_progress::InProgress;
use crate::use_cases::issue::Issue;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::mint::is_sound;
use crate::use_cases::owed::OwedNews;
use crate::use_cases::withdraw::Withdrawals;

/// Answers requests for approval.
pub(crate) struct Approve {
    pub(crate) desk: Arc<Desk>,
    pub(crate) in_progress: InProgress<About>,
    pub(crate) issue: Arc<Issue>,
    pub(crate) questions: Arc<Questions>,
    pub(crate) closings: Arc<RequestClosings>,
    pub(crate) withdrawals: Arc<Withdrawals>,
    pub(crate) outcomes: Arc<OutcomeDelivery>,
    pub(crate) updates: Arc<MessageUpdates>,
    pub(crate) owed: Arc<OwedNews>,
}

/// What comes of a press, decided in one step with its line.
enum Pressed {
    Done(Box<Request>),
    Refused(Reply),
}

impl Approve {
    /// Agrees to a request: the link is minted now and goes to whoever asked.
    pub(crate) async fn approve(&self, caller: &Caller, id: RequestId) -> Reply {
        if let Err(refused) = refuse_stranger(&self.desk, caller).await {
            return Reply::Refused(refused);
        }
        // Before a request is closed, or asked again, on the word of an audit that is not what was written.
        if let Err(refused) = self.must_be_sound().await {
            return Reply::Refused(refused);
        }
        let request = match self.open_request_of_others(id, &caller.admin).await {
            Ok(request) => request,
            Err(refused) => return Reply::Refused(refused),
        };
        if let Some(request) = &request
            && let Some(reply) = self.check_requester(request).await
        {
            return reply;
        }
        let contact = match &request {
            Some(request) => match self.contact_as_asked(request).await {
                Ok(contact) => Some(contact),
                Err(reply) => {
                    self.owed.notify_all_in_background();
                    return reply;
                }
            },
            None => None,
        };
        let (people, by) = (self.desk.settings.policy.people.clone(), caller.admin.clone());
        let judge = move |request: &Request| {
            if people.is_same(&request.admin, &by) {
                return Err(Denial::OwnRequest);
            }
            let (contact, admin) = (request.contact.clone(), request.admin.clone());
            Ok(Event::Approved { request: request.id, contact, admin, by, tell: true })
        };
        let _under_way = self.in_progress.begin(About::Request(id));
        let request = match self.press(caller, id, judge).await {
            Ok(Pressed::Done(request)) => request,
            Ok(Pressed::Refused(reply)) => return reply,
            Err(refused) => return Reply::Refused(refused),
        };
        // It was open to be agreed to: then it has been looked at.
        let contact = contact.unwrap_or(Err(Refused::AuditUnavailable));
        let (name, issued) = match self.carry_out(&request, contact).await {
            Ok((name, issued)) => (Some(name), issued),
            Err(refused) => (None, Issued::Refused(refused)),
        };
        self.write_outcome(&request, &issued).await;
        let outcome = self.deliver(&request, &issued).await;
        self.updates.show_state(request.id).await;
        Reply::Approved { contact: request.contact, name, admin: request.admin, outcome }
    }

    /// Turns a request down; whoever made it may do that too.
    pub(crate) async fn decline(&self, caller: &Caller, id: RequestId) -> Reply {
        if let Err(refused) = refuse_stranger(&self.desk, caller).await {
            return Reply::Refused(refused);
        }
        let by = caller.admin.clone();
        let judge = move |request: &Request| Ok(closed(request, Closing::Declined, Some(by), None));
        let request = match self.press(caller, id, judge).await {
            Ok(Pressed::Done(request)) => request,
            Ok(Pressed::Refused(reply)) => return reply,
            Err(refused) => return Reply::Refused(refused),
        };
        let Request { contact, admin, .. } = *request;
        self.updates.show_state(id).await;
        self.owed.notify_about(About::Request(id)).await;
        Reply::Declined { contact, admin }
    }

    async fn must_be_sound(&self) -> Result<(), Refused> {
        self.desk.audit.look(self.desk.now(), is_sound).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be read: the request stays as it is");
            Err(Refused::AuditUnavailable)
        })
    }

    /// Whether whoever made a request may still issue links: their roles are asked for anew. Where not, the request comes to nothing.
    async fn check_requester(&self, request: &Request) -> Option<Reply> {
        let asked = match self.desk.chat(request.admin.platform) {
            Some(chat) => chat.caller(&request.admin).await,
            None => Err(ChatError("this process has no such chat".to_owned())),
        };
        match asked {
            Ok(Some(caller)) if self.desk.settings.policy.may_issue(&caller) => None,
            Ok(_) => Some(self.closings.close(request, Closing::RequesterMayNoLonger, None).await),
            Err(error) => {
                tracing::warn!(admin = %request.admin, %error, "whether an admin may still issue links could not be learned");
                Some(Reply::TryAgain)
            }
        }
    }

    /// A request that somebody else made and nobody has answered yet. What else there is to say of a request is said where the press is judged.
    async fn open_request_of_others(
        &self,
        id: RequestId,
        presser: &Admin,
    ) -> Result<Option<Request>, Refused> {
        let now = self.desk.now();
        let (people, presser) = (self.desk.settings.policy.people.clone(), presser.clone());
        let looked = self.desk.audit.look(now, move |memory| {
            let request = memory.request(id)?;
            let is_others = !people.is_same(&request.admin, &presser);
            (is_others && request.state(now) == RequestState::Open).then(|| request.clone())
        });
        looked.await.map_err(|error| {
            tracing::error!(%error, "the audit cannot be read: the request stays as it is");
            Refused::AuditUnavailable
        })
    }

    /// The contact, where they are as they were when the request was made. Otherwise the request is closed, and a second person is asked again; the answer to
    /// whoever pressed says so.
    async fn contact_as_asked(&self, request: &Request) -> Result<Result<Contact, Refused>, Reply> {
        let contact = match find_exactly(&self.desk, &request.contact).await {
            Ok(contact) => contact,
            // It stays open: the directory did not say.
            Err(refused @ (Refused::DirectoryUnavailable | Refused::DirectoryUnusable)) => {
                return Err(Reply::Refused(refused));
            }
            Err(refused) => return Ok(Err(refused)),
        };
        if is_as_asked(&self.desk, request, &contact) {
            return Ok(Ok(contact));
        }
        let closing = self.closings.close(request, Closing::ContactChanged, None).await;
        if !matches!(closing, Reply::RequestOver(RequestState::Closed(Closing::ContactChanged, _))) {
            return Err(closing);
        }
        let is_asked_again = self.ask_again(request, &contact).await;
        let (contact, name) = (contact.id, contact.name);
        Err(Reply::ContactChanged { contact, name, is_asked_again })
    }

    /// Asks a second person about the contact as they are now; nobody gets a link without having been asked for.
    async fn ask_again(&self, request: &Request, contact: &Contact) -> bool {
        if contact.obstacle.is_some() {
            return false;
        }
        let reasons = if request.instead_of.is_some() {
            vec![HandOverReason::AskedInstead]
        } else {
            let Ok(sharing) = email_sharing(&self.desk, contact).await else { return false };
            match decide(self.desk.mailer().is_some(), usable_email(contact), sharing) {
                Delivery::HandOver(reasons) => reasons,
                Delivery::Mail(_) => Vec::new(),
            }
        };
        if self.desk.settings.policy.needs(&contact.id, !reasons.is_empty()) != Needs::Approval {
            return false;
        }
        let asking = Asking { reasons, instead_of: request.instead_of, not_withdrawn: None };
        self.questions.ask(&request.admin, contact, asking).await.is_ok()
    }

    /// Decides a press on a request and writes it down, in one step.
    async fn press(
        &self,
        caller: &Caller,
        id: RequestId,
        judge: impl FnOnce(&Request) -> Result<Event, Denial> + Send + 'static,
    ) -> Result<Pressed, Refused> {
        let (now, who) = (self.desk.now(), caller.admin.clone());
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
        self.desk.audit.transact(now, decide).await.map_err(|error| {
            tracing::error!(%error, "the audit cannot be written: the request stays as it is");
            Refused::AuditUnavailable
        })
    }

    /// Mints the link, for the contact as the second person was asked about them.
    async fn carry_out(
        &self,
        request: &Request,
        contact: Result<Contact, Refused>,
    ) -> Result<(String, Issued), Refused> {
        let contact = contact?;
        refuse_obstacle(&self.desk, &request.admin, &contact).await?;
        let sharing = email_sharing(&self.desk, &contact).await?;
        if let Some(link_id) = request.instead_of {
            self.withdraw_mailed(link_id, &request.admin).await?;
        }
        let approval = Approval {
            request: request.id,
            is_instead: request.instead_of.is_some(),
            may_hand_over: !request.reasons.is_empty(),
        };
        let issued = self.issue.issue_for(&request.admin, &contact, sharing, Some(&approval)).await?;
        Ok((contact.name, issued))
    }

    /// Withdraws the mailed link in whose place one is wanted in hand.
    async fn withdraw_mailed(&self, link_id: LinkId, admin: &Admin) -> Result<(), Refused> {
        let link = match self.withdrawals.outstanding(link_id).await {
            Ok(link) => link,
            Err(Reply::Refused(refused)) => return Err(refused),
            Err(_) => return Err(Refused::MailedLinkOver),
        };
        match self.withdrawals.withdraw(link_id, &link.contact, link.expires_at, Some(admin)).await {
            Ok(Found::Withdrawn) => Ok(()),
            Ok(Found::InProgress | Found::AlreadyRedeemed) => Err(Refused::MailedLinkOver),
            Err(_) => Err(Refused::RedeemServerUnavailable),
        }
    }

    /// Writes down that a request which was approved has come to nothing.
    async fn write_outcome(&self, request: &Request, issued: &Issued) {
        let (why, refusal) = match issued {
            Issued::Refused(refused) => (Closing::Refused, Some(refused.as_str().to_owned())),
            Issued::AwaitingApproval(_) => (Closing::AskedAgain, None),
            Issued::Mailed(_) | Issued::Delayed(_) | Issued::HandedOver(_) => return,
        };
        self.desk.note(closed(request, why, None, refusal)).await;
    }

    /// Brings the one who asked what came of it.
    async fn deliver(&self, request: &Request, issued: &Issued) -> ApprovedOutcome {
        let brought = self.outcomes.deliver(&request.admin, About::Request(request.id), issued).await;
        match (issued, brought) {
            (Issued::HandedOver(_), Ok(())) => ApprovedOutcome::HandedOver,
            (Issued::HandedOver(_), Err(Undelivered { is_withdrawn })) => {
                ApprovedOutcome::Undelivered { is_withdrawn }
            }
            (Issued::Mailed(_), _) => ApprovedOutcome::Mailed,
            (Issued::Delayed(_), _) => ApprovedOutcome::Delayed,
            (Issued::AwaitingApproval(_), _) => ApprovedOutcome::AskedAgain,
            (Issued::Refused(_), _) => ApprovedOutcome::Refused,
        }
    }
}
