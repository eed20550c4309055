//! URLs that an operator may set.

use std::str::FromStr;

use url::{Host, Url};

use crate::problem::Refusal;
use crate::shown::shown;

/// This much of the longest link (`keys::MAX_LINK_CHARS`) is the public URL's.
const LONGEST_PUBLIC_URL: usize = 60;

/// An https URL (or http on loopback) of at most 60 characters, a path prefix allowed, without a trailing slash,
/// query, fragment or login.
///
/// Invariant: only `FromStr`, which checks all that, makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: String,
    origin_length: usize,
}

impl PublicUrl {
    /// The URL, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// What stands before `/r/…` in the path of a link: empty, or `/` and the prefix, without a trailing slash.
    pub fn path_prefix(&self) -> &str {
        self.url.get(self.origin_length..).unwrap_or_default()
    }

    /// False only on loopback.
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https:")
    }
}

impl FromStr for PublicUrl {
    type Err = Refusal;

    /// Checks: a URL, no login, https or loopback, no query or fragment, a plain path, at most 60 characters.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let url = parsed(text, "use a URL like https://reset.example.com")?;
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(url.host())) {
            return Err(Refusal::new(
                format!("{} is not https", shown(text)),
                "use https://… (http is for loopback only)",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Refusal::new(
                format!("{} has a query or a fragment", shown(text)),
                "end it before the ? or #: every link's own part is appended to it",
            ));
        }
        let path = url.path().trim_end_matches('/');
        if !path.split('/').skip(1).all(is_plain_segment) {
            return Err(Refusal::new(
                format!("{} has an unusual path", shown(text)),
                "use letters, digits, - . _ ~ between single slashes",
            ));
        }
        let origin = url.origin().ascii_serialization();
        let normalised = format!("{origin}{path}");
        let length = normalised.chars().count();
        if length > LONGEST_PUBLIC_URL {
            return Err(Refusal::new(
                format!("{} is {length} characters long", shown(text)),
                format!("use at most {LONGEST_PUBLIC_URL}, so that a link survives mail and chat"),
            ));
        }
        Ok(Self { url: normalised, origin_length: origin.len() })
    }
}

/// A page that a contact is sent to: http or https, without a login.
pub(crate) fn page_url(text: &str) -> Result<String, Refusal> {
    let cure = "use a URL like https://www.example.com/sign-in";
    let url = parsed(text, cure)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::new(format!("{} is not http or https", shown(text)), cure));
    }
    Ok(url.into())
}

fn parsed(text: &str, cure: &str) -> Result<Url, Refusal> {
    let url = Url::parse(text)
        .map_err(|error| Refusal::new(format!("{} is not a URL ({error})", shown(text)), cure))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::new(
            format!("{} holds a login", shown(text)),
            "remove everything between // and @: everybody gets to see this URL",
        ));
    }
    Ok(url)
}

fn is_plain_segment(segment: &str) -> bool {
    !segment.is_empty()
        && segment.chars().all(|character| character.is_ascii_alphanumeric() || "-._~".contains(character))
}

/// 127.0.0.0/8, `::1` and `localhost`.
pub(crate) fn is_loopback<S: AsRef<str>>(host: Option<Host<S>>) -> bool {
    match host {
        Some(Host::Domain(name)) => name.as_ref().eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_is_normalised_away_and_a_prefix_stays() {
        for (text, url, prefix) in [
            ("https://reset.example.com", "https://reset.example.com", ""),
            ("https://reset.example.com/", "https://reset.example.com", ""),
            ("https://RESET.example.com:443/help/desk/", "https://reset.example.com/help/desk", "/help/desk"),
            ("https://reset.bücher.example", "https://reset.xn--bcher-kva.example", ""),
            ("https://reset.example.com:8443/a", "https://reset.example.com:8443/a", "/a"),
        ] {
            let public: PublicUrl = text.parse().expect(text);
            assert_eq!((public.as_str(), public.path_prefix()), (url, prefix));
            assert!(public.is_https());
        }
    }

    #[test]
    fn http_is_for_loopback_only() {
        for text in
            ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:8080", "http://localhost:8080/x"]
        {
            let public: PublicUrl = text.parse().expect(text);
            assert_eq!(public.as_str(), text);
            assert!(!public.is_https());
        }
        for text in ["http://10.0.0.1", "http://localhost.example.com", "http://[::2]", "http://128.0.0.1"] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn sixty_characters_fit_and_sixty_one_do_not() {
        let sixty = format!("https://{}.example.com", "a".repeat(40));
        assert_eq!(sixty.len(), 60);
        assert!(sixty.parse::<PublicUrl>().is_ok());
        assert!(format!("{sixty}/").parse::<PublicUrl>().is_ok());
        assert!(format!("{sixty}m").parse::<PublicUrl>().is_err());
    }

    #[test]
    fn a_path_must_be_plain() {
        for text in [
            "https://e.com/a//b",
            "https://e.com/{a}",
            "https://e.com/a%20b",
            "https://e.com/:a",
            "https://e.com/*",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
