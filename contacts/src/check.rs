//! What an operator learns of contacts in another program's directory: plain data.

use crate::EmailSharing;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckVerdict {
    /// As it should be.
    Ok,
    /// It works, and may not be what the operator wants.
    Warn,
    /// It does not work, or somebody may do more than they should.
    Fail,
    /// It could not be checked, because of something that another finding says.
    NotChecked,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// Which setting it is about.
    pub subject: &'static str,
    /// How it ended.
    pub verdict: CheckVerdict,
    /// What was found.
    pub text: String,
    /// What mends it; with a warning and a failure.
    pub cure: Option<String>,
    /// Statements that mend it, for the account to which the tables belong.
    pub sql: Vec<String>,
}

impl CheckFinding {
    pub(crate) fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, verdict: CheckVerdict::Ok, text: text.into(), cure: None, sql: Vec::new() }
    }

    pub(crate) fn warn(subject: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::Warn, ..Self::fail(subject, text, cure) }
    }

    pub(crate) fn fail(subject: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        let (text, cure) = (text.into(), Some(cure.into()));
        Self { subject, verdict: CheckVerdict::Fail, text, cure, sql: Vec::new() }
    }

    pub(crate) fn not_checked(subject: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::NotChecked, ..Self::ok(subject, text) }
    }

    pub(crate) fn with_sql(mut self, sql: Vec<String>) -> Self {
        self.sql = sql;
        self
    }
}

/// What reset-link sees of one contact.
#[derive(Debug, Clone)]
pub struct CheckedContact {
    /// As the row has it.
    pub id: String,
    /// Why no link can carry this id, where none can.
    pub id_refused: Option<String>,
    /// What the person is called.
    pub name: String,
    /// The primary e-mail for other people's eyes.
    pub masked_email: Option<String>,
    /// Who else has it; absent where it is no address.
    pub sharing: Option<EmailSharing>,
    /// BCP 47.
    pub language: Option<String>,
    /// Whether links are issued for them.
    pub is_active: bool,
    /// Which kind of hash is stored.
    pub stored_kind: String,
    /// Which kind of hash a new password is stored as.
    pub written_kind: &'static str,
    /// Whether what is stored may be replaced.
    pub may_replace: bool,
}

/// What reset-link sees of one contact in an LDAP directory.
#[derive(Debug, Clone)]
pub struct CheckedLdapContact {
    /// Where the entry is.
    pub dn: String,
    /// As the entry has it; several of them, with a comma between.
    pub id: String,
    /// Why no link can carry this id, where none can.
    pub id_refused: Option<String>,
    /// What the person is called, where the entry says so.
    pub name: Option<String>,
    /// All e-mails for other people's eyes. Of several none is the primary one.
    pub masked_emails: Vec<String>,
    /// Who else has the primary e-mail; absent where there is none, or it is no address.
    pub sharing: Option<EmailSharing>,
    /// BCP 47.
    pub language: Option<String>,
    /// Why no links are issued for them; absent where they are active.
    pub why_inactive: Option<&'static str>,
    /// When their password was set.
    pub password: CheckedPasswordTime,
    /// Whether a password is set only while it is still the one that was there when the link was issued.
    pub is_conditional: bool,
}

/// When a password was set, as a directory keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckedPasswordTime {
    /// In the server's own form.
    At(String),
    /// It never was, and the server would have kept it.
    NoneYet,
    /// The server does not say it.
    NotKept {
        /// What makes it do so.
        cure: &'static str,
    },
}

/// Contacts that share an e-mail, one line after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedEmail {
    /// Another e-mail, for other people's eyes. Those who have it follow.
    Email(String),
    /// Somebody who has it.
    Contact {
        /// As the directory has it.
        id: String,
        /// Whether links are issued for them.
        is_active: bool,
    },
}
