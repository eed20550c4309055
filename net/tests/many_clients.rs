//! Real sockets: many clients from many addresses of loopback, and one honest visitor.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use reset_link_net::{Limits, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const HALF: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n";

/// How long anything may take before a test gives up. Nothing waits this long when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Both ends of a thousand connections are in this process.
async fn run(limits: Limits) -> Running {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(hard >= 4096, "this test wants 4096 open files (ulimit -Hn)");
    setrlimit(Resource::RLIMIT_NOFILE, hard.min(65_536), hard).unwrap();
    let app = Router::new()
        .route("/", get(async || "ok"))
        .route("/hung", get(std::future::pending::<String>))
        .route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        serve(listener, app, limits, stopped).await;
    });
    Running { address, stop, server }
}

async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 1, from), 0).into()).unwrap();
    timeout(DEADLINE, socket.connect(to)).await.unwrap().unwrap()
}

/// `false` where the connection was closed instead.
async fn ask(stream: &mut TcpStream) -> bool {
    if stream.write_all(GET).await.is_err() {
        return false;
    }
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok") {
        match timeout(DEADLINE, stream.read_buf(&mut answer)).await.unwrap() {
            Ok(count) if count > 0 => {}
            _ => return false,
        }
    }
    true
}

/// An honest visitor, on a connection of their own.
async fn visit(to: SocketAddr) -> bool {
    ask(&mut connect(99, to).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_addresses_with_a_hundred_connections_each_shut_no_honest_visitor_out() {
    let running = run(Limits::default()).await;
    let to = running.address;
    let mut clients: Vec<(u8, Vec<TcpStream>)> = (1..=10).map(|from| (from, Vec::new())).collect();
    for round in 0..4 {
        // Each opens again what was closed, and asks on every connection that it has.
        let mut asking = JoinSet::new();
        for (from, mut streams) in clients.drain(..) {
            asking.spawn(async move {
                while streams.len() < 100 {
                    streams.push(connect(from, to).await);
                }
                let mut open = Vec::new();
                for mut stream in streams {
                    if ask(&mut stream).await {
                        open.push(stream);
                    }
                }
                (from, open)
            });
        }
        assert!(visit(to).await, "in round {round}, beside them");
        while let Some(asked) = asking.join_next().await {
            clients.push(asked.unwrap());
        }
        let open: usize = clients.iter().map(|(_, streams)| streams.len()).sum();
        assert!(open > 300, "they do hold many places: {open}");
        assert!(visit(to).await, "in round {round}, while they hold {open} connections");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_requests_from_ten_addresses_shut_no_honest_visitor_out() {
    let running = run(Limits { head: DEADLINE * 10, ..Limits::default() }).await;
    let mut clients = Vec::new();
    for from in 1..=10 {
        for _ in 0..100 {
            let mut stream = connect(from, running.address).await;
            // One that has been closed already says so here or later.
            let _ = stream.write_all(HALF).await;
            clients.push(stream);
        }
        assert!(visit(running.address).await, "while {} are open", clients.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_its_share_and_the_next_one_its_own() {
    let running = run(Limits { per_client: 2, ..Limits::default() }).await;
    let mut held = [connect(1, running.address).await, connect(1, running.address).await];
    let mut refused = connect(1, running.address).await;
    assert!(!ask(&mut refused).await);
    assert!(visit(running.address).await);
    for stream in &mut held {
        assert!(ask(stream).await);
    }
    assert!(ask(&mut connect(1, running.address).await).await, "an idle one makes room");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peer_is_told_to_handlers() {
    let running = run(Limits::default()).await;
    let mut stream = connect(7, running.address).await;
    stream.write_all(b"GET /peer HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\n127.0.1.7"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_takes_no_more_and_ends_whatever_hangs() {
    let limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
    let running = run(limits).await;
    let mut streams = Vec::new();
    for (from, request) in [(1, GET), (2, HALF), (3, b""), (4, b"GET /hung HTTP/1.1\r\nhost: x\r\n\r\n")] {
        let mut stream = connect(from, running.address).await;
        stream.write_all(request).await.unwrap();
        streams.push(stream);
    }
    assert!(visit(running.address).await);
    running.stop.send(()).unwrap();
    timeout(DEADLINE, running.server).await.expect("it ends").unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
    for mut stream in streams {
        let mut rest = Vec::new();
        // Closed or reset: nothing is left open.
        let _ = timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("it is closed");
    }
}
