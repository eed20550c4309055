//! E-mails that several contacts have, in tables of another application.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use config::SqlContacts;
use keys::NormalisedEmail;

use super::connection::TextRow;
use super::contact_lookup::open;
use super::error::describe;
use super::session::Access;
use super::statement::Statement;
use super::table::{ContactTable, Role};
use crate::duplicates::Grouped;
use crate::duplicates::several;
use crate::{OpenError, SharedEmail};

/// So much longer than a chat an operator waits.
const PATIENCE: i32 = 120;

/// So many addresses are looked for at once.
const IN_ONE_QUESTION: usize = 500;

/// So many shared e-mails beyond ASCII are in memory at once; for more the table is read again.
const AT_ONCE: usize = 50_000;

/// Somebody with an e-mail.
struct Holder {
    email: NormalisedEmail,
    id: String,
    is_active: bool,
}

impl Holder {
    /// Reads id, e-mail and whether they are active.
    fn of(row: TextRow) -> Option<Self> {
        let mut values = row.into_iter();
        // Whoever has no id is somebody all the same.
        let (id, email, active) = (values.next()?.unwrap_or_default(), values.next()??, values.next()?);
        Some(Self { email: NormalisedEmail::new(&email)?, id, is_active: active.as_deref() == Some("yes") })
    }
}

/// Hands over who shares an e-mail, and says how many e-mails are shared. Whatever the table's size, memory is needed for 8 bytes of each e-mail beyond
/// ASCII, for those whose domain alone is, and for so many of those who share one as there are at once.
///
/// # Errors
/// [`OpenError::Sql`] where the tables cannot be read.
pub(crate) async fn duplicates(
    settings: &SqlContacts,
    each: &mut (dyn FnMut(SharedEmail) + Send),
) -> Result<u64, OpenError> {
    let key = settings.url_key;
    let patient = SqlContacts { timeout: settings.timeout * PATIENCE, ..settings.clone() };
    let (database, table) = open(&patient, Access::Read, Role::Reader).await?;
    let failed = |error: sqlx::Error| OpenError::Sql(format!("{key}: {}", describe(&error)));
    let ContactTable { dialect, table: name, id_text, email, email_key, active, id, .. } = &table;
    let select = format!("SELECT {id_text}, {email}, {active} FROM {name} WHERE {email_key}");

    // Databases compare what is beyond ASCII in as many ways as they have collations.
    let beyond = Statement::new(*dialect, format!("{select} = '*'"));
    let state = RandomState::new();
    let mut marks = Vec::new();
    let mut elsewhere: BTreeMap<String, Vec<Holder>> = BTreeMap::new();
    database
        .for_each_row(&beyond, |row| {
            let Some(holder) = Holder::of(row) else { return };
            if holder.email.expose().is_ascii() {
                elsewhere.entry(holder.email.expose().to_owned()).or_default().push(holder);
            } else {
                marks.push(state.hash_one(&holder.email));
            }
        })
        .await
        .map_err(failed)?;
    let several = several(marks);
    // Some written beyond ASCII are the same as one that is not: a domain has a form in ASCII.
    let addresses: Vec<String> = elsewhere.keys().cloned().collect();
    for some in addresses.chunks(IN_ONE_QUESTION) {
        let mut statement = Statement::new(*dialect, format!("{select} IN ("));
        for (at, address) in some.iter().enumerate() {
            statement = statement.push(if at == 0 { "" } else { ", " }).bind(Some(address));
        }
        let others = database.rows(&statement.push(")")).await.map_err(failed)?;
        for other in others.into_iter().filter_map(Holder::of) {
            if let Some(holders) = elsewhere.get_mut(other.email.expose()) {
                holders.push(other);
            }
        }
    }
    let mut groups = Grouped::new(each);
    let shared = format!(
        "{select} IN (SELECT {email_key} FROM {name} WHERE {email_key} <> '*' GROUP BY {email_key} HAVING count(*) > 1) ORDER BY {email_key}, {id}"
    );
    database
        .for_each_row(&Statement::new(*dialect, shared), |row| {
            let Some(holder) = Holder::of(row) else { return };
            if !elsewhere.contains_key(holder.email.expose()) {
                groups.add(&holder.email, holder.id, holder.is_active);
            }
        })
        .await
        .map_err(failed)?;
    put(elsewhere, &mut groups);
    for some in several.chunks(AT_ONCE) {
        let mut alike: BTreeMap<String, Vec<Holder>> = BTreeMap::new();
        database
            .for_each_row(&beyond, |row| {
                let Some(holder) = Holder::of(row) else { return };
                if some.binary_search(&state.hash_one(&holder.email)).is_ok() {
                    alike.entry(holder.email.expose().to_owned()).or_default().push(holder);
                }
            })
            .await
            .map_err(failed)?;
        put(alike, &mut groups);
    }
    let count = groups.end();
    database.close().await;
    Ok(count)
}

fn put(holders: BTreeMap<String, Vec<Holder>>, groups: &mut Grouped<'_>) {
    for mut holders in holders.into_values() {
        holders.sort_by(|one, other| one.id.cmp(&other.id));
        for holder in holders {
            groups.add(&holder.email, holder.id, holder.is_active);
        }
    }
}
