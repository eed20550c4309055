//! The chat half as others see it: every use case behind one type.

use std::panic::resume_unwind;
use std::sync::Arc;

use contacts::{ContactHit, ContactLookup, DirectoryError};
use keys::chained_log::LogError;
use keys::{Keyring, LinkId, Receipt, Wish};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::admin::{Admin, Caller, Platform};
use crate::audit::{About, Audit, DeliveryChannel, Entry, RequestFault};
use crate::command::{Command, Parsed, parse};
use crate::desk::{BotSettings, Desk, Mailer};
use crate::outcome::{Issued, Reply};
use crate::ports::{Chat, Comparison, NoAnswer, RedeemHalf};
use crate::request::Action;
use crate::use_cases::actions::actions_below;
use crate::use_cases::approve::Approve;
use crate::use_cases::ask::Questions;
use crate::use_cases::close_request::RequestClosings;
use crate::use_cases::deliver_outcome::OutcomeDelivery;
use crate::use_cases::hand_over::HandOver;
use crate::use_cases::hand_over_instead::HandOverInstead;
use crate::use_cases::help_answers::HelpAnswers;
use crate::use_cases::help_desk::HelpDesk;
use crate::use_cases::hold_back::HoldBack;
use crate::use_cases::housekeeping::Housekeeping;
use crate::use_cases::in_progress::InProgress;
use crate::use_cases::issue::Issue;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::mint::Mint;
use crate::use_cases::owed::OwedNews;
use crate::use_cases::platform_requests::PlatformRequests;
use crate::use_cases::receipts::Receipts;
use crate::use_cases::recover::Recovery;
use crate::use_cases::retry_mail::MailRetries;
use crate::use_cases::revoke::Revoke;
use crate::use_cases::search::Search;
use crate::use_cases::self_service::{NotTaken, SelfService};
use crate::use_cases::status::status;
use crate::use_cases::unmet_protection::report_unmet_protection;
use crate::use_cases::withdraw::Withdrawals;
use crate::{Clock, Entropy};

/// What a chat adapter makes of its platform's event.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Who typed.
    pub caller: Caller,
    /// What they typed, the command's name included.
    pub text: String,
}

/// What comes of something that changes something.
trait Outcome: Send + 'static {
    /// The link that it puts into somebody's hand.
    fn link_in_hand(&self) -> Option<LinkId>;
}

impl Outcome for Issued {
    fn link_in_hand(&self) -> Option<LinkId> {
        match self {
            Self::HandedOver(handed_over) => Some(handed_over.link.link_id()),
            Self::Mailed(_) | Self::Delayed(_) | Self::AwaitingApproval(_) | Self::Refused(_) => None,
        }
    }
}

impl Outcome for Reply {
    fn link_in_hand(&self) -> Option<LinkId> {
        match self {
            Self::Issue(issued) => issued.link_in_hand(),
            _ => None,
        }
    }
}

/// The chat half. A clone shares everything.
#[derive(Clone)]
pub struct Bot(Arc<UseCases>);

/// Every use case, each over the same desk.
struct UseCases {
    desk: Arc<Desk>,
    search: Arc<Search>,
    requests: PlatformRequests,
    mint: Arc<Mint>,
    withdrawals: Arc<Withdrawals>,
    owed: Arc<OwedNews>,
    issue: Arc<Issue>,
    approve: Approve,
    revoke: Revoke,
    instead: HandOverInstead,
    receipts: Arc<Receipts>,
    self_service: Arc<SelfService>,
    help_answers: HelpAnswers,
    housekeeping: Housekeeping,
}

