//! A way to a fake for an executable that believes it speaks to a platform out there.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// An HTTP proxy through which every name leads to the same place: its URL.
///
/// # Panics
/// When loopback has no free port.
pub async fn to(there: SocketAddr) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut socket = BufReader::new(socket);
                let mut line = String::new();
                while socket.read_line(&mut line).await.unwrap_or(0) > 2 {
                    line.clear();
                }
                let mut behind = TcpStream::connect(there).await.expect("the place is there");
                socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("who asked is there");
                // It ends as either side pleases.
                let _ = copy_bidirectional(&mut socket, &mut behind).await;
            });
        }
    });
    url
}
