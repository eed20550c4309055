//! What stands between the product and a database or an LDAP server, and breaks a connection at a step that a test names.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

/// What happens when the product sends a certain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The connection ends before the server hears it.
    Cut,
    /// The server hears it, and the connection ends before its answer.
    CutAnswer,
    /// The server does not hear it, and nobody answers any more.
    Silence,
    /// The server hears it, and nobody answers any more.
    SilentAnswer,
}

/// A TCP proxy on a port of loopback, until it is dropped.
#[derive(Debug)]
pub struct DatabaseProxy {
    address: SocketAddr,
    rule: Arc<Mutex<Option<Rule>>>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    text: &'static str,
    then: Break,
    times: usize,
}

impl DatabaseProxy {
    /// Before the server that this URL names.
    ///
    /// # Panics
    /// Where loopback has no free port.
    pub async fn before(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let there = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let rule = Arc::default();
        let accepting = tokio::spawn(accept(listener, there, Arc::clone(&rule)));
        Self { address, rule, accepting }
    }

    /// A URL that leads to the server by way of this, without TLS: what is sent has to be read here.
    ///
    /// # Panics
    /// Where it is none.
    pub fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        let (parameter, value) =
            if url.scheme() == "mysql" { ("ssl-mode", "DISABLED") } else { ("sslmode", "disable") };
        url.query_pairs_mut().append_pair(parameter, value);
        url.into()
    }

    /// Where this listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing is broken.
    ///
    /// # Panics
    /// Where another task has panicked here.
    pub fn breaks_no_more(&self) {
        *self.rule.lock().unwrap() = None;
    }

    /// Breaks the next connections, so many, on which this text is sent.
    ///
    /// # Panics
    /// Where another task has panicked here.
    pub fn breaks(&self, text: &'static str, then: Break, times: usize) {
        *self.rule.lock().unwrap() = Some(Rule { text, then, times });
    }

    /// Whether as many connections were broken as should be.
    ///
    /// # Panics
    /// Where another task has panicked here.
    pub fn is_done(&self) -> bool {
        self.rule.lock().unwrap().is_none()
    }
}

impl Drop for DatabaseProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, there: (String, u16), rule: Arc<Mutex<Option<Rule>>>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&there).await else { continue };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (broken, is_broken) = watch::channel(None);
        tokio::spawn(forward_answers(from_server, to_client, is_broken));
        tokio::spawn(forward(from_client, to_server, Arc::clone(&rule), broken));
    }
}

/// Each packet that is looked for here is far smaller than what is read at once.
async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    rule: Arc<Mutex<Option<Rule>>>,
    broken: watch::Sender<Option<Break>>,
) {
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = client.read(&mut buffer).await {
        let sent = &buffer[..length];
        let then = met(&rule, sent);
        if let Some(then) = then {
            broken.send_replace(Some(then));
            match then {
                Break::Cut => return,
                Break::CutAnswer | Break::SilentAnswer => drop(server.write_all(sent).await),
                Break::Silence => {}
            }
            // The server has time to do it: it is gone when the client is.
            while let Ok(1..) = client.read(&mut buffer).await {}
            return;
        }
        if server.write_all(sent).await.is_err() {
            return;
        }
    }
}

fn met(rule: &Mutex<Option<Rule>>, sent: &[u8]) -> Option<Break> {
    let mut rule = rule.lock().unwrap();
    let Rule { text, then, times } = (*rule)?;
    if !sent.windows(text.len()).any(|window| window == text.as_bytes()) {
        return None;
    }
    *rule = (times > 1).then_some(Rule { text, then, times: times - 1 });
    Some(then)
}

async fn forward_answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut broken: watch::Receiver<Option<Break>>,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let read = tokio::select! {
            read = server.read(&mut buffer) => read,
            changed = broken.changed() => {
                if changed.is_err() || *broken.borrow() == Some(Break::Cut) {
                    return;
                }
                continue;
            }
        };
        let Ok(length @ 1..) = read else { return };
        let then = *broken.borrow();
        match then {
            None => {
                if client.write_all(&buffer[..length]).await.is_err() {
                    return;
                }
            }
            // It has been done.
            Some(Break::CutAnswer) => return,
            Some(Break::Cut | Break::Silence | Break::SilentAnswer) => {}
        }
    }
}
