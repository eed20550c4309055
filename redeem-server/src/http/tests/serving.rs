//! Real connections.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::serve::limits;
use super::super::times::{ARRIVAL, REDEEMING, SHOWING};
use super::*;

/// How long anything may take before a test gives up. Nothing waits this long when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

async fn soon<T>(happens: impl Future<Output = T>) -> T {
    timeout(DEADLINE, happens).await.expect("it happens")
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn run(app: &App) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let app = app.clone();
    let server = tokio::spawn(async move {
        serve(listener, &app, 800, async {
            let _ = stopped.await;
        })
        .await
    });
    Running { address, stop, server }
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    stream
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.expect("UTF-8");
    answer
}

fn closing(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x.example\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_server_answers_and_stops_when_told() {
    let visitor = Visitor::new();
    let running = run(&visitor.app).await;
    let answer = read(send(running.address, &closing("/healthz")).await).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n"), "{answer}");
    running.stop.send(()).expect("it is running");
    soon(running.server).await.expect("no panic").expect("no error");
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn what_is_under_way_is_brought_to_its_end() {
    let visitor = Visitor::new();
    let running = run(&visitor.app).await;
    let stream = send(running.address, &closing(&visitor.link("slow", 1))).await;
    soon(visitor.pretended.begun.notified()).await;
    running.stop.send(()).expect("it is running");
    visitor.pretended.may_end.notify_one();
    assert!(read(stream).await.starts_with("HTTP/1.1 200 OK"));
    soon(running.server).await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let visitor = Visitor::new();
    let running = run(&visitor.app).await;
    let mut idle = send(running.address, "GET /healthz HTTP/1.1\r\nhost: x.example\r\n\r\n").await;
    let mut first = [0; 12];
    soon(idle.read_exact(&mut first)).await.expect("an answer");
    running.stop.send(()).expect("it is running");
    soon(running.server).await.expect("no panic").expect("no error");
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test]
async fn the_peer_is_the_client() {
    let visitor = Visitor::new();
    let running = run(&visitor.app).await;
    let path = visitor.link("ada", 1);
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x.example\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{BOTH}",
        BOTH.len()
    );
    assert!(read(send(running.address, &request).await).await.starts_with("HTTP/1.1 303"));
    let clients: Vec<IpAddr> = visitor.redeemed().into_iter().map(|(_, _, client)| client).collect();
    assert_eq!(clients, [IpAddr::from([127, 0, 0, 1])]);
}

#[test]
fn a_connection_has_the_times_of_what_the_page_does_on_it() {
    let visitor = Visitor::new();
    let limits = limits(&visitor.app, 17);
    assert_eq!((limits.connections, limits.trusted_proxies.len()), (17, 1));
    assert!(limits.body > ARRIVAL, "a visitor whose form is late is told on a page");
    assert_eq!(limits.longest, ARRIVAL + REDEEMING + SHOWING, "no redemption is cut off");
}
