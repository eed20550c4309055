//! The address at which the server takes later answers to a command: pure.
//!
//! The server makes it from the name by which the admin's client reaches it, which need not be `mattermost.server_url`
//! (<https://github.com/mattermost/mattermost/blob/master/server/channels/app/command.go>, `response_url`). Nothing is sent to what a request names: only the hook's
//! id is taken from it, and the answer goes to `server_url`.

use url::{Origin, Url};

/// Behind the server's own address.
const HOOKS: &str = "/hooks/commands/";

/// Characters of a hook's id; the server's have 26.
const LONGEST_ID: usize = 64;

/// The id of a hook: letters and digits, so that it is one segment of a path and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookId(String);

impl HookId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a `response_url` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ResponseUrl {
    /// The address of a hook of this server.
    Hook(HookId),
    /// The address of a hook, at another origin or below another path.
    Elsewhere,
    /// No address of a hook.
    Nonsense,
}

/// Reads a `response_url` of a server that is known by these addresses. Checks: scheme, host and port are those of one of them; no name, password, query or
/// fragment; the path, as it is written, is that address's own, then `hooks`, `commands` and one segment of letters and digits. Dot segments, encoded or not, are
/// refused by that: nothing is resolved or decoded before it is compared.
pub(super) fn read(response_url: &str, known_as: &[Url]) -> ResponseUrl {
    let Some((url, path)) = parse(response_url) else { return ResponseUrl::Nonsense };
    let here = known_as.iter().filter(|server| url.origin() == server.origin());
    let hook = here.filter_map(|server| id_below(path, server.path())).next();
    match hook {
        Some(id) => ResponseUrl::Hook(id),
        None if is_of_some_server(path) => ResponseUrl::Elsewhere,
        None => ResponseUrl::Nonsense,
    }
}

/// Scheme, host and port, for a log: nothing of an address that opens an answer.
pub(super) fn origin(response_url: &str) -> String {
    match Url::parse(response_url).map(|url| url.origin()) {
        Ok(origin @ Origin::Tuple(..)) => crate::words::sanitize(&origin.ascii_serialization()),
        _ => "?".to_owned(),
    }
}

/// The address, and its path as it is written: parsing resolves dot segments.
fn parse(response_url: &str) -> Option<(Url, &str)> {
    let url = Url::parse(response_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let (_, behind_scheme) = response_url.split_once("://")?;
    let (authority, _) = behind_scheme.split_once('/')?;
    is_plain.then_some((url, behind_scheme.strip_prefix(authority)?))
}

fn id_below(path: &str, server: &str) -> Option<HookId> {
    let id = path.strip_prefix(server.trim_end_matches('/'))?.strip_prefix(HOOKS)?;
    let is_id = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| HookId(id.to_owned()))
}

/// Whether it is a hook below some path that is written plainly.
fn is_of_some_server(path: &str) -> bool {
    let Some((server, _)) = path.rsplit_once(HOOKS) else { return false };
    let is_plain =
        |segment: &str| !segment.is_empty() && !segment.starts_with('.') && !segment.contains(['%', '\\']);
    server.split('/').skip(1).all(is_plain) && id_below(path, server).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3yn8pz5chfnebncrm5jc6iso8o";

    fn known_as(urls: &[&str]) -> Vec<Url> {
        urls.iter().map(|url| Url::parse(url).unwrap()).collect()
    }

    #[test]
    fn the_hook_of_each_of_the_servers_addresses_is_taken() {
        let servers =
            known_as(&["http://127.0.0.1:8065", "https://chat.example.org", "https://example.net/team/chat"]);
        for base in [
            "http://127.0.0.1:8065",
            "https://chat.example.org",
            "https://Chat.Example.org:443",
            "https://example.net/team/chat",
        ] {
            let told = read(&format!("{base}/hooks/commands/{ID}"), &servers);
            assert_eq!(told, ResponseUrl::Hook(HookId(ID.to_owned())), "{base}");
        }
    }

    #[test]
    fn another_origin_or_path_is_elsewhere() {
        let servers = known_as(&["https://chat.example.org/team"]);
        for base in [
            "https://evil.example/team",
            "http://chat.example.org/team",
            "https://chat.example.org:8443/team",
            "https://chat.example.org",
            "https://chat.example.org/other",
            "https://chat.example.org.evil.example/team",
        ] {
            assert_eq!(
                read(&format!("{base}/hooks/commands/{ID}"), &servers),
                ResponseUrl::Elsewhere,
                "{base}"
            );
        }
    }

    #[test]
    fn whatever_is_not_exactly_a_hook_of_a_command_is_refused() {
        let servers = known_as(&["https://chat.example.org", "https://chat.example.org/team"]);
        for path in [
            // An incoming webhook, which writes into a channel.
            "/hooks/ID",
            "/hooks/commands/../ID",
            "/hooks/commands/%2e%2e/ID",
            "/hooks/commands/%2E%2e/ID",
            "/hooks/commands/.%2e/ID",
            "/hooks/commands/./ID",
            "/hooks/commands/%2e/ID",
            "/x/../hooks/commands/ID",
            "/x/%2e%2e/hooks/commands/ID",
            "/hooks/commands/..",
            "/hooks/commands/%2e%2e",
            "/hooks/commands/..%2fID",
            "/hooks/commands/..\\ID",
            "\\hooks\\commands\\ID",
            "/hooks/commands//ID",
            "//hooks/commands/ID",
            "/hooks//commands/ID",
            "/hooks/commands/",
            "/hooks/commands",
            "/hooks/commands/ID/",
            "/hooks/commands/ID/x",
            "/hooks/commands/ID?x=1",
            "/hooks/commands/ID#x",
            "/hooks/commands/ID;x",
            "/hooks/commands/ID%00",
            "/hooks/commands/I\tD",
            "/hooks/commands/\u{e9}",
            "/Hooks/commands/ID",
            "/api/v4/posts",
            "",
        ] {
            let url = format!("https://chat.example.org{}", path.replace("ID", ID));
            assert_eq!(read(&url, &servers), ResponseUrl::Nonsense, "{path}");
        }
        for url in [
            format!("https://chat.example.org@evil.example/hooks/commands/{ID}"),
            format!("https://me:secret@chat.example.org/hooks/commands/{ID}"),
            format!("ftp://chat.example.org/hooks/commands/{ID}"),
            format!("file:///hooks/commands/{ID}"),
            format!("/hooks/commands/{ID}"),
            format!("https://chat.example.org/hooks/commands/{}", "a".repeat(LONGEST_ID + 1)),
            String::new(),
        ] {
            assert_eq!(read(&url, &servers), ResponseUrl::Nonsense, "{url}");
        }
    }

    #[test]
    fn a_log_sees_the_origin_alone() {
        assert_eq!(
            origin(&format!("https://me:secret@chat.example.org/hooks/commands/{ID}")),
            "https://chat.example.org"
        );
        assert_eq!(origin("nonsense"), "?");
    }
}
