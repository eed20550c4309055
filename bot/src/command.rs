//! Text to command, pure. One language for every chat platform.
//!
//! ```text
//! /reset-link contact:<id>      also: contact:"an id with spaces", or the bare id
//! /reset-status contact:<id>
//! /reset-revoke contact:<id>
//! /help
//! ```

use std::fmt;

/// More than any id; whatever is longer was not meant as one.
const MAX_CHARS: usize = 300;

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// Not addressed to us.
    NotMine,
    /// A command.
    Command(Command),
    /// Meant for us, and wrong.
    Wrong(Mistake),
}

/// What an admin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Issue a link for the contact.
    ResetLink {
        /// As typed.
        contact: String,
    },
    /// What became of the contact's links.
    ResetStatus {
        /// As typed.
        contact: String,
    },
    /// Withdraw the contact's outstanding links.
    ResetRevoke {
        /// As typed.
        contact: String,
    },
    /// What there is to ask for.
    Help,
}

/// The commands by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandName {
    /// `/reset-link`
    ResetLink,
    /// `/reset-status`
    ResetStatus,
    /// `/reset-revoke`
    ResetRevoke,
    /// `/help`
    Help,
}

impl CommandName {
    const ALL: [Self; 4] = [Self::ResetLink, Self::ResetStatus, Self::ResetRevoke, Self::Help];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetLink => "/reset-link",
            Self::ResetStatus => "/reset-status",
            Self::ResetRevoke => "/reset-revoke",
            Self::Help => "/help",
        }
    }

    /// The command about a contact that a platform's own form was filled in with; `/help` is about none.
    ///
    /// # Errors
    /// Where the field is empty or longer than any id.
    pub fn about(self, contact: &str) -> Result<Command, Mistake> {
        let contact = contact.trim();
        if contact.is_empty() {
            Err(Mistake::NoContact(self))
        } else if contact.chars().nth(MAX_CHARS).is_some() {
            Err(Mistake::TooLong(self))
        } else {
            Ok(self.with(contact.to_owned()))
        }
    }

    /// The command about a contact that is typed so.
    pub(crate) fn of_contact(typed: &str) -> Option<Self> {
        [Self::ResetLink, Self::ResetStatus, Self::ResetRevoke]
            .into_iter()
            .find(|name| name.as_str() == typed)
    }

    pub(crate) fn with(self, contact: String) -> Command {
        match self {
            Self::ResetLink => Command::ResetLink { contact },
            Self::ResetStatus => Command::ResetStatus { contact },
            Self::ResetRevoke => Command::ResetRevoke { contact },
            Self::Help => Command::Help,
        }
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a text that was meant for us; the answer shows the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// A command that begins like ours and is none; the nearest one.
    NoSuchCommand(CommandName),
    /// No contact was named.
    NoContact(CommandName),
    /// A quotation mark was opened and not closed.
    OpenQuote(CommandName),
    /// Words behind the id: an id with spaces needs quotation marks.
    MoreThanOneWord(CommandName),
    /// Longer than any id can be.
    TooLong(CommandName),
}

/// Reads what an admin typed. Any Unicode in, never a panic.
pub fn parse(text: &str) -> Parsed {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = word.to_lowercase();
    let Some(name) = CommandName::ALL.into_iter().find(|name| name.as_str() == word) else {
        return if word.starts_with("/reset") {
            Parsed::Wrong(Mistake::NoSuchCommand(nearest(&word)))
        } else {
            Parsed::NotMine
        };
    };
    if name == CommandName::Help {
        return Parsed::Command(Command::Help);
    }
    match contact(name, rest) {
        Ok(contact) => Parsed::Command(name.with(contact)),
        Err(mistake) => Parsed::Wrong(mistake),
    }
}

fn contact(name: CommandName, rest: &str) -> Result<String, Mistake> {
    let rest = strip_key(rest.trim()).trim();
    if rest.chars().nth(MAX_CHARS).is_some() {
        return Err(Mistake::TooLong(name));
    }
    let mut chars = rest.chars();
    let (id, behind) = match chars.next() {
        None => return Err(Mistake::NoContact(name)),
        Some(open) if closing(open).is_some() => {
            quoted(closing(open).unwrap_or(open), chars.as_str()).ok_or(Mistake::OpenQuote(name))?
        }
        Some(_) => match rest.split_once(char::is_whitespace) {
            Some((id, behind)) => (id.to_owned(), behind.to_owned()),
            None => (rest.to_owned(), String::new()),
        },
    };
    if id.trim().is_empty() {
        Err(Mistake::NoContact(name))
    } else if behind.trim().is_empty() {
        Ok(id)
    } else {
        Err(Mistake::MoreThanOneWord(name))
    }
}

