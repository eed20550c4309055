//! Whether contacts are found by their own e-mails: where `email_key` is another key, nobody would be found who shares one.

use keys::NormalisedEmail;
use sqlx::Error;

use super::CheckedAccount;
use crate::CheckFinding;
use crate::sql::contact_lookup::who_has;
use crate::sql::statement::Statement;
use crate::sql::table::ContactTable;

const EMAIL_KEY: &str = "contacts.mapping.email_key";

/// So many contacts are looked for.
const SAMPLE: usize = 5;

/// Looks for some. Where reset-link computes the key itself there is nothing to say.
pub(super) async fn check(reader: &CheckedAccount) -> Option<CheckFinding> {
    reader.settings.mapping.email_key.as_ref()?;
    match finds_them(reader).await {
        Ok(true) => None,
        Ok(false) => Some(CheckFinding::fail(
            EMAIL_KEY,
            "contacts are not found by their own e-mails: every e-mail counts as shared, and every link is handed over",
            "remove email_key, or name the column that the SQL for the index of e-mails makes; with views run what `reset-link contacts views` prints once more",
        )),
        Err(error) => Some(reader.failed(EMAIL_KEY, &error)),
    }
}

async fn finds_them(reader: &CheckedAccount) -> Result<bool, Error> {
    let ContactTable { dialect, email, table, .. } = &reader.table;
    let some = format!("SELECT {email} FROM {table} WHERE {email} IS NOT NULL LIMIT {SAMPLE}");
    let some = reader.database.rows(&Statement::new(*dialect, some)).await?;
    for held in some.into_iter().flatten().flatten() {
        let Some(email) = NormalisedEmail::new(&held) else { continue };
        let found = reader.database.rows(&who_has(&reader.table, "", &email)).await?;
        let is_it =
            |held: &Option<String>| held.as_deref().and_then(NormalisedEmail::new).as_ref() == Some(&email);
        if !found.iter().any(|row| row.get(1).is_some_and(is_it)) {
            return Ok(false);
        }
    }
    Ok(true)
}
