//! HTTP clients of tests and fakes.

/// A client that speaks in the clear and knows no proxy. It loads no certificates: that takes longer than most tests.
pub fn in_the_clear() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_built_in_root_certs(false)
}
