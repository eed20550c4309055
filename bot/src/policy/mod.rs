//! Who may, how often, and by which way a link goes: pure.

pub(crate) mod delivery;
mod people;
pub(crate) mod request_limits;

pub use self::delivery::HandOverReason;
pub use self::people::People;

use std::collections::BTreeMap;

use config::{ForProtected, Forgot, HandOver};
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, text};

use crate::admin::{Admin, Caller, Platform};
use crate::audit::{Closing, Memory, RequestState};

/// The window of the limit per admin.
pub const ADMIN_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// So many links for one contact may be asked for on the page within [`CONTACT_WINDOW`].
pub const ASKED_PER_WINDOW: usize = 3;

/// So many may be within a day.
pub const ASKED_PER_DAY: usize = 6;

/// So often within an hour the help desk is asked about somebody.
pub const HELP_PER_HOUR: usize = 20;

/// The window of the limit per contact.
pub const CONTACT_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// What an operator allows.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Login names of this machine.
    pub allow: Vec<String>,
    /// Persons with accounts on several platforms; they may.
    pub people: People,
    /// Who else may on chat platforms; nobody may on one that is not here.
    pub chats: BTreeMap<Platform, Allowed>,
    /// Links per admin and hour.
    pub per_admin: u32,
    /// Links per contact and 15 minutes.
    pub per_contact: u32,
    /// Searches per admin and minute.
    pub searches: u32,
    /// What becomes of what contacts ask for on the page for a forgotten password.
    pub forgot: Forgot,
    /// What becomes of a link that cannot be mailed.
    pub hand_over: HandOver,
    /// Whether the admin who had a link mailed may have one handed over instead.
    pub hand_over_instead: bool,
    /// What becomes of a link for a protected contact.
    pub for_protected: ForProtected,
    /// Ids of protected contacts.
    pub protected: Vec<String>,
}

/// What a link needs before it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Nothing: one admin is enough.
    Nothing,
    /// A second person who agrees.
    Approval,
    /// It cannot be mailed, and this organisation hands none over.
    Mail,
    /// This contact gets none.
    Unprotected,
}

/// Whom an operator allows on a chat platform.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Ids of the guilds, workspaces or teams in which commands are taken; nowhere else, whoever asks.
    pub places: Vec<String>,
    /// Ids of roles or user groups whose members may.
    pub groups: Vec<String>,
    /// Ids of users who may.
    pub users: Vec<String>,
    /// Whether contacts may be searched for from there, so that their names go to the platform.
    pub search: bool,
}

/// Too many links for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitReached {
    /// By this admin.
    PerAdmin {
        /// How many are allowed.
        limit: u32,
        /// When the next one is.
        again_at: Timestamp,
    },
    /// For this contact.
    PerContact {
        /// How many are allowed.
        limit: u32,
        /// When the next one is.
        again_at: Timestamp,
    },
}

impl Policy {
    /// Whether this admin may issue links at all. Nobody who is not named may.
    pub fn may_issue(&self, caller: &Caller) -> bool {
        let Caller { admin, place, groups } = caller;
        if admin.platform.is_local() {
            return self.allow.contains(&admin.user) || self.people.knows(admin);
        }
        self.chats.get(&admin.platform).is_some_and(|allowed| {
            let is_in_place = place.as_ref().is_some_and(|place| allowed.places.contains(place));
            let is_named =
                allowed.users.contains(&admin.user) || groups.iter().any(|id| allowed.groups.contains(id));
            is_in_place && (is_named || self.people.knows(admin))
        })
    }

    /// Whether this admin may search for contacts.
    pub fn may_search(&self, caller: &Caller) -> bool {
        let platform = caller.admin.platform;
        let is_open = platform.is_local() || self.chats.get(&platform).is_some_and(|allowed| allowed.search);
        is_open && self.may_issue(caller)
    }

    /// Whether nobody alone gets a link for this contact. Compared as the directory compares what is typed: a protection that missed by a capital letter
    /// or by a form of Unicode would protect nobody.
    pub fn is_protected(&self, contact: &ContactId) -> bool {
        let id = contact.folded();
        self.protected.iter().any(|protected| text::folded(protected) == id)
    }

