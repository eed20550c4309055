use bot::chat::mattermost::doctor::examine;
use config::Config;
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Sheet;

pub(super) async fn check(config: &Config, sheet: &mut Sheet) -> Result<(), reqwest::Error> {
    let Some(settings) = &config.mattermost else { return Ok(()) };
    let client = Client::builder().redirect(Policy::none()).build()?;
    let findings = examine(settings, &config.admins, client).await;
    findings.into_iter().for_each(|finding| sheet.put(finding));
    Ok(())
}
