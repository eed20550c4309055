//! What goes by the clock, in real time: settling and pruning in the redeem half, housekeeping in the bot half. Started last, once listeners and chats are there.

use std::time::Duration;

use bot::Bot;
use redeem_server::change::Changer;
use redeem_server::ledger::LedgerError;
use redeem_server::redeem::Redeemer;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often claims that nobody will finish are looked for.
const SETTLE_EVERY: Duration = Duration::from_secs(10);
/// How often marks that are past are dropped.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How often the bot looks for what has fallen due: requests that lapse, messages whose link is over, what a former process left unfinished.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(5);

/// Settles claims and changes that nobody will finish, and forgets what is past. What has begun comes to its end before it stops.
pub(crate) async fn settle_and_prune(redeemer: Redeemer, changer: Option<Changer>, stop: CancellationToken) {
    let (mut settle, mut prune) = (every(SETTLE_EVERY), every(PRUNE_EVERY));
    loop {
        let done = tokio::select! {
            _ = settle.tick() => settle_all(&redeemer, changer.as_ref()).await,
            _ = prune.tick() => redeemer.prune().await.map(|_| ()),
            () = stop.cancelled() => return,
        };
        if let Err(error) = done {
            tracing::error!(%error, "the ledger could not be looked after");
        }
    }
}

async fn settle_all(redeemer: &Redeemer, changer: Option<&Changer>) -> Result<(), LedgerError> {
    redeemer.settle_all().await?;
    if let Some(changer) = changer {
        changer.settle_all().await?;
    }
    Ok(())
}

/// Does what has fallen due in the bot. A platform that does not answer holds up nothing but this, and the end does not wait for it.
pub(crate) async fn housekeeping(bot: Bot, stop: CancellationToken) {
    let mut due = every(HOUSEKEEPING_EVERY);
    let work = async {
        loop {
            due.tick().await;
            bot.run_housekeeping().await;
        }
    };
    stop.run_until_cancelled(work).await.unwrap_or(())
}

/// The first tick comes at once. Ticks that were missed are not made up for.
fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
