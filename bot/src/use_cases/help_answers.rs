//! The help desk answers: an admin issues the link that a contact asked for on the page, in their own name and by every rule, or dismisses the request.

use std::sync::Arc;

use contacts::Contact;

use crate::admin::Caller;
use crate::audit::{Event, HelpRequest, HelpState};
use crate::desk::Desk;
use crate::outcome::{Issued, Refused, Reply};
use crate::policy::Needs;
use crate::policy::delivery::{Delivery, HandOverReason, decide, usable_email};
use crate::request::RequestId;
use crate::use_cases::find_contact::{email_sharing, find_exactly, refuse_obstacle, refuse_stranger};
use crate::use_cases::hand_over::HandOver;
use crate::use_cases::help_desk::HelpDesk;
use crate::use_cases::hold_back::HoldBack;
use crate::use_cases::in_progress::InProgress;
use crate::use_cases::issue::Issue;
use crate::use_cases::mint::Mint;

/// Answers requests to the help desk.
pub(crate) struct HelpAnswers {
    pub(crate) desk: Arc<Desk>,
    /// Requests whose button is being seen to: of two presses at once one issues a link.
    pub(crate) pressed: InProgress<RequestId>,
    pub(crate) issue: Arc<Issue>,
    pub(crate) hold_back: Arc<HoldBack>,
    pub(crate) mint: Arc<Mint>,
    pub(crate) hand_over: Arc<HandOver>,
    pub(crate) help_desk: Arc<HelpDesk>,
}

impl HelpAnswers {
    /// Issues the link in the name of whoever presses. Where it is refused the request stays open, and they read why.
    pub(crate) async fn send_link(&self, caller: &Caller, id: RequestId) -> Reply {
        self.answer(caller, id, false).await
    }

    /// Issues the link and hands it to whoever presses, where it cannot be mailed or the operator lets a link be handed over instead.
    pub(crate) async fn hand_over(&self, caller: &Caller, id: RequestId) -> Reply {
        self.answer(caller, id, true).await
    }

    async fn answer(&self, caller: &Caller, id: RequestId, in_hand: bool) -> Reply {
        if let Err(refused) = refuse_stranger(&self.desk, caller).await {
            return Reply::Refused(refused);
        }
        let Some(_press) = self.pressed.begin(id) else { return Reply::BeingDone };
        let request = match self.open(id).await {
            Ok(request) => request,
            Err(reply) => return *reply,
        };
        let reply = match find_exactly(&self.desk, &request.contact).await {
            Ok(contact) if in_hand => self.issue_in_hand(caller, &contact).await,
            Ok(contact) => self.issue_by_the_rules(caller, &contact).await,
            Err(refused) => Reply::Refused(refused),
        };
        // Its line has answered the request.
        self.help_desk.show_what_is_over().await;
        reply
    }

    /// Issues none: whoever is meant is known, did not ask, or is helped in another way.
    pub(crate) async fn dismiss(&self, caller: &Caller, id: RequestId) -> Reply {
        if let Err(refused) = refuse_stranger(&self.desk, caller).await {
            return Reply::Refused(refused);
        }
        let Some(_press) = self.pressed.begin(id) else { return Reply::BeingDone };
        let (now, by) = (self.desk.now(), caller.admin.clone());
        let decided = self.desk.audit.transact(now, move |memory| match memory.help_request(id) {
            None => (None, Reply::NoSuchRequest),
            Some(request) => match request.state(now) {
                HelpState::Open => {
                    let contact = request.contact.clone();
                    let event = Event::HelpDismissed { request: id, contact: contact.clone(), by };
                    (Some(event), Reply::HelpDismissed { contact })
                }
                state => (None, Reply::HelpOver(state)),
            },
        });
        let reply = decided.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be written: the request stays as it is");
            Reply::Refused(Refused::AuditUnavailable)
        });
        self.help_desk.show_what_is_over().await;
        reply
    }

    /// The request, where nobody has answered it yet.
    async fn open(&self, id: RequestId) -> Result<HelpRequest, Box<Reply>> {
        let now = self.desk.now();
        let looked = self.desk.audit.look(now, move |memory| {
            let request = memory.help_request(id).ok_or_else(|| Box::new(Reply::NoSuchRequest))?;
            match request.state(now) {
                HelpState::Open => Ok(request.clone()),
                state => Err(Box::new(Reply::HelpOver(state))),
            }
        });
        looked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be read: the request stays as it is");
            Err(Box::new(Reply::Refused(Refused::AuditUnavailable)))
        })
    }

    async fn issue_by_the_rules(&self, caller: &Caller, contact: &Contact) -> Reply {
        let issued = match email_sharing(&self.desk, contact).await {
            Ok(sharing) => self.issue.issue_for(&caller.admin, contact, sharing, None).await,
            Err(refused) => Err(refused),
        };
        Reply::Issue(issued.unwrap_or_else(Issued::Refused))
    }

    async fn issue_in_hand(&self, caller: &Caller, contact: &Contact) -> Reply {
        let sharing = match email_sharing(&self.desk, contact).await {
            Ok(sharing) => sharing,
            Err(refused) => return Reply::Refused(refused),
        };
        let policy = &self.desk.settings.policy;
        let reasons = match decide(self.desk.mailer().is_some(), usable_email(contact), sharing) {
            Delivery::HandOver(reasons) => reasons,
            Delivery::Mail(_) if policy.hand_over_instead && !policy.is_protected(&contact.id) => {
                vec![HandOverReason::AskedInHand]
            }
            Delivery::Mail(_) => return Reply::InsteadOff,
        };
        if matches!(policy.needs(&contact.id, true), Needs::Mail) {
            return Reply::InsteadOff;
        }
        Reply::Issue(self.give_in_hand(caller, contact, reasons).await.unwrap_or_else(Issued::Refused))
    }

    async fn give_in_hand(
        &self,
        caller: &Caller,
        contact: &Contact,
        reasons: Vec<HandOverReason>,
    ) -> Result<Issued, Refused> {
        refuse_obstacle(&self.desk, &caller.admin, contact).await?;
        if let Some(ended) = self.hold_back.check(&caller.admin, contact, &reasons, None, None).await {
            return ended;
        }
        let (link, issued_at) = self.mint.mint(&caller.admin, contact, None).await?;
        self.hand_over.to_admin(&caller.admin, contact, link, issued_at, reasons).await
    }
}
