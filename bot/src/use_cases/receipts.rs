//! What the redeem half reports: into the audit, once; then the admin is told and the contact gets a notice.

use std::sync::Arc;

use keys::chained_log::LogError;
use keys::{ObjectionSubject, Receipt, ReceiptOutcome};

use crate::audit::{Event, Notice, Redemption};
use crate::desk::{Desk, objection, recipient};
use crate::outcome::News;
use crate::policy::delivery::usable_email;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::owed::OwedNews;

/// Takes in receipts.
pub(crate) struct Receipts {
    desk: Arc<Desk>,
    updates: Arc<MessageUpdates>,
    owed: Arc<OwedNews>,
}

impl Receipts {
    pub(crate) fn new(desk: &Arc<Desk>, updates: &Arc<MessageUpdates>, owed: &Arc<OwedNews>) -> Self {
        Self { desk: Arc::clone(desk), updates: Arc::clone(updates), owed: Arc::clone(owed) }
    }

    /// Takes a receipt. When this returns, it is in the audit and the redeem half may forget it. A repeat changes nothing.
    ///
    /// # Errors
    /// Where the audit cannot be written: the redeem half must offer it again.
    pub(crate) async fn accept(self: &Arc<Self>, receipt: Receipt) -> Result<(), LogError> {
        let now = self.desk.now();
        let id = receipt.id();
        let (link_id, seen_id) = (receipt.link_id, id.clone());
        let (known, issuer) = self
            .desk
            .audit
            .look(now, move |memory| {
                (memory.has_seen(&seen_id), memory.issuer(link_id).map(|issued| issued.admin.clone()))
            })
            .await?;
        if known {
            return Ok(());
        }
        let issuer = match issuer {
            Some(issuer) => Some(issuer),
            // Older than the memory: the bot was away for long.
            None => match self.desk.audit.look_back(now, link_id, &id).await? {
                (_, true) => return Ok(()),
                (issuer, false) => issuer,
            },
        };
        let redemption =
            Redemption { link_id, contact: receipt.contact.clone(), admin: issuer.clone(), at: receipt.at };
        let event = Event::Receipt {
            receipt: id.clone(),
            link_id,
            contact: receipt.contact,
            admin: issuer,
            key_id: receipt.key_id,
            outcome: receipt.outcome,
            happened_at: receipt.at,
            client: receipt.client,
        };
        let is_news = self
            .desk
            .audit
            .transact(
                // Looking back may have taken long.
                self.desk.now(),
                move |memory| if memory.has_seen(&id) { (None, false) } else { (Some(event), true) },
            )
            .await?;
        match receipt.outcome {
            ReceiptOutcome::Redeemed | ReceiptOutcome::Changed if is_news => self.follow(redemption),
            ReceiptOutcome::Objected if is_news => self.owed.notify_all_in_background(),
            _ => {}
        }
        if is_news {
            self.updates.show_links_that_are_over_in_background();
        }
        Ok(())
    }

    /// Tells of redemptions that a former process wrote down but did not get to tell of, and of whatever else admins have yet to hear.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub(crate) async fn catch_up(self: &Arc<Self>) -> Result<usize, LogError> {
        let untold = self
            .desk
            .audit
            .look(self.desk.now(), |memory| memory.untold().cloned().collect::<Vec<_>>())
            .await?;
        let count = untold.len();
        self.recall_in_background();
        for redemption in untold {
            self.follow(redemption);
        }
        self.owed.notify_all_in_background();
        Ok(count)
    }

    /// Tells of redemptions that are older than the memory as well, behind what is being done: where the audit's index was lost, that takes a while.
    fn recall_in_background(self: &Arc<Self>) {
        let receipts = Arc::clone(self);
        self.desk.in_background(async move {
            match receipts.desk.audit.recall_untold(receipts.desk.now()).await {
                Ok(older) => older.into_iter().for_each(|redemption| receipts.follow(redemption)),
                Err(error) => tracing::error!(%error, "the audit cannot be read"),
            }
        });
    }

    /// The notice to the contact and the message to the admin, behind the receipt.
    fn follow(self: &Arc<Self>, redemption: Redemption) {
        let receipts = Arc::clone(self);
        self.desk.in_background(async move {
            let link_id = redemption.link_id;
            let notice = receipts.notice_of_change(&redemption).await;
            let told = match redemption.admin.clone() {
                Some(admin) => receipts.owed.notify(&admin, &News::Redeemed(redemption)).await,
                None => false,
            };
            receipts.desk.note(Event::Followed { link_id, told, notice }).await;
        });
    }

    async fn notice_of_change(&self, redemption: &Redemption) -> Notice {
        let Some(mailer) = self.desk.mailer() else { return Notice::NoMailServer };
        let Ok(Some(contact)) = self.desk.directory.find_exact(&redemption.contact).await else {
            return Notice::ContactUnknown;
        };
        let Some(email) = usable_email(&contact) else { return Notice::NoAddress };
        let objection =
            objection(&self.desk, &contact.id, redemption.link_id, ObjectionSubject::Change, redemption.at);
        let mail = mailer.branding.changed_notice(
            &recipient(&contact, &email),
            redemption.link_id,
            redemption.at,
            objection.expose(),
            self.desk.now(),
        );
        match mailer.sender.send(&mail).await {
            Ok(_) => Notice::Mailed,
            Err(failure) => {
                tracing::warn!(link_id = %redemption.link_id, %failure, "the notice of a new password was not accepted");
                Notice::Failed(failure.to_string())
            }
        }
    }
}
