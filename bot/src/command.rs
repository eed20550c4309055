//! Text to command, pure. One language for every chat platform.
//!
//! ```text
//! /reset-link contact:<id>      also: contact:"an id with spaces", or the bare id
//! /reset-status contact:<id>
//! /reset-revoke contact:<id>
//! /help
//! ```
//!
//! Invariant: an id comes out as it was typed, or the text is refused; it never becomes somebody else's. Quotation marks are those of [`quote`], addresses that
//! a chat program made links of those of [`unlink`], and what nobody sees is ignored around words.

mod quote;
mod unlink;

use std::fmt;

use keys::text::{is_invisible, visible};

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
    /// Where the field is empty, longer than any id, or a link that shows one text and means another.
    pub fn about(self, contact: &str) -> Result<Command, Mistake> {
        let bare = trimmed(contact);
        if bare.is_empty() {
            Err(Mistake::NoContact(self))
        } else if bare.chars().nth(MAX_CHARS).is_some() {
            Err(Mistake::TooLong(self))
        } else if let Some((link, "")) = unlink::link(bare) {
            link.meant().map(|contact| self.with(contact)).ok_or(Mistake::LinkDiffers(self))
        } else {
            // As it is, ends included: an id that was picked names one contact exactly.
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
    /// A link whose text is not what it leads to: which of the two is meant, nobody can say.
    LinkDiffers(CommandName),
    /// Longer than any id can be.
    TooLong(CommandName),
}

/// Reads what an admin typed. Any Unicode in, never a panic.
pub fn parse(text: &str) -> Parsed {
    let text = trimmed(text);
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = visible(word).to_lowercase();
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
    let rest = trimmed(strip_key(trimmed(rest)));
    if rest.chars().nth(MAX_CHARS).is_some() {
        return Err(Mistake::TooLong(name));
    }
    let Some(first) = rest.chars().next() else { return Err(Mistake::NoContact(name)) };
    let (id, behind) = if let Some(marks) = quote::marks_like(first) {
        let (id, behind) = quote::quoted(marks, rest).ok_or(Mistake::OpenQuote(name))?;
        (unlinked(name, &id)?, behind)
    } else if let Some((link, behind)) = unlink::link(rest) {
        (link.meant().ok_or(Mistake::LinkDiffers(name))?, behind)
    } else {
        let (id, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        (id.to_owned(), behind)
    };
    if trimmed(&id).is_empty() {
        Err(Mistake::NoContact(name))
    } else if trimmed(behind).is_empty() {
        Ok(id)
    } else {
        Err(Mistake::MoreThanOneWord(name))
    }
}

/// The id that is meant where a chat program has made a link of it.
fn unlinked(name: CommandName, id: &str) -> Result<String, Mistake> {
    match unlink::link(id) {
        Some((link, "")) => link.meant().ok_or(Mistake::LinkDiffers(name)),
        _ => Ok(id.to_owned()),
    }
}

/// Without spaces and what nobody sees at both ends.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// `contact:` in any case, with or without space around the colon; a bare id may hold colons of its own.
fn strip_key(rest: &str) -> &str {
    match rest.split_once([':', '：']) {
        Some((key, behind)) if visible(key).trim_end().eq_ignore_ascii_case("contact") => behind,
        _ => rest,
    }
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
            "/reset-link “ada\"",
            "/reset-link „ada”",
            "/reset-link ”ada”",
            "/reset-link ‘ada’",
            "/reset-link 'ada'",
            "/reset-link ‚ada‘",
            "/reset-link `ada`",
            "/reset-link 「ada」",
            "/reset-link\u{200b} contact\u{feff}:\u{200b}ada\u{202c}",
            "\u{feff}/reset-link \"ada\"\u{200b}",
            "/reset-link contact：ada",
            "/reset-link [ada](mailto:ada)",
            "/reset-link contact:\"<mailto:ada|ada>\"",
        ] {
            assert_eq!(parse(text), link("ada"), "{text}");
        }
    }

    #[test]
    fn an_id_may_hold_spaces_quotes_and_colons() {
        assert_eq!(parse("/reset-link contact:\"Ada Lovelace\""), link("Ada Lovelace"));
        assert_eq!(parse(r#"/reset-link "a\"b\\c""#), link(r#"a"b\c"#));
        assert_eq!(parse("/reset-link contact:\"O’Brien\""), link("O’Brien"));
        assert_eq!(parse("/reset-link O’Brien"), link("O’Brien"));
        assert_eq!(parse("/reset-link 'O'Brien'"), link("O'Brien"));
        assert_eq!(parse("/reset-link \"6\"-disk\""), link("6\"-disk"));
        assert_eq!(parse("/reset-link urn:x:42"), link("urn:x:42"));
        assert_eq!(parse("/reset-link contacts:42"), link("contacts:42"));
        assert_eq!(parse("/reset-link さくら"), link("さくら"));
    }

    #[test]
    fn a_backslash_is_itself_unless_a_mark_or_a_backslash_follows() {
        for (typed, id) in [
            (r#"contact:"CORP\ann""#, r"CORP\ann"),
            (r#"contact:"CORP\\ann""#, r"CORP\ann"),
            (r"contact:CORP\ann", r"CORP\ann"),
            (r"contact:CORP\\ann", r"CORP\\ann"),
            (r"'CORP\ann'", r"CORP\ann"),
            (r"“CORP\ann”", r"CORP\ann"),
            (r#""CORP\\""#, r"CORP\"),
            (r#""a\'b""#, r"a\'b"),
            // A phone has turned the mark behind the backslash.
            (r"“a\” b”", "a” b"),
        ] {
            assert_eq!(parse(&format!("/reset-link {typed}")), link(id), "{typed}");
        }
    }

    #[test]
    fn an_address_that_a_chat_program_made_a_link_of_is_that_address() {
        let ada = "ada@example.org";
        for typed in [
            "<mailto:ada@example.org|ada@example.org>",
            "contact:<mailto:ada@example.org|ada@example.org>",
            "<mailto:ada@example.org>",
            "[ada@example.org](mailto:ada@example.org)",
            "[ada@example.org](MAILTO:Ada%40example.org)",
            "\"[ada@example.org](mailto:ada@example.org)\"",
        ] {
            assert_eq!(parse(&format!("/reset-link {typed}")), link(ada), "{typed}");
            assert_eq!(
                CommandName::ResetLink.about("[ada@example.org](mailto:ada@example.org)"),
                Ok(CommandName::ResetLink.with(ada.to_owned()))
            );
        }
        assert_eq!(parse("/reset-link <http://example.org|example.org>"), link("example.org"));
        assert_eq!(parse("/reset-link <https://id.example.org/ada>"), link("https://id.example.org/ada"));
        for typed in [
            "<mailto:mallory@example.org|ada@example.org>",
            "[ada](mailto:mallory@example.org)",
            "[Ada Lovelace](https://evil.example)",
            "\"<mailto:mallory|ada>\"",
        ] {
            let mistake = Mistake::LinkDiffers(CommandName::ResetLink);
            assert_eq!(parse(&format!("/reset-link {typed}")), Parsed::Wrong(mistake), "{typed}");
        }
        // These are no links: they stay as they are.
        for id in ["<ada>", "[ada]", "[ada](x)", "<ada|bob>", "[ada](mailto:ada)x"] {
            assert_eq!(parse(&format!("/reset-link {id}")), link(id));
        }
    }

    #[test]
    fn what_was_picked_from_a_list_stays_as_it_is() {
        let about = |contact: &str| CommandName::ResetLink.about(contact);
        for id in ["ada", " ada", "ceo\u{200b}", "\"ada\"", "contact:ada", r"CORP\ann", "O’Brien"] {
            assert_eq!(about(id), Ok(CommandName::ResetLink.with(id.to_owned())), "{id:?}");
        }
        assert_eq!(about(" \u{200b}"), Err(Mistake::NoContact(CommandName::ResetLink)));
        let differs = about("[ada](mailto:mallory)");
        assert_eq!(differs, Err(Mistake::LinkDiffers(CommandName::ResetLink)));
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
            ("/reset-link \"CORP\\\"", Mistake::OpenQuote(ResetLink)),
            ("/reset-link “ada’", Mistake::OpenQuote(ResetLink)),
            ("/reset-link 'ada", Mistake::OpenQuote(ResetLink)),
            ("/reset-link \"ada\"x", Mistake::OpenQuote(ResetLink)),
            ("/reset-link \"\u{200b}\"", Mistake::NoContact(ResetLink)),
            ("/reset-link <mailto:ada|ada> now", Mistake::MoreThanOneWord(ResetLink)),
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
        fn any_text_is_read_without_a_panic(text in ".{0,400}", command in "/reset-(link|status|revoke) ?(contact ?:)? ?[\"“„«»‘'`<\\[\\\\]?(mailto:)?") {
            parse(&text);
            parse(&format!("{command}{text}"));
        }

        #[test]
        fn any_quoted_id_comes_through_unchanged(id in "\\PC{1,60}|[a\\\\\"“”„' ]{1,12}", open in prop::sample::select(vec!['"', '“', '”', '„', '«'])) {
            prop_assume!(!trimmed(&id).is_empty() && unlink::link(&id).is_none());
            let mut typed = format!("/reset-link contact:{open}");
            for c in id.chars() {
                if c == '\\' || quote::DOUBLE.contains(&c) {
                    typed.push('\\');
                }
                typed.push(c);
            }
            typed.push('"');
            prop_assert_eq!(parse(&typed), link(&id));
        }

        #[test]
        fn an_id_without_marks_is_the_same_within_quotes_and_without(id in "[a-z0-9\\\\._@:/’-]{1,20}") {
            prop_assume!(quote::marks_like(id.chars().next().unwrap_or('a')).is_none() && strip_key(&id) == id);
            prop_assume!(!id.contains("\\\\") && !id.ends_with('\\'));
            prop_assert_eq!(parse(&format!("/reset-link {id}")), link(&id));
            prop_assert_eq!(parse(&format!("/reset-link \"{id}\"")), link(&id));
        }

        #[test]
        fn what_comes_out_stood_in_what_was_typed(text in "[a-c\\\\\"'“” <>|()\\[\\]:]{1,24}") {
            if let Parsed::Command(Command::ResetLink { contact }) = parse(&format!("/reset-link {text}")) {
                // Nothing is made up and nothing but escapes is left out.
                let escapes_aside = text.replace('\\', "");
                prop_assert!(escapes_aside.contains(&contact.replace('\\', "")), "{text:?} -> {contact:?}");
            }
        }
    }
}
