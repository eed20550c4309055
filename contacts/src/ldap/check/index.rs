//! Whether the server has the indexes that look-ups need. LDAP knows no plan of a search, and how long one takes depends on the machine: a server says it, or nobody does.

use config::LdapContacts;
use ldap3::{Scope, SearchEntry};

use crate::CheckFinding;
use crate::ldap::connection::Search;
use crate::ldap::contact_lookup::LdapDirectory;
use crate::ldap::flavour::{self, IndexRules};

use super::BASE;

/// Looks at what the server tells this account of its indexes.
pub(super) async fn check(directory: &LdapDirectory) -> Vec<CheckFinding> {
    let needed = needed(&directory.settings);
    let unseen = || {
        vec![CheckFinding::not_checked(
            BASE,
            format!(
                "whether look-ups are answered by indexes cannot be seen by this account. Needed are: {} (see {})",
                told(&needed),
                flavour::page(directory.settings.flavour)
            ),
        )]
    };
    let Some(told_by) = directory.flavour.index_rules() else { return unseen() };
    let IndexRules { base, suffix_attribute, rule_attribute } = told_by;
    let search = Search {
        base,
        scope: Scope::Subtree,
        filter: &format!("({suffix_attribute}=*)"),
        attributes: &[suffix_attribute, rule_attribute],
        limit: 100,
        patience: directory.connection.patience(),
        control: None,
    };
    let Ok(found) = directory.connection.search(&search).await else { return unseen() };
    let Some(rules) = rules_of(&found.entries, &directory.settings.base, &told_by) else { return unseen() };
    let missing: Vec<_> = needed.iter().filter(|index| !index.is_in(&rules)).copied().collect();
    if missing.is_empty() {
        return vec![CheckFinding::ok(BASE, "indexes answer look-ups and searches")];
    }
    vec![CheckFinding::warn(
        BASE,
        format!("no index answers {}: each look-up reads all entries", told(&missing)),
        format!("make them (see {})", flavour::page(directory.settings.flavour)),
    )]
}

/// An index of an attribute.
#[derive(Clone, Copy)]
struct Index<'a> {
    attribute: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The whole value.
    Equality,
    /// The beginning of it.
    Initial,
    /// Any part of it.
    Any,
}

/// What [`crate::ContactLookup`] asks for.
fn needed(settings: &LdapContacts) -> Vec<Index<'_>> {
    let LdapContacts { id_attribute, name_attribute, email_attribute, .. } = settings;
    [
        (id_attribute, Kind::Equality),
        (id_attribute, Kind::Initial),
        (email_attribute, Kind::Equality),
        (email_attribute, Kind::Initial),
        (name_attribute, Kind::Any),
    ]
    .map(|(attribute, kind)| Index { attribute, kind })
    .into()
}

