//! What Slack alone shows.

use super::keys;

keys! {
    ON_IT = "slack-on-it";
    NO_DIRECT_MESSAGE = "slack-no-direct-message";
    ALSO_DIRECT_MESSAGE = "slack-also-direct-message";
    PICKER_LINK = "slack-picker-link";
    PICKER_STATUS = "slack-picker-status";
    PICKER_REVOKE = "slack-picker-revoke";
    PICKER_LINK_SUBMIT = "slack-picker-link-submit";
    PICKER_STATUS_SUBMIT = "slack-picker-status-submit";
    PICKER_REVOKE_SUBMIT = "slack-picker-revoke-submit";
    PICKER_CLOSE = "slack-picker-close";
    PICKER_CONTACT = "slack-picker-contact";
    PICKER_PLACEHOLDER = "slack-picker-placeholder";
}
