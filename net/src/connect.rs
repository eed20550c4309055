//! From a name to a TCP connection, over whichever of its addresses answers first (RFC 8305).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long an address may keep the next one waiting (RFC 8305 §8: "Connection Attempt Delay").
const HEAD_START: Duration = Duration::from_millis(250);

/// All addresses of a name, the two families in turn.
///
/// # Errors
/// Where the name is not found, or has no address.
pub async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    if found.is_empty() { Err(no_address()) } else { Ok(in_turn(&found)) }
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

/// Tries every address: the next one starts when the last one has failed, or has not answered for a moment. How long all of them may take together is for the
/// caller to say.
///
/// # Errors
/// Why the last of them failed.
pub async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut untried = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut failure = no_address();
    loop {
        let next = untried.next();
        let all_started = next.is_none();
        if let Some(address) = next {
            attempts.spawn(TcpStream::connect(address));
        }
        tokio::select! {
            done = attempts.join_next() => match done {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => failure = error,
                Some(Err(error)) => failure = io::Error::other(error),
                None => return Err(failure),
            },
            () = tokio::time::sleep(HEAD_START), if !all_started => {}
        }
    }
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "it has no address")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// An address at which nothing listens: that of a listener which is gone.
    async fn dead_address() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
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
        let living = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dead = dead_address().await;
        let stream = connect(&[dead, living.local_addr().unwrap()]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), living.local_addr().unwrap());
        let failed = connect(&[dead]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn without_an_address_there_is_no_connection() {
        assert_eq!(connect(&[]).await.unwrap_err().to_string(), "it has no address");
    }

    #[tokio::test]
    async fn a_name_that_cannot_exist_is_not_found() {
        assert!(resolve("no..such..name", 25).await.is_err());
    }
}
