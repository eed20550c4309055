//! What the reader must not be able to do: set a password, and read one.

use ldap3::Scope;

use super::{PROBE, trial};
use crate::ldap::connection::{Search, SearchError};
use crate::ldap::contact_lookup::LdapDirectory;
use crate::ldap::entry::ContactEntry;
use crate::ldap::filter;
use crate::ldap::flavour;
use crate::{CheckFinding, Entropy};

/// Tries both on the entry that is made for it.
pub(super) async fn check(
    directory: &LdapDirectory,
    probe: &ContactEntry,
    entropy: &Entropy,
) -> Vec<CheckFinding> {
    vec![sets_none(directory, probe, entropy).await, reads_none(directory, probe).await]
}

async fn sets_none(directory: &LdapDirectory, probe: &ContactEntry, entropy: &Entropy) -> CheckFinding {
    let key = directory.settings.account_key;
    match trial::set(directory, &probe.dn, &trial::unknown_password(entropy)).await {
        trial::Tried::Denied => {
            CheckFinding::ok(key, "it may set no password: tried on the entry for trying")
        }
        trial::Tried::Done => CheckFinding::fail(
            key,
            "this account can set passwords, which the bot's must not: it has set that of the entry for trying",
            format!(
                "take from it the right to write {} (see {})",
                directory.flavour.password_attribute(),
                flavour::page(directory.settings.flavour)
            ),
        ),
        trial::Tried::Stale => {
            CheckFinding::not_checked(key, "the entry for trying changed meanwhile: check again")
        }
        trial::Tried::Refused(why) => CheckFinding::not_checked(
            key,
            format!(
                "whether it may set a password is not known: the policy is asked first, and refuses a random one ({})",
                trial::refusal(&why)
            ),
        ),
        trial::Tried::Failed(text) => {
            CheckFinding::not_checked(key, format!("whether it may set a password is not known: {text}"))
        }
    }
}

async fn reads_none(directory: &LdapDirectory, probe: &ContactEntry) -> CheckFinding {
    let key = directory.settings.account_key;
    let attribute = directory.flavour.password_attribute();
    let read = match stored(directory, &probe.dn).await {
        Ok(stored) if stored.is_empty() => {
            others_are_searched(directory).await.map(|found| found.then_some("search"))
        }
        Ok(_) => Ok(Some("read")),
        Err(error) => Err(error),
    };
    match read {
        Ok(None) => CheckFinding::ok(key, format!("it may not read {attribute}, nor search by it")),
        Ok(Some(may)) => can_see(directory, may),
        Err(error) => CheckFinding::not_checked(PROBE, error.text()),
    }
}

/// A finding of an account that sees what is stored.
pub(super) fn can_see(directory: &LdapDirectory, may: &str) -> CheckFinding {
    let attribute = directory.flavour.password_attribute();
    CheckFinding::fail(
        directory.settings.account_key,
        format!("this account can {may} {attribute} of contacts, where the hashes of their passwords are"),
        format!(
            "take from it the rights to read and to search {attribute} (see {})",
            flavour::page(directory.settings.flavour)
        ),
    )
}

/// Whether the account may search by what is stored for contacts, the entry for trying aside: no hash is sent.
pub(super) async fn others_are_searched(directory: &LdapDirectory) -> Result<bool, SearchError> {
    let settings = &directory.settings;
    let nobody = settings.probe_id.as_deref().unwrap_or_default();
    let condition = filter::all(&[
        settings.filter.clone(),
        filter::present(directory.flavour.password_attribute()),
        filter::not(&filter::equal(&settings.id_attribute, nobody)),
    ]);
    let search = Search {
        base: &settings.base,
        scope: Scope::Subtree,
        filter: &condition,
        attributes: &["1.1"],
        limit: 1,
        patience: directory.connection.patience(),
        control: None,
    };
    Ok(!directory.connection.search(&search).await?.entries.is_empty())
}

/// What is stored as the password of the entry for trying, as far as the account may read it.
pub(super) async fn stored(directory: &LdapDirectory, dn: &str) -> Result<Vec<String>, SearchError> {
    let search = Search {
        base: dn,
        scope: Scope::Base,
        filter: "(objectClass=*)",
        attributes: &[directory.flavour.password_attribute()],
        limit: 1,
        patience: directory.connection.patience(),
        control: None,
    };
    let found = directory.connection.search(&search).await?;
    let entries = found.entries.into_iter();
    Ok(entries
        .flat_map(|entry| {
            let texts = entry.attrs.into_values().flatten();
            let bytes = entry.bin_attrs.into_values().flatten();
            texts.chain(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())).collect::<Vec<_>>()
        })
        .collect())
}
