//! What a listener allows.

use std::time::Duration;

use ipnet::IpNet;

/// How many connections, and how long each step of one may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections in all.
    pub connections: usize,
    /// Open connections of one client (see [`crate::client_network`]), unless it is a trusted proxy.
    pub per_client: usize,
    /// Reverse proxies: each stands for many clients and is not counted as one.
    pub trusted_proxies: Vec<IpNet>,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// From a request's first byte (for the first request: from the connection's beginning) to the end of its head.
    pub head: Duration,
    /// From the end of a request's head to the end of its body. The handler then reads an error.
    pub body: Duration,
    /// Between an answer and the first byte of the next request. Longer than reverse proxies keep idle connections themselves, so that they close
    /// first and send no request into a connection that is being closed; shorter where the connection comes to its age meanwhile.
    pub idle: Duration,
    /// From this age on the next answer says `Connection: close` and is the last one. A request in flight is not cut off for it.
    pub age: Duration,
    /// The longest that one request takes from the end of its head to the end of its answer. What is older than `age` and takes longer is cut off.
    pub longest: Duration,
    /// How long an answer may wait for a peer that reads nothing.
    pub unread: Duration,
    /// How long requests in flight are given to end once the server is told to stop.
    pub drain: Duration,
}

impl Limits {
    /// For a listener that one reverse proxy or one chat server calls: a burst of its requests is no flood, and it may have every slot. A newcomer
    /// from elsewhere gets one all the same (idle and half-sent requests of who holds most go first).
    pub fn of_few_callers(connections: usize) -> Self {
        Self { connections, per_client: connections, ..Self::default() }
    }
}

/// For a listener whose requests are small and answered within 30 seconds.
impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 800,
            per_client: 100,
            trusted_proxies: Vec::new(),
            head_bytes: 32 * 1024,
            head: Duration::from_secs(10),
            body: Duration::from_secs(20),
            // Caddy keeps them for two minutes, Traefik for 90 seconds, nginx for one minute.
            idle: Duration::from_secs(150),
            age: Duration::from_secs(120),
            longest: Duration::from_secs(60),
            unread: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}
