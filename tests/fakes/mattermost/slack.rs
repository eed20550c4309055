//! What Mattermost does, for the sake of those who come from Slack, to the text of commands and presses.

use serde_json::Value;

/// `<address|words>` becomes a link, and `<!channel>` a mention, unless the answer says `skip_slack_parsing`.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        shown.push_str(before);
        match after.split_once('>').and_then(|(inner, after)| Some((told(inner)?, after))) {
            Some((told, after)) => {
                shown.push_str(&told);
                rest = after;
            }
            None => {
                shown.push('<');
                rest = after;
            }
        }
    }
    shown.push_str(rest);
    shown
}

/// The same for attachments: their texts, and the values of their fields.
pub(super) fn shown_below(attachments: &mut Value) {
    for attachment in attachments.as_array_mut().into_iter().flatten() {
        for name in ["pretext", "text"] {
            attachment.get_mut(name).map(read);
        }
        let fields = attachment.get_mut("fields").and_then(Value::as_array_mut);
        for field in fields.into_iter().flatten() {
            field.get_mut("value").map(read);
        }
    }
}

fn read(value: &mut Value) {
    if let Value::String(text) = value {
        *text = shown(text);
    }
}

fn told(inner: &str) -> Option<String> {
    match inner {
        "!channel" | "!here" | "!all" => return Some(inner.replacen('!', "@", 1)),
        _ => {}
    }
    let (address, words) = inner.split_once('|')?;
    let is_link = !address.is_empty() && !words.is_empty() && !address.contains('<') && !inner.contains('\n');
    is_link.then(|| format!("[{words}]({address})"))
}
