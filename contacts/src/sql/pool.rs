//! Connections that are kept and used again.
//!
//! Not sqlx's own pool: that one asks a connection whether it still answers when it is given back, for ever where the server has fallen silent, so that
//! every place in it is lost one by one; and of an error while a connection is made ready it tells nothing but that time has run out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::Connection;
use super::session::Target;

/// A connection is used no longer than this: what was true of its server when it was made may no longer be, and servers hold memory for each.
const LIFETIME: Duration = Duration::from_mins(10);

/// A pool of connections. A clone shares them.
#[derive(Clone)]
pub(super) struct Pool(Arc<PoolState>);

struct PoolState {
    target: Target,
    /// How long connecting, or waiting for a connection, may take.
    patience: Duration,
    size: u32,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<KeptConnection>>,
}

struct KeptConnection {
    connection: Connection,
    made: Instant,
}

/// A connection in use.
///
/// Invariant: it goes back to the pool only by [`release`](Self::release), which says that nothing is under way on it. Dropped in any other way, in the
/// middle of a statement say, it is cut, and the server undoes what was not committed.
pub(super) struct HeldConnection {
    kept: KeptConnection,
    pool: Pool,
    _place: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool of at most `size` connections. It connects when it is asked, and again whenever a connection is lost.
    pub(super) fn new(target: Target, size: u32, patience: Duration) -> Self {
        let places = Arc::new(Semaphore::new(size as usize));
        Self(Arc::new(PoolState { target, patience, size, places, idle: Mutex::default() }))
    }

    pub(super) fn target(&self) -> &Target {
        &self.0.target
    }

    /// A connection that answers.
    pub(super) async fn acquire(&self) -> Result<HeldConnection, Error> {
        timeout(self.0.patience, self.connected()).await.unwrap_or_else(|_| {
            // The others that were kept are as silent as the one that was asked.
            self.idle().clear();
            Err(Error::PoolTimedOut)
        })
    }

    async fn connected(&self) -> Result<HeldConnection, Error> {
        let place = Arc::clone(&self.0.places).acquire_owned().await.map_err(|_| Error::PoolClosed)?;
        while let Some(mut kept) = self.pop() {
            if kept.made.elapsed() > LIFETIME {
                // Whoever cannot take leave is gone.
                drop(kept.connection.close().await);
            } else if kept.connection.ping().await.is_ok() {
                return Ok(HeldConnection { kept, pool: self.clone(), _place: place });
            }
        }
        let kept = KeptConnection { connection: self.0.target.connect().await?, made: Instant::now() };
        Ok(HeldConnection { kept, pool: self.clone(), _place: place })
    }

    /// Waits for what is under way, as long as a statement may take, and takes leave.
    pub(super) async fn close(&self) {
        // Whatever is still under way then is cut with its connection.
        drop(timeout(self.0.patience, self.0.places.acquire_many(self.0.size)).await);
        self.0.places.close();
        while let Some(kept) = self.pop() {
            drop(timeout(self.0.patience, kept.connection.close()).await);
        }
    }

    fn pop(&self) -> Option<KeptConnection> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<KeptConnection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldConnection {
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.kept.connection
    }

    /// Gives it back: nothing is under way on it.
    pub(super) fn release(self) {
        if !self.pool.0.places.is_closed() {
            self.pool.idle().push(self.kept);
        }
    }
}
