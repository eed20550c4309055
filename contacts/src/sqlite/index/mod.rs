//! The index by which contacts are searched: for each active contact the forms in which id, name, later words of the name and e-mail are compared. It is
//! true whoever writes: triggers of the file mark the contacts that somebody has written, a search reads marked contacts as they stand, and
//! [`IndexKeeper`] indexes them.

mod entries;
mod keeper;
mod marked;
mod tables;

pub(super) use entries::{EMAIL, LATER_WORD, initial};
pub(super) use keeper::IndexKeeper;
pub(super) use marked::index_all;
pub(super) use tables::ensure;
