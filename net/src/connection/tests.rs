//! One connection in memory, on a clock that stands still unless everybody waits.

use std::sync::Mutex;
use std::time::Duration;

use axum::body::to_bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::*;
use crate::connection_slots::ConnectionSlots;
use crate::limits::Limits;

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const SLOW: &str = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
const LARGE: &str = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";

/// By the clock that moves once everybody waits: a test that waits for nothing ends at once.
const DEADLINE: Duration = Duration::from_secs(10_000);

struct Visit {
    io: DuplexStream,
    server: JoinHandle<Ended>,
    slots: Arc<ConnectionSlots>,
    leave: CancellationToken,
    may_end: Arc<Notify>,
    /// Requests that were carried out to their end.
    done: Arc<Mutex<usize>>,
    began: Instant,
}

impl Visit {
    fn with(limits: Limits, buffer: usize) -> Self {
        let (slots, leave) = (ConnectionSlots::new(limits), CancellationToken::new());
        let (may_end, done) = (Arc::new(Notify::new()), Arc::new(Mutex::new(0)));
        let slow = {
            let (may_end, done) = (Arc::clone(&may_end), Arc::clone(&done));
            move || async move {
                may_end.notified().await;
                *done.lock().unwrap() += 1;
                "slow"
            }
        };
        let app = Router::new()
            .route("/", get(async || "ok"))
            .route("/slow", get(slow))
            .route("/large", get(async || "x".repeat(100_000)))
            .route(
                "/form",
                post(async |body: Body| match to_bytes(body, 1000).await {
                    Ok(body) => (StatusCode::OK, body.len().to_string()),
                    Err(_) => (StatusCode::REQUEST_TIMEOUT, "late".to_owned()),
                }),
            );
        let (io, theirs) = duplex(buffer);
        let (to, left) = (Arc::clone(&slots), leave.clone());
        let server = tokio::spawn(async move {
            let peer = SocketAddr::from(([192, 0, 2, 1], 4711));
            let slot = to.admit(peer.ip()).await.unwrap();
            connection(theirs, peer, app, slot, left).await
        });
        Self { io, server, slots, leave, may_end, done, began: Instant::now() }
    }

    fn new() -> Self {
        Self::with(Limits::default(), 64 * 1024)
    }

    async fn send(&mut self, text: &str) {
        self.io.write_all(text.as_bytes()).await.unwrap();
    }

    /// What comes until this text ends it.
    async fn read_to(&mut self, end: &str) -> String {
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            let byte = timeout(DEADLINE, self.io.read_u8()).await.expect("something comes");
            answer.push(byte.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&answer))));
        }
        String::from_utf8(answer).unwrap()
    }

    async fn ask(&mut self, request: &str, end: &str) -> String {
        self.send(request).await;
        self.read_to(end).await
    }

    /// How it ended, and when: seconds from its beginning.
    async fn ended(self) -> (Ended, u64) {
        let ended = timeout(DEADLINE, self.server).await.expect("it ends").unwrap();
        (ended, (Instant::now() - self.began).as_secs())
    }

    /// Is in use, and not old enough for a last answer.
    async fn asks_until(&mut self, seconds: u64) {
        self.ask(GET, "ok").await;
        self.at(seconds.min(100)).await;
        self.ask(GET, "ok").await;
        self.at(seconds).await;
    }

    async fn at(&self, seconds: u64) {
        tokio::time::sleep_until(self.began + Duration::from_secs(seconds)).await;
    }
}

