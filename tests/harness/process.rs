use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use bot::mail::MailBranding;
use bot::{Bot, MailRetry, Mailer, Platform};
use contacts::{ContactEntry, ContactFinder, SqliteContactLookup, SqliteOperations, SqlitePasswordWriter};
use http_body_util::BodyExt as _;
use keys::BindingSecret;
use redeem_server::change::{ATTEMPTS_PER_CONTACT, ChangeParts};
use redeem_server::ledger::AttemptLimits;
use redeem_server::ledger::{Ledger as _, SledLedger};
use redeem_server::set_password::Capacity;
use reset_link::all_in_one::{AllInOne, Parts};
use reset_link::bot_half::{self, BotHalf};
use reset_link::redeem_half::RedeemHalf;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tower::ServiceExt as _;

use super::{Chat, Harness, PUBLIC_URL};

/// How long what blocks a thread may take to end.
const ENDING: Duration = Duration::from_secs(60);

/// One process, put together by the product's own wiring, with a runtime of its own. What goes by the clock does not run: tests do it by hand.
pub(super) struct Process {
    runtime: Runtime,
    pub(super) config: config::AllInOne,
    pub(super) contacts: SqliteOperations,
    lookup: SqliteContactLookup,
    writer: SqlitePasswordWriter,
    pub(super) bot: Bot,
    pub(super) redeem: Arc<RedeemHalf>,
}

impl Process {
    /// Starts it in the folder of before. `entries`: contacts that are put there first.
    pub(super) async fn start(harness: &Harness, entries: Vec<ContactEntry>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let config = harness.plan.config(harness.folder.path());
        let file = config.bot.contacts.sqlite_file().expect("plans use the embedded directory").to_owned();
        let opening = async move {
            let contacts = SqliteOperations::create(&file).await.unwrap();
            contacts.put(&entries).await.unwrap();
            let lookup = SqliteContactLookup::open(&file).await.unwrap();
            (contacts, lookup, SqlitePasswordWriter::open(&file).await.unwrap())
        };
        let (contacts, lookup, writer) = runtime.spawn(opening).await.unwrap();
        let (settings, parts) = (config.clone(), parts(harness, &config, &lookup, &writer));
        let starting = async move { AllInOne::new(&settings, parts).await.unwrap() };
        let AllInOne { bot: BotHalf { bot, .. }, redeem } = runtime.spawn(starting).await.unwrap();
        bot.add_chat(Platform::Console, Arc::new(harness.chat.clone()));
        Self { runtime, config, contacts, lookup, writer, bot, redeem: Arc::new(redeem) }
    }

    /// A bot as another process on the same audit has it.
    pub(super) fn another_bot(&self, harness: &Harness) -> Bot {
        let parts = parts(harness, &self.config, &self.lookup, &self.writer);
        let bot = bot_half::bot(&self.config.bot, parts.bot, self.ledger().ledger_epoch()).unwrap();
        bot.add_chat(Platform::Console, Arc::new(harness.chat.clone()));
        bot
    }

