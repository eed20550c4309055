use bot::chat::listening::listener;
use bot::chat::registry::command_routes;
use config::AllInOne;
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Sheet;
use super::web::reachable;

pub(super) async fn check(config: &AllInOne, sheet: &mut Sheet) -> Result<(), reqwest::Error> {
    let routes = command_routes(&config.bot);
    if routes.is_empty() {
        return Ok(());
    }
    // What listens on this machine is not behind a proxy of the environment.
    let client = Client::builder().redirect(Policy::none()).no_proxy().build()?;
    sheet.put(listener(reachable(config.bot.listen), &routes, &client).await);
    Ok(())
}
