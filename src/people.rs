//! Who runs this process.

use nix::unistd::{Uid, User};

/// The login name that belongs to the process's user id: what the environment says is not asked, anyone can set that.
pub(crate) fn login() -> String {
    let uid = Uid::current();
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid-{uid}"),
    }
}
