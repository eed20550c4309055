//! What each role reads of `[contacts]` and `[contacts.mapping]`.

use std::path::Path;

use crate::layers::Layers;
use crate::preset_layer;
use crate::problem::{Problem, Refusal};
use crate::sections::contacts::tables::{self, Account, Tables};
use crate::sections::contacts::{self, Contacts, EmbeddedContacts, Kind, SqlMapping, TABLE, mapping};

/// What both halves need.
pub(crate) enum CommonContacts {
    Embedded(EmbeddedContacts),
    /// `None` where a problem is on record: the URLs are looked at all the same.
    Sql(Option<Box<(Tables, SqlMapping)>>),
    /// The problem is on record.
    Refused,
}

impl CommonContacts {
    pub(crate) fn read(layers: &mut Layers, data: &Path) -> Self {
        match contacts::kind(&mut layers.section(TABLE)) {
            None => Self::Refused,
            Some(Kind::Sql) => Self::Sql(read_tables(layers).map(Box::new)),
            Some(Kind::Embedded) => {
                refuse_keys_of_tables(layers);
                Self::Embedded(EmbeddedContacts::read(&mut layers.section(TABLE), data))
            }
        }
    }

    /// With the account that finds contacts. `None` where a problem is on record.
    pub(crate) fn for_bot(&self, layers: &mut Layers) -> Option<Contacts> {
        let common = match self {
            Self::Embedded(embedded) => return Some(Contacts::Embedded(embedded.clone())),
            Self::Sql(common) => common,
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

/// Puts on record that the two halves have different databases.
pub(crate) fn refuse_two_databases(layers: &mut Layers, bot: &Contacts, redeem_server: &Contacts) {
    if let (Contacts::Sql(bot), Contacts::Sql(redeem_server)) = (bot, redeem_server) {
        tables::refuse_two_databases(&mut layers.section(TABLE), bot, redeem_server);
    }
}

fn read_tables(layers: &mut Layers) -> Option<(Tables, SqlMapping)> {
    let has_mapping = layers.given(mapping::TABLE).next().is_some();
    let tables = Tables::read(&mut layers.section(TABLE), has_mapping)?;
    let preset = tables.preset.map(|name| preset_layer::put_below(layers, name));
    let mut section = layers.section(mapping::TABLE);
    let mapping = SqlMapping::read(&mut section, preset.as_ref())?;
    Some((tables, mapping))
}

/// Puts on record what is set for tables while the contacts are in the embedded directory.
fn refuse_keys_of_tables(layers: &mut Layers) {
    let of_tables = layers
        .given(TABLE)
        .filter(|(key, _)| tables::KEYS.contains(&key.name))
        .map(|(key, entry)| (TABLE, key.name, entry.place.clone()));
    let of_mapping =
        layers.given(mapping::TABLE).map(|(key, entry)| (mapping::TABLE, key.name, entry.place.clone()));
    let given: Vec<_> = of_tables.chain(of_mapping).collect();
    for (table, key, place) in given {
        let cause = "is for kind = \"sql\", and the contacts are in the embedded directory";
        let cure = "add kind = \"sql\" below [contacts], or remove it";
        layers.refuse(Problem::new(place, format!("{}.{key}", table.name), Refusal::new(cause, cure)));
    }
}
