//! The gateway by hand: compression, order, and what is said to clients that misbehave.

use std::collections::VecDeque;

use flate2::{Decompress, FlushDecompress};
use futures_util::{SinkExt, StreamExt};
use reset_link_tests::fakes::discord::{FakeDiscord, FakeSettings};
use reset_link_tests::wait;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{SOON, TOKEN, fake, fake_with, settings};

struct RawConnection {
    socket: WebSocketStream<TcpStream>,
    stream: Option<Decompress>,
    compressed: usize,
    heard: VecDeque<Value>,
}

impl RawConnection {
    async fn open(fake: &FakeDiscord, query: &str) -> Self {
        Self::try_open(fake, query).await.unwrap()
    }

    async fn try_open(fake: &FakeDiscord, query: &str) -> Result<Self, Error> {
        let address = fake.gateway_url().strip_prefix("ws://").unwrap();
        let socket = TcpStream::connect(address).await.unwrap();
        let url = format!("{}/?v=10&encoding=json{query}", fake.gateway_url());
        let (socket, _) = tokio_tungstenite::client_async(url, socket).await?;
        let stream = query.contains("zlib-stream").then(|| Decompress::new(true));
        Ok(Self { socket, stream, compressed: 0, heard: VecDeque::new() })
    }

    async fn say(&mut self, payload: Value) {
        self.socket.send(Message::text(payload.to_string())).await.unwrap();
    }

    async fn identify(&mut self, compress: bool) {
        let properties = json!({ "os": "linux", "browser": "by hand", "device": "by hand" });
        let data = json!({ "token": TOKEN, "intents": 1, "properties": properties, "compress": compress });
        self.say(json!({ "op": 2, "d": data })).await;
    }

    /// The next payload, or the code with which the gateway hung up.
    async fn hear(&mut self) -> Result<Value, u16> {
        match timeout(SOON, self.socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
            Message::Binary(bytes) => {
                self.compressed += 1;
                let mut text = Vec::with_capacity(1 << 20);
                match &mut self.stream {
                    Some(stream) => {
                        assert!(bytes.ends_with(&[0, 0, 0xFF, 0xFF]), "each message ends in a sync flush");
                        stream.decompress_vec(&bytes, &mut text, FlushDecompress::Sync).unwrap();
                    }
                    None => {
                        let mut whole = Decompress::new(true);
                        whole.decompress_vec(&bytes, &mut text, FlushDecompress::Finish).unwrap();
                    }
                }
                Ok(serde_json::from_slice(&text).unwrap())
            }
            Message::Close(Some(frame)) => Err(frame.code.into()),
            other => panic!("{other:?}"),
        }
    }

    /// Payloads until one of this name.
    async fn until(&mut self, name: &str) -> Value {
        wait::in_time(name, async {
            loop {
                let payload = self.hear().await.unwrap();
                self.heard.push_back(payload.clone());
                if payload["t"] == name {
                    return payload;
                }
            }
        })
        .await
    }
}

#[tokio::test]
async fn a_session_begins_with_hello_ready_and_the_guilds_however_it_is_compressed() {
    let fake = fake().await;
    for (query, payloads, some_compressed) in
        [("", false, false), ("", true, true), ("&compress=zlib-stream", false, true)]
    {
        let mut line = RawConnection::open(&fake, query).await;
        let hello = line.hear().await.unwrap();
        assert_eq!((&hello["op"], &hello["d"]["heartbeat_interval"]), (&json!(10), &json!(41_250)));
        line.identify(payloads).await;
        let ready = line.until("READY").await;
        assert_eq!((&ready["s"], &ready["d"]["guilds"][0]["unavailable"]), (&json!(1), &json!(true)));
        assert_eq!(ready["d"]["resume_gateway_url"], fake.gateway_url());
        let guild = line.until("GUILD_CREATE").await;
        assert_eq!((&guild["s"], guild["d"]["channels"].as_array().unwrap().len()), (&json!(2), 3));
        line.say(json!({ "op": 1, "d": 2 })).await;
        assert_eq!(line.hear().await.unwrap()["op"], 11);
        assert_eq!(line.compressed > 0, some_compressed, "{query} {payloads}");
    }
}

#[tokio::test]
async fn clients_that_misbehave_are_hung_up_on_with_the_right_code() {
    let fake = fake().await;
    for (said, code) in [
        (json!({ "op": 2, "d": { "token": "wrong", "intents": 0 } }), 4004),
        (json!({ "op": 6, "d": { "token": "wrong", "session_id": "x", "seq": 1 } }), 4004),
        (json!({ "op": 2, "d": { "token": TOKEN, "intents": 1 << 15 } }), 4014),
        (json!({ "op": 2, "d": { "token": TOKEN } }), 4013),
        (json!({ "op": 2, "d": { "token": TOKEN, "intents": 0, "shard": [1, 1] } }), 4010),
        (json!({ "op": 3, "d": {} }), 4003),
        (json!({ "op": 99 }), 4001),
        (json!("what?"), 4001),
    ] {
        let mut line = RawConnection::open(&fake, "").await;
        line.hear().await.unwrap();
        line.say(said).await;
        assert_eq!(line.hear().await.unwrap_err(), code);
    }
    let mut line = RawConnection::open(&fake, "").await;
    line.hear().await.unwrap();
    line.identify(false).await;
    line.until("GUILD_CREATE").await;
    line.identify(false).await;
    assert_eq!(line.hear().await.unwrap_err(), 4005);
    assert_eq!(fake.gateway().wrong_tokens, 2);
}

#[tokio::test]
async fn privileged_intents_are_granted_where_the_application_has_them() {
    let fake = fake_with(FakeSettings { privileged_intents: true, ..settings() }).await;
    let mut line = RawConnection::open(&fake, "").await;
    line.hear().await.unwrap();
    line.say(json!({ "op": 2, "d": { "token": TOKEN, "intents": 1 << 15 } })).await;
    line.until("READY").await;
    assert_eq!(fake.gateway().identified[0].intents, 1 << 15);
}

#[tokio::test]
async fn a_session_that_nobody_knows_cannot_be_resumed_but_begun_on_the_same_line() {
    let fake = fake().await;
    let mut line = RawConnection::open(&fake, "").await;
    line.hear().await.unwrap();
    line.say(json!({ "op": 6, "d": { "token": TOKEN, "session_id": "unknown", "seq": 5 } })).await;
    let refused = line.hear().await.unwrap();
    assert_eq!((&refused["op"], &refused["d"]), (&json!(9), &json!(false)));
    line.identify(false).await;
    line.until("READY").await;
}

#[tokio::test]
async fn an_unknown_compression_is_a_violation() {
    let fake = fake().await;
    let mut line = RawConnection::open(&fake, "&compress=zstd-stream").await;
    assert_eq!(line.hear().await.unwrap_err(), 4012);
    assert_eq!(fake.take_violations().len(), 1);
}

#[tokio::test]
async fn a_gateway_that_takes_no_connections_hangs_up_before_a_word_until_it_takes_them_again() {
    let fake = fake().await;
    fake.take_connections(false);
    assert!(RawConnection::try_open(&fake, "").await.is_err());
    fake.take_connections(true);
    let hello = RawConnection::open(&fake, "").await.hear().await.unwrap();
    assert_eq!(hello["op"], 10);
}
