//! The operating system's user as whom this process runs.

use keys::Keeper;
use nix::unistd::{Uid, User};

/// The login name that belongs to the process's user id: what the environment says is not asked, anyone can set that.
pub fn login() -> String {
    let uid = Uid::current();
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid-{uid}"),
    }
}

/// Whose the files of secrets must be.
pub fn keeper() -> Keeper {
    Keeper {
        user: Uid::effective().as_raw(),
        credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(Into::into),
    }
}
