//! What admins are told without having asked.

use async_trait::async_trait;
use serenity::all::UserId;

use super::Discord;
use super::render::Letter;
use crate::admin::Admin;
use crate::bot::{News, NotTold, TellAdmin};

#[async_trait]
impl TellAdmin for Discord {
    async fn tell(&self, admin: &Admin, news: &News) -> Result<(), NotTold> {
        let user = admin.user.parse().ok().filter(|id| *id != 0).map(UserId::new);
        let user = user.ok_or_else(|| NotTold(format!("{admin} is nobody on Discord")))?;
        let words = self.0.words(None);
        let letter = Letter::new(&words.news(news, self.0.now()));
        let told = self.0.direct_message(user, &letter).await;
        told.map(|_| ()).map_err(|failure| NotTold(failure.to_string()))
    }
}
