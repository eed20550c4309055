//! Looking for contacts by the first letters of a name, an id or an e-mail: bounded, limited, and written down in bulk.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use contacts::ContactHit;
use jiff::{SignedDuration, Timestamp};

use crate::admin::{Admin, Caller};
use crate::audit::Event;
use crate::desk::Desk;

/// The window of the limit, and how long searches are gathered for one line of the audit.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// How many contacts are offered to somebody who mistyped an id.
const NEAR: usize = 5;

/// How often a mistyped id is shortened before it is given up; and without its first letter, which may be the wrong one.
const SHORTENED: usize = 4;
const SHORTENED_WITHOUT_FIRST: usize = 2;

/// What is shorter says nothing about who is meant.
const SHORTEST: usize = 2;

/// Searches, and what has been searched for since the last line of the audit.
pub(crate) struct Search {
    desk: Arc<Desk>,
    tallies: Mutex<HashMap<Admin, Tally>>,
}

#[derive(Debug, Default)]
struct Tally {
    times: VecDeque<Timestamp>,
    since: Option<Timestamp>,
    searches: u32,
    refused: u32,
    shown: u32,
}

impl Search {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        Self { desk: Arc::clone(desk), tallies: Mutex::default() }
    }

    /// Contacts that begin like what was typed, at most `limit`; none for whom the policy does not allow it, or who asks too often.
    pub(crate) async fn search(&self, caller: &Caller, typed: &str, limit: usize) -> Vec<ContactHit> {
        if !self.begin(caller) {
            return Vec::new();
        }
        match self.desk.directory.search(typed, limit).await {
            Ok(hits) => {
                self.count_shown(caller, hits.len());
                hits
            }
            Err(error) => {
                tracing::error!(%error, "contacts could not be searched");
                Vec::new()
            }
        }
    }

    /// Contacts whose id or name begins like one that does not exist, for those who may search: ever fewer letters must be alike.
    pub(crate) async fn near(&self, caller: &Caller, typed: &str) -> Vec<ContactHit> {
        for beginning in beginnings(typed) {
            if !self.begin(caller) {
                break;
            }
            match self.desk.directory.search(&beginning, NEAR).await {
                Ok(hits) if hits.is_empty() => {}
                Ok(hits) => {
                    self.count_shown(caller, hits.len());
                    return hits;
                }
                Err(error) => {
                    tracing::error!(%error, "contacts could not be searched");
                    break;
                }
            }
        }
        Vec::new()
    }

    /// Counts a search, and says whether it may be.
    fn begin(&self, caller: &Caller) -> bool {
        let now = self.desk.now();
        let policy = &self.desk.settings.policy;
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        // One person's accounts share a limit.
        let recent: usize = tallies
            .iter()
            .filter(|(admin, _)| policy.people.is_same(admin, &caller.admin))
            .map(|(_, tally)| tally.times.iter().filter(|at| is_recent(**at, now)).count())
            .sum();
        let may = policy.may_search(caller) && recent < policy.searches as usize;
        let tally = tallies.entry(caller.admin.clone()).or_default();
        tally.times.retain(|at| is_recent(*at, now));
        tally.since.get_or_insert(now);
        tally.searches = tally.searches.saturating_add(1);
        if may {
            tally.times.push_back(now);
        } else {
            tally.refused = tally.refused.saturating_add(1);
        }
        may
    }

    fn count_shown(&self, caller: &Caller, hits: usize) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = tallies.get_mut(&caller.admin) {
            tally.shown = tally.shown.saturating_add(u32::try_from(hits).unwrap_or(u32::MAX));
        }
    }

    /// Writes down what was searched for a window ago or longer; with no `now`, everything: the process ends.
    pub(crate) async fn write_searches(&self, now: Option<Timestamp>) {
        for event in self.due_searches(now) {
            self.desk.note(event).await;
        }
    }

    fn due_searches(&self, now: Option<Timestamp>) -> Vec<Event> {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for (admin, tally) in tallies.iter_mut() {
            let is_due = |since: &mut Timestamp| now.is_none_or(|now| !is_recent(*since, now));
            let Some(since) = tally.since.take_if(is_due) else { continue };
            let times = std::mem::take(&mut tally.times);
            let Tally { searches, refused, shown, .. } =
                std::mem::replace(tally, Tally { times, ..Tally::default() });
            due.push(Event::Searched {
                admin: admin.clone(),
                searches,
                refused,
                shown,
                since: keys::wire_time::to_millisecond(since),
            });
        }
        if let Some(now) = now {
            tallies
                .retain(|_, tally| tally.since.is_some() || tally.times.iter().any(|at| is_recent(*at, now)));
        }
        due
    }
}

/// What to look for where somebody typed an id that nobody has: the longest beginning first.
fn beginnings(typed: &str) -> Vec<String> {
    let letters: Vec<char> = typed.trim().chars().collect();
    let without_first = letters.get(1..).unwrap_or_default();
    let mut beginnings: Vec<&[char]> = [(&letters[..], SHORTENED), (without_first, SHORTENED_WITHOUT_FIRST)]
        .into_iter()
        .flat_map(|(letters, shortened)| {
            (0..shortened).filter_map(|missing| letters.get(..letters.len().checked_sub(missing)?))
        })
        .filter(|letters| letters.len() >= SHORTEST)
        .collect();
    beginnings.sort_by_key(|letters| std::cmp::Reverse(letters.len()));
    beginnings.into_iter().map(|letters| letters.iter().collect()).collect()
}

/// What a clock that was ahead has counted does not count once it is right.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.duration_since(at) < WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_id_is_looked_for_by_ever_fewer_of_its_letters() {
        assert_eq!(beginnings(" caorl "), ["caorl", "caor", "aorl", "cao", "aor", "ca"]);
        assert_eq!(beginnings("dada"), ["dada", "dad", "ada", "da", "ad"]);
        assert_eq!(beginnings("é"), Vec::<String>::new());
        assert_eq!(beginnings(""), Vec::<String>::new());
    }
}
