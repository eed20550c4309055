//! Who may have a connection, and who goes first when there are too few.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client_network::client_network;
use crate::limits::Limits;
use crate::progress::{Phase, Progress};

/// As many connections as a browser opens to one host at once. Who has more holds many.
const FEW: usize = 6;

/// Where slots are so few that a handful of peers with few connections each would take them all, fewer are many.
const SHARES: usize = 32;

/// All connections that are open, by peer.
pub(crate) struct ConnectionSlots {
    limits: Limits,
    open: Mutex<OpenConnections>,
    /// A connection has ended, or has become idle while there was no slot.
    changed: Notify,
}

struct OpenConnections {
    /// Who has more holds many.
    few: usize,
    total: usize,
    next: u64,
    clients: HashMap<IpAddr, ClientConnections>,
}

#[derive(Default)]
struct ClientConnections {
    is_trusted: bool,
    connections: HashMap<u64, OpenConnection>,
}

struct OpenConnection {
    progress: Arc<Progress>,
    evicted: CancellationToken,
}

/// A connection's slot; given back when it is dropped.
pub(crate) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    peer: IpAddr,
    id: u64,
    /// How far the connection has come.
    pub(crate) progress: Arc<Progress>,
    evicted: CancellationToken,
}

/// What becomes of a newcomer.
enum Admission {
    Admitted(ConnectionSlot),
    /// Somebody is on their way out, or will be before long.
    Wait,
    Refused,
}

impl ConnectionSlots {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        let few = (limits.connections / SHARES).clamp(1, FEW);
        let open = OpenConnections { few, total: 0, next: 0, clients: HashMap::new() };
        Arc::new(Self { limits, open: Mutex::new(open), changed: Notify::new() })
    }

    /// A slot for one more connection of this peer, which may take a moment; `None` where it has enough of them.
    ///
    /// Where there is none, an idle connection goes: of the newcomer's peer where that has as many as it may, else of whoever has most, and never of
    /// one who has fewer than the newcomer. Then one of a peer that holds many and is behind (see [`Phase::Behind`]). Then an idle connection of a
    /// trusted proxy. A request that is being carried out never goes. Otherwise who has few connections waits, and who has many is refused.
    pub(crate) async fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionSlot> {
        loop {
            match self.try_admit(peer) {
                Admission::Admitted(slot) => return Some(slot),
                Admission::Refused => return None,
                Admission::Wait => self.changed.notified().await,
            }
        }
    }

    /// Closes one idle connection, if there is one: for when files have run out.
    pub(crate) fn close_an_idle_one(&self) {
        let mut open = self.lock();
        let _ = open.evict_of_all(0);
    }

    fn try_admit(self: &Arc<Self>, peer: IpAddr) -> Admission {
        let peer = counted_as(peer, &self.limits);
        let mut open = self.lock();
        let mine = open.clients.get(&peer.address).map_or(0, |peer| peer.connections.len());
        if !peer.is_trusted && mine >= self.limits.per_client {
            return match open.leaving(Some(peer.address)) > 0 || open.evict_of(peer.address) {
                true => Admission::Wait,
                false => Admission::Refused,
            };
        }
        if open.total >= self.limits.connections {
            let weight = if peer.is_trusted { 0 } else { mine };
            return match open.leaving(None) > 0 || open.evict_of_all(weight) || weight <= open.few {
                true => Admission::Wait,
                false => Admission::Refused,
            };
        }
        let (id, progress, evicted) =
            (open.next, Arc::new(Progress::new(Instant::now())), CancellationToken::new());
        open.next += 1;
        open.total += 1;
        let group = open.clients.entry(peer.address).or_default();
        group.is_trusted = peer.is_trusted;
        let connection = OpenConnection { progress: Arc::clone(&progress), evicted: evicted.clone() };
        group.connections.insert(id, connection);
        Admission::Admitted(ConnectionSlot {
            slots: Arc::clone(self),
            peer: peer.address,
            id,
            progress,
            evicted,
        })
    }

    /// Counts are plain numbers: a panic elsewhere cannot have left them half-written.
    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CountedAs {
    address: IpAddr,
    is_trusted: bool,
}

