//! The keys of a config as data: what each takes, what it is for, which role needs it, whether it is a secret.

use std::fmt;

/// What a process is, by which it needs some settings and refuses the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Both halves in one process.
    AllInOne,
    /// What decides, mints links, mails or hands them over.
    Bot,
    /// What takes links and sets passwords. It never holds the key that signs them.
    RedeemServer,
}

impl Role {
    /// Whether a process of this role reads a key that is needed so.
    pub(crate) fn needs(self, needed_by: NeededBy) -> bool {
        match self {
            Self::AllInOne => true,
            Self::Bot => needed_by != NeededBy::RedeemServer,
            Self::RedeemServer => needed_by != NeededBy::Bot,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllInOne => "the whole product",
            Self::Bot => "the bot",
            Self::RedeemServer => "the redeem server",
        })
    }
}

/// Who needs a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeededBy {
    /// The bot and the redeem server.
    Both,
    /// The bot alone.
    Bot,
    /// The redeem server alone.
    RedeemServer,
}

/// What is known of a key, whatever it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyInfo {
    pub(crate) name: &'static str,
    /// What it takes, in one or two words.
    pub(crate) takes: &'static str,
    /// What it is for, in one sentence.
    pub(crate) about: &'static str,
    pub(crate) needed_by: NeededBy,
    /// What to do instead where a role refuses it.
    pub(crate) instead: Option<&'static str>,
    /// The value itself is a secret; the name of a file that holds one is none.
    pub(crate) is_secret: bool,
}

/// A key that is read by `R`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<R> {
    pub(crate) info: KeyInfo,
    pub(crate) reader: R,
}

impl<R> Key<R> {
    pub(crate) const fn new(name: &'static str, takes: &'static str, about: &'static str, reader: R) -> Self {
        let info = KeyInfo { name, takes, about, needed_by: NeededBy::Both, instead: None, is_secret: false };
        Self { info, reader }
    }

    /// The redeem server does without it, and refuses it.
    pub(crate) const fn for_bot(mut self) -> Self {
        self.info.needed_by = NeededBy::Bot;
        self
    }

    /// What the role that refuses it does instead.
    pub(crate) const fn or_else(mut self, instead: &'static str) -> Self {
        self.info.instead = Some(instead);
        self
    }

    /// The bot does without it, and refuses it.
    pub(crate) const fn for_redeem_server(mut self) -> Self {
        self.info.needed_by = NeededBy::RedeemServer;
        self
    }
}

impl<R> From<&Key<R>> for KeyInfo {
    fn from(key: &Key<R>) -> Self {
        key.info
    }
}

/// How often a section may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// `[mail]`
    Once,
    /// `[[admins]]`: the environment has no names for its keys.
    Many,
}

/// A section: its name and its keys, in the order of the example file. A section within another one is named after both, with a dot between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) times: Times,
    pub(crate) keys: &'static [KeyInfo],
    /// What other programs call a section of this kind.
    pub(crate) elsewhere: &'static [&'static str],
}

impl Table {
    pub(crate) const fn new(name: &'static str, keys: &'static [KeyInfo]) -> Self {
        Self { name, times: Times::Once, keys, elsewhere: &[] }
    }

    pub(crate) const fn many(name: &'static str, keys: &'static [KeyInfo]) -> Self {
        Self { name, times: Times::Many, keys, elsewhere: &[] }
    }

    pub(crate) const fn called(mut self, elsewhere: &'static [&'static str]) -> Self {
        self.elsewhere = elsewhere;
        self
    }

    /// The section that it is a part of: `contacts` of `contacts.mapping`.
    pub(crate) fn parent(&self) -> Option<&'static str> {
        self.name.split_once('.').map(|(parent, _)| parent)
    }

    /// How it is headed in the file.
    pub(crate) fn heading(&self) -> String {
        match self.times {
            Times::Once => format!("[{}]", self.name),
            Times::Many => format!("[[{}]]", self.name),
        }
    }

    /// The keys that a role needs.
    pub(crate) fn keys_for(&self, role: Role) -> impl Iterator<Item = &'static KeyInfo> {
        self.keys.iter().filter(move |key| role.needs(key.needed_by))
    }
}
