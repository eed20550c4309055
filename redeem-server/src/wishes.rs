//! What people asked for on the page for a forgotten password, until the bot has taken it.
//!
//! In memory: whoever finds the page can fill a queue, and must not be able to fill the ledger's disk. Nothing is promised to them, a wish is worth nothing
//! after ten minutes, and at an orderly end those that wait go to the bot.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keys::Wish;
use tokio::sync::Notify;

use crate::Clock;
use crate::outbox::NotDelivered;

/// How many wishes wait at most.
pub const MAX_WAITING: usize = 1_000;

/// After so many failures in a row the bot, or what it asks, is away, and no more are tried for a while.
const FAILURES_IN_A_ROW: usize = 3;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long the end of the process waits for what is left: nothing was promised, and whoever asked may ask again.
const AT_THE_END: Duration = Duration::from_secs(5);

/// Where wishes go: the bot, in this process or on another machine.
#[async_trait]
pub trait WishSink: Send + Sync {
    /// Returns when the bot has decided what becomes of the wish. May be called again with the same wish.
    ///
    /// # Errors
    /// Where the bot cannot take it now; it is offered again until it lapses.
    async fn deliver(&self, wish: &Wish) -> Result<(), NotDelivered>;
}

/// So many wait that no more are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Wishes that wait, oldest first.
pub struct Wishes {
    waiting: Mutex<VecDeque<Wish>>,
    clock: Clock,
    has_come: Arc<Notify>,
}

impl Wishes {
    /// None yet.
    pub fn new(clock: Clock) -> Self {
        Self { waiting: Mutex::default(), clock, has_come: Arc::default() }
    }

    /// Takes a wish.
    ///
    /// # Errors
    /// Where too many wait.
    pub fn add(&self, wish: Wish) -> Result<(), Full> {
        let mut waiting = self.lock();
        self.drop_lapsed(&mut waiting);
        if waiting.len() >= MAX_WAITING {
            return Err(Full);
        }
        waiting.push_back(wish);
        self.has_come.notify_one();
        Ok(())
    }

    /// Woken by each wish that comes.
    fn has_come(&self) -> Arc<Notify> {
        Arc::clone(&self.has_come)
    }

    /// Hands on all that wait now, each once; how many the bot took. One that it cannot take goes behind the others, so that it holds up nobody.
    ///
    /// # Errors
    /// The first error; after some in a row no more are tried.
    pub(crate) async fn hand_on(&self, sink: &dyn WishSink) -> Result<usize, NotDelivered> {
        let (mut handed_on, mut first_error, mut in_a_row) = (0, None, 0);
        let waiting = self.lock().len();
        for _ in 0..waiting {
            let Some(wish) = self.oldest() else { break };
            let delivered = sink.deliver(&wish).await;
            let mut waiting = self.lock();
            waiting.retain(|waiting| waiting.id != wish.id);
            match delivered {
                Ok(()) => (handed_on, in_a_row) = (handed_on + 1, 0),
                Err(error) => {
                    waiting.push_back(wish);
                    in_a_row += 1;
                    first_error = first_error.or(Some(error));
                }
            }
            if in_a_row >= FAILURES_IN_A_ROW {
                break;
            }
        }
        first_error.map_or(Ok(handed_on), Err)
    }

    fn oldest(&self) -> Option<Wish> {
        let mut waiting = self.lock();
        self.drop_lapsed(&mut waiting);
        waiting.front().cloned()
    }

    fn drop_lapsed(&self, waiting: &mut VecDeque<Wish>) {
        let now = (self.clock)();
        let before = waiting.len();
        waiting.retain(|wish| !wish.has_lapsed(now));
        let lapsed = before - waiting.len();
        if lapsed > 0 {
            tracing::warn!(
                lapsed,
                "the bot was away for too long: what was asked for on the page has lapsed"
            );
        }
    }

    /// A panic elsewhere cannot have left a queue half-written.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Wish>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue's way out.
pub struct WishPump {
    /// What waits.
    pub wishes: Arc<Wishes>,
    /// Where it goes.
    pub sink: Arc<dyn WishSink>,
}

impl WishPump {
    /// Hands on all that wait; how many the bot took.
    ///
    /// # Errors
    /// Where the bot cannot take them now.
    pub async fn empty(&self) -> Result<usize, NotDelivered> {
        self.wishes.hand_on(&*self.sink).await
    }

