//! Whose request it is: the peer, or what trusted proxies say.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The visitor's address.
///
/// The peer's own, unless that is a trusted proxy: then `X-Forwarded-For` is walked from the right, where each trusted hop has written whom it saw,
/// up to the first address that is not trusted itself. What stands further left was sent by the visitor and proves nothing. An entry that is no
/// address ends the walk at the hop that wrote it.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut last = peer.to_canonical();
    // One header of several lines is one list, in the order of the lines (RFC 9110 §5.3). Bytes that are not ASCII are no address either.
    let lines: Vec<_> =
        headers.get_all(X_FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(last) {
            break;
        }
        match read(hop) {
            Some(address) => last = address,
            None => break,
        }
    }
    last
}

/// An address as proxies write it: bare, with a port, in brackets, in quotes.
fn read(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let address = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|error| {
            let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).ok_or(error)?;
            bare.parse::<Ipv6Addr>().map(IpAddr::V6)
        })
        .ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VISITOR: &str = "203.0.113.7";
    const PROXY: &str = "10.0.0.1";

    fn trusted() -> Vec<IpNet> {
        ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().expect("a network")).to_vec()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn seen(peer: &str, lines: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().expect("a header value"));
        }
        client_address(address(peer), &headers, &trusted())
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(seen(VISITOR, &["198.51.100.1"]), address(VISITOR));
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        assert_eq!(seen(PROXY, &[VISITOR]), address(VISITOR));
    }

    #[test]
    fn what_the_visitor_wrote_themselves_is_not_believed() {
        assert_eq!(seen(PROXY, &["127.0.0.1, 203.0.113.7"]), address(VISITOR));
        assert_eq!(seen(PROXY, &["127.0.0.1", "203.0.113.7, 10.9.9.9"]), address(VISITOR));
    }

    #[test]
    fn a_chain_of_trusted_proxies_is_walked() {
        assert_eq!(seen(PROXY, &["203.0.113.7, 10.0.0.3, fd00::2"]), address(VISITOR));
    }

    #[test]
    fn where_everybody_is_trusted_the_first_hop_counts() {
        assert_eq!(seen(PROXY, &["10.0.0.9, 10.0.0.3"]), address("10.0.0.9"));
        assert_eq!(seen(PROXY, &[]), address(PROXY));
    }

    #[test]
    fn garbage_ends_the_walk_at_the_hop_that_wrote_it() {
        assert_eq!(seen(PROXY, &["203.0.113.7, unknown, 10.0.0.3"]), address("10.0.0.3"));
        assert_eq!(seen(PROXY, &["203.0.113.7,"]), address(PROXY));
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        for (written, meant) in [
            ("203.0.113.7:4711", VISITOR),
            ("::ffff:203.0.113.7", VISITOR),
            ("[::ffff:203.0.113.7]:4711", VISITOR),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(seen(PROXY, &[written]), address(meant), "{written}");
        }
        assert_eq!(seen("::ffff:10.0.0.1", &[VISITOR]), address(VISITOR));
    }

    proptest! {
        #[test]
        fn the_right_most_untrusted_address_is_found_whatever_stands_left_of_it(
            left in "[ -~]{0,40}",
            visitor in any::<[u8; 4]>(),
            hops in proptest::collection::vec(any::<[u8; 3]>(), 0..5),
        ) {
            let visitor = IpAddr::from(visitor);
            prop_assume!(!trusted().iter().any(|net| net.contains(&visitor)));
            let hops: String = hops.iter().map(|[a, b, c]| format!(", 10.{a}.{b}.{c}")).collect();
            prop_assert_eq!(seen(PROXY, &[&format!("{left},{visitor}{hops}")]), visitor);
        }

        #[test]
        fn the_answer_is_the_peer_or_written_in_the_header(line in "[0-9a-f.:, \\[\\]]{0,60}") {
            let answer = seen(PROXY, &[&line]);
            prop_assert!(answer == address(PROXY) || line.split(',').any(|hop| read(hop) == Some(answer)));
        }

        #[test]
        fn a_strangers_header_changes_nothing(line in "[ -~]{0,60}") {
            prop_assert_eq!(seen(VISITOR, &[&line]), address(VISITOR));
        }
    }
}
