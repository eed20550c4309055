use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// A -> B: A may depend on B. No others.
const ARROWS: [(&str, &[&str]); 8] = [
    ("reset-link", &["bot", "redeem-server", "contacts", "keys", "config", "net", "texts"]),
    ("reset-link-bot", &["contacts", "keys", "config", "net", "texts"]),
    ("reset-link-redeem-server", &["contacts", "keys", "config", "net", "texts"]),
    ("reset-link-contacts", &["keys", "config", "net"]),
    ("reset-link-keys", &[]),
    ("reset-link-config", &[]),
    ("reset-link-net", &[]),
    ("reset-link-texts", &[]),
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
        ("reset-link-texts", &["tokio", "getrandom", "rand", "reqwest", "async-trait"]),
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

/// The redeem half checks links and cannot make any: its code cannot even name what signs.
#[test]
fn the_redeem_half_names_no_key_that_signs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = vec![root.join("src/redeem_half.rs")];
    for folder in ["redeem-server/src", "src/redeem_half"] {
        sources(&root.join(folder), &mut files);
    }
    let mut names_public_keys = false;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // Tests make the links that they redeem.
        let product = text.split("#[cfg(test)]").next().unwrap();
        let mut words = product.split(|character: char| !character.is_alphanumeric() && character != '_');
        names_public_keys |= product.contains("TrustedKeys");
        let secret =
            words.find(|word| ["SecretKey", "Keyring", "signing_key_file", "keyring"].contains(word));
        assert!(secret.is_none(), "{} names {secret:?}", file.display());
    }
    assert!(names_public_keys, "what was read is what checks links");
}

/// All Rust files below a folder but those of tests and of the fakes that tests use.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let is_of_tests = path.file_stem().is_some_and(|name| name == "tests" || name == "fakes");
        if path.is_dir() && !is_of_tests {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_of_tests {
            into.push(path);
        }
    }
}
