//! Socket Mode by hand: by TLS under Slack's name, and in the clear on loopback.

use futures_util::{SinkExt, StreamExt};
use reset_link_tests::fakes::slack::FakeSlack;
use reset_link_tests::wait;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{ALICE, APP_TOKEN, GENERAL, SOON, fake};

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct RawConnection {
    socket: WebSocketStream<Box<dyn Stream>>,
    pings: usize,
}

async fn url(fake: &FakeSlack, base: &str) -> String {
    let asked = fake.client().post(format!("{base}/api/apps.connections.open")).bearer_auth(APP_TOKEN);
    let answer: Value = asked.send().await.unwrap().json().await.unwrap();
    answer["url"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

impl RawConnection {
    async fn open(fake: &FakeSlack) -> Self {
        let url = url(fake, "https://slack.com").await;
        assert!(url.starts_with("wss://wss-primary.slack.com/link/?ticket="));
        let (line, hello) = Self::open_at(fake, &url).await.unwrap();
        assert_eq!(
            (&hello["type"], &hello["connection_info"]["app_id"]),
            (&json!("hello"), &json!("A0FAKE001"))
        );
        line
    }

    async fn open_at(fake: &FakeSlack, url: &str) -> Result<(Self, Value), Error> {
        let stream: Box<dyn Stream> = if url.starts_with("wss:") {
            let name = ServerName::try_from("wss-primary.slack.com").unwrap();
            let socket = TcpStream::connect(fake.address()).await.unwrap();
            Box::new(TlsConnector::from(fake.tls_config()).connect(name, socket).await.unwrap())
        } else {
            let address = url.strip_prefix("ws://").unwrap().split('/').next().unwrap();
            Box::new(TcpStream::connect(address).await.unwrap())
        };
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await?;
        let mut line = Self { socket, pings: 0 };
        let hello = line.hear().await;
        Ok((line, hello))
    }

    /// The next message; null where the line is closed, or broken.
    async fn hear(&mut self) -> Value {
        wait::in_time("message", async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                    Some(Ok(Message::Ping(_))) => self.pings += 1,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Value::Null,
                    other => panic!("{other:?}"),
                }
            }
        })
        .await
    }

    async fn acknowledge(&mut self, envelope: &Value, payload: Option<Value>) {
        let mut said = json!({ "envelope_id": envelope["envelope_id"] });
        if let Some(payload) = payload {
            said["payload"] = payload;
        }
        self.socket.send(Message::text(said.to_string())).await.unwrap();
    }
}

#[tokio::test]
async fn a_command_comes_in_an_envelope_and_is_answered_with_its_acknowledgement() {
    let fake = fake().await;
    let mut line = RawConnection::open(&fake).await;
    let asked = fake.slash(ALICE, GENERAL, "/hello", "Ada");
    let envelope = line.hear().await;
    assert_eq!(
        (&envelope["type"], &envelope["accepts_response_payload"]),
        (&json!("slash_commands"), &json!(true))
    );
    assert_eq!(envelope["payload"]["text"], "Ada");
    assert!(envelope["retry_attempt"].is_null());
    line.acknowledge(&envelope, Some(json!({ "text": "Hello, Ada" }))).await;
    assert_eq!(asked.answer(SOON).await.unwrap().content(), "Hello, Ada");
    assert_eq!(asked.acknowledged(SOON).await.unwrap().status, 200);
    line.acknowledge(&envelope, None).await;
    fake.ping_sockets();
    let asked = fake.slash(ALICE, GENERAL, "/hello", "again");
    let envelope = line.hear().await;
    assert!(line.pings > 0);
    line.acknowledge(&envelope, None).await;
    asked.acknowledged(SOON).await.unwrap();
    fake.sockets_that(SOON, |seen| seen.pongs > 0).await.unwrap();
    assert_eq!(fake.take_violations().len(), 1, "an envelope is acknowledged once");
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_on_the_next_connection() {
    let fake = fake().await;
    let mut line = RawConnection::open(&fake).await;
    let asked = fake.slash(ALICE, GENERAL, "/hello", "Ada");
    let first = line.hear().await;
    fake.cut_sockets();
    assert!(line.hear().await.is_null());
    fake.disconnected(SOON).await.unwrap();
    let mut line = RawConnection::open(&fake).await;
    let again = line.hear().await;
    assert_eq!((&again["envelope_id"], &again["retry_attempt"]), (&first["envelope_id"], &json!(1)));
    line.acknowledge(&again, None).await;
    asked.acknowledged(SOON).await.unwrap();
    assert_eq!(fake.sockets().unacknowledged, 0);
    fake.close_sockets();
    assert!(line.hear().await.is_null());
}

#[tokio::test]
async fn a_connection_that_is_to_go_gets_nothing_new() {
    let fake = fake().await;
    let mut old = RawConnection::open(&fake).await;
    fake.ask_to_go("refresh_requested");
    let told = old.hear().await;
    assert_eq!((&told["type"], &told["reason"]), (&json!("disconnect"), &json!("refresh_requested")));
    let (mut new, hello) = RawConnection::open_at(&fake, &url(&fake, &fake.http_url()).await).await.unwrap();
    assert_eq!(hello["num_connections"], 2);
    fake.slash(ALICE, GENERAL, "/hello", "Ada");
    let envelope = new.hear().await;
    assert_eq!(envelope["payload"]["text"], "Ada");
    new.acknowledge(&envelope, None).await;
    drop(old);
    fake.sockets_that(SOON, |seen| seen.standing == 1).await.unwrap();
}

#[tokio::test]
async fn a_ticket_is_good_once_and_connections_can_be_refused() {
    let fake = fake().await;
    let ticket = url(&fake, "https://slack.com").await;
    let line = RawConnection::open_at(&fake, &ticket).await.unwrap();
    assert!(RawConnection::open_at(&fake, &ticket).await.is_err());
    fake.take_connections(false);
    assert!(RawConnection::open_at(&fake, &url(&fake, &fake.http_url()).await).await.is_err());
    fake.take_connections(true);
    drop(line);
    RawConnection::open(&fake).await;
}