/// `contact:` in any case, with or without space around the colon; a bare id may hold colons of its own.
fn strip_key(rest: &str) -> &str {
    const KEY: &str = "contact";
    let is_key = rest.get(..KEY.len()).is_some_and(|key| key.eq_ignore_ascii_case(KEY));
    let behind = if is_key { rest.get(KEY.len()..) } else { None };
    behind.and_then(|behind| behind.trim_start().strip_prefix(':')).unwrap_or(rest)
}

/// Phones and word processors turn `"` into these.
fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '“' => Some('”'),
        '„' => Some('“'),
        '«' => Some('»'),
        '»' => Some('«'),
        _ => None,
    }
}

/// Up to the closing mark; `\` takes the next character as it is.
fn quoted(close: char, text: &str) -> Option<(String, String)> {
    let mut id = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == close => return Some((id, chars.as_str().to_owned())),
            '\\' => id.push(chars.next()?),
            c => id.push(c),
        }
    }
    None
}

fn nearest(word: &str) -> CommandName {
    let shared = |name: &CommandName| {
        name.as_str().chars().zip(word.chars()).take_while(|(ours, theirs)| ours == theirs).count()
    };
    [CommandName::ResetLink, CommandName::ResetStatus, CommandName::ResetRevoke]
        .into_iter()
        // The first of equals: the command that is typed most.
        .rev()
        .max_by_key(shared)
        .unwrap_or(CommandName::ResetLink)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(text: &str) -> Parsed {
        Parsed::Command(Command::ResetLink { contact: text.to_owned() })
    }

    #[test]
    fn the_forms_of_an_id_mean_the_same() {
        for text in [
            "/reset-link contact:ada",
            "  /reset-link   contact: ada  ",
            "/RESET-LINK CONTACT:ada",
            "/reset-link contact : ada",
            "/reset-link ada",
            "/reset-link contact:\"ada\"",
            "/reset-link \"ada\"",
            "/reset-link „ada“",
            "/reset-link contact:“ada”",
            "/reset-link «ada»",
        ] {
            assert_eq!(parse(text), link("ada"), "{text}");
        }
    }

    #[test]
    fn an_id_may_hold_spaces_quotes_and_colons() {
        assert_eq!(parse("/reset-link contact:\"Ada Lovelace\""), link("Ada Lovelace"));
        assert_eq!(parse(r#"/reset-link "a\"b\\c""#), link(r#"a"b\c"#));
        assert_eq!(parse("/reset-link urn:x:42"), link("urn:x:42"));
        assert_eq!(parse("/reset-link contacts:42"), link("contacts:42"));
        assert_eq!(parse("/reset-link さくら"), link("さくら"));
    }

    #[test]
    fn each_mistake_is_named() {
        use CommandName::*;
        for (text, mistake) in [
            ("/reset-link", Mistake::NoContact(ResetLink)),
            ("/reset-link contact:", Mistake::NoContact(ResetLink)),
            ("/reset-link contact:\"\"", Mistake::NoContact(ResetLink)),
            ("/reset-status contact:\"  \"", Mistake::NoContact(ResetStatus)),
            ("/reset-link \"ada", Mistake::OpenQuote(ResetLink)),
            ("/reset-link \"ada\\", Mistake::OpenQuote(ResetLink)),
            ("/reset-link Ada Lovelace", Mistake::MoreThanOneWord(ResetLink)),
            ("/reset-revoke \"ada\" now", Mistake::MoreThanOneWord(ResetRevoke)),
            ("/reset-lnk ada", Mistake::NoSuchCommand(ResetLink)),
            ("/resetlink ada", Mistake::NoSuchCommand(ResetLink)),
            ("/reset-stat", Mistake::NoSuchCommand(ResetStatus)),
        ] {
            assert_eq!(parse(text), Parsed::Wrong(mistake), "{text}");
        }
        assert_eq!(
            parse(&format!("/reset-link {}", "😀".repeat(6000))),
            Parsed::Wrong(Mistake::TooLong(ResetLink))
        );
    }

    #[test]
    fn other_talk_is_not_ours() {
        for text in ["", "hello", "reset-link ada", "/resume", "/mail on", "please /reset-link ada"] {
            assert_eq!(parse(text), Parsed::NotMine, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,400}", command in "/reset-(link|status|revoke) ?(contact ?:)? ?[\"“„«»\\\\]?") {
            parse(&text);
            parse(&format!("{command}{text}"));
        }

        #[test]
        fn any_quoted_id_comes_through_unchanged(id in "\\PC{1,60}") {
            prop_assume!(!id.trim().is_empty());
            let typed = format!("/reset-link contact:\"{}\"", id.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(parse(&typed), link(&id));
        }
    }
}
