//! No port is bound that somebody else might have.

use super::sources::rust_files;

/// What stands in front of an address that is bound: by code, on a command line, in a config.
const BINDS: [&str; 4] = ["bind(", "\"--listen\", \"", "listen = \"", "listen = \\\""];

#[test]
fn no_code_and_no_test_binds_a_fixed_port() {
    let mut looked_at = 0;
    for (file, text) in rust_files() {
        if file == "tests/structure/ports.rs" {
            continue;
        }
        for binds in BINDS {
            // A config outside the end-to-end tests is read and never run.
            if !binds.ends_with('(') && !file.starts_with("tests/") {
                continue;
            }
            for after in text.split(binds).skip(1) {
                looked_at += 1;
                let address = address(binds, after);
                assert!(!has_fixed_port(address), "{file}: {binds}{address} binds a fixed port");
            }
        }
    }
    assert!(looked_at > 30, "{looked_at}");
}

#[test]
fn a_fixed_port_is_seen_however_it_is_written() {
    for fixed in [
        "\"127.0.0.1:8080\")",
        "(Ipv4Addr::LOCALHOST, 8080))",
        "SocketAddr::from(([127, 0, 0, 1], 8080)))",
        "\"[::1]:8080\".parse().unwrap())",
    ] {
        assert!(has_fixed_port(address("bind(", fixed)), "{fixed}");
    }
    assert!(has_fixed_port(address("listen = \"", "127.0.0.1:8080\"\n")));
    for free in [
        "\"127.0.0.1:0\")",
        "(Ipv4Addr::LOCALHOST, 0))",
        "(Ipv4Addr::new(127, 0, 1, from), 0).into())",
        "address)",
        "\"[::1]:0\")",
        "url.trim_start_matches(\"http://\"))",
    ] {
        assert!(!has_fixed_port(address("bind(", free)), "{free}");
    }
    assert!(!has_fixed_port(address("listen = \"", "{listen}\"\n")));
}

/// The address behind what binds it: to the parenthesis that closes the call, or to the end of the text in quotes.
fn address<'a>(binds: &str, after: &'a str) -> &'a str {
    if !binds.ends_with('(') {
        return after.split(['"', '\\', '\n']).next().unwrap();
    }
    let mut open = 1;
    let end = after.find(|c| {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        open == 0
    });
    after.split_at(end.unwrap_or(after.len())).0
}

/// Whether a number that is no 0 stands where a port does: last in a text behind a colon, or last in a pair.
fn has_fixed_port(address: &str) -> bool {
    let rest_behind_port = |text: &'_ str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
        let port = text.strip_suffix(&rest).unwrap().parse::<u16>();
        port.is_ok_and(|port| port != 0).then_some(rest)
    };
    let mut behind_colon = address.split(':').skip(1).filter_map(rest_behind_port);
    let mut behind_comma = address.split(", ").skip(1).filter_map(rest_behind_port);
    behind_colon.any(|rest| rest.is_empty() || rest.starts_with('"'))
        || behind_comma.any(|rest| rest.starts_with(')'))
}
