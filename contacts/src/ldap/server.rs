//! One server of a directory, and how a connection to it is made.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use config::LdapSecurity;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use net::Roots;
use rustls::ClientConfig;
use url::{Host, Url};

use super::error::describe;
use super::tls;
use crate::DirectoryServer;

/// What the library is told in the place of an IPv6 address, which it does not take for a host; the address is what is connected to, and what a certificate must
/// be for.
const IN_PLACE_OF_ADDRESS: &str = "address.invalid";

/// A server, and how it is spoken to.
pub(super) struct LdapServer {
    name: DirectoryServer,
    host: String,
    port: u16,
    /// As the library is told it.
    url: Url,
    tls: Arc<ClientConfig>,
    is_starttls: bool,
}

/// Why there is no connection.
pub(super) enum NotConnected {
    /// The server does not answer as it should: another one may.
    Unreachable(LdapError),
    /// It answers, and does not accept the account. Another one may: a lock after failed sign-ins is each server's own as a rule.
    Refused(LdapError),
}

impl LdapServer {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// Where this is no address, or no authority is trusted at all.
    pub(super) fn new(server: &config::LdapServer, roots: &Roots) -> Result<Self, String> {
        let failed = |error: String| format!("contacts.ldap_url: {}: {error}", server.url);
        let mut url = Url::parse(&server.url).map_err(|error| failed(error.to_string()))?;
        let default_port = if url.scheme() == "ldaps" { 636 } else { 389 };
        let port = url.port().unwrap_or(default_port);
        let (host, tls) = match url.host() {
            Some(Host::Ipv6(address)) if server.security != LdapSecurity::ClearText => {
                let tls = tls::for_address(roots, address).map_err(failed)?;
                url.set_host(Some(IN_PLACE_OF_ADDRESS)).map_err(|error| failed(error.to_string()))?;
                (IpAddr::from(address).to_string(), tls)
            }
            Some(Host::Ipv6(address)) => (IpAddr::from(address).to_string(), tls::for_host(roots)),
            Some(host) => (host.to_string(), tls::for_host(roots)),
            None => return Err(failed("it names no host".to_owned())),
        };
        let is_starttls = server.security == LdapSecurity::StartTls;
        Ok(Self { name: DirectoryServer::new(&server.url), host, port, url, tls, is_starttls })
    }

    pub(super) fn name(&self) -> &DirectoryServer {
        &self.name
    }

    /// Connects, and signs in.
    pub(super) async fn connect(&self, bind_dn: &str, password: &str) -> Result<Ldap, NotConnected> {
        let mut ldap = self.open().await.map_err(NotConnected::Unreachable)?;
        match ldap.simple_bind(bind_dn, password).await.and_then(LdapResult::success) {
            Ok(_) => Ok(ldap),
            Err(error) if is_answered(&error) => Err(NotConnected::Refused(error)),
            Err(error) => Err(NotConnected::Unreachable(error)),
        }
    }

    /// Connects; nobody has signed in yet.
    pub(super) async fn open(&self) -> Result<Ldap, LdapError> {
        let of_io = |source: io::Error| LdapError::Io { source };
        let addresses = net::resolve(&self.host, self.port).await.map_err(of_io)?;
        let stream =
            net::connect(&addresses).await.and_then(tokio::net::TcpStream::into_std).map_err(of_io)?;
        let settings = LdapConnSettings::new()
            .set_config(Arc::clone(&self.tls))
            .set_starttls(self.is_starttls)
            .set_std_stream(StdStream::Tcp(stream));
        let (connection, ldap) = LdapConnAsync::from_url_with_settings(settings, &self.url).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(error = describe(&error), "a connection to the contact directory has ended");
            }
        });
        Ok(ldap)
    }
}

/// Whether the server has judged the account. RFC 4511, appendix A: at 3, 51, 52, 53 and 80 it is the server that cannot at the moment.
fn is_answered(error: &LdapError) -> bool {
    matches!(error, LdapError::LdapResult { result } if !matches!(result.rc, 3 | 51 | 52 | 53 | 80))
}
