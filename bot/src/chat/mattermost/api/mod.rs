//! The server's API (version 4), and by which addresses the server is known.

mod response_url;
mod rest;
mod server_addresses;

pub(super) use self::response_url::HookId;
pub(super) use self::rest::Api;
pub(super) use self::rest::MattermostError;
pub(super) use self::server_addresses::ServerAddresses;
