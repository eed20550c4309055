//! What a test can see and await.

use std::time::Duration;

use super::FakeMattermost;
use super::post::{FakePost, Place};
use crate::fakes::kit::TooLate;

/// What has been seen.
impl FakeMattermost {
    /// A post as it is now, deleted or not.
    pub fn post(&self, id: &str) -> Option<FakePost> {
        self.shared.peek(|world| world.post(id).map(|post| post.clone()))
    }

    /// All posts that were ever written at this place, in order, deleted ones too.
    pub fn posts_at(&self, place: &Place) -> Vec<FakePost> {
        self.posts_that(|post| post.place == *place)
    }

    /// All direct messages of the bot with this person, ephemeral ones left out.
    pub fn direct_messages(&self, user: &str) -> Vec<FakePost> {
        self.posts_at(&Place::Direct(user.to_owned()))
    }

    /// All that only this person was shown, wherever.
    pub fn ephemeral_messages(&self, user: &str) -> Vec<FakePost> {
        self.posts_that(|post| matches!(&post.place, Place::Ephemeral { user: shown, .. } if shown == user))
    }

    /// All posts that more than one person can see: what must never hold a link.
    pub fn public_messages(&self) -> Vec<FakePost> {
        self.posts_that(|post| matches!(post.place, Place::Channel(_)))
    }

    /// All posts that are as described.
    pub fn posts_that(&self, fits: impl Fn(&FakePost) -> bool) -> Vec<FakePost> {
        self.shared.peek(|world| world.posts.iter().filter(|post| fits(post)).cloned().collect())
    }

    /// Waits for a post at this place that is as described, new or edited.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn post_that(
        &self,
        place: &Place,
        within: Duration,
        fits: impl Fn(&FakePost) -> bool,
    ) -> Result<FakePost, TooLate> {
        self.shared
            .until("post", within, |world| {
                let mut here = world.posts.iter().filter(|post| post.place == *place);
                here.find(|post| !post.deleted && fits(post)).cloned()
            })
            .await
    }

    /// Waits for a direct message to this person that is as described, new or edited.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn direct_message_that(
        &self,
        user: &str,
        within: Duration,
        fits: impl Fn(&FakePost) -> bool,
    ) -> Result<FakePost, TooLate> {
        self.post_that(&Place::Direct(user.to_owned()), within, fits).await
    }
}