    pub(super) fn ledger(&self) -> &Arc<SledLedger> {
        &self.redeem.ledger
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// From a destructor, which may run within another runtime.
    pub(super) fn block_on<T: Send>(&self, work: impl Future<Output = T> + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| self.runtime.block_on(work)).join().unwrap())
    }

    /// What is under way ends where it stands; the ledger's folder is free when this returns. Blocks.
    pub(super) fn kill(self) {
        let Self { runtime, config: _, contacts, lookup, writer, bot, redeem } = self;
        runtime.shutdown_timeout(ENDING);
        // A bot and its chat hold each other.
        bot.add_chat(Platform::Discord, Arc::new(Chat::default()));
        drop((contacts, lookup, writer, bot));
        let redeem = Arc::into_inner(redeem).expect("nothing outlives its runtime");
        let RedeemHalf { ledger, redeemer, changer, receipts, wishes, app, .. } = redeem;
        drop((redeemer, changer, receipts, wishes, app));
        assert!(Arc::into_inner(ledger).is_some(), "something outlived its runtime and holds the ledger");
    }

    pub(super) fn kill_from_anywhere(self) {
        std::thread::scope(|scope| {
            // A panic in there has been told by the panic hook.
            let _ = scope.spawn(|| self.kill()).join();
        });
    }

    pub(super) async fn visit(&self, method: &str, link: &str) -> Result<Answer, JoinError> {
        self.send(Request::builder().method(method).uri(path(link)).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn visit_with(&self, link: &str, cookie: &str) -> Result<Answer, JoinError> {
        let request = Request::get(path(link)).header("cookie", cookie).body(Body::empty());
        self.send(request.unwrap()).await
    }

    pub(super) fn begin_submitting(&self, path: &str, fields: &[(&str, &str)]) -> JoinHandle<Answer> {
        self.send(form(path, fields))
    }

    pub(super) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, JoinError> {
        self.begin_submitting(path, fields).await
    }

    /// As a browser does it: with the form's answer it goes where it is led, and keeps the cookie on the way.
    pub(super) fn redeem(&self, link: &str, password: &str) -> JoinHandle<Answer> {
        let fields = [("password", password), ("confirm", password)];
        let request = form(path(link), &fields);
        let router = self.redeem.app.router();
        self.spawn(async move {
            let answer = answered(router.clone(), request).await;
            let header = |name| answer.headers.get(name).map(|value| value.to_str().unwrap());
            let (Some(place), Some(cookie)) = (header("location"), header("set-cookie")) else {
                return answer;
            };
            let cookie = cookie.split(';').next().unwrap().to_owned();
            let request = Request::get(place).header("cookie", &cookie).body(Body::empty()).unwrap();
            Answer { cookie: Some(cookie), ..answered(router, request).await }
        })
    }

    fn send(&self, request: Request<Body>) -> JoinHandle<Answer> {
        self.spawn(answered(self.redeem.app.router(), request))
    }
}

fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let form = reqwest::Url::parse_with_params("x:", fields).unwrap();
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.query().unwrap().to_owned()))
        .unwrap()
}

async fn answered(router: axum::Router, mut request: Request<Body>) -> Answer {
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4711))));
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        cookie: None,
    }
}

/// What the product's wiring is given: the clock, the randomness, the mail server and the faults that the test holds in its hands.
pub(super) fn parts(
    harness: &Harness,
    config: &config::AllInOne,
    lookup: &SqliteContactLookup,
    writer: &SqlitePasswordWriter,
) -> Parts {
    let lookup = Arc::new(harness.directory.lookup(lookup.clone()));
    let checker = Arc::new(writer.clone());
    let writer = Arc::new(harness.directory.of(writer.clone()));
    let finder = ContactFinder::new(Arc::clone(&lookup) as _);
    let mut parts = Parts::load(config, lookup, writer).unwrap();
    parts.redeem.change = config.redeem_server.self_service.has_change.then(|| ChangeParts {
        finder,
        checker,
        limits: AttemptLimits {
            per_contact: ATTEMPTS_PER_CONTACT,
            per_client: config.redeem_server.self_service.changes_per_client_and_hour,
        },
    });
    (parts.bot.clock, parts.redeem.clock) = (harness.clock.as_fn(), harness.clock.as_fn());
    (parts.bot.entropy, parts.redeem.entropy) = (harness.entropy(), harness.entropy());
    parts.bot.mailer = harness.plan.mail.then(|| {
        let branding = MailBranding::new(&config.bot.organisation).unwrap();
        let every = Duration::from_millis(5);
        let retry = harness.plan.mail_retry.map(|within| MailRetry { within, every });
        Mailer { sender: Arc::new(harness.mailer.clone()), branding, retry }
    });
    parts.redeem.binding_secret = BindingSecret::from_random(&harness.plan.redeem_half_secret);
    parts.redeem.capacity = Capacity {
        hashing_slots: 2,
        slot_wait: Duration::from_secs(60),
        directory_timeout: harness.plan.directory_timeout,
    };
    let sink = harness.sink.clone();
    parts.receipts = Box::new(move |to_bot| Arc::new(sink.to(to_bot)));
    parts
}

fn path(link: &str) -> &str {
    link.strip_prefix(PUBLIC_URL).unwrap_or(link)
}

/// What a visitor gets.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The page.
    pub body: String,
    /// What the browser keeps of it, as it sends it.
    pub cookie: Option<String>,
}
