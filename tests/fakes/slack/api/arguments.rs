//! The arguments of a method: a form, a query, or JSON where the method takes it.

use axum::http::header;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// What a call brings.
#[derive(Default)]
pub(super) struct Arguments {
    fields: Map<String, Value>,
    /// What Slack would do in silence, or with a warning, and no bot means.
    pub(super) violations: Vec<String>,
    /// What Slack's answer warns of.
    pub(super) warnings: Vec<&'static str>,
    /// Where WebSockets are for whoever came in the clear.
    pub(super) sockets_at: Option<String>,
}

impl Arguments {
    pub(super) fn read(head: &Parts, body: &[u8], takes_json: bool) -> Result<Self, &'static str> {
        let mut arguments = Self::default();
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        arguments.sockets_at = (!host.ends_with("slack.com")).then(|| format!("ws://{host}"));
        for (name, value) in pairs(head.uri.query().unwrap_or_default()) {
            arguments.fields.insert(name, Value::String(value));
        }
        let kind =
            head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        match essence {
            "application/json" if takes_json => {
                if !kind.contains("charset") {
                    arguments.warnings.push("missing_charset");
                }
                let fields: Value = serde_json::from_slice(body).map_err(|_| "invalid_json")?;
                arguments.fields.append(&mut fields.as_object().cloned().ok_or("json_not_object")?);
                if arguments.fields.remove("token").is_some() {
                    arguments.violations.push("a token in JSON counts for nothing".to_owned());
                }
            }
            "application/json" => arguments.violations.push("this method takes no JSON".to_owned()),
            "application/x-www-form-urlencoded" => {
                let text = std::str::from_utf8(body).map_err(|_| "invalid_charset")?;
                for (name, value) in pairs(text) {
                    arguments.fields.insert(name, Value::String(value));
                }
            }
            "" if body.is_empty() => {}
            "" => return Err("missing_post_type"),
            _ => return Err("invalid_post_type"),
        }
        Ok(arguments)
    }

    /// A text; a form's empty field is none.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Yes or no, however it is written.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.fields.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(flag) => Some(matches!(flag.as_str(), "true" | "1")),
            _ => None,
        }
    }

    /// Something in parts, which a form carries as JSON.
    pub(super) fn parts(&self, name: &str) -> Result<Option<Value>, ()> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| ()),
            Some(value) => Ok(Some(value.clone())),
        }
    }
}

/// A form taken apart.
pub(super) fn pairs(form: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    form.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