    /// What a link for this contact needs, whichever platform it is asked for on.
    pub fn needs(&self, contact: &ContactId, is_handed_over: bool) -> Needs {
        let by_hand = match (is_handed_over, self.hand_over) {
            (false, _) | (true, HandOver::Show) => Needs::Nothing,
            (true, HandOver::Approve) => Needs::Approval,
            (true, HandOver::Refuse) => Needs::Mail,
        };
        let by_contact = match (self.is_protected(contact), self.for_protected) {
            (false, _) => Needs::Nothing,
            (true, ForProtected::Approve) => Needs::Approval,
            (true, ForProtected::Refuse) => Needs::Unprotected,
        };
        by_hand.max(by_contact)
    }

    /// Whether one more link is within the limits. A request for approval counts like a link, whatever became of it.
    ///
    /// # Errors
    /// Which limit, and when again.
    pub fn check_limits(
        &self,
        memory: &Memory,
        admin: &Admin,
        contact: &ContactId,
        now: Timestamp,
    ) -> Result<(), LimitReached> {
        // What anybody asked for on the page has limits of its own, and must not use up an admin's.
        if admin.platform == Platform::Page {
            return Ok(());
        }
        let asked = || {
            let waiting = memory
                .requests()
                .filter(|request| match request.state(now) {
                    // An approved one counts as its link; one about a contact who has changed since, or that is asked again, as the one in its place.
                    RequestState::Approved(_)
                    | RequestState::Closed(
                        Closing::NotPosted | Closing::ContactChanged | Closing::AskedAgain,
                        _,
                    ) => false,
                    RequestState::Open | RequestState::Closed(..) => true,
                })
                .map(|request| (&request.admin, &request.contact, request.at));
            let issued = memory.issued().filter(|issued| issued.admin.platform != Platform::Page);
            issued.map(|issued| (&issued.admin, &issued.contact, issued.at)).chain(waiting)
        };
        let by_admin = asked().filter(|(who, ..)| self.people.is_same(who, admin)).map(|(.., at)| at);
        if let Some(again_at) = again_at(by_admin, self.per_admin, ADMIN_WINDOW, now) {
            return Err(LimitReached::PerAdmin { limit: self.per_admin, again_at });
        }
        let for_contact = asked().filter(|(_, whose, _)| *whose == contact).map(|(.., at)| at);
        if let Some(again_at) = again_at(for_contact, self.per_contact, CONTACT_WINDOW, now) {
            return Err(LimitReached::PerContact { limit: self.per_contact, again_at });
        }
        Ok(())
    }
}

