use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::MetadataCommand;

/// The licences that `deny.toml` allows.
fn allowed() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deny.toml");
    let text = fs::read_to_string(file).unwrap();
    let list = text.split_once("\nallow = [").unwrap().1.split_once("\n]").unwrap().0;
    let lines = list.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

/// Whether one of the alternatives of an SPDX expression is allowed as a whole.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    flat.split(" OR ").any(|choice| choice.split(" AND ").all(|licence| allowed.contains(licence.trim())))
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed_and_none_is_allowed_for_nothing() {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let options = ["--filter-platform", host, "--locked", "--offline"].map(str::to_owned);
    let metadata = MetadataCommand::new().other_options(options).exec().unwrap();
    let allowed = allowed();
    let foreign: Vec<_> = metadata.packages.iter().filter(|package| package.source.is_some()).collect();
    assert!(foreign.len() > 100);
    for package in &foreign {
        let licence = package.license.as_deref().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{} {}: {licence:?}", package.name, package.version);
    }
    for licence in ["0BSD", "MIT-0"] {
        let fewer = allowed.iter().filter(|allowed| *allowed != licence).cloned().collect();
        assert!(
            foreign.iter().any(|package| !is_allowed(package.license.as_deref().unwrap_or_default(), &fewer)),
            "nothing needs {licence} any more"
        );
    }
}