    /// Hands on whatever comes, until told to stop; then, for some seconds, what is left. On a way of their own: a mail server that is slow with what strangers
    /// asked for must not hold up what the bot hears of redemptions.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let has_come = self.wishes.has_come();
        let mut pause = FIRST_PAUSE;
        loop {
            let has_failed = match self.empty().await {
                Ok(_) => {
                    pause = FIRST_PAUSE;
                    false
                }
                Err(error) => {
                    tracing::warn!(%error, again_in = ?pause, "what was asked for on the page waits");
                    true
                }
            };
            tokio::select! {
                () = has_come.notified(), if !has_failed => {}
                () = tokio::time::sleep(pause), if has_failed => pause = (pause * 2).min(LONGEST_PAUSE),
                () = &mut stop => break,
            }
        }
        let _ = tokio::time::timeout(AT_THE_END, self.empty()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use jiff::{SignedDuration, Timestamp};
    use keys::WishId;

    use super::*;

    fn start() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn wish(number: u32) -> Wish {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let typed = number.to_string();
        Wish {
            id: WishId::from_random(id),
            typed,
            client: [192, 0, 2, 1].into(),
            at: start(),
            language: "en".to_owned(),
        }
    }

    /// A bot that may be away.
    #[derive(Default)]
    struct FakeBot {
        is_away: AtomicBool,
        taken: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl WishSink for FakeBot {
        async fn deliver(&self, wish: &Wish) -> Result<(), NotDelivered> {
            if self.is_away.load(Ordering::Relaxed) {
                return Err(NotDelivered("away".to_owned()));
            }
            self.taken.lock().unwrap().push(wish.typed.clone());
            Ok(())
        }
    }

    fn wishes(now: &Arc<Mutex<Timestamp>>) -> Wishes {
        let now = Arc::clone(now);
        Wishes::new(Arc::new(move || *now.lock().unwrap()))
    }

    #[tokio::test]
    async fn wishes_wait_in_order_while_the_bot_is_away_and_each_is_taken_once() {
        let (now, bot) = (Arc::new(Mutex::new(start())), FakeBot::default());
        let wishes = wishes(&now);
        (0..3).for_each(|number| wishes.add(wish(number)).unwrap());
        bot.is_away.store(true, Ordering::Relaxed);
        assert!(wishes.hand_on(&bot).await.is_err());
        bot.is_away.store(false, Ordering::Relaxed);
        assert_eq!(wishes.hand_on(&bot).await.unwrap(), 3);
        assert_eq!(wishes.hand_on(&bot).await.unwrap(), 0);
        assert_eq!(*bot.taken.lock().unwrap(), ["0", "1", "2"]);
    }

    #[tokio::test]
    async fn one_that_cannot_be_taken_holds_up_nobody() {
        struct Picky(FakeBot);
        #[async_trait]
        impl WishSink for Picky {
            async fn deliver(&self, wish: &Wish) -> Result<(), NotDelivered> {
                if wish.typed == "0" {
                    return Err(NotDelivered("the directory does not answer about them".to_owned()));
                }
                self.0.deliver(wish).await
            }
        }
        let (now, bot) = (Arc::new(Mutex::new(start())), Picky(FakeBot::default()));
        let wishes = wishes(&now);
        (0..3).for_each(|number| wishes.add(wish(number)).unwrap());
        assert!(wishes.hand_on(&bot).await.is_err());
        assert_eq!(*bot.0.taken.lock().unwrap(), ["1", "2"]);
        assert_eq!(wishes.lock().len(), 1);
    }

    #[tokio::test]
    async fn a_bot_that_was_away_for_more_than_ten_minutes_hears_nothing_of_them() {
        let (now, bot) = (Arc::new(Mutex::new(start())), FakeBot::default());
        let wishes = wishes(&now);
        wishes.add(wish(0)).unwrap();
        *now.lock().unwrap() = start() + SignedDuration::from_secs(601);
        assert_eq!(wishes.hand_on(&bot).await.unwrap(), 0);
        assert!(bot.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn a_flood_fills_no_memory_and_makes_room_once_it_lapses() {
        let now = Arc::new(Mutex::new(start()));
        let wishes = wishes(&now);
        for number in 0..MAX_WAITING {
            wishes.add(wish(u32::try_from(number).unwrap())).unwrap();
        }
        assert_eq!(wishes.add(wish(9_999)), Err(Full));
        *now.lock().unwrap() = start() + SignedDuration::from_secs(601);
        let late = Wish { at: start() + SignedDuration::from_secs(601), ..wish(9_999) };
        assert_eq!(wishes.add(late), Ok(()));
    }
}
