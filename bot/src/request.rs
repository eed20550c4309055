//! Names of requests for approval, and what a button means: pure.

use std::fmt;

use keys::LinkId;
use serde::{Deserialize, Serialize};

/// 128 random bits that name one request for approval. Knowing it lets nobody do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(LinkId);

impl RequestId {
    /// Names a request.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(LinkId::from_random(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a button asks for. Whoever presses it is asked for their rights anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Withdraw this link.
    Revoke(LinkId),
    /// Withdraw this link, which was e-mailed, and hand a new one over.
    HandOverInstead(LinkId),
    /// Agree to this request.
    Approve(RequestId),
    /// Turn this request down.
    Decline(RequestId),
}

impl Action {
    /// What a platform keeps in the button: at most 100 characters, no secret.
    pub fn id(&self) -> String {
        match self {
            Self::Revoke(link_id) => format!("revoke.{link_id}"),
            Self::HandOverInstead(link_id) => format!("instead.{link_id}"),
            Self::Approve(request) => format!("approve.{request}"),
            Self::Decline(request) => format!("decline.{request}"),
        }
    }

    /// Reads what came back with a press; `None` where it is none of ours.
    pub fn parse(id: &str) -> Option<Self> {
        let (word, name) = id.split_once('.')?;
        let name = LinkId::parse(name).ok()?;
        Some(match word {
            "revoke" => Self::Revoke(name),
            "instead" => Self::HandOverInstead(name),
            "approve" => Self::Approve(RequestId(name)),
            "decline" => Self::Decline(RequestId(name)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_comes_back_as_it_went() {
        let name = LinkId::from_random([7; 16]);
        for action in [
            Action::Revoke(name),
            Action::HandOverInstead(name),
            Action::Approve(RequestId(name)),
            Action::Decline(RequestId(name)),
        ] {
            assert!(action.id().len() <= 100);
            assert_eq!(Action::parse(&action.id()), Some(action));
        }
        for none in ["", "revoke", "revoke.", "revoke.x", "destroy.BwcHBwcHBwcHBwcHBwcHBw", "é.é"] {
            assert_eq!(Action::parse(none), None);
        }
    }
}
