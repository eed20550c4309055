//! The names of the messages: one module for each message file, one constant for each message in it.

pub mod chat;
pub mod discord;
pub mod feed;
pub mod mail;
pub mod mattermost;
pub mod pages;
pub mod slack;

/// A message: its name in the files, and the variables in it.
///
/// There is one for each message in the files and no other; a test holds both to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub(crate) id: &'static str,
    pub(crate) variables: &'static [&'static str],
}

impl Key {
    const fn new(id: &'static str, variables: &'static [&'static str]) -> Self {
        Self { id, variables }
    }

    /// As it stands in the message files.
    pub fn id(self) -> &'static str {
        self.id
    }

    /// The variables that the text names, and that are given with it.
    pub fn variables(self) -> &'static [&'static str] {
        self.variables
    }
}

/// Declares the messages of one file: `NAME = "id" [variable, …];`.
macro_rules! keys {
    ($($name:ident = $id:literal $([$($variable:ident),*])?;)*) => {
        use super::Key;

        $(
            #[doc = concat!("`", $id, "`", $(" with ", $("`", stringify!($variable), "` ",)*)?)]
            pub const $name: Key = Key::new($id, &[$($(stringify!($variable)),*)?]);
        )*

        /// Every message of the file, with the name of its constant.
        pub const ALL: &[(&str, Key)] = &[$((stringify!($name), $name),)*];
    };
}
use keys;

/// The message files, by name, with their messages.
pub const FILES: [(&str, &[(&str, Key)]); 7] = [
    ("chat", chat::ALL),
    ("discord", discord::ALL),
    ("feed", feed::ALL),
    ("mail", mail::ALL),
    ("mattermost", mattermost::ALL),
    ("pages", pages::ALL),
    ("slack", slack::ALL),
];
