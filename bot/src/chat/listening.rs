//! What `reset-link doctor` finds where platforms are to call the bot.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::ALLOW;
use reqwest::{Client, StatusCode};

use super::chat_platform::CommandRoute;
use crate::doctor::Finding;

const LISTEN: &str = "bot.listen";

/// How long what listens on this machine may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who answers where the bot listens for these platforms. The client knows no proxy.
pub async fn listener(listen: SocketAddr, routes: &[CommandRoute], client: &Client) -> Finding {
    for CommandRoute { platform, path } in routes {
        let request = client.get(format!("http://{listen}{path}")).timeout(PATIENCE);
        let said = match request.send().await {
            // Our route is there, and takes nothing but POST.
            Ok(answer)
                if answer.status() == StatusCode::METHOD_NOT_ALLOWED
                    && answer.headers().get(ALLOW).is_some_and(|allow| allow == "POST") =>
            {
                continue;
            }
            Err(error) if error.is_connect() => {
                return Finding::warn(
                    LISTEN,
                    format!("nothing listens at {listen} yet"),
                    "start `reset-link run`",
                );
            }
            Ok(answer) => answer.status().to_string(),
            Err(error) if error.is_timeout() => format!("silent for {} s", PATIENCE.as_secs()),
            Err(_) => "no HTTP".to_owned(),
        };
        return Finding::fail(
            LISTEN,
            format!("what answers at {listen} does not hear {platform} ({said})"),
            "start reset-link again if it runs with another config; else stop what listens there, or set bot.listen to another address, and the reverse \
             proxy with it",
        );
    }
    let names: Vec<&str> = routes.iter().map(|route| route.platform).collect();
    Finding::ok(LISTEN, format!("reset-link runs, and hears {} at {listen}", names.join(" and ")))
}
