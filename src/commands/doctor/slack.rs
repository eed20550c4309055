use std::sync::Arc;

use bot::Clock;
use bot::chat::slack::doctor::examine;
use bot::doctor::ServerTime;
use config::AllInOne;
use reqwest::Client;
use reqwest::redirect::Policy;
use reset_link::machine::now;

use super::Sheet;

/// Gives back what time it was at Slack.
pub(super) async fn check(
    config: &AllInOne,
    sheet: &mut Sheet,
) -> Result<Option<ServerTime>, reqwest::Error> {
    let Some(settings) = &config.bot.slack else { return Ok(None) };
    let client = Client::builder().redirect(Policy::none()).build()?;
    let clock: Clock = Arc::new(now);
    let diagnosis = examine(settings, &config.bot.admins, client, &clock).await;
    diagnosis.findings.into_iter().for_each(|finding| sheet.put(finding));
    Ok(diagnosis.time)
}
