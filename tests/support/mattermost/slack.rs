//! What Mattermost does, for the sake of those who come from Slack, to the text of commands and presses.

/// `<address|words>` becomes a link, `<!channel>` and `<@name>` mention, unless the answer says `skip_slack_parsing`.
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

fn told(inner: &str) -> Option<String> {
    match inner {
        "!channel" | "!here" | "!all" => return Some(inner.replacen('!', "@", 1)),
        _ => {}
    }
    let (address, words) = inner.split_once('|')?;
    (!address.is_empty() && !words.is_empty() && !address.contains('<'))
        .then(|| format!("[{words}]({address})"))
}
