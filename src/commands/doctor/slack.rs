use std::sync::Arc;

use bot::Clock;
use bot::chat::slack::doctor::{examine, listener};
use bot::doctor::ServerTime;
use config::{Config, SlackHearing};
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Sheet;
use super::web::reachable;
use crate::setup::now;

/// Gives back what time it was at Slack.
pub(super) async fn check(config: &Config, sheet: &mut Sheet) -> Result<Option<ServerTime>, reqwest::Error> {
    let Some(settings) = &config.slack else { return Ok(None) };
    let builder = || Client::builder().redirect(Policy::none());
    let clock: Clock = Arc::new(now);
    let diagnosis = examine(settings, &config.admins, builder().build()?, &clock).await;
    diagnosis.findings.into_iter().for_each(|finding| sheet.put(finding));
    if let SlackHearing::Socket(_) = settings.hearing {
        return Ok(diagnosis.time);
    }
    // What listens on this machine is not behind a proxy of the environment.
    sheet.put(listener(reachable(config.bot.listen), &builder().no_proxy().build()?).await);
    Ok(diagnosis.time)
}
