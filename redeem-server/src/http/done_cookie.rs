//! The cookie by which a browser that has set a password is known again for five minutes.
//!
//! It holds which link was used, for whom and until when, sealed (ChaCha20-Poly1305, RFC 8439): nobody without the key can read it, make one or
//! change one. It opens nothing: the link in it is used up, and what it leads to is a page that names the account.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, LinkId, wire_time};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

/// How long a browser is known again.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

const NAME: &str = "reset-link-done";

/// What the seal is about: a cookie for another purpose or another server is none.
const PURPOSE: &str = "reset-link/v1 done";

/// Far more than we ever send; what is longer is not looked at.
const LONGEST: usize = 1024;

pub(super) struct DoneCookies {
    key: LessSafeKey,
    about: String,
    attributes: String,
}

/// What a browser has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecentRedemption {
    pub(super) link_id: LinkId,
    pub(super) contact: ContactId,
    #[serde(with = "wire_time")]
    until: Timestamp,
}

impl DoneCookies {
    pub(super) fn new(key: &[u8; 32], public_url: &str) -> Self {
        let key =
            UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has the length that the cipher wants");
        let path = crate::pages::path_of(public_url);
        let path = if path.is_empty() { "/" } else { path };
        let secure = if public_url.starts_with("https://") { "; Secure" } else { "" };
        Self {
            key: LessSafeKey::new(key),
            about: format!("{PURPOSE} {public_url}"),
            attributes: format!(
                "Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
                REMEMBERED.as_secs()
            ),
        }
    }

    /// A `Set-Cookie` header. `random` must never be the same twice (96 bits).
    pub(super) fn cookie(
        &self,
        link_id: LinkId,
        contact: &ContactId,
        now: Timestamp,
        random: [u8; NONCE_LEN],
    ) -> HeaderValue {
        let done = RecentRedemption {
            link_id,
            contact: contact.clone(),
            until: wire_time::to_millisecond(now + REMEMBERED),
        };
        let mut sealed = serde_json::to_vec(&done).expect("plain values become JSON");
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(random),
                Aad::from(&self.about),
                &mut sealed,
            )
            .expect("a few bytes are not too many to seal");
        let value = URL_SAFE_NO_PAD.encode([&random[..], &sealed].concat());
        let cookie = format!("{NAME}={value}; {}", self.attributes);
        HeaderValue::from_str(&cookie).expect("Base64 and a plain path are header text")
    }

    /// What this browser has done within the last five minutes, if it says so and it is true.
    pub(super) fn recall(&self, headers: &HeaderMap, now: Timestamp) -> Option<RecentRedemption> {
        cookies(headers).find_map(|value| self.open(value)).filter(|done| now < done.until)
    }

    fn open(&self, value: &str) -> Option<RecentRedemption> {
        let mut bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.key.open_in_place(nonce, Aad::from(&self.about), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}

/// The values of all cookies of our name: a browser may send several (RFC 6265 §5.4).
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| *name == NAME && value.len() <= LONGEST)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://x.example/reset";

    fn now() -> Timestamp {
        "2026-11-24T09:00:00Z".parse().expect("a time")
    }

    fn link_id() -> LinkId {
        LinkId::from_random([7; 24])
    }

    fn cookie() -> String {
        let contact = ContactId::new("ada").expect("a contact id");
        let cookie = DoneCookies::new(&[9; 32], URL).cookie(link_id(), &contact, now(), [3; NONCE_LEN]);
        cookie.to_str().expect("ASCII").to_owned()
    }

    fn value() -> String {
        cookie().split(';').next().expect("a pair").to_owned()
    }

    fn recalled(server: &DoneCookies, cookies: &str, seconds: i64) -> Option<RecentRedemption> {
        let headers = HeaderMap::from_iter([(header::COOKIE, cookies.parse().expect("a header"))]);
        server.recall(&headers, now() + SignedDuration::from_secs(seconds))
    }

    #[test]
    fn a_browser_is_known_again_for_five_minutes() {
        let server = DoneCookies::new(&[9; 32], URL);
        let done = recalled(&server, &format!("theme=dark; {}; a=b", value()), 299).expect("known again");
        assert_eq!((done.link_id, done.contact.as_str()), (link_id(), "ada"));
        assert_eq!(recalled(&server, &value(), 300), None);
    }

    #[test]
    fn the_cookie_is_for_this_server_alone_and_no_script_sees_it() {
        let (_, attributes) =
            cookie().split_once("; ").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("attributes");
        assert_eq!(attributes, "Path=/reset; Max-Age=300; HttpOnly; SameSite=Lax; Secure");
        let plain = DoneCookies::new(&[9; 32], "http://127.0.0.1:8080").attributes;
        assert_eq!(plain, "Path=/; Max-Age=300; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn the_cookie_reveals_nothing() {
        let bytes = URL_SAFE_NO_PAD.decode(value().split_once('=').expect("a value").1).expect("Base64");
        let id = link_id().to_string();
        assert!(!String::from_utf8_lossy(&bytes).contains("ada") && !cookie().contains(&id));
        assert!(!bytes.windows(3).any(|window| window == b"ada"));
    }

    #[test]
    fn a_cookie_of_another_key_server_or_making_is_none() {
        assert_eq!(recalled(&DoneCookies::new(&[8; 32], URL), &value(), 0), None);
        assert_eq!(recalled(&DoneCookies::new(&[9; 32], "https://y.example"), &value(), 0), None);
        let server = DoneCookies::new(&[9; 32], URL);
        let (_, sealed) = value()
            .split_once('=')
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .expect("a value");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("Base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(
                recalled(&server, &format!("{NAME}={}", URL_SAFE_NO_PAD.encode(&changed)), 0),
                None,
                "{at}"
            );
            let cut = URL_SAFE_NO_PAD.encode(bytes.get(..at).expect("a part"));
            assert_eq!(recalled(&server, &format!("{NAME}={cut}"), 0), None, "{at}");
        }
        assert_eq!(recalled(&server, &format!("other={sealed}"), 0), None);
    }

    #[test]
    fn a_useless_cookie_of_the_same_name_does_not_hide_the_good_one() {
        let server = DoneCookies::new(&[9; 32], URL);
        assert!(recalled(&server, &format!("{NAME}=x; {}", value()), 0).is_some());
    }
}
