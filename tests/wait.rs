//! Waiting that ends: what has not happened after a minute fails the test.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// How long anything may take before a test gives up. Nothing waits this long when all is well.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How long to do something else between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Looks again and again until it is so: for what tells nobody when it happens.
///
/// # Panics
/// Where it is not so in time.
pub async fn until(awaited: &str, is_so: impl AsyncFnMut() -> bool) {
    until_with(awaited, BETWEEN_LOOKS, is_so).await;
}

/// Looks again after each such time until it is so: for what may not be asked often.
///
/// # Panics
/// Where it is not so in time.
pub async fn until_with(awaited: &str, between_looks: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    in_time(awaited, async {
        while !is_so().await {
            sleep(between_looks).await;
        }
    })
    .await;
}

/// What comes of something that ends in time.
///
/// # Panics
/// Where it does not.
pub async fn in_time<T>(awaited: &str, work: impl Future<Output = T>) -> T {
    timeout(DEADLINE, work).await.unwrap_or_else(|_| panic!("{awaited}: not within {DEADLINE:?}"))
}
