//! What a server and an account are asked before anything else.

use config::LdapContacts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ldap3::controls::{Assertion, RawControl};
use ldap3::{Scope, SearchEntry};

use super::connection::{LdapConnection, Search, SearchError};
use super::entry::{ContactEntry, EntryAttributes, version_attribute};
use super::filter;
use super::flavour::{Flavour, RequiredControl};

/// RFC 4528.
pub(super) const ASSERTION_CONTROL: &str = "1.3.6.1.1.12";

const SUPPORTED_CONTROL: &str = "supportedControl";
const CURRENT_TIME: &str = "currentTime";

/// A control without which the server must not do what it is asked, unless the filter holds.
pub(super) fn assertion(filter: &str) -> RawControl {
    RawControl { crit: true, ..Assertion::new(filter) }
}

/// What a role does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
}

/// Holds the settings against the server.
///
/// Checks: the account is accepted; the base is there; the server knows the controls by which a password is set; the account may search each attribute
/// that is compared, and the writer's assertions hold where they must. The rights are seen on one entry of a contact, and not at all where there is none.
///
/// # Errors
/// What is missing, with its cure.
pub(super) async fn check(
    connection: &LdapConnection,
    settings: &LdapContacts,
    flavour: &dyn Flavour,
    role: Role,
) -> Result<(), String> {
    let base = Search { filter: "(objectClass=*)", scope: Scope::Base, ..search(connection, settings) };
    if let Err(error) = connection.search(&base).await {
        return Err(format!("contacts.base: {}", error.text()));
    }
    if role == Role::Writer {
        check_controls(connection, flavour).await?;
    }
    let people = filter::all(&[settings.filter.clone(), format!("({}=*)", settings.id_attribute)]);
    let mut attributes = vec![settings.id_attribute.as_str()];
    attributes.extend(flavour.always_there());
    let one = Search { filter: &people, limit: 1, attributes: &attributes, ..search(connection, settings) };
    let found =
        connection.search(&one).await.map_err(|error| format!("contacts.filter: {}", error.text()))?;
    let Some(entry) = found.entries.into_iter().next() else {
        tracing::warn!(
            key = settings.account_key,
            "no contact is below contacts.base that contacts.filter lets through, so what this account may do was not checked"
        );
        return Ok(());
    };
    if let Some(active_filter) = &settings.active_filter {
        let active = filter::all(&[&people, active_filter]);
        let active = Search { filter: &active, ..one };
        let found = connection
            .search(&active)
            .await
            .map_err(|error| format!("contacts.active_filter: {}", error.text()))?;
        if found.entries.is_empty() {
            return Err("contacts.active_filter lets no contact through, so that nobody would get a link. To mend: check it, and that this account may search the attributes it names".to_owned());
        }
    }
    check_rights(connection, settings, flavour, role, entry).await
}

fn search<'a>(connection: &LdapConnection, settings: &'a LdapContacts) -> Search<'a> {
    Search {
        base: &settings.base,
        scope: Scope::Subtree,
        filter: &settings.filter,
        attributes: &["1.1"],
        limit: 1,
        patience: connection.patience(),
        control: None,
    }
}

/// What the server says of itself (RFC 4512, section 5.1).
///
/// # Errors
/// Where it does not answer.
pub(super) async fn root_entry(
    connection: &LdapConnection,
    attributes: &[&str],
) -> Result<EntryAttributes, String> {
    let root = Search {
        base: "",
        scope: Scope::Base,
        filter: "(objectClass=*)",
        attributes,
        limit: 1,
        patience: connection.patience(),
        control: None,
    };
    let found = connection.search(&root).await.map_err(|error| error.text())?;
    let entry = found.entries.into_iter().next();
    Ok(EntryAttributes::of(entry.map(|entry| entry.attrs).unwrap_or_default()))
}

/// The server's own time, which servers of Active Directory tell.
///
/// # Errors
/// Where it does not tell it.
pub(super) async fn current_time(connection: &LdapConnection) -> Result<Timestamp, String> {
    let root = root_entry(connection, &[CURRENT_TIME]).await?;
    root.first(CURRENT_TIME).and_then(generalized_time).ok_or("the server does not tell its time".to_owned())
}

/// RFC 4517, section 3.3.13, in the one form that such servers write: `20261127025104.0Z`.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%d%H%M%S", text.get(..14)?).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

async fn check_controls(connection: &LdapConnection, flavour: &dyn Flavour) -> Result<(), String> {
    let root = root_entry(connection, &[SUPPORTED_CONTROL]).await?;
    let known = root.values(SUPPORTED_CONTROL);
    for RequiredControl { oid, missing } in flavour.required_controls() {
        if !known.iter().any(|known| known == oid) {
            return Err(format!(
                "{missing}. To mend: see the page of this server below docs/directories for what it must have"
            ));
        }
    }
    Ok(())
}

async fn check_rights(
    connection: &LdapConnection,
    settings: &LdapContacts,
    flavour: &dyn Flavour,
    role: Role,
    entry: SearchEntry,
) -> Result<(), String> {
    let dn = entry.dn.clone();
    let entry = ContactEntry::of(settings, flavour, entry);
    if let Some(hidden) =
        flavour.always_there().iter().find(|attribute| entry.attributes.first(attribute).is_none())
    {
        return Err(may_not_search(hidden));
    }
    if entry.ids.is_empty() {
        return Err(format!(
            "contacts.id_attribute: the server does not call it {}, or this account may search it and not read it. To mend: write it as the schema does, and see the page of this server below docs/directories for the rights of each account",
            settings.id_attribute
        ));
    }
    let LdapContacts { id_attribute, name_attribute, email_attribute, .. } = settings;
    let mut compared: Vec<&str> = match role {
        Role::Reader => vec![id_attribute, name_attribute, email_attribute],
        Role::Writer => vec![id_attribute],
    };
    compared.extend(flavour.searched_by(role));
    compared.extend(version_attribute(settings));
    let is_asserting = flavour.required_controls().iter().any(|control| control.oid == ASSERTION_CONTROL);
    for attribute in compared {
        let holds = filter::searchable(attribute);
        let of_entry =
            Search { base: &dn, scope: Scope::Base, filter: &holds, ..search(connection, settings) };
        let found = connection.search(&of_entry).await.map_err(|error| error.text())?;
        if found.entries.is_empty() {
            return Err(may_not_search(attribute));
        }
        if role == Role::Writer && is_asserting {
            let asserted = Search { filter: "(objectClass=*)", control: Some(assertion(&holds)), ..of_entry };
            match connection.search(&asserted).await {
                Ok(_) => {}
                Err(SearchError::AssertionFailed) => return Err(may_not_search(attribute)),
                Err(error) => return Err(error.text()),
            }
        }
    }
    Ok(())
}

fn may_not_search(attribute: &str) -> String {
    format!(
        "this account may not search {attribute}, or the server does not know it. To mend: see the page of this server below docs/directories for the rights of each account"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_time_is_read() {
        let read = generalized_time("20261127025104.0Z").unwrap();
        assert_eq!(read.to_string(), "2026-11-27T02:51:04Z");
        for odd in ["", "2026112702510", "20261327025104Z", "größe größe größe"] {
            assert!(generalized_time(odd).is_none(), "{odd}");
        }
    }
}
