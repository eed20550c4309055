//! Where these tests run: they reach this machine and no other, whatever a library makes of a failure.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, UdpSocket};

use reset_link_tests::harness::binary::DEADLINE;

#[test]
#[ignore = "needs a network namespace: run tests/with-services"]
fn loopback_is_the_only_interface() {
    let devices = fs::read_to_string("/proc/self/net/dev").unwrap();
    // Two lines of headings, then one for each interface.
    let interfaces: Vec<_> = devices.lines().skip(2).filter_map(|line| line.split(':').next()).collect();
    assert_eq!(interfaces.iter().map(|name| name.trim()).collect::<Vec<_>>(), ["lo"]);
}

#[test]
#[ignore = "needs a network namespace: run tests/with-services"]
fn nothing_beyond_loopback_can_be_reached() {
    // Kept for documentation (RFC 5737). Where there is a way out, a connection attempt is not refused but waits.
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 443));
    let connected = TcpStream::connect_timeout(&elsewhere, DEADLINE);
    assert_eq!(connected.unwrap_err().kind(), ErrorKind::NetworkUnreachable);
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let sent = socket.send_to(b"?", elsewhere);
    assert_eq!(sent.unwrap_err().kind(), ErrorKind::NetworkUnreachable);
}
