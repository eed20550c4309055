//! Who runs this process.

use keys::Keeper;
use nix::unistd::{Uid, User};

/// The login name that belongs to the process's user id: what the environment says is not asked, anyone can set that.
pub(crate) fn login() -> String {
    let uid = Uid::current();
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid-{uid}"),
    }
}

/// What an operator writes where, so that this login may.
pub(crate) fn how_to_allow(login: &str) -> String {
    format!(
        "You are {login} here. To mend: put \"{login}\" into allow below [console] in the config file, or set console = \"{login}\" below an [[admins]]"
    )
}

/// Whose the files of secrets must be.
pub(crate) fn keeper() -> Keeper {
    Keeper {
        user: Uid::effective().as_raw(),
        credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(Into::into),
    }
}
