//! Names of requests for approval, and what a button means: pure.

use std::fmt;

use keys::{Id128, LinkId};
use serde::{Deserialize, Serialize};

/// 128 random bits that name one request, for approval or to the help desk. Knowing it lets nobody do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(Id128);

impl RequestId {
    /// Names a request.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Id128::new(bytes))
    }

    /// The bits themselves.
    pub(crate) fn bits(self) -> Id128 {
        self.0
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
    /// Issue a link for the contact who asked the help desk.
    SendLink(RequestId),
    /// Issue one, and hand it over.
    HandMeTheLink(RequestId),
    /// Issue none.
    Dismiss(RequestId),
}

impl Action {
    /// What a platform keeps in the button: at most 100 characters, no secret.
    pub fn id(&self) -> String {
        match self {
            Self::Revoke(link_id) => format!("revoke.{link_id}"),
            Self::HandOverInstead(link_id) => format!("instead.{link_id}"),
            Self::Approve(request) => format!("approve.{request}"),
            Self::Decline(request) => format!("decline.{request}"),
            Self::SendLink(request) => format!("send.{request}"),
            Self::HandMeTheLink(request) => format!("hand.{request}"),
            Self::Dismiss(request) => format!("dismiss.{request}"),
        }
    }

    /// Reads what came back with a press; `None` where it is none of ours.
    pub fn parse(id: &str) -> Option<Self> {
        let (word, name) = id.split_once('.')?;
        // Buttons below links of version 1 are still out there.
        let link = || LinkId::parse(name).ok();
        let request = || Id128::parse(name).ok().map(RequestId);
        match word {
            "revoke" => link().map(Self::Revoke),
            "instead" => link().map(Self::HandOverInstead),
            "approve" => request().map(Self::Approve),
            "decline" => request().map(Self::Decline),
            "send" => request().map(Self::SendLink),
            "hand" => request().map(Self::HandMeTheLink),
            "dismiss" => request().map(Self::Dismiss),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_comes_back_as_it_went() {
        let (link, request) = (LinkId::from_random([7; 24]), RequestId::from_random([7; 16]));
        let of_version_1 = LinkId::parse("BwcHBwcHBwcHBwcHBwcHBw").unwrap();
        for action in [
            Action::Revoke(link),
            Action::HandOverInstead(link),
            Action::Revoke(of_version_1),
            Action::HandOverInstead(of_version_1),
            Action::Approve(request),
            Action::Decline(request),
            Action::SendLink(request),
            Action::HandMeTheLink(request),
            Action::Dismiss(request),
        ] {
            assert!(action.id().len() <= 100);
            assert_eq!(Action::parse(&action.id()), Some(action));
        }
        for none in ["", "revoke", "revoke.", "revoke.x", "destroy.BwcHBwcHBwcHBwcHBwcHBw", "é.é"]
            .into_iter()
            .map(str::to_owned)
            .chain(["approve", "decline"].map(|word| format!("{word}.{link}")))
        {
            assert_eq!(Action::parse(&none), None);
        }
    }
}
