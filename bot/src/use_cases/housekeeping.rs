//! What goes by the clock: requests that nobody answered, what an earlier process left, messages of what is over, what is written down in bulk, and what
//! admins have yet to hear.

use std::sync::Arc;

use crate::desk::Desk;
use crate::use_cases::close_request::RequestClosings;
use crate::use_cases::help_desk::HelpDesk;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::owed::OwedNews;
use crate::use_cases::recover::Recovery;
use crate::use_cases::retry_mail::MailRetries;
use crate::use_cases::search::Search;
use crate::use_cases::withdraw::Withdrawals;

/// Does what has fallen due.
pub(crate) struct Housekeeping {
    pub(crate) desk: Arc<Desk>,
    pub(crate) closings: Arc<RequestClosings>,
    pub(crate) recovery: Recovery,
    pub(crate) retries: Arc<MailRetries>,
    pub(crate) withdrawals: Arc<Withdrawals>,
    pub(crate) updates: Arc<MessageUpdates>,
    pub(crate) search: Arc<Search>,
    pub(crate) help_desk: Arc<HelpDesk>,
    pub(crate) owed: Arc<OwedNews>,
}

impl Housekeeping {
    pub(crate) async fn run(&self) {
        self.closings.lapse().await;
        self.recovery.recover().await;
        self.retries.give_up_delayed().await;
        self.withdrawals.withdraw_unwanted().await;
        self.updates.show_requests_that_are_over().await;
        self.updates.show_links_that_are_over().await;
        self.help_desk.run_housekeeping().await;
        self.search.write_searches(Some(self.desk.now())).await;
        self.desk.write_denials(false).await;
        self.owed.notify_all().await;
    }
}