fn closes(answer: &str) -> bool {
    answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_arrive_in_ten_seconds_is_given_up() {
    assert_eq!(Visit::new().ended().await, (Ended::Late, 10), "nothing at all");
    let mut half = Visit::new();
    half.send("GET / HTTP/1.1\r\nhost: x\r\n").await;
    assert_eq!(half.ended().await, (Ended::Late, 10), "half of it");
    let mut trickle = Visit::new();
    trickle.send("GET / HTTP/1.1\r\nx: ").await;
    let (mut io, nobody) = duplex(1);
    std::mem::swap(&mut io, &mut trickle.io);
    drop(nobody);
    let drop_by_drop = tokio::spawn(async move {
        while io.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    assert_eq!(trickle.ended().await, (Ended::Late, 10), "byte by byte");
    drop_by_drop.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn between_requests_a_head_has_its_time_from_its_first_byte_on() {
    let mut visit = Visit::new();
    visit.ask(GET, "ok").await;
    visit.at(100).await;
    visit.send("GET / HTTP/1.1\r\n").await;
    visit.at(109).await;
    visit.ask("host: x\r\n\r\n", "ok").await;
    visit.at(111).await;
    visit.send("GET / ").await;
    assert_eq!(visit.ended().await, (Ended::Late, 121));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_after_its_time_and_not_before() {
    let mut visit = Visit::new();
    visit.ask(GET, "ok").await;
    visit.at(20).await;
    visit.ask(GET, "ok").await;
    assert_eq!(visit.ended().await, (Ended::Late, 170));
}

#[tokio::test(start_paused = true)]
async fn no_idle_connection_is_older_than_its_age_and_the_longest_request() {
    let mut visit = Visit::new();
    visit.ask(GET, "ok").await;
    visit.at(119).await;
    assert!(!closes(&visit.ask(GET, "ok").await));
    assert_eq!(visit.ended().await, (Ended::Late, 180));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_an_error_to_its_handler_and_ends_the_connection() {
    let mut visit = Visit::new();
    visit.send("POST /form HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n").await;
    let (mut read, mut write) = tokio::io::split(visit.io);
    let drop_by_drop = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let mut answer = String::new();
    let _ = read.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.ends_with("late"), "{answer}");
    assert_eq!((Instant::now() - visit.began).as_secs(), 20);
    assert_eq!(visit.server.await.unwrap(), Ended::Closed);
    drop((read, drop_by_drop));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_arrives_in_time_is_read_and_the_connection_stays() {
    let mut visit = Visit::new();
    visit.send("POST /form HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab").await;
    visit.at(19).await;
    let answer = visit.ask("cd", "\r\n\r\n4").await;
    assert!(answer.starts_with("HTTP/1.1 200") && !closes(&answer), "{answer}");
    visit.ask(GET, "ok").await;
}

#[tokio::test(start_paused = true)]
async fn age_ends_a_connection_with_an_answer_that_says_so() {
    let mut visit = Visit::new();
    assert!(!closes(&visit.ask(GET, "ok").await));
    visit.at(119).await;
    assert!(!closes(&visit.ask(GET, "ok").await));
    visit.at(120).await;
    let last = visit.ask(GET, "ok").await;
    assert!(closes(&last), "{last}");
    assert_eq!(visit.ended().await, (Ended::Closed, 120));
}

#[tokio::test(start_paused = true)]
async fn age_does_not_cut_off_a_request_in_flight() {
    for (begins, ends) in [(119, 121), (100, 179), (175, 234)] {
        let mut visit = Visit::new();
        visit.asks_until(begins).await;
        visit.send(SLOW).await;
        visit.at(ends).await;
        visit.may_end.notify_one();
        let answer = visit.read_to("slow").await;
        assert!(answer.starts_with("HTTP/1.1 200") && closes(&answer), "{begins}: {answer}");
        assert_eq!(visit.ended().await, (Ended::Closed, ends));
    }
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_any_request_may_is_cut_off_once_it_is_old() {
    for (begins, cut) in [(0, 180), (110, 180), (150, 210)] {
        let mut visit = Visit::new();
        visit.asks_until(begins).await;
        visit.send(SLOW).await;
        assert_eq!(visit.ended().await, (Ended::Late, cut), "{begins}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_for_thirty_seconds_is_cut_off() {
    let mut visit = Visit::with(Limits::default(), 1024);
    visit.at(5).await;
    visit.send(LARGE).await;
    let io = std::mem::replace(&mut visit.io, duplex(1).0);
    assert_eq!(visit.ended().await, (Ended::Late, 35));
    drop(io);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_gets_its_answer_or_as_much_as_goes_into_the_longest_request() {
    let mut visit = Visit::with(Limits::default(), 1024);
    visit.send(LARGE).await;
    let (mut io, _) = duplex(1);
    std::mem::swap(&mut io, &mut visit.io);
    let reader = tokio::spawn(async move {
        let mut piece = [0; 1024];
        loop {
            sleep(Duration::from_secs(20)).await;
            if io.read_exact(&mut piece).await.is_err() {
                return;
            }
        }
    });
    assert_eq!(visit.ended().await, (Ended::Late, 180));
    reader.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn told_to_leave_an_idle_connection_ends_at_once_and_a_request_in_flight_first_ends() {
    let mut idle = Visit::new();
    idle.ask(GET, "ok").await;
    idle.at(3).await;
    idle.leave.cancel();
    assert_eq!(idle.ended().await, (Ended::Closed, 3));

    let mut busy = Visit::new();
    busy.send(SLOW).await;
    busy.at(3).await;
    busy.leave.cancel();
    busy.at(8).await;
    busy.may_end.notify_one();
    assert!(closes(&busy.read_to("slow").await));
    assert_eq!(*busy.done.lock().unwrap(), 1);
    assert_eq!(busy.ended().await, (Ended::Closed, 8));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_when_its_place_is_needed_and_one_that_works_does_not() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let mut visit = Visit::with(limits, 64 * 1024);
    let newcomer =
        |slots: Arc<ConnectionSlots>| tokio::spawn(async move { slots.admit([192, 0, 2, 2].into()).await });
    visit.ask(GET, "ok").await;
    visit.send(SLOW).await;
    visit.at(1).await;
    let waits = newcomer(Arc::clone(&visit.slots));
    visit.at(5).await;
    assert!(!waits.is_finished());
    visit.may_end.notify_one();
    visit.read_to("slow").await;
    assert!(waits.await.unwrap().is_some());
    assert_eq!(visit.ended().await, (Ended::Evicted, 5));
}
