//! What can be wrong with a new password.

use contacts::PasswordRefusal;
use zxcvbn::feedback::{Suggestion, Warning};

/// A rule that a new password breaks.
#[derive(Debug, Clone, PartialEq)]
pub enum BrokenRule {
    /// Nothing was entered; nothing else is said then.
    Empty,
    /// Fewer code points than this.
    TooShort {
        /// How many it takes.
        min: usize,
    },
    /// More bytes than the directory, or we, can take.
    TooLong {
        /// How many it may have.
        max_bytes: usize,
    },
    /// A control character, a line break, a character that nobody sees or types, or something that was not text.
    Unprintable,
    /// It is, or for the most part is, the contact's own name, id or e-mail.
    OwnData,
    /// Too easy to guess, with the estimate's own advice.
    Weak {
        /// What makes it weak, where there is one thing to name.
        warning: Option<Warning>,
        /// What would make it stronger.
        suggestions: Vec<Suggestion>,
    },
    /// Fewer kinds of characters than the directory wants.
    TooFewKinds {
        /// How many it takes.
        min: usize,
    },
    /// The two fields differ.
    ConfirmDiffers,
    /// The contact directory refuses it by a policy of its own.
    DirectoryRefuses(PasswordRefusal),
}
