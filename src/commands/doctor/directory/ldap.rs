//! An LDAP directory: whether it answers, whether it accepts both accounts, and whether these may do what they must.

use bot::doctor::Finding;
use config::{AllInOne, LdapContacts};
use contacts::{ContactLookup as _, LdapContactLookup, LdapPasswordWriter, PasswordWriter as _};

use super::{PROTECTED, Sheet, protected};

const CURE: &str =
    "the page of this server below docs/directories says what it must have, and what each account may";

pub(super) async fn check(
    config: &AllInOne,
    reader: &LdapContacts,
    writer: &LdapContacts,
    sheet: &mut Sheet,
) {
    match LdapPasswordWriter::open(writer).await {
        Ok(opened) => {
            sheet.put(accepted(writer, "may read what a write depends on"));
            if let Some(chosen) = opened.chosen() {
                sheet.put(Finding::ok("contacts.conditional", chosen));
            }
            opened.close().await;
        }
        Err(error) => sheet.put(Finding::fail(writer.account_key, error.to_string(), CURE)),
    }
    let lookup = match LdapContactLookup::open(reader).await {
        Ok(lookup) => lookup,
        Err(error) => {
            sheet.put(Finding::fail(reader.account_key, error.to_string(), CURE));
            if !config.bot.protected.ids.is_empty() {
                sheet.put(Finding::not_checked(PROTECTED, "the contacts cannot be read"));
            }
            return;
        }
    };
    sheet.put(accepted(reader, "may find contacts"));
    for id in &config.bot.protected.ids {
        let cure = "write it as the directory has it, or take it out";
        sheet.put(match lookup.called(id).await {
            Ok(called) => protected(id, &called, cure),
            Err(_) => Finding::not_checked(PROTECTED, "the contacts cannot be read"),
        });
    }
    lookup.close().await;
}

fn accepted(settings: &LdapContacts, may: &str) -> Finding {
    let LdapContacts { account_key, bind_dn, url, base, .. } = settings;
    Finding::ok(account_key, format!("{bind_dn} is accepted by {url} and {may} below {base}"))
}
