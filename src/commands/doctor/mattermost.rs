use bot::chat::mattermost::doctor::examine;
use config::AllInOne;
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Sheet;

pub(super) async fn check(config: &AllInOne, sheet: &mut Sheet) -> Result<(), reqwest::Error> {
    let Some(settings) = &config.bot.mattermost else { return Ok(()) };
    let client = Client::builder().redirect(Policy::none()).build()?;
    let findings = examine(settings, &config.bot.admins, client).await;
    findings.into_iter().for_each(|finding| sheet.put(finding));
    Ok(())
}
