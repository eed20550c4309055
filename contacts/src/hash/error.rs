//! Why a password could not be hashed or checked.

use thiserror::Error;

/// A password could not be hashed or checked.
#[derive(Debug, Error)]
pub enum HashError {
    /// What is stored is of no form that can be verified here.
    #[error("the stored password hash is of no form that can be verified")]
    UnknownHash,
    /// The application would not take the password, or would ignore its end.
    #[error("the password has more than the {max_bytes} bytes that the application takes")]
    TooLong {
        /// In bytes of UTF-8, of the text that the application hashes.
        max_bytes: usize,
    },
    /// To bcrypt, PHP and crypt(3) a NUL is the end of a password, or an error; no form lets one be typed.
    #[error("the password holds a NUL character, which no application takes")]
    HoldsNul,
    /// Memory, random numbers, or the process is about to end.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}
