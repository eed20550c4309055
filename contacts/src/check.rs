//! What an operator learns of contacts in tables of another application: plain data.

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
