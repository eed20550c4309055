//! From a name to a TCP connection, over whichever of its addresses answers first.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::answer;
use super::failure::Cause;
use super::tls;

/// How long an address may keep the next one waiting (RFC 8305 §8: "Connection Attempt Delay").
const HEAD_START: Duration = Duration::from_millis(250);

/// All addresses of a name, the two families in turn.
pub(super) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Cause> {
    let not_found = |error: io::Error| Cause::NameNotFound(answer::inert(&error.to_string()));
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await.map_err(not_found)?.collect();
    if found.is_empty() {
        return Err(Cause::NameNotFound("it has no address".to_owned()));
    }
    Ok(in_turn(&found))
}

/// The system's order, but alternating: where one family is broken, the other gets its chance at once (RFC 8305 §4).
fn in_turn(found: &[SocketAddr]) -> Vec<SocketAddr> {
    let starts_with_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<SocketAddr>, Vec<SocketAddr>) =
        found.iter().partition(|address| address.is_ipv6() == starts_with_v6);
    let mut other = other.into_iter();
    let mut ordered: Vec<SocketAddr> =
        preferred.into_iter().flat_map(|address| [Some(address), other.next()]).flatten().collect();
    ordered.extend(other);
    ordered
}

/// Tries every address: the next one starts when the last one has failed, or has not answered for a moment.
pub(super) async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Cause> {
    let mut waiting = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut failure = Cause::NameNotFound("it has no address".to_owned());
    loop {
        let next = waiting.next();
        let all_started = next.is_none();
        if let Some(address) = next {
            attempts.spawn(TcpStream::connect(address));
        }
        tokio::select! {
            done = attempts.join_next() => match done {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => failure = tls::cause_of(&error),
                Some(Err(error)) => failure = Cause::Network(answer::inert(&error.to_string())),
                None => return Err(failure),
            },
            () = tokio::time::sleep(HEAD_START), if !all_started => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{connect, in_turn, resolve};
    use crate::mail::failure::Cause;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_families_take_turns() {
        let found = addresses(&["[::1]:25", "[::2]:25", "[::3]:25", "127.0.0.1:25"]);
        assert_eq!(in_turn(&found), addresses(&["[::1]:25", "127.0.0.1:25", "[::2]:25", "[::3]:25"]));
        let found = addresses(&["127.0.0.1:25", "[::1]:25", "[::2]:25"]);
        assert_eq!(in_turn(&found), addresses(&["127.0.0.1:25", "[::1]:25", "[::2]:25"]));
    }

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_living_one() {
        let living = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Nothing has listened at this port (tcpmux) for decades.
        let dead_address = "127.0.0.1:1".parse().unwrap();
        let stream = connect(&[dead_address, living.local_addr().unwrap()]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), living.local_addr().unwrap());
        assert_eq!(connect(&[dead_address]).await.err(), Some(Cause::ConnectionRefused));
    }

    #[tokio::test]
    async fn a_name_that_cannot_exist_is_not_found() {
        assert!(matches!(resolve("no..such..name", 25).await, Err(Cause::NameNotFound(_))));
    }
}
