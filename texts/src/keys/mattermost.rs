//! What Mattermost alone shows.

use super::keys;

keys! {
    ON_IT = "mattermost-on-it";
    NOT_NOW = "mattermost-not-now";
}
