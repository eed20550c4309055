//! Direct messages between the bot and people.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// The channels of direct messages that have been opened, and who takes none.
pub(crate) struct DirectMessages<Id> {
    /// By user.
    channels: BTreeMap<Id, Id>,
    closed: Vec<Id>,
}

impl<Id: Clone + Ord> DirectMessages<Id> {
    /// No channel yet; these people take no messages.
    pub(crate) fn closed_to(closed: impl IntoIterator<Item = Id>) -> Self {
        Self { channels: BTreeMap::new(), closed: closed.into_iter().collect() }
    }

    /// The channel with this person, where it has been opened: the same one every time.
    pub(crate) fn channel<Q: Ord + ?Sized>(&self, user: &Q) -> Option<Id>
    where
        Id: Borrow<Q>,
    {
        self.channels.get(user).cloned()
    }

    pub(crate) fn open(&mut self, user: Id, channel: Id) {
        self.channels.insert(user, channel);
    }

    /// The person at the other end of a channel.
    pub(crate) fn recipient<Q: Ord + ?Sized>(&self, channel: &Q) -> Option<Id>
    where
        Id: Borrow<Q>,
    {
        self.channels.iter().find(|(_, known)| (*known).borrow() == channel).map(|(user, _)| user.clone())
    }

    pub(crate) fn is_closed<Q: Ord + ?Sized>(&self, user: &Q) -> bool
    where
        Id: Borrow<Q>,
    {
        self.closed.iter().any(|closed| closed.borrow() == user)
    }

    /// This person takes messages from now on, or takes none.
    pub(crate) fn takes(&mut self, user: Id, takes: bool) {
        self.closed.retain(|closed| *closed != user);
        if !takes {
            self.closed.push(user);
        }
    }
}
