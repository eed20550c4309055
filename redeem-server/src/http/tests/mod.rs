//! A visitor with genuine links, in front of a pretended use case.

mod done;
mod links;
mod objections;
mod router;
mod self_service;
mod serving;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use keys::{
    Binding, BindingSecret, ContactId, Keyring, LedgerEpoch, LinkError, LinkId, NewLink, ObjectionError,
    PasswordVersion, ResetLink, SecretKey, UntrustedToken, VerifiedLink, VerifiedObjection,
};
use tokio::sync::Notify;
use tower::ServiceExt;

use super::*;
use crate::ledger::{LedgerError, Withdrawal};
use crate::password::Rules;
use crate::redeem::{Account, Closed, Dead, Form, Outcome};
use crate::set_password::NewPassword;
use crate::wishes::Wishes;

const START: i64 = 1_800_000_000;

/// Knows genuine links; everything behind them is pretended.
struct Pretended {
    keyring: Keyring,
    public_url: String,
    now: Arc<AtomicI64>,
    redeemed: Mutex<Vec<(String, String, IpAddr)>>,
    objected: Mutex<Vec<(String, Timestamp, IpAddr)>>,
    /// The page of the contact `slow` has been asked for.
    begun: Notify,
    /// The page of the contact `slow` may be shown.
    may_end: Notify,
}

#[async_trait]
impl Redemption for Pretended {
    fn verify(&self, token: &str) -> Result<VerifiedLink, Dead> {
        let now = Timestamp::from_second(self.now.load(Ordering::SeqCst)).expect("a time");
        UntrustedToken::new(token).verify(self.keyring.trusted(), &self.public_url, now).map_err(|error| {
            match error {
                LinkError::Expired(expired) => Dead::Expired(expired),
                _ => Dead::Damaged,
            }
        })
    }

    async fn dead(&self, dead: &Dead) -> Outcome {
        let why = if *dead == Dead::Damaged { Closed::Damaged } else { Closed::Expired };
        Outcome::Closed { why, language: None }
    }

    async fn show(&self, link: &VerifiedLink) -> Outcome {
        assert_ne!(link.contact().as_str(), "panic", "this contact's page panics");
        if link.contact().as_str() == "slow" {
            self.begun.notify_one();
            self.may_end.notified().await;
        }
        Outcome::Form(Form {
            contact: link.contact().clone(),
            name: "Ada".to_owned(),
            language: None,
            expires_at: link.expires_at(),
            policy: contacts::PasswordPolicy::default(),
        })
    }

    async fn redeem(&self, _link: &VerifiedLink, new: NewPassword, client: IpAddr) -> Outcome {
        let seen = (new.password.to_string(), new.confirm.to_string(), client);
        self.redeemed.lock().expect("no test panics while holding it").push(seen);
        Outcome::Done
    }

    fn verify_objection(&self, token: &str) -> Result<VerifiedObjection, ObjectionError> {
        let now = Timestamp::from_second(self.now.load(Ordering::SeqCst)).expect("a time");
        VerifiedObjection::verify(token, self.keyring.trusted(), &self.public_url, now)
    }

    async fn object(&self, objection: &VerifiedObjection, client: IpAddr) -> Result<Withdrawal, LedgerError> {
        if objection.contact().as_str() == "broken" {
            return Err(LedgerError::Stopped("no space".to_owned()));
        }
        let objected = (objection.contact().to_string(), objection.at(), client);
        self.objected.lock().expect("no test panics while holding it").push(objected);
        let is_at_it = objection.contact().as_str() == "late";
        Ok(if is_at_it { Withdrawal::InProgress } else { Withdrawal::Done })
    }

    async fn account(&self, contact: &ContactId) -> Account {
        Account { contact: contact.clone(), name: "Ada".to_owned(), language: Some("de".to_owned()) }
    }
}

struct Visitor {
    app: App,
    pretended: Arc<Pretended>,
    wishes: Arc<Wishes>,
    peer: SocketAddr,
    well: Arc<AtomicBool>,
}

