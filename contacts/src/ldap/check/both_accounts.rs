//! Whether both accounts read the same of when passwords were set: a link is bound to what the bot's reads, and held against what the redeem server's reads.

use std::collections::BTreeMap;

use super::FLAVOUR;
use crate::CheckFinding;
use crate::ldap::contact_lookup::LdapDirectory;
use crate::ldap::entry::ContactEntry;
use crate::ldap::flavour;

/// So many contacts are looked at by both.
const COMPARED: usize = 100;

/// Looks at the same contacts by both; says nothing where all is well, or one of them cannot look.
pub(super) async fn check(reader: &LdapDirectory, writer: &LdapDirectory) -> Option<CheckFinding> {
    let read = async |directory: &LdapDirectory| {
        let found = directory.entries("(objectClass=*)", COMPARED, directory.connection.patience()).await;
        let (entries, _) = found.ok()?;
        let contacts = entries.into_iter().filter(|entry| !entry.is_probe);
        Some(contacts.map(has_version).collect::<BTreeMap<_, _>>())
    };
    let page = flavour::page(reader.settings.flavour);
    differing(&read(reader).await?, &read(writer).await?, page)
}

fn has_version(entry: ContactEntry) -> (String, bool) {
    let has_version = entry.kept_version().is_some();
    (entry.dn, has_version)
}

/// Where one account reads a time of somebody's password and the other one reads none. Times that differ may have changed in between.
fn differing(
    reader: &BTreeMap<String, bool>,
    writer: &BTreeMap<String, bool>,
    page: &str,
) -> Option<CheckFinding> {
    let (mut both, mut differ) = (0, 0);
    for (dn, of_reader) in reader {
        if let Some(of_writer) = writer.get(dn) {
            both += 1;
            differ += usize::from(of_reader != of_writer);
        }
    }
    (differ > 0).then(|| {
        CheckFinding::fail(
            FLAVOUR,
            format!(
                "for {differ} of {both} contacts one account reads when their password was set and the other does not, so each of their links would look overtaken"
            ),
            format!("give both accounts the same rights to read what that is (see {page})"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CheckVerdict;

    fn seen(contacts: &[(&str, bool)]) -> BTreeMap<String, bool> {
        contacts.iter().map(|(dn, has_version)| ((*dn).to_owned(), *has_version)).collect()
    }

    #[test]
    fn a_time_that_one_account_alone_may_read_is_told() {
        let reader = seen(&[("uid=ada", true), ("uid=bob", false), ("uid=eve", true)]);
        assert!(differing(&reader, &reader, "page").is_none());
        // Of whom one account does not see at all nothing is known.
        assert!(differing(&reader, &seen(&[("uid=ada", true), ("uid=kim", false)]), "page").is_none());
        for (writer, expected) in [
            (seen(&[("uid=ada", false), ("uid=bob", false), ("uid=eve", false)]), "for 2 of 3"),
            (seen(&[("uid=bob", true), ("uid=eve", true)]), "for 1 of 2"),
        ] {
            let finding = differing(&reader, &writer, "page").unwrap();
            assert_eq!(finding.verdict, CheckVerdict::Fail);
            assert!(finding.text.starts_with(expected), "{finding:?}");
        }
    }
}