impl UseCases {
    fn over(desk: Desk) -> Self {
        let desk = Arc::new(desk);
        let (in_progress, pressed) = (InProgress::default(), InProgress::default());
        let search = Arc::new(Search::new(&desk));
        let mint = Arc::new(Mint::new(&desk));
        let withdrawals = Arc::new(Withdrawals::new(&desk, &in_progress));
        let owed = Arc::new(OwedNews::new(&desk, &in_progress));
        let updates = Arc::new(MessageUpdates::new(&desk, &in_progress));
        let questions = Arc::new(Questions::new(&desk, &updates));
        let closings = Arc::new(RequestClosings::new(&desk, &updates, &owed));
        let hold_back = Arc::new(HoldBack::new(&desk, &withdrawals, &questions));
        let hand_over = Arc::new(HandOver::new(&desk, &in_progress));
        let outcomes = Arc::new(OutcomeDelivery::new(&desk, &withdrawals, &owed));
        let help_desk = Arc::new(HelpDesk::new(&desk));
        let retries = Arc::new(MailRetries {
            desk: Arc::clone(&desk),
            in_progress: in_progress.clone(),
            hold_back: Arc::clone(&hold_back),
            hand_over: Arc::clone(&hand_over),
            help_desk: Arc::clone(&help_desk),
            outcomes: Arc::clone(&outcomes),
            owed: Arc::clone(&owed),
        });
        let issue = Arc::new(Issue {
            desk: Arc::clone(&desk),
            search: Arc::clone(&search),
            hold_back: Arc::clone(&hold_back),
            mint: Arc::clone(&mint),
            hand_over: Arc::clone(&hand_over),
            retries: Arc::clone(&retries),
        });
        let approve = Approve {
            desk: Arc::clone(&desk),
            in_progress: in_progress.clone(),
            issue: Arc::clone(&issue),
            questions: Arc::clone(&questions),
            closings: Arc::clone(&closings),
            withdrawals: Arc::clone(&withdrawals),
            outcomes,
            updates: Arc::clone(&updates),
            owed: Arc::clone(&owed),
        };
        let revoke = Revoke {
            desk: Arc::clone(&desk),
            search: Arc::clone(&search),
            pressed: pressed.clone(),
            withdrawals: Arc::clone(&withdrawals),
            closings: Arc::clone(&closings),
            updates: Arc::clone(&updates),
        };
        let instead = HandOverInstead {
            desk: Arc::clone(&desk),
            pressed,
            withdrawals: Arc::clone(&withdrawals),
            mint: Arc::clone(&mint),
            hand_over: Arc::clone(&hand_over),
            questions,
            updates: Arc::clone(&updates),
        };
        let receipts = Arc::new(Receipts::new(&desk, &updates, &owed));
        let self_service = Arc::new(SelfService::new(&desk, &issue, &help_desk));
        let help_answers = HelpAnswers {
            desk: Arc::clone(&desk),
            pressed: InProgress::default(),
            issue: Arc::clone(&issue),
            hold_back,
            mint: Arc::clone(&mint),
            hand_over: Arc::clone(&hand_over),
            help_desk: Arc::clone(&help_desk),
        };
        let housekeeping = Housekeeping {
            desk: Arc::clone(&desk),
            recovery: Recovery::new(&desk, &in_progress, &closings),
            closings,
            retries,
            withdrawals: Arc::clone(&withdrawals),
            updates,
            search: Arc::clone(&search),
            help_desk,
            owed: Arc::clone(&owed),
        };
        let requests = PlatformRequests::new(&desk);
        Self {
            desk,
            search,
            requests,
            mint,
            withdrawals,
            owed,
            issue,
            approve,
            revoke,
            instead,
            receipts,
            self_service,
            help_answers,
            housekeeping,
        }
    }
}

impl Bot {
    /// Puts the chat half together, without mail, chats or a redeem half as yet.
    pub fn new(
        settings: BotSettings,
        keyring: Keyring,
        lookup: Arc<dyn ContactLookup>,
        audit: Audit,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        Self(Arc::new(UseCases::over(Desk::new(settings, keyring, lookup, audit, clock, entropy))))
    }

    /// From now on mails go this way; `None`: no mail server is configured.
    pub fn set_mailer(&self, mailer: Option<Mailer>) {
        self.0.desk.set_mailer(mailer);
    }

    /// Admins of this platform are told through this chat.
    pub fn add_chat(&self, platform: Platform, chat: Arc<dyn Chat>) {
        self.0.desk.add_chat(platform, chat);
    }

    /// Nobody is told through this platform's chat any more: it has ended.
    pub fn remove_chat(&self, platform: Platform) {
        self.0.desk.remove_chat(platform);
    }

    /// Links are withdrawn there.
    pub fn set_redeem_half(&self, redeem_half: Arc<dyn RedeemHalf>) {
        self.0.desk.set_redeem_half(redeem_half);
    }

