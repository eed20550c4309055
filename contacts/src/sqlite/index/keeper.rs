//! Keeps what contacts are found by true, with a connection that can write nothing else.

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use tokio::sync::Mutex;

use super::marked::index_some;
use crate::sqlite::{error, lookup_keys};

/// Between two transactions, so that another writer, who asks ever less often while it waits, gets in between.
const PAUSE: Duration = Duration::from_millis(20);

/// Computes search columns and the index of contacts that somebody has written. Clones share one connection.
#[derive(Clone)]
pub(in crate::sqlite) struct IndexKeeper {
    pool: SqlitePool,
    running: Arc<Mutex<()>>,
}

impl IndexKeeper {
    /// With the connections of [`super::super::opening::MayWrite::Index`].
    pub(in crate::sqlite) fn new(pool: SqlitePool) -> Self {
        Self { pool, running: Arc::default() }
    }

    /// Begins at once, and goes on behind whoever waits for the directory to open.
    pub(in crate::sqlite) async fn begin(&self) {
        if self.step().await {
            self.catch_up_soon();
        }
    }

    /// Goes on until everything is indexed, unless that is under way already.
    pub(in crate::sqlite) fn catch_up_soon(&self) {
        if let Ok(alone) = Arc::clone(&self.running).try_lock_owned() {
            let keeper = self.clone();
            tokio::spawn(async move {
                while keeper.step().await {
                    tokio::time::sleep(PAUSE).await;
                }
                drop(alone);
            });
        }
    }

    /// Ends behind the transaction that is under way.
    pub(in crate::sqlite) async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether there is more to do. A failure costs time, never a right answer: what is not indexed is read as it stands.
    async fn step(&self) -> bool {
        let stepped = async {
            let mut connection = self.pool.acquire().await?;
            let more_columns = lookup_keys::mend_some(&mut connection).await;
            // A contact whose bytes are no text hinders the columns, and must not hinder the index.
            if index_some(&mut connection).await? { Ok(true) } else { more_columns }
        };
        match stepped.await {
            Ok(more) => more,
            Err(sqlx::Error::PoolClosed) => false,
            Err(error) => {
                tracing::warn!(
                    error = error::describe(&error),
                    "search columns of contacts could not be written; lookups are slower until they can"
                );
                false
            }
        }
    }

    #[cfg(test)]
    pub(in crate::sqlite) async fn catch_up(&self) {
        while self.step().await {}
    }

    #[cfg(test)]
    pub(in crate::sqlite) fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}
