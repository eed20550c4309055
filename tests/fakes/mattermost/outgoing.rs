//! What Mattermost sends to a bot, and how long it waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header;

use super::world::Shared;
use super::{command, press};

/// What Go leaves as it is in a form.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const AGENT: &str = "Mattermost-Bot/1.1";

/// A form as Go writes it: sorted by name, spaces as `+`.
pub(super) fn encode(form: &BTreeMap<String, String>) -> String {
    let word = |text: &str| utf8_percent_encode(text, ESCAPED).to_string().replace("%20", "+");
    form.iter().map(|(name, value)| format!("{}={}", word(name), word(value))).collect::<Vec<_>>().join("&")
}

/// Status, content type and body; status 0 where nothing came.
async fn ask(request: reqwest::RequestBuilder, shared: &Shared) -> (u16, String, Vec<u8>) {
    let whole = async {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        Ok::<_, reqwest::Error>((status, kind, answer.bytes().await?.to_vec()))
    };
    tokio::select! {
        came = tokio::time::timeout(shared.settings.outgoing_timeout, whole) => {
            came.ok().and_then(Result::ok).unwrap_or_default()
        }
        () = shared.endpoints.hang_up.notified() => (0, String::new(), Vec::new()),
    }
}

/// Sends the form of a command, and takes the answer.
pub(super) fn tell_of_command(shared: &Arc<Shared>, id: &str) {
    let (shared, id) = (Arc::clone(shared), id.to_owned());
    let (url, form, authorization) = shared.peek(|world| {
        let url = world.command_url.clone().expect("a bot is connected");
        let command = world.commands.get(&id).expect("the fake made it");
        (url, encode(&command.form), command.authorization.clone())
    });
    let mut request = shared
        .endpoints
        .client
        .post(url)
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, AGENT)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    tokio::spawn(shared.stop.clone().run_until_cancelled_owned(async move {
        let (status, kind, bytes) = ask(request, &shared).await;
        shared.with(|world| command::answered(&shared, world, &id, status, &kind, &bytes));
    }));
}

/// Sends a press, and takes the answer.
pub(super) fn tell_of_press(shared: &Arc<Shared>, id: &str) {
    let (shared, id) = (Arc::clone(shared), id.to_owned());
    let (url, payload) = shared.peek(|world| {
        let press = world.presses.get(&id).expect("the fake made it");
        (press.url.clone(), press.payload.to_string())
    });
    let request = shared
        .endpoints
        .client
        .post(url)
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, AGENT)
        .header(header::CONTENT_TYPE, "application/json")
        .body(payload);
    tokio::spawn(shared.stop.clone().run_until_cancelled_owned(async move {
        let (status, _, bytes) = ask(request, &shared).await;
        shared.with(|world| press::answered(&shared, world, &id, status, &bytes));
    }));
}