/// When the limit allows one more, where it does not now. `times` in any order.
fn again_at(
    times: impl Iterator<Item = Timestamp>,
    limit: u32,
    window: SignedDuration,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut times: Vec<_> = times.filter(|at| now.duration_since(*at) < window).collect();
    times.sort();
    let limit = limit as usize;
    // With as many as allowed in the window, the one that must leave it first is the limit-th from the end.
    times.len().checked_sub(limit).and_then(|oldest| times.get(oldest)).map(|at| *at + window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    #[test]
    fn the_limit_counts_a_sliding_window_and_says_when_again() {
        let times = || [minute(0), minute(10), minute(20)].into_iter();
        assert_eq!(again_at(times(), 4, ADMIN_WINDOW, minute(30)), None);
        assert_eq!(again_at(times(), 3, ADMIN_WINDOW, minute(30)), Some(minute(60)));
        assert_eq!(again_at(times(), 2, ADMIN_WINDOW, minute(30)), Some(minute(70)));
        assert_eq!(again_at(times(), 3, ADMIN_WINDOW, minute(60)), None);
    }

    fn policy() -> Policy {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let accounts = [(Platform::Console, "carol"), (Platform::Shell, "carol"), (Platform::Discord, "3")]
            .map(|(platform, user)| Admin { platform, user: user.to_owned() });
        Policy {
            allow: ids(&["alice"]),
            people: People::from_iter([("Carol".to_owned(), accounts.to_vec())]),
            chats: BTreeMap::from([(
                Platform::Discord,
                Allowed { places: ids(&["100"]), groups: ids(&["200"]), users: ids(&["1"]), search: true },
            )]),
            per_admin: 1,
            per_contact: 1,
            searches: 1,
            forgot: Forgot::Mail,
            hand_over: HandOver::Show,
            hand_over_instead: false,
            for_protected: ForProtected::Refuse,
            protected: ids(&["Ceo"]),
        }
    }

    #[test]
    fn only_who_is_named_may() {
        let policy = policy();
        let may = |user: &str| {
            policy.may_issue(&Admin { platform: Platform::Console, user: user.to_owned() }.into())
        };
        assert!(may("alice") && may("carol"));
        assert!(!may("mallory") && !may("Alice") && !may("1"));
    }

    #[test]
    fn on_discord_only_who_is_named_may_and_only_in_the_guilds_that_are_named() {
        let policy = policy();
        let may = |user: &str, place: Option<&str>, groups: &[&str]| {
            policy.may_issue(&Caller {
                admin: Admin { platform: Platform::Discord, user: user.to_owned() },
                place: place.map(str::to_owned),
                groups: groups.iter().map(|id| (*id).to_owned()).collect(),
            })
        };
        assert!(
            may("1", Some("100"), &[]) && may("2", Some("100"), &["7", "200"]) && may("3", Some("100"), &[])
        );
        assert!(!may("2", Some("100"), &["7"]), "nobody has named them");
        assert!(
            !may("1", Some("101"), &["200"]),
            "another guild may have a role of the same id, and people too"
        );
        assert!(!may("1", None, &[]) && !may("3", None, &[]));
        assert!(!may("alice", Some("100"), &[]), "a login name is nobody on Discord");
        let nowhere = Policy { chats: BTreeMap::new(), ..policy.clone() };
        let caller = Caller {
            admin: Admin { platform: Platform::Discord, user: "1".to_owned() },
            place: Some("100".to_owned()),
            groups: Vec::new(),
        };
        assert!(!nowhere.may_issue(&caller));
    }

    #[test]
    fn a_contact_is_protected_however_the_list_writes_the_id() {
        for (written, id) in [
            ("ceo", "CEO"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("STRASSE", "stra\u{df}e"),
            (" ceo ", "ceo"),
            ("c\u{200b}eo", "ceo"),
            ("ceo", "ceo\u{feff}"),
        ] {
            let policy = Policy { protected: vec![written.to_owned()], ..policy() };
            assert!(policy.is_protected(&ContactId::new(id).unwrap()), "{written:?} {id:?}");
            assert!(!policy.is_protected(&ContactId::new("cfo").unwrap()), "{written:?}");
        }
    }

    #[test]
    fn what_a_link_needs_is_the_stricter_of_contact_and_hand_over() {
        let id = |id: &str| ContactId::new(id).unwrap();
        for (hand_over, for_protected, expected) in [
            (
                HandOver::Show,
                ForProtected::Refuse,
                [Needs::Nothing, Needs::Nothing, Needs::Unprotected, Needs::Unprotected],
            ),
            (
                HandOver::Show,
                ForProtected::Approve,
                [Needs::Nothing, Needs::Nothing, Needs::Approval, Needs::Approval],
            ),
            (
                HandOver::Approve,
                ForProtected::Approve,
                [Needs::Nothing, Needs::Approval, Needs::Approval, Needs::Approval],
            ),
            (
                HandOver::Refuse,
                ForProtected::Approve,
                [Needs::Nothing, Needs::Mail, Needs::Approval, Needs::Mail],
            ),
            (
                HandOver::Refuse,
                ForProtected::Refuse,
                [Needs::Nothing, Needs::Mail, Needs::Unprotected, Needs::Unprotected],
            ),
        ] {
            let policy = Policy { hand_over, for_protected, ..policy() };
            let needs = [("ada", false), ("ada", true), ("ceo", false), ("ceo", true)]
                .map(|(contact, is_handed_over)| policy.needs(&id(contact), is_handed_over));
            assert_eq!(needs, expected, "{hand_over:?} {for_protected:?}");
        }
    }
}