fn told(indexes: &[Index<'_>]) -> String {
    let each = indexes.iter().map(|Index { attribute, kind }| match kind {
        Kind::Equality => format!("{attribute} (eq)"),
        Kind::Initial | Kind::Any => format!("{attribute} (sub)"),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The rules of the database below whose suffix the base is.
fn rules_of(databases: &[SearchEntry], base: &str, told_by: &IndexRules) -> Option<Vec<String>> {
    let base = plain(base);
    let value = |entry: &SearchEntry, attribute: &str| {
        let found = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map(|(_, values)| values.clone()).unwrap_or_default()
    };
    let mut fitting: Vec<(usize, Vec<String>)> = Vec::new();
    for entry in databases {
        for suffix in value(entry, told_by.suffix_attribute) {
            let suffix = plain(&suffix);
            if base == suffix || base.ends_with(&format!(",{suffix}")) {
                fitting.push((suffix.len(), value(entry, told_by.rule_attribute)));
            }
        }
    }
    // An account that is shown the suffix alone sees no rules.
    fitting
        .into_iter()
        .max_by_key(|(length, _)| *length)
        .map(|(_, rules)| rules)
        .filter(|rules| !rules.is_empty())
}

/// A distinguished name without space around its commas and signs, in lower case.
fn plain(dn: &str) -> String {
    let parts = dn.split(',').map(|part| {
        part.split_once('=').map_or_else(
            || part.trim().to_owned(),
            |(name, value)| format!("{}={}", name.trim(), value.trim()),
        )
    });
    parts.collect::<Vec<_>>().join(",").to_lowercase()
}

impl Index<'_> {
    /// Whether one of the rules (`uid,mail eq,sub`) makes it. A rule that names no kinds has those of another one, and counts.
    fn is_in(self, rules: &[String]) -> bool {
        rules.iter().any(|rule| {
            let mut words = rule.split_whitespace();
            let attributes = words.next().unwrap_or_default();
            let kinds = words.next();
            let is_it = |attribute: &str| {
                let attribute = attribute.split(';').next().unwrap_or_default();
                // cn and others are kinds of name.
                canonical(attribute) == canonical(self.attribute) || attribute.eq_ignore_ascii_case("name")
            };
            attributes.split(',').any(is_it)
                && kinds.is_none_or(|kinds| {
                    kinds.split(',').any(|kind| match self.kind {
                        Kind::Equality => kind == "eq",
                        Kind::Initial => matches!(kind, "sub" | "substr" | "subinitial"),
                        Kind::Any => matches!(kind, "sub" | "substr" | "subany"),
                    })
                })
        })
    }
}

/// An attribute's first name in the schema.
fn canonical(attribute: &str) -> String {
    let attribute = attribute.to_ascii_lowercase();
    match attribute.as_str() {
        "userid" => "uid".to_owned(),
        "commonname" => "cn".to_owned(),
        "rfc822mailbox" => "mail".to_owned(),
        "surname" => "sn".to_owned(),
        _ => attribute,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_rule_makes_the_indexes_that_it_names() {
        let rules = ["objectClass eq", "userid eq,subinitial", "mail,cn pres,sub", "employeeNumber"];
        let rules: Vec<String> = rules.iter().map(|&rule| rule.to_owned()).collect();
        for (attribute, kind, expected) in [
            ("uid", Kind::Equality, true),
            ("UID", Kind::Initial, true),
            ("uid", Kind::Any, false),
            ("mail", Kind::Equality, false),
            ("mail", Kind::Initial, true),
            ("cn", Kind::Any, true),
            ("sn", Kind::Any, false),
            ("employeeNumber", Kind::Any, true),
        ] {
            assert_eq!(Index { attribute, kind }.is_in(&rules), expected, "{attribute}");
        }
    }

    #[test]
    fn the_rules_are_those_of_the_database_with_the_base() {
        let database = |suffix: &str, rule: &str| SearchEntry {
            dn: "olcDatabase={1}mdb,cn=config".to_owned(),
            attrs: HashMap::from([
                ("olcSuffix".to_owned(), vec![suffix.to_owned()]),
                ("olcDbIndex".to_owned(), vec![rule.to_owned()]),
            ]),
            bin_attrs: HashMap::new(),
        };
        let told_by =
            IndexRules { base: "cn=config", suffix_attribute: "olcSuffix", rule_attribute: "olcDbIndex" };
        let databases = || {
            vec![
                database("dc=example, dc=org", "uid eq"),
                database("ou=People,dc=example,dc=org", "mail eq"),
                database("dc=ample,dc=org", "cn eq"),
            ]
        };
        for (base, expected) in [
            ("ou=x,dc=example,dc=org", Some("uid eq")),
            ("ou=people, dc=example, dc=org", Some("mail eq")),
            ("dc=net", None),
        ] {
            let rules = rules_of(&databases(), base, &told_by);
            assert_eq!(rules.map(|rules| rules.join(" ")).as_deref(), expected, "{base}");
        }
    }
}