impl Visitor {
    fn of(public_url: &str) -> Self {
        Self::with_logo(public_url, None)
    }

    fn with_logo(public_url: &str, logo: Option<config::Logo>) -> Self {
        Self::with(public_url, logo, true, true)
    }

    /// Where contacts can do for themselves what is on.
    fn with(public_url: &str, logo: Option<config::Logo>, has_forgot: bool, has_change: bool) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let well = Arc::new(AtomicBool::new(true));
        let pretended = Arc::new(Pretended {
            keyring: Keyring::new(SecretKey::from_seed(&[7; 32]), []),
            public_url: public_url.to_owned(),
            now: Arc::clone(&now),
            redeemed: Mutex::default(),
            objected: Mutex::default(),
            begun: Notify::new(),
            may_end: Notify::new(),
        });
        let settings = Settings {
            organisation: config::Organisation {
                name: "Wellbrook".to_owned(),
                support: "Call us.".into(),
                sign_in_url: None,
                time_zone: jiff::tz::TimeZone::UTC,
                language: "en".to_owned(),
                logo,
                accent: config::Accent::default(),
                mail_from: None,
                mail_reply_to: None,
            },
            public_url: public_url.to_owned(),
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            limits: config::RequestLimits {
                damaged_links_per_client_and_minute: 3,
                requests_per_link_and_minute: 5,
            },
            self_service: config::SelfServicePages {
                forgot: if has_forgot { config::Forgot::Mail } else { config::Forgot::Off },
                has_change,
                asks_per_client_and_hour: 10,
                asks_per_hour: 600,
                changes_per_client_and_hour: 20,
                lockout_after: None,
            },
            instance: Some(HeaderValue::from_static("k4.pid.x")),
            rules: Rules { min_length: 12, min_strength: 3 },
        };
        let clock: crate::Clock =
            Arc::new(move || Timestamp::from_second(now.load(Ordering::SeqCst)).expect("a time"));
        let wishes = Arc::new(Wishes::new(Arc::clone(&clock)));
        let app = App::new(
            &settings,
            &[9; 32],
            UseCases { redemption: pretended.clone(), wishes: Arc::clone(&wishes), changer: None },
            clock,
            Arc::new(|buffer: &mut [u8]| buffer.fill(1)),
            Arc::new({
                let well = Arc::clone(&well);
                move || well.load(Ordering::SeqCst)
            }),
        );
        Self { well, app, pretended, wishes, peer: SocketAddr::from(([192, 0, 2, 1], 4711)) }
    }

    fn new() -> Self {
        Self::of("https://x.example")
    }

    /// The path of a genuine link, without the public URL's own.
    fn link(&self, contact: &str, id: u8) -> String {
        let contact = ContactId::new(contact).expect("a contact id");
        let link_id = LinkId::from_random([id; 24]);
        let version = PasswordVersion::new("1");
        let link = NewLink {
            binding: Binding::new(&BindingSecret::from_random(&[6; 32]), link_id, &contact, &version, None),
            ledger_epoch: LedgerEpoch::from_random([8; 16]),
            contact,
            link_id,
            issued_at: Timestamp::from_second(START).expect("a time"),
            lifetime: SignedDuration::from_mins(15),
        };
        let link =
            ResetLink::mint(&self.pretended.keyring, &self.pretended.public_url, &link).expect("a link");
        link.expose().strip_prefix(&self.pretended.public_url).expect("under the public URL").to_owned()
    }

    fn wait(&self, seconds: i64) {
        self.pretended.now.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(axum::extract::ConnectInfo(self.peer));
        let response = self.app.router().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Answer {
        self.send(Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    fn redeemed(&self) -> Vec<(String, String, IpAddr)> {
        self.pretended.redeemed.lock().expect("no test panics while holding it").clone()
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

/// What a browser sends; the username is for its password manager.
const BOTH: &str = "username=ada&password=tremendous+giraffe%C3%A9&confirm=tremendous+giraffe%C3%A9";