/// Proxies are told apart by address; everybody else by network.
fn counted_as(peer: IpAddr, limits: &Limits) -> CountedAs {
    let address = peer.to_canonical();
    let is_trusted = limits.trusted_proxies.iter().any(|network| network.contains(&address));
    CountedAs { address: if is_trusted { address } else { client_network(address) }, is_trusted }
}

impl OpenConnections {
    /// How many have been told to go and are not gone.
    fn leaving(&self, of: Option<IpAddr>) -> usize {
        let peers = self.clients.iter().filter(|(address, _)| of.is_none_or(|of| of == **address));
        let connections = peers.flat_map(|(_, peer)| peer.connections.values());
        connections.filter(|connection| connection.progress.is_evicted()).count()
    }

    /// An idle connection of this peer.
    fn evict_of(&mut self, peer: IpAddr) -> bool {
        self.clients.get(&peer).is_some_and(|peer| peer.evict(Phase::Idle))
    }

    /// A connection of anybody, for a newcomer whose peer has this many.
    fn evict_of_all(&mut self, newcomer: usize) -> bool {
        let mut peers: Vec<&ClientConnections> = self.clients.values().collect();
        peers.sort_by_key(|peer| std::cmp::Reverse(peer.connections.len()));
        let (proxies, clients): (Vec<&ClientConnections>, Vec<&ClientConnections>) =
            peers.into_iter().partition(|peer| peer.is_trusted);
        let has = |least: usize| move |peer: &&&ClientConnections| peer.connections.len() >= least;
        clients.iter().filter(has(newcomer)).any(|peer| peer.evict(Phase::Idle))
            || clients.iter().filter(has(newcomer.max(self.few) + 1)).any(|peer| peer.evict(Phase::Behind))
            || newcomer <= self.few && proxies.iter().any(|peer| peer.evict(Phase::Idle))
    }
}

impl ClientConnections {
    /// Tells the one to go that has been in this phase for longest.
    fn evict(&self, phase: Phase) -> bool {
        let in_phase = |connection: &&OpenConnection| {
            connection.progress.phase().filter(|(is, _)| *is == phase).map(|(_, since)| since)
        };
        let mut connections: Vec<(Instant, &OpenConnection)> = self
            .connections
            .values()
            .filter_map(|connection| Some((in_phase(&connection)?, connection)))
            .collect();
        connections.sort_by_key(|(since, _)| *since);
        // One that was chosen may have gone on in the meantime: then the next.
        let told = connections.into_iter().find(|(_, connection)| connection.progress.evict(phase));
        told.map(|(_, connection)| connection.evicted.cancel()).is_some()
    }
}

impl ConnectionSlot {
    pub(crate) fn limits(&self) -> &Limits {
        &self.slots.limits
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.progress.deadline(&self.slots.limits)
    }

    /// Ready once this connection is told to go.
    pub(crate) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// Whether the connection ends with the answer that is being given: it is old, or there is no slot and its peer holds many.
    pub(crate) fn is_last_answer(&self, now: Instant) -> bool {
        if self.progress.is_old(&self.slots.limits, now) {
            return true;
        }
        let open = self.slots.lock();
        let mine = open.clients.get(&self.peer).map_or(0, |peer| peer.connections.len());
        open.total >= self.slots.limits.connections && mine > open.few
    }

    /// All that was handed to the connection is written.
    pub(crate) fn flushed(&self, now: Instant) {
        if self.progress.flushed(now) && self.slots.lock().total >= self.slots.limits.connections {
            self.slots.changed.notify_one();
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        open.total -= 1;
        if let Some(peer) = open.clients.get_mut(&self.peer) {
            peer.connections.remove(&self.id);
            if peer.connections.is_empty() {
                open.clients.remove(&self.peer);
            }
        }
        drop(open);
        self.slots.changed.notify_one();
    }
}

#[cfg(test)]
mod tests;
