//! How many connections each peer has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

/// Counts open connections by peer; those of trusted proxies are not limited, for they stand for many visitors.
pub(super) struct Peers {
    trusted: Vec<IpNet>,
    at_most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place; given back when it is dropped.
pub(super) struct Place {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    peer: IpAddr,
}

impl Peers {
    pub(super) fn new(trusted: Vec<IpNet>, at_most: usize) -> Self {
        Self { trusted, at_most, open: Arc::default() }
    }

    /// A place for one more connection, if this peer may have one.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let is_trusted = self.trusted.iter().any(|network| network.contains(&peer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if *count >= self.at_most && !is_trusted {
            return None;
        }
        *count += 1;
        Some(Place { open: Arc::clone(&self.open), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_peer_cannot_take_every_place() {
        let peers = Peers::new(vec!["10.0.0.0/8".parse().unwrap()], 2);
        let visitor: IpAddr = "192.0.2.1".parse().unwrap();
        let places = [peers.admit(visitor), peers.admit("::ffff:192.0.2.1".parse().unwrap())];
        assert!(places.iter().all(Option::is_some));
        assert!(peers.admit(visitor).is_none());
        assert!(peers.admit("192.0.2.2".parse().unwrap()).is_some());
        drop(places);
        assert!(peers.admit(visitor).is_some());
        let proxy: Vec<_> = (0..9).map(|_| peers.admit("10.1.2.3".parse().unwrap())).collect();
        assert!(proxy.iter().all(Option::is_some));
    }
}
