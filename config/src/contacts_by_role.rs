//! What each role reads of `[contacts]` and `[contacts.mapping]`.

use std::path::Path;

use jiff::SignedDuration;

use crate::key::Table;
use crate::layers::Layers;
use crate::preset_layer;
use crate::problem::{Place, Problem, Refusal};
use crate::sections::contacts::ldap::{self, Directory};
use crate::sections::contacts::tables::{self, Account, Tables};
use crate::sections::contacts::{self, Contacts, EmbeddedContacts, Kind, SqlMapping, TABLE, mapping};

/// What both halves need.
pub(crate) enum CommonContacts {
    Embedded(EmbeddedContacts),
    /// `None` where a problem is on record: the URLs are looked at all the same.
    Sql(Option<Box<(Tables, SqlMapping)>>),
    /// `None` where a problem is on record: the accounts are looked at all the same.
    Ldap(Option<Box<Directory>>),
    /// The problem is on record.
    Refused,
}

impl CommonContacts {
    pub(crate) fn read(layers: &mut Layers, data: &Path) -> Self {
        match contacts::kind(&mut layers.section(TABLE)) {
            None => Self::Refused,
            Some(Kind::Sql) => {
                refuse_keys(layers, ldap::KEYS, "ldap", "in tables of another application");
                Self::Sql(read_tables(layers).map(Box::new))
            }
            Some(Kind::Ldap) => {
                refuse_keys_of_tables(layers, "in an LDAP directory");
                Self::Ldap(Directory::read(&mut layers.section(TABLE)).map(Box::new))
            }
            Some(Kind::Embedded) => {
                refuse_keys_of_tables(layers, EMBEDDED);
                refuse_keys(layers, ldap::KEYS, "ldap", EMBEDDED);
                Self::Embedded(EmbeddedContacts::read(&mut layers.section(TABLE), data))
            }
        }
    }

    /// With the account that finds contacts. `None` where a problem is on record.
    pub(crate) fn for_bot(&self, layers: &mut Layers) -> Option<Contacts> {
        let common = match self {
            Self::Embedded(embedded) => return Some(Contacts::Embedded(embedded.clone())),
            Self::Sql(common) => common,
            Self::Ldap(directory) => {
                let account = ldap::read_account(&mut layers.section(TABLE), Account::Reader);
                return Some(Contacts::Ldap(Box::new(directory.as_deref()?.with(account?))));
            }
            Self::Refused => return None,
        };
        let url = tables::read_url(&mut layers.section(TABLE), Account::Reader);
        let (tables, mapping) = common.as_deref()?;
        Some(Contacts::Sql(Box::new(tables.with(url?, mapping.clone()))))
    }

    /// With the account that sets passwords. `None` where a problem is on record.
    pub(crate) fn for_redeem_server(&self, layers: &mut Layers) -> Option<Contacts> {
        let common = match self {
            Self::Embedded(embedded) => return Some(Contacts::Embedded(embedded.clone())),
            Self::Sql(common) => common,
            Self::Ldap(directory) => {
                let account = ldap::read_account(&mut layers.section(TABLE), Account::Writer);
                return Some(Contacts::Ldap(Box::new(directory.as_deref()?.with(account?))));
            }
            Self::Refused => return None,
        };
        let url = tables::read_url(&mut layers.section(TABLE), Account::Writer);
        let pepper = tables::read_pepper(&mut layers.section(mapping::TABLE));
        let (tables, mapping) = common.as_deref()?;
        let mut mapping = mapping.clone();
        mapping.hash.pepper = pepper;
        Some(Contacts::Sql(Box::new(tables.with(url?, mapping))))
    }
}

/// Puts on record that the two halves have different databases, or one LDAP account.
pub(crate) fn refuse_odd_halves(layers: &mut Layers, bot: &Contacts, redeem_server: &Contacts) {
    match (bot, redeem_server) {
        (Contacts::Sql(bot), Contacts::Sql(redeem_server)) => {
            tables::refuse_two_databases(&mut layers.section(TABLE), bot, redeem_server);
        }
        (Contacts::Ldap(bot), Contacts::Ldap(redeem_server)) => {
            ldap::refuse_one_account(&mut layers.section(TABLE), bot, redeem_server);
        }
        _ => {}
    }
}

/// Puts on record that a password may be written after its link is good again.
pub(crate) fn refuse_timeout_beyond_lease(layers: &mut Layers, contacts: &Contacts, lease: SignedDuration) {
    let timeout = match contacts {
        Contacts::Embedded(_) => return,
        Contacts::Sql(contacts) => contacts.timeout,
        Contacts::Ldap(contacts) => contacts.timeout,
    };
    tables::refuse_timeout_beyond_lease(&mut layers.section(TABLE), timeout, lease);
}

fn read_tables(layers: &mut Layers) -> Option<(Tables, SqlMapping)> {
    let has_mapping = layers.given(mapping::TABLE).next().is_some();
    let tables = Tables::read(&mut layers.section(TABLE), has_mapping)?;
    let preset = tables.preset.map(|name| preset_layer::put_below(layers, name));
    let mut section = layers.section(mapping::TABLE);
    let mapping = SqlMapping::read(&mut section, preset.as_ref())?;
    Some((tables, mapping))
}

const EMBEDDED: &str = "in the embedded directory";

/// Puts on record what is set for tables while the contacts are elsewhere.
fn refuse_keys_of_tables(layers: &mut Layers, elsewhere: &str) {
    // What an LDAP directory needs as well is its own there.
    let of_tables: Vec<&str> = tables::KEYS
        .iter()
        .copied()
        .filter(|key| elsewhere == EMBEDDED || !ldap::SHARED_KEYS.contains(key))
        .collect();
    refuse_keys(layers, &of_tables, "sql", elsewhere);
    let of_mapping: Vec<_> =
        layers.given(mapping::TABLE).map(|(key, entry)| (key.name, entry.place.clone())).collect();
    for (key, place) in of_mapping {
        refuse_key(layers, mapping::TABLE, key, place, ("sql", elsewhere));
    }
}

/// Puts on record which of these keys are set while the contacts are elsewhere.
fn refuse_keys(layers: &mut Layers, keys: &[&str], kind: &'static str, elsewhere: &str) {
    let given: Vec<_> = layers
        .given(TABLE)
        .filter(|(key, _)| keys.contains(&key.name))
        .map(|(key, entry)| (key.name, entry.place.clone()))
        .collect();
    for (key, place) in given {
        refuse_key(layers, TABLE, key, place, (kind, elsewhere));
    }
}

fn refuse_key(layers: &mut Layers, table: Table, key: &str, place: Place, (kind, elsewhere): (&str, &str)) {
    let cause = format!("is for kind = \"{kind}\", and the contacts are {elsewhere}");
    let cure = match (elsewhere, key) {
        (EMBEDDED, _) => format!("add kind = \"{kind}\" below [contacts], or remove it"),
        (_, "url" | "url_file" | "reader_url" | "reader_url_file") if kind == "sql" => {
            "remove it; an LDAP server is named by ldap_url, its accounts by reader_dn and writer_dn"
                .to_owned()
        }
        _ => "remove it".to_owned(),
    };
    layers.refuse(Problem::new(place, format!("{}.{key}", table.name), Refusal::new(cause, cure)));
}
