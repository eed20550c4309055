//! What a directory says of a password that somebody claims to have.

use std::fmt;

use keys::PasswordVersion;

/// What was found. A version is the one that the password was checked against: whoever sets another one expects it, so that nothing is lost between.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is the contact's password, and signs them in.
    Matches {
        /// Of this password.
        version: PasswordVersion,
    },
    /// It is the contact's password, and they must change it before it signs them in.
    MustChange {
        /// Of this password.
        version: PasswordVersion,
    },
    /// It is the contact's password, and too old to sign them in.
    Expired {
        /// Of this password.
        version: PasswordVersion,
    },
    /// It is the contact's password or the one of before, which the directory takes for a while after another was set.
    PresentOrFormer,
    /// It is not.
    Differs,
    /// The contact has none yet.
    NoPassword,
    /// Too many sign-ins have failed, so the directory does not say whether it is.
    Locked,
    /// The contact is inactive, whatever their password is.
    Disabled,
    /// The directory holds no such contact, active or not.
    NoSuchContact,
    /// What is stored is of no form that can be checked here.
    UnknownHash,
}

impl PasswordCheck {
    /// The version that it was checked against, where it is the contact's password.
    pub fn version(&self) -> Option<&PasswordVersion> {
        match self {
            Self::Matches { version } | Self::MustChange { version } | Self::Expired { version } => {
                Some(version)
            }
            _ => None,
        }
    }
}

impl fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Matches { .. } => "Matches",
            Self::MustChange { .. } => "MustChange",
            Self::Expired { .. } => "Expired",
            Self::PresentOrFormer => "PresentOrFormer",
            Self::Differs => "Differs",
            Self::NoPassword => "NoPassword",
            Self::Locked => "Locked",
            Self::Disabled => "Disabled",
            Self::NoSuchContact => "NoSuchContact",
            Self::UnknownHash => "UnknownHash",
        })
    }
}