    /// Asks the redeem half, by a challenge, whether it holds the binding secret that we hold. Where it does not, no link is issued until a comparison
    /// says otherwise; where it does not answer, everything stays as it is.
    ///
    /// # Errors
    /// Where there is no redeem half, or none that answers.
    pub async fn compare_binding_secrets(&self) -> Result<Comparison, NoAnswer> {
        self.0.mint.compare_binding_secrets().await
    }

    /// Asks the directory whom each entry of `contacts.protected` names. One that names nobody is told in the log, the audit and each audit channel, at
    /// each start; it goes on protecting whoever comes to have that id. Gives those entries.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn report_unmet_protection(&self) -> Result<Vec<String>, DirectoryError> {
        report_unmet_protection(&self.0.desk).await
    }

    /// Answers a text; `None` where it is not for us.
    pub async fn handle(&self, invocation: &Invocation) -> Option<Reply> {
        match parse(&invocation.text) {
            Parsed::NotMine => None,
            Parsed::Wrong(mistake) => Some(Reply::Mistake(mistake)),
            Parsed::Command(command) => Some(self.obey(&invocation.caller, &command).await),
        }
    }

    /// Answers a command.
    pub async fn obey(&self, caller: &Caller, command: &Command) -> Reply {
        match command {
            Command::Help => Reply::Help,
            Command::ResetLink { contact } => Reply::Issue(self.issue(caller, contact).await),
            Command::ResetStatus { contact } => status(&self.0.desk, &self.0.search, caller, contact).await,
            Command::ResetRevoke { contact } => {
                let (all, by, contact) = (Arc::clone(&self.0), caller.clone(), contact.clone());
                let revoked = async move { all.revoke.revoke(&by, &contact).await };
                self.to_its_end(&caller.admin, revoked).await
            }
        }
    }

    /// Issues a link for the contact that was named, if this admin may.
    ///
    /// Runs to its end even where the caller is dropped: a mail that a server has taken gets its line in the audit.
    pub async fn issue(&self, caller: &Caller, typed: &str) -> Issued {
        let (issue, by, typed) = (Arc::clone(&self.0.issue), caller.clone(), typed.to_owned());
        let issued = async move { issue.issue(&by, &typed).await.unwrap_or_else(Issued::Refused) };
        self.to_its_end(&caller.admin, issued).await
    }

    /// Does what a button asks for. Runs to its end even where the caller is dropped.
    pub async fn act(&self, caller: &Caller, action: Action) -> Reply {
        let (all, by) = (Arc::clone(&self.0), caller.clone());
        let done = async move {
            match action {
                Action::Revoke(link_id) => all.revoke.revoke_link(&by, link_id).await,
                Action::HandOverInstead(link_id) => all.instead.hand_over_instead(&by, link_id).await,
                Action::Approve(request) => all.approve.approve(&by, request).await,
                Action::Decline(request) => all.approve.decline(&by, request).await,
                Action::SendLink(request) => all.help_answers.send_link(&by, request).await,
                Action::HandMeTheLink(request) => all.help_answers.hand_over(&by, request).await,
                Action::Dismiss(request) => all.help_answers.dismiss(&by, request).await,
            }
        };
        self.to_its_end(&caller.admin, done).await
    }

    /// Runs something to its end even where whoever waits for it is dropped; a shutdown waits for it. A link that would have been for this admin's eyes, and that
    /// nobody waits for any more, is withdrawn.
    async fn to_its_end<T: Outcome>(
        &self,
        admin: &Admin,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let (ended, end) = oneshot::channel();
        let (withdrawals, admin) = (Arc::clone(&self.0.withdrawals), admin.clone());
        let task = self.0.desk.in_background(async move {
            if let Err(unheard) = ended.send(work.await)
                && let Some(link_id) = unheard.link_in_hand()
            {
                withdrawals.shown(link_id, &admin, DeliveryChannel::Nowhere, None).await;
            }
        });
        if let Ok(outcome) = end.await {
            return outcome;
        }
        let error = task.await.expect_err("what has no outcome has panicked");
        resume_unwind(error.into_panic())
    }

    /// The buttons that belong below an answer.
    pub fn actions(&self, reply: &Reply) -> Vec<Action> {
        match reply {
            Reply::Issue(issued) => self.actions_below(issued),
            _ => Vec::new(),
        }
    }

    /// The buttons that belong below what became of a request for a link.
    pub fn actions_below(&self, issued: &Issued) -> Vec<Action> {
        actions_below(&self.0.desk.settings.policy, issued)
    }

    /// Contacts that begin like what was typed, at most `limit`; none for whom the policy does not allow it, or who asks too often.
    pub async fn search(&self, caller: &Caller, typed: &str, limit: usize) -> Vec<ContactHit> {
        self.0.search.search(caller, typed, limit).await
    }

    /// Takes a receipt. When this returns, it is in the audit and the redeem half may forget it. A repeat changes nothing.
    ///
    /// # Errors
    /// Where the audit cannot be written: the redeem half must offer it again.
    pub async fn accept(&self, receipt: Receipt) -> Result<(), LogError> {
        self.0.receipts.accept(receipt).await
    }

    /// Takes what somebody asked for on the page for a forgotten password. When this returns, what becomes of it is decided. Runs to its end even where the
    /// caller is dropped.
    ///
    /// # Errors
    /// Where it must be offered again.
    pub async fn take_wish(&self, wish: Wish) -> Result<(), NotTaken> {
        let self_service = Arc::clone(&self.0.self_service);
        let taken = self.0.desk.in_background(async move { self_service.take(wish).await });
        taken.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }

    /// Tells of redemptions that a former process wrote down but did not get to tell of, and of whatever else admins have yet to hear.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn catch_up(&self) -> Result<usize, LogError> {
        self.0.receipts.catch_up().await
    }

    /// Writes down how a link that was handed over reached the admin. One that reached nobody is withdrawn: whether that was done.
    pub(crate) async fn shown(
        &self,
        link_id: LinkId,
        admin: &Admin,
        channel: DeliveryChannel,
        message: Option<String>,
    ) -> bool {
        self.0.withdrawals.shown(link_id, admin, channel, message).await
    }

    /// Writes down that an admin has read what came of a link of theirs.
    pub(crate) async fn mark_notified(&self, admin: &Admin, link_id: LinkId) {
        self.0.owed.mark_notified(admin, About::Link(link_id)).await;
    }

    /// Whether somebody may issue links: for a chat that must find out first with which of their roles they come.
    pub(crate) fn may_issue(&self, caller: &Caller) -> bool {
        self.0.desk.settings.policy.may_issue(caller)
    }

    /// Whether a platform has sent this before.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub(crate) async fn is_duplicate(&self, platform: Platform, delivery: String) -> Result<bool, LogError> {
        self.0.requests.is_duplicate(platform, delivery).await
    }

    /// Notes what a platform has sent, so that it is carried out once: `false` where it was noted before.
    ///
    /// # Errors
    /// Where the audit cannot be written: then nothing may be done.
    pub(crate) async fn deduplicate(&self, platform: Platform, delivery: String) -> Result<bool, LogError> {
        self.0.requests.deduplicate(platform, delivery).await
    }

    /// Writes down that a request was not the platform's.
    pub(crate) async fn refuse_request(&self, platform: Platform, why: RequestFault) {
        self.0.requests.refuse(platform, why).await;
    }

    /// Fills with random bytes.
    pub(crate) fn random(&self, bytes: &mut [u8]) {
        self.0.desk.random(bytes);
    }

    /// Runs something behind the answers; a shutdown waits for it.
    pub(crate) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.desk.in_background(work);
    }

    /// Does what has fallen due. To be called every few seconds, once the chats are there.
    pub async fn run_housekeeping(&self) {
        self.0.housekeeping.run().await;
    }

    /// Whether the audit could be used when it was last tried; housekeeping tries every few seconds.
    pub fn can_use_audit(&self) -> bool {
        self.0.desk.audit.is_writable()
    }

    /// Every line of the audit from now on, for a channel that reads along.
    pub fn follow_audit(&self) -> UnboundedReceiver<Entry> {
        self.0.desk.audit.follow()
    }

    /// The process is about to end: mails that are tried again are given up, and the next start tells of them.
    pub fn wait_no_longer(&self) {
        self.0.desk.ending.cancel();
    }

    /// Waits for what goes on behind the answers.
    pub async fn drain(&self) {
        self.0.search.write_searches(None).await;
        self.0.desk.drain().await;
        self.0.desk.write_denials(true).await;
    }
}
