//! The same fake, unmodified, driven by Mattermost's own client: an independent client must agree with it.
