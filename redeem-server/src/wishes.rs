//! What people asked for on the page for a forgotten password, until the bot has taken it.
//!
//! In memory: whoever finds the page can fill a queue, and must not be able to fill the ledger's disk. Nothing is promised to them, a wish is worth nothing
//! after ten minutes, and at an orderly end those that wait go to the bot.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keys::Wish;
use tokio::sync::Notify;

use crate::Clock;
use crate::outbox::NotDelivered;

/// How many wishes wait at most.
pub const MAX_WAITING: usize = 1_000;

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
    /// None yet. `has_come` is woken by each.
    pub fn new(clock: Clock, has_come: Arc<Notify>) -> Self {
        Self { waiting: Mutex::default(), clock, has_come }
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

    /// Hands on all that wait; how many the bot took.
    ///
    /// # Errors
    /// The first error; that wish and those behind it wait on.
    pub(crate) async fn hand_on(&self, sink: &dyn WishSink) -> Result<usize, NotDelivered> {
        let mut handed_on = 0;
        while let Some(wish) = self.oldest() {
            sink.deliver(&wish).await?;
            self.lock().retain(|waiting| waiting.id != wish.id);
            handed_on += 1;
        }
        Ok(handed_on)
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
        Wishes::new(Arc::new(move || *now.lock().unwrap()), Arc::default())
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
