//! Discord's refusals, in Discord's own form.

use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub(super) status: u16,
    pub(super) code: u64,
    pub(super) message: String,
    pub(super) errors: Option<Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: u64, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), errors: None }
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, 0, "401: Unauthorized")
    }

    pub(super) fn no_such_route() -> Self {
        Self::new(404, 0, "404: Not Found")
    }

    pub(super) fn unknown_channel() -> Self {
        Self::new(404, 10_003, "Unknown Channel")
    }

    pub(super) fn unknown_guild() -> Self {
        Self::new(404, 10_004, "Unknown Guild")
    }

    pub(super) fn unknown_member() -> Self {
        Self::new(404, 10_007, "Unknown Member")
    }

    pub(super) fn unknown_message() -> Self {
        Self::new(404, 10_008, "Unknown Message")
    }

    pub(super) fn unknown_user() -> Self {
        Self::new(404, 10_013, "Unknown User")
    }

    pub(super) fn unknown_webhook() -> Self {
        Self::new(404, 10_015, "Unknown Webhook")
    }

    pub(super) fn unknown_interaction() -> Self {
        Self::new(404, 10_062, "Unknown interaction")
    }

    pub(super) fn unknown_command() -> Self {
        Self::new(404, 10_063, "Unknown application command")
    }

    pub(super) fn already_acknowledged() -> Self {
        Self::new(400, 40_060, "Interaction has already been acknowledged.")
    }

    /// 403, 50001: the channel cannot be seen.
    pub fn missing_access() -> Self {
        Self::new(403, 50_001, "Missing Access")
    }

    /// 403, 50007: this user takes no direct messages.
    pub fn cannot_message_user() -> Self {
        Self::new(403, 50_007, "Cannot send messages to this user")
    }

    pub(super) fn foreign_application() -> Self {
        Self::new(403, 20_012, "You are not authorized to perform this action on this application")
    }

    pub(super) fn invalid_recipient() -> Self {
        Self::new(400, 50_033, "Invalid Recipient(s)")
    }

    /// 403, 50013: the channel can be seen and not be written to.
    pub fn missing_permissions() -> Self {
        Self::new(403, 50_013, "Missing Permissions")
    }

    pub(super) fn invalid_webhook_token() -> Self {
        Self::new(401, 50_027, "Invalid Webhook Token")
    }

    /// The body breaks these rules.
    pub(super) fn invalid_form(rules: &[String]) -> Self {
        let errors: Vec<Value> =
            rules.iter().map(|rule| json!({ "code": "BASE_TYPE_BAD", "message": rule })).collect();
        Self {
            status: 400,
            code: 50_035,
            message: "Invalid Form Body".to_owned(),
            errors: Some(json!({ "_errors": errors })),
        }
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "message": self.message, "code": self.code });
        if let (Some(errors), Some(fields)) = (&self.errors, body.as_object_mut()) {
            fields.insert("errors".to_owned(), errors.clone());
        }
        body
    }
}
