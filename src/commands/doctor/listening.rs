use bot::chat::listening::{Caller, MATTERMOST, SLACK, listener};
use config::{AllInOne, SlackHearing};
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Sheet;
use super::web::reachable;

pub(super) async fn check(config: &AllInOne, sheet: &mut Sheet) -> Result<(), reqwest::Error> {
    let calls =
        config.bot.slack.as_ref().is_some_and(|slack| matches!(slack.hearing, SlackHearing::Requests(_)));
    let callers: Vec<Caller> = [(SLACK, calls), (MATTERMOST, config.bot.mattermost.is_some())]
        .into_iter()
        .filter_map(|(caller, calls)| calls.then_some(caller))
        .collect();
    if callers.is_empty() {
        return Ok(());
    }
    // What listens on this machine is not behind a proxy of the environment.
    let client = Client::builder().redirect(Policy::none()).no_proxy().build()?;
    sheet.put(listener(reachable(config.bot.listen), &callers, &client).await);
    Ok(())
}
