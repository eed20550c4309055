use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use bot::audit::Audit;
use bot::mail::MailBranding;
use bot::policy::Policy;
use bot::{Bot, BotSettings, MailRetry, NoAnswer, NotWithdrawn, People, Platform, Post, RedeemHalf};
use config::{Organisation, RequestLimits};
use contacts::SqliteContacts;
use http_body_util::BodyExt as _;
use jiff::tz::TimeZone;
use keys::chained_log::ChainedLog;
use keys::{BindingSecret, LedgerEpoch, SignedRevocation};
use redeem_server::http::{App, Settings};
use redeem_server::ledger::{Ledger as _, SledLedger, SledSettings, Withdrawal};
use redeem_server::password::Rules;
use redeem_server::receipts::ReceiptPump;
use redeem_server::redeem::{RedeemSettings, Redeemer};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tower::ServiceExt as _;

use super::{Chat, House, LEASE, LIFETIME, PUBLIC_URL, SECRET};

const RULES: Rules = Rules { min_length: 12, min_strength: 3 };

/// How long what blocks a thread may take to end.
const ENDING: Duration = Duration::from_secs(60);

/// One process of the house, with a runtime of its own.
pub(super) struct Process {
    runtime: Runtime,
    pub(super) contacts: SqliteContacts,
    pub(super) ledger: Arc<SledLedger>,
    pub(super) redeemer: Redeemer,
    pub(super) bot: Bot,
    pub(super) pump: Arc<ReceiptPump>,
    app: App,
}

impl Process {
    pub(super) async fn start(house: &House) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = house.folder.path();
        let file = folder.join("contacts.sqlite");
        let contacts = runtime.spawn(SqliteContacts::open(file)).await.unwrap().unwrap();
        let settings =
            SledSettings { folder: folder.join("ledger"), cache_bytes: 16 * 1024 * 1024, lease: LEASE };
        let ledger = Arc::new(SledLedger::open(&settings, house.clock.as_fn(), &house.entropy()).unwrap());
        let redeemer = Redeemer::new(
            RedeemSettings {
                public_url: PUBLIC_URL.to_owned(),
                binding_secret: BindingSecret::from_random(&house.plan.redeem_half_secret),
                rules: RULES,
                hashing_slots: 2,
                slot_wait: Duration::from_secs(60),
                directory_timeout: house.plan.directory_timeout,
            },
            House::keyring().trusted().clone(),
            Arc::clone(&ledger) as _,
            Arc::new(house.directory.of(contacts.clone())),
            house.clock.as_fn(),
            house.entropy(),
        );
        let bot = bot(house, contacts.clone(), ledger.ledger_epoch());
        bot.set_redeem_half(Arc::new(ToRedeemHalf(redeemer.clone())));
        bot.compare_binding_secrets().await.unwrap();
        let own_audit = ChainedLog::open(&house.redeem_audit_file()).unwrap();
        let sink = Arc::new(house.sink.to(bot.clone()));
        let pump = Arc::new(ReceiptPump::new(Arc::clone(&ledger) as _, own_audit, sink));
        let settings = Settings {
            organisation: organisation(),
            public_url: PUBLIC_URL.to_owned(),
            trusted_proxies: Vec::new(),
            limits: RequestLimits {
                damaged_links_per_client_and_minute: 1000,
                requests_per_link_and_minute: 1000,
            },
            rules: RULES,
            instance: None,
        };
        let health = Arc::clone(&ledger);
        let app = App::new(
            &settings,
            &ledger.done_page_key(),
            Arc::new(redeemer.clone()),
            house.clock.as_fn(),
            house.entropy(),
            Arc::new(move || health.is_sound()),
        );
        Self { runtime, contacts, ledger, redeemer, bot, pump, app }
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
        let Self { runtime, contacts, ledger, redeemer, bot, pump, app } = self;
        runtime.shutdown_timeout(ENDING);
        // A bot and its chat hold each other.
        bot.add_chat(Platform::Discord, Arc::new(Chat::default()));
        drop((contacts, redeemer, bot, pump, app));
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

    /// As a browser does it: with the form's answer it goes where it is led, and keeps the cookie on the way.
    pub(super) fn redeem(&self, link: &str, password: &str) -> JoinHandle<Answer> {
        let fields = [("password", password), ("confirm", password)];
        let form = reqwest::Url::parse_with_params("x:", fields).unwrap();
        let request = Request::post(path(link))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.query().unwrap().to_owned()))
            .unwrap();
        let router = self.app.router();
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
        self.spawn(answered(self.app.router(), request))
    }
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

/// A chat half on the house's own audit.
pub(super) fn bot(house: &House, contacts: SqliteContacts, ledger_epoch: LedgerEpoch) -> Bot {
    let settings = BotSettings {
        public_url: PUBLIC_URL.to_owned(),
        binding_secret: BindingSecret::from_random(&SECRET),
        ledger_epoch,
        lifetime: LIFETIME,
        policy: Policy {
            allow: vec!["alice".to_owned(), "bob".to_owned()],
            people: People::from(&house.plan.admins[..]),
            chats: house.plan.chats(),
            per_admin: house.plan.per_admin,
            per_contact: house.plan.per_contact,
            searches: house.plan.searches,
            hand_over: house.plan.hand_over,
            hand_over_instead: house.plan.hand_over_instead,
            for_protected: house.plan.for_protected,
            protected: house.plan.protected.clone(),
        },
        time_zone: TimeZone::UTC,
        language: "en".to_owned(),
    };
    let audit = Audit::open(&house.audit_file(), house.clock.now()).unwrap();
    let (clock, entropy) = (house.clock.as_fn(), house.entropy());
    let lookup = Arc::new(house.directory.lookup(contacts));
    let bot = Bot::new(settings, House::keyring(), lookup, audit, clock, entropy);
    bot.add_chat(Platform::Console, Arc::new(house.chat.clone()));
    if house.plan.mail {
        let letterhead = MailBranding::new(&organisation()).unwrap();
        let every = std::time::Duration::from_millis(5);
        let retry = house.plan.mail_retry.map(|within| MailRetry { within, every });
        bot.set_post(Some(Post { sender: Arc::new(house.post.clone()), letterhead, retry }));
    }
    bot
}

pub(super) fn organisation() -> Organisation {
    Organisation {
        name: "Example Ltd".to_owned(),
        support: "Call 030 1234567.".into(),
        sign_in_url: None,
        time_zone: TimeZone::UTC,
        language: "en".to_owned(),
        logo: None,
        accent: config::Accent::default(),
        mail_from: Some("Help desk <help@example.org>".to_owned()),
        mail_reply_to: None,
    }
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

struct ToRedeemHalf(Redeemer);

#[async_trait]
impl RedeemHalf for ToRedeemHalf {
    async fn revoke(&self, revocation: &SignedRevocation) -> Result<bot::Withdrawal, NotWithdrawn> {
        match self.0.revoke(revocation).await {
            Ok(Withdrawal::Done) => Ok(bot::Withdrawal::Done),
            Ok(Withdrawal::InProgress) => Ok(bot::Withdrawal::InProgress),
            Ok(Withdrawal::AlreadyRedeemed) => Ok(bot::Withdrawal::AlreadyRedeemed),
            Err(error) => Err(NotWithdrawn(error.to_string())),
        }
    }

    async fn answer(&self, challenge: &[u8; 32]) -> Result<[u8; 32], NoAnswer> {
        Ok(self.0.answer(challenge))
    }
}
