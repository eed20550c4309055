//! What Discord alone shows.

use super::keys;

keys! {
    RESET_LINK_NAME = "discord-reset-link-name";
    RESET_LINK_ABOUT = "discord-reset-link-about";
    RESET_STATUS_NAME = "discord-reset-status-name";
    RESET_STATUS_ABOUT = "discord-reset-status-about";
    RESET_REVOKE_NAME = "discord-reset-revoke-name";
    RESET_REVOKE_ABOUT = "discord-reset-revoke-about";
    CONTACT_NAME = "discord-contact-name";
    CONTACT_ABOUT = "discord-contact-about";
    NO_DIRECT_MESSAGE = "discord-no-direct-message";
}
