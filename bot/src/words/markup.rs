//! How a platform writes: what must be escaped, and how a time is told. Pure.

use jiff::Timestamp;

/// A platform's way of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Text as it is: a terminal.
    Plain,
    /// Discord's Markdown: <https://discord.com/developers/docs/reference#message-formatting>.
    Discord,
    /// Slack's mrkdwn: <https://docs.slack.dev/messaging/formatting-message-text>.
    Slack,
    /// Mattermost's Markdown: <https://docs.mattermost.com/collaborate/format-messages.html>.
    Mattermost,
}

impl Markup {
    /// Other people's text, so that it is shown as it is and does nothing.
    pub(crate) fn escape(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Discord => escape_for_discord(text),
            Self::Slack => escape_for_slack(text),
            Self::Mattermost => escape_for_mattermost(text),
        }
    }

    /// An id, so that it is shown as it is, does nothing, and is copied without anything in it that was not there: as code, where the platform has that. Where the
    /// text holds what ends code, it is escaped like any other.
    pub(crate) fn id(self, id: &str) -> String {
        match (self, id.contains('`')) {
            (Self::Plain, _) => id.to_owned(),
            (Self::Slack, false) => format!("`{}`", entities(id)),
            (Self::Discord | Self::Mattermost, false) => format!("`{id}`"),
            (_, true) => self.escape(id),
        }
    }

    /// A point in time in the reader's own zone, where the platform has a way to say it: the clock time, and how far away it is.
    pub(crate) fn time(self, at: Timestamp) -> Option<String> {
        match self {
            Self::Plain | Self::Mattermost => None,
            Self::Discord => {
                let second = at.as_second();
                Some(format!("<t:{second}:t> (<t:{second}:R>)"))
            }
            Self::Slack => {
                let fallback = at.strftime("%H:%M UTC");
                Some(format!("<!date^{}^{{time}}|{fallback}>", at.as_second()))
            }
        }
    }
}

/// Discord takes a backslash away from any punctuation, and takes what follows as it is. Mentions, emoji, links, headings and code all begin with one.
fn escape_for_discord(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '\'' | '/' | '?' | '!' | '&' | ';' | '%') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A backslash takes the meaning from Markdown's marks; mentions, emoji, hashtags and addresses are found in the text itself, and a character without width
/// keeps them apart.
fn escape_for_mattermost(text: &str) -> String {
    const NOTHING: char = '\u{200b}';
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '<' | '>' | '+' | '-' | '!'
            | '|' => {
                escaped.extend(['\\', c]);
            }
            '@' | ':' | '#' | '~' | '$' => escaped.extend([c, NOTHING]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Mentions and links stand in angle brackets, which have entities; for the marks of bold and code Slack knows no escape, so that a character without width
/// keeps them from being marks, and the scheme of an address from being one.
fn escape_for_slack(text: &str) -> String {
    const NOTHING: char = '\u{200b}';
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '*' | '~' | '`' | ':' => escaped.extend([NOTHING, c, NOTHING]),
            '_' => escaped.extend([c, NOTHING]),
            '@' | '#' => escaped.extend([c, NOTHING]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What would begin a mention or a link on Slack.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_copied_as_it_is() {
        for id in ["a_b", "urn:x:42", "@all", "CORP\\ann", "*", "~x~", "https://id.example.org/ada", "さくら"]
        {
            for markup in [Markup::Discord, Markup::Slack, Markup::Mattermost] {
                assert_eq!(markup.id(id), format!("`{id}`"), "{markup:?}");
            }
            assert_eq!(Markup::Plain.id(id), id);
        }
        assert_eq!(Markup::Slack.id("<!channel>&"), "`&lt;!channel&gt;&amp;`");
        // What ends code does not end it early.
        for markup in [Markup::Discord, Markup::Slack, Markup::Mattermost] {
            assert_eq!(markup.id("a`<@1>"), markup.escape("a`<@1>"));
        }
    }

    #[test]
    fn on_discord_a_name_does_nothing() {
        for (name, shown) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("@everyone", r"\@everyone"),
            ("<@123> <#4> <:a:5>", r"\<\@123\> \<\#4\> \<\:a\:5\>"),
            ("**bold** _it_ ~~no~~ ||s||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \|\|s\|\|"),
            ("[here](https://evil.example)", r"\[here\]\(https\://evil.example\)"),
            ("`code`", r"\`code\`"),
            (r"\", r"\\"),
            ("# big", r"\# big"),
            ("O'Neill, J.", "O'Neill, J."),
        ] {
            assert_eq!(Markup::Discord.escape(name), shown);
        }
    }

    #[test]
    fn on_discord_a_time_is_told_in_the_readers_own_zone() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(Markup::Discord.time(at).as_deref(), Some("<t:1800000000:t> (<t:1800000000:R>)"));
        assert_eq!(Markup::Plain.time(at), None);
    }

    #[test]
    fn on_slack_a_name_does_nothing() {
        for (name, shown) in [
            ("Ada Lovelace (ada)", "Ada Lovelace (ada)"),
            ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@\u{200b}U1&gt;"),
            ("*b* `c`", "\u{200b}*\u{200b}b\u{200b}*\u{200b} \u{200b}`\u{200b}c\u{200b}`\u{200b}"),
            ("https://evil.example", "https\u{200b}:\u{200b}//evil.example"),
            ("a_b_", "a_\u{200b}b_\u{200b}"),
        ] {
            assert_eq!(Markup::Slack.escape(name), shown);
        }
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(Markup::Slack.time(at).as_deref(), Some("<!date^1800000000^{time}|08:00 UTC>"));
    }

    #[test]
    fn on_mattermost_a_name_does_nothing() {
        for (name, shown) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("@all :smile: #tag ~town", "@\u{200b}all :\u{200b}smile:\u{200b} #\u{200b}tag ~\u{200b}town"),
            (
                "[a](https://evil.example)",
                r"\[a\]\(https:\u{200b}//evil.example\)".replace("\\u{200b}", "\u{200b}").as_str(),
            ),
            ("`x` **b**", r"\`x\` \*\*b\*\*"),
        ] {
            assert_eq!(Markup::Mattermost.escape(name), shown);
        }
    }
}
