//! What Discord tells us, until it is told to stop.

mod commands;
mod gateway;
mod gateway_socket;
mod gateway_url;
mod interactions;

pub(super) use self::commands::names;
use self::gateway::Gateway;
pub use self::gateway_url::Ended;
use super::adapter::Discord;

impl Discord {
    /// Takes commands, and tells the audit channel, until `stop`; what is under way then comes to its end behind the bot's answers.
    ///
    /// # Errors
    /// Where Discord lets this bot connect no more. Whatever else breaks is tried again without end.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<(), Ended> {
        let listening = async {
            let mut gateway = Gateway::new(self.clone());
            let ended = tokio::select! {
                ended = gateway.listen() => Err(ended),
                () = stop => Ok(()),
            };
            gateway.leave().await;
            ended
        };
        self.feed_while(listening).await
    }
}
