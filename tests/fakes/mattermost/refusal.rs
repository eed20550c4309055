//! Mattermost's refusals, in Mattermost's own form.

use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub(super) status: u16,
    pub(super) id: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, id: &'static str, message: &str) -> Self {
        Self { status, id, message: message.to_owned() }
    }

    /// 401: the token is worth nothing, as when it has been revoked.
    pub fn session_expired() -> Self {
        Self::new(
            401,
            "api.context.session_expired.app_error",
            "Invalid or expired session, please login again.",
        )
    }

    /// 403: the bot's role does not have the permission.
    pub fn not_permitted() -> Self {
        Self::new(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
    }

    pub(super) fn no_such_page() -> Self {
        Self::new(404, "api.context.404.app_error", "Sorry, we could not find the page.")
    }

    pub(super) fn bad_path(name: &str) -> Self {
        let message = format!("Invalid or missing {name} parameter in request URL.");
        Self::new(400, "api.context.invalid_url_param.app_error", &message)
    }

    pub(super) fn bad_body(name: &str) -> Self {
        let message = format!("Invalid or missing {name} in request body.");
        Self::new(400, "api.context.invalid_body_param.app_error", &message)
    }

    pub(super) fn no_such_user() -> Self {
        Self::new(404, "app.user.missing_account.const", "Unable to find the user.")
    }

    pub(super) fn invalid_user() -> Self {
        Self::new(400, "api.channel.create_direct_channel.invalid_user.app_error", "Invalid user ID.")
    }

    pub(super) fn no_such_team() -> Self {
        Self::new(404, "app.team.get.find.app_error", "Unable to find the existing team.")
    }

    pub(super) fn no_team_member() -> Self {
        let message = "No team member found for that user ID and team ID.";
        Self::new(404, "app.team.get_member.missing.app_error", message)
    }

    pub(super) fn no_such_channel() -> Self {
        Self::new(404, "app.channel.get.existing.app_error", "Unable to find the existing channel.")
    }

    pub(super) fn no_channel_member() -> Self {
        let message = "No channel member found for that user ID and channel ID.";
        Self::new(404, "app.channel.get_member.missing.app_error", message)
    }

    pub(super) fn no_such_post() -> Self {
        Self::new(404, "app.post.get.app_error", "Unable to get the post.")
    }

    pub(super) fn too_long() -> Self {
        let message = "Post Message property is longer than the maximum permitted length.";
        Self::new(400, "model.post.is_valid.message_length.app_error", message)
    }

    pub(super) fn props_too_long() -> Self {
        Self::new(400, "model.post.is_valid.props.app_error", "Invalid props.")
    }

    pub(super) fn old_format() -> Self {
        let message = "New format for the client configuration is not supported yet. Please specify format=old in the query string.";
        Self::new(501, "api.config.client.old_format.app_error", message)
    }

    pub(super) fn no_such_hook() -> Self {
        Self::new(404, "app.command_webhook.get.missing", "Unable to get the webhook.")
    }

    pub(super) fn hook_used_up() -> Self {
        let message = "Unable to use the webhook.";
        Self::new(400, "app.command_webhook.try_use.invalid", message)
    }

    pub(super) fn hook_unreadable() -> Self {
        Self::new(400, "web.command_webhook.parse.app_error", "Unable to parse incoming data.")
    }

    pub(super) fn cannot_answer(trigger: &str) -> Self {
        let message = format!("Command with a trigger of '{trigger}' failed to post response.");
        Self::new(500, "api.command.execute_command.create_post_failed.app_error", &message)
    }

    pub(super) fn no_such_action() -> Self {
        Self::new(404, "api.post.do_action.action_id.app_error", "Invalid action id.")
    }

    pub(super) fn action_failed() -> Self {
        let message = "Action integration error.";
        Self::new(400, "api.post.do_action.action_integration.app_error", message)
    }

    pub(super) fn body(&self, request_id: &str) -> Value {
        json!({
            "id": self.id,
            "message": self.message,
            "detailed_error": "",
            "request_id": request_id,
            "status_code": self.status,
        })
    }
}
