use std::collections::BTreeSet;

use super::SqliteContacts;
use crate::matching::{Fit, Typed, folded};
use crate::{ContactHit, DirectoryError};

/// So many rows are in memory at a time.
const PAGE: i64 = 2_000;

/// A contact that fits: the best come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    fit: Fit,
    sorted_by: String,
    id: String,
    name: String,
    email: Option<String>,
}

/// Looks at every active contact, a page at a time, and keeps the best. An index on names would cost every other program that writes the table more than
/// it saves us: a search through a hundred thousand contacts takes a fraction of a second.
pub(super) async fn search(
    contacts: &SqliteContacts,
    typed: &str,
    limit: usize,
) -> Result<Vec<ContactHit>, DirectoryError> {
    contacts.check_in_place().await?;
    let Some(typed) = Typed::new(typed) else { return Ok(Vec::new()) };
    let mut best = BTreeSet::new();
    let mut after = String::new();
    loop {
        let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT id, name, email FROM contacts WHERE id > ?1 AND active = 1 ORDER BY id LIMIT ?2",
        )
        .bind(&after)
        .bind(PAGE)
        .fetch_all(&contacts.pool)
        .await
        .map_err(|error| contacts.unreachable(error))?;
        let Some((last, ..)) = rows.last() else { break };
        after.clone_from(last);
        for (id, name, email) in rows {
            let Some(fit) = typed.fit(&id, &name, email.as_deref()) else { continue };
            best.insert(Candidate { fit, sorted_by: folded(&name), id, name, email });
            if best.len() > limit {
                best.pop_last();
            }
        }
    }
    best.into_iter()
        .map(|hit| Ok(ContactHit::new(contacts.id(hit.id)?, hit.name, hit.email.as_deref())))
        .collect()
}
