use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// A -> B: A may depend on B. No others.
const ARROWS: [(&str, &[&str]); 7] = [
    ("reset-link", &["bot", "redeem-server", "contacts", "keys", "config", "net"]),
    ("reset-link-bot", &["contacts", "keys", "config", "net"]),
    ("reset-link-redeem-server", &["contacts", "keys", "config", "net"]),
    ("reset-link-contacts", &["keys", "config"]),
    ("reset-link-keys", &[]),
    ("reset-link-config", &[]),
    ("reset-link-net", &[]),
];

#[test]
fn no_crate_depends_on_one_that_it_must_not_know() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).chain(["reset-link-tests"]).collect();
    assert_eq!(ours, drawn, "every crate of the workspace stands in the drawing");
    for (name, may) in ARROWS {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap();
        for dependency in
            package.dependencies.iter().filter(|dependency| ours.contains(dependency.name.as_str()))
        {
            let to = dependency.name.strip_prefix("reset-link-").unwrap_or(&dependency.name);
            assert!(may.contains(&to), "{name} -> {to} ({:?}) is not in the drawing", dependency.kind);
        }
    }
}

#[test]
fn the_pure_crates_stay_pure() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for (name, never) in [
        ("reset-link-keys", &["tokio", "getrandom", "rand", "tracing", "reqwest", "async-trait"][..]),
        ("reset-link-config", &["tokio", "getrandom", "rand", "reqwest", "async-trait"]),
        ("reset-link-net", &["getrandom", "rand", "reqwest", "serde"]),
        ("reset-link-bot", &["sled", "argon2"]),
        ("reset-link-redeem-server", &["lettre", "serenity", "ed25519-dalek"]),
    ] {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap();
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        let found: Vec<_> = normal
            .filter(|dependency| never.contains(&dependency.name.as_str()))
            .map(|dependency| &dependency.name)
            .collect();
        assert!(found.is_empty(), "{name} must not depend on {found:?}");
    }
}
