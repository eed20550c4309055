//! What the redeem half reports: into the audit, once; then the admin is told and the contact gets a notice.

use std::sync::Arc;

use keys::chained_log::LogError;
use keys::{Receipt, ReceiptOutcome};

use crate::audit::{Event, Notice, Redemption};
use crate::bot::{Bot, Inner};
use crate::outcome::News;
use crate::policy::delivery::usable_email;
use crate::use_cases::issue::recipient;

impl Bot {
    /// Takes a receipt. When this returns, it is in the audit and the redeem half may forget it. A repeat changes nothing.
    ///
    /// # Errors
    /// Where the audit cannot be written: the redeem half must offer it again.
    pub async fn accept(&self, receipt: Receipt) -> Result<(), LogError> {
        let inner = &self.0;
        let now = inner.now();
        let id = receipt.id();
        let (link_id, seen_id) = (receipt.link_id, id.clone());
        let (known, issuer) = inner
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
            None => match inner.audit.look_back(now, link_id, &id).await? {
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
        let is_news = inner
            .audit
            .transact(
                now,
                move |memory| if memory.has_seen(&id) { (None, false) } else { (Some(event), true) },
            )
            .await?;
        if is_news && receipt.outcome == ReceiptOutcome::Redeemed {
            inner.follow(redemption);
        }
        if is_news {
            inner.close_links_behind();
        }
        Ok(())
    }

    /// Tells of redemptions that a former process wrote down but did not get to tell of, and of whatever else admins have yet to hear.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn catch_up(&self) -> Result<usize, LogError> {
        let untold =
            self.0.audit.look(self.0.now(), |memory| memory.untold().cloned().collect::<Vec<_>>()).await?;
        let count = untold.len();
        self.0.recall_behind();
        for redemption in untold {
            self.0.follow(redemption);
        }
        self.0.tell_owed_behind();
        Ok(count)
    }
}

impl Inner {
    /// Tells of redemptions that are older than the memory as well, behind what is being done: where the audit's index was lost, that takes a while.
    fn recall_behind(self: &Arc<Self>) {
        let inner = Arc::clone(self);
        self.behind.spawn(async move {
            match inner.audit.recall_untold(inner.now()).await {
                Ok(older) => older.into_iter().for_each(|redemption| inner.follow(redemption)),
                Err(error) => tracing::error!(%error, "the audit cannot be read"),
            }
        });
    }

    /// The notice to the contact and the message to the admin, behind the receipt.
    fn follow(self: &Arc<Self>, redemption: Redemption) {
        let inner = Arc::clone(self);
        self.behind.spawn(async move {
            let link_id = redemption.link_id;
            let notice = inner.notice_of_change(&redemption).await;
            let told = match redemption.admin.clone() {
                Some(admin) => inner.tell_news(&admin, &News::Redeemed(redemption)).await,
                None => false,
            };
            inner.note(Event::Followed { link_id, told, notice }).await;
        });
    }

    async fn notice_of_change(&self, redemption: &Redemption) -> Notice {
        let Some(mailer) = self.mailer() else { return Notice::NoMailServer };
        let Ok(Some(contact)) = self.lookup.find_exact(&redemption.contact).await else {
            return Notice::ContactUnknown;
        };
        let Some(email) = usable_email(&contact) else { return Notice::NoAddress };
        let mail = mailer.branding.changed_notice(
            &recipient(&contact, &email),
            redemption.link_id,
            redemption.at,
            self.now(),
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
